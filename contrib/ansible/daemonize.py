#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-License-Identifier: BSD-2-Clause
"""daemonize: an Ansible module that starts and stops daemons."""

from __future__ import absolute_import, division, print_function
__metaclass__ = type

DOCUMENTATION = r'''
---
module: daemonize
short_description: Start, stop and restart daemons by daemonize(1)
description:
  - Runs a command as a daemon on the host, or stops it.
  - The host needs C(daemonize), and C(/proc).
    Copy this file to C(library/) beside the playbook.
  - An instance that runs is left alone if it was launched in the same way.
    Otherwise it is stopped and launched again.
notes:
  - The command and all options of the launch are compared, except C(ready),
    C(ready_timeout) and C(stop), which do not change the daemon.
    Without a supervisor, the values of C(env) are compared as one.
  - An instance of daemonize 0.2 counts as launched without C(group),
    C(chroot), C(env), C(clear_env), C(no_new_privs), C(lockfile) and
    C(append).
  - In check mode, the launch is planned by C(daemonize --explain).
    A mistake that it finds is a warning, since an earlier task that is not
    done in check mode may be what is missing.
  - The daemon has the environment of the module, unless C(clear_env) is
    given.
  - A relative path is relative to the directory in which Ansible runs the
    module, so absolute ones are better.
  - Values of C(env) are shown by C(--diff) and in the result.
    Use C(no_log) of the task if one is a secret.
author:
  - The daemonize authors
attributes:
  check_mode:
    support: full
    description: Nothing is started or stopped.
  diff_mode:
    support: full
    description: Shows what differs between the launch and the instance.
options:
  state:
    description:
      - C(started), the instance runs, launched in this way.
      - C(stopped), it does not run.
      - C(restarted), it is launched again in any case.
        If it has a supervisor and was launched in the same way, this is
        C(daemonize --again), which leaves the supervisor.
    type: str
    choices: [started, stopped, restarted]
    default: started
  command:
    description:
      - The command and its arguments.
        No shell is involved.
      - Required unless C(state) is C(stopped).
    type: list
    elements: str
  name:
    description:
      - The name of the instance (C(--name)).
      - One of C(name) and C(pidfile) is required.
    type: str
  pidfile:
    description: The pid file of the instance (C(--pidfile)).
    type: path
  executable:
    description: The program, a path or a name to look up in C(PATH).
    type: str
    default: daemonize
  stop:
    description:
      - How to stop the instance, a schedule as C(TERM/10s/KILL/5s), or a time
        as C(30s).
      - C(--again) has its own.
    type: str
  tree:
    description:
      - Stop all processes of its session (C(--tree)).
      - With a supervisor, end what a run leaves behind, too.
    type: bool
  signals:
    description: Dispositions and mask of signals.
    type: str
    choices: [default, ignore, keep]
  sigchld:
    description: The disposition of SIGCHLD.
    type: str
    choices: [default, ignore, keep]
  background:
    description: Fork.
    type: bool
  session:
    description: Start a session without a terminal, or not.
    type: str
    choices: [new, keep]
  refork:
    description: Fork again, so that it leads no session.
    type: bool
  umask:
    description:
      - The file mode creation mask, octal, or C(keep).
      - A string in quotes, because YAML reads 022 as the number 18.
    type: raw
  fds:
    description:
      - Descriptors above 2 to leave open, C(close) or C(keep).
    type: list
    elements: str
  chdir:
    description: The working directory, or C(keep).
    type: path
  stdin:
    description: The file of standard input, or C(keep).
    type: path
  stdout:
    description: The file of standard output, or C(keep).
    type: path
  stderr:
    description: The file of standard error, or C(keep).
    type: path
  output:
    description: One file for both, appended to, or C(keep).
    type: path
  append:
    description: Do not truncate the output files.
    type: bool
  user:
    description: USER or USER:GROUP, names or numbers.
    type: str
  group:
    description: The group, a name or a number.
    type: str
  chroot:
    description: The root directory of the command.
    type: path
  env:
    description: Variables to set.
    type: dict
  env_file:
    description:
      - A file of variables, which is read at each run.
      - It may be absent with C(-) before its path.
    type: str
  clear_env:
    description: Start from an empty environment.
    type: bool
  no_new_privs:
    description: The command cannot gain privileges by an exec.
    type: bool
  lockfile:
    description: A file on which to hold a lock, as flock(1) does.
    type: path
  stop_with:
    description: The schedule by which it is stopped, as TERM/10s/KILL/5s.
    type: str
  ready:
    description:
      - When the command is ready; C(exec), C(alive:TIME), C(notify), C(fd:N),
        C(file:PATH), C(tcp:[HOST:]PORT), C(unix:PATH), C(cmd:COMMAND) or
        C(line:TEXT).
      - The task fails if the command does not become ready.
    type: str
  ready_timeout:
    description: The longest time until it is ready, as C(30s).
    type: str
  supervise:
    description: Leave a supervisor that restarts nothing.
    type: bool
  restart:
    description: Leave a supervisor that restarts the command.
    type: str
    choices: [never, on-failure, always]
  success:
    description: Exit statuses and signals that are no failure.
    type: list
    elements: str
  restart_delay:
    description: TIME or TIME/MAX before a restart.
    type: str
  restart_limit:
    description: N or N/TIME, the restarts before the supervisor gives up.
    type: str
  log:
    description:
      - Leave a supervisor that writes a log; a file, C(|COMMAND) or
        C(syslog[:FACILITY[.LEVEL]]).
    type: str
  log_time:
    description: Each line of the log begins with its time.
    type: str
    choices: [utc, local]
  log_rotate:
    description: SIZE or SIZE/N of the log.
    type: str
'''

EXAMPLES = r'''
- name: The web server runs, and answers
  daemonize:
    name: web
    command: [python3, -m, http.server, -b, 127.0.0.1, "8000"]
    chdir: /srv/www
    user: www-data
    clear_env: true
    restart: on-failure
    log: /var/log/web.log
    ready: tcp:8000

- name: The job has ended, and all that it has started
  daemonize:
    pidfile: /run/job.pid
    state: stopped
    stop: 30s
    tree: true

- name: A new configuration
  daemonize:
    name: web
    command: [python3, -m, http.server, -b, 127.0.0.1, "8000"]
    state: restarted
'''

RETURN = r'''
cmd:
  description: The command line that was run, or in check mode would be.
  returned: when something is changed, or has failed
  type: list
  elements: str
  sample: [/usr/bin/daemonize, --name=web, sleep, "1000"]
rc:
  description: The exit status of that command line.
  returned: when it was run
  type: int
  sample: 0
msg:
  description: The reason of a failure, as daemonize prints it.
  returned: on failure
  type: str
  sample: "daemonize: exec: nothing: No such file or directory"
differences:
  description: What the instance that ran had not in common with the launch.
  returned: when the state is started or restarted
  type: list
  elements: str
  sample: [command]
status:
  description: What C(daemonize --status --json) prints afterwards.
  returned: success
  type: dict
  sample: {"name": "web", "state": "running", "pid": 1234}
'''

import json
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import (
    to_bytes, to_native, to_text)
from ansible.module_utils.six.moves import shlex_quote

# An option of a launch a row: its name here, its letter on a command line,
# what a value becomes, the type of a parameter, and its choices.
FLAG = 'flag'
SWITCH = 'switch'
VALUE = 'value'
LIST = 'list'
PAIRS = 'pairs'
OPTIONS = [
    ('signals', '', VALUE, 'str', ['default', 'ignore', 'keep']),
    ('sigchld', '', VALUE, 'str', ['default', 'ignore', 'keep']),
    ('background', '', SWITCH, 'bool', None),
    ('session', '', VALUE, 'str', ['new', 'keep']),
    ('refork', '', SWITCH, 'bool', None),
    ('umask', '', VALUE, 'raw', None),
    ('fds', '', LIST, 'list', None),
    ('chdir', 'c', VALUE, 'path', None),
    ('stdin', 'i', VALUE, 'path', None),
    ('stdout', 'o', VALUE, 'path', None),
    ('stderr', 'e', VALUE, 'path', None),
    ('output', '', VALUE, 'path', None),
    ('append', 'a', FLAG, 'bool', None),
    ('user', 'u', VALUE, 'str', None),
    ('group', 'g', VALUE, 'str', None),
    ('chroot', 'R', VALUE, 'path', None),
    ('env', 'E', PAIRS, 'dict', None),
    ('env_file', '', VALUE, 'str', None),
    ('clear_env', '', FLAG, 'bool', None),
    ('no_new_privs', '', FLAG, 'bool', None),
    ('lockfile', 'l', VALUE, 'path', None),
    ('stop_with', '', VALUE, 'str', None),
    ('ready', '', VALUE, 'str', None),
    ('ready_timeout', '', VALUE, 'str', None),
    ('supervise', '', FLAG, 'bool', None),
    ('restart', '', VALUE, 'str', ['never', 'on-failure', 'always']),
    ('success', '', LIST, 'list', None),
    ('restart_delay', '', VALUE, 'str', None),
    ('restart_limit', '', VALUE, 'str', None),
    ('log', '', VALUE, 'str', None),
    ('log_time', '', VALUE, 'str', ['utc', 'local']),
    ('log_rotate', '', VALUE, 'str', None),
]
# What a command line may have besides: the module says it in another way.
OTHERS = [
    ('pidfile', 'p', VALUE),
    ('name', 'n', VALUE),
    ('foreground', 'F', FLAG),
    ('if_not_running', '', FLAG),
    ('replace', '', FLAG),
    ('tree', '', FLAG),
    ('verbose', 'v', FLAG),
]
# These make no other daemon.
NOT_COMPARED = ['pidfile', 'name', 'if_not_running', 'replace', 'ready',
                'ready_timeout', 'verbose']

# How long a launch of another caller is waited for, as the verbs do.
STARTING_SECONDS = 10


def option_word(name):
    return '--' + name.replace('_', '-')


def as_list(value):
    return value if isinstance(value, list) else [value]


def env_changes(env):
    """NAME=VALUE of each, in a fixed order."""
    return ['%s=%s' % (key, to_native('' if env[key] is None else env[key],
                                      nonstring='simplerepr'))
            for key in sorted(env)]


def checksum(texts):
    """FNV-1a of the texts and a NUL after each, as the record has it."""
    found = 0xcbf29ce484222325
    for text in texts:
        for byte in bytearray(to_bytes(text) + b'\0'):
            found = ((found ^ byte) * 0x100000001b3) % 2 ** 64
    return '%016x' % found


def option_words(params):
    """The options of a launch, as words of a command line."""
    words = []
    for name, _letter, kind, _type, _choices in OPTIONS:
        value = params[name]
        if value is None or (kind == FLAG and not value):
            continue
        word = option_word(name)
        if kind == FLAG:
            words.append(word)
        elif kind == SWITCH:
            words.append(word + ('=yes' if value else '=no'))
        elif kind == LIST:
            words.append(word + '=' + ','.join(value))
        elif kind == PAIRS:
            words.extend(word + '=' + change for change in env_changes(value))
        else:
            words.append(word + '=' + value)
    return words


def parse_words(words):
    """The options and the command of a command line: a dict, a list."""
    kinds = dict((row[0], row[2]) for row in OPTIONS + OTHERS)
    letters = dict((row[1], row[0]) for row in OPTIONS + OTHERS if row[1])
    found = {}
    words = list(words)
    while words and words[0].startswith('-') and words[0] != '-':
        word = words.pop(0)
        if word == '--':
            break
        if word.startswith('--'):
            name, equals, value = word[2:].partition('=')
            name = name.replace('-', '_')
            if not equals and kinds.get(name, FLAG) != FLAG:
                value = words.pop(0) if words else ''
            store_option(found, name, kinds.get(name), value)
            continue
        word = word[1:]
        while word:
            name = letters.get(word[0], word[0])
            word = word[1:]
            value = ''
            if kinds.get(name, FLAG) != FLAG:
                value = word or (words.pop(0) if words else '')
                word = ''
            store_option(found, name, kinds.get(name), value)
    return found, words


def store_option(found, name, kind, value):
    """The last one counts, but for lists."""
    if kind == PAIRS:
        key, _equals, value = value.partition('=')
        found.setdefault(name, {})[key] = value
    elif kind == LIST and name == 'success':
        found.setdefault(name, []).extend(value.split(','))
    else:
        found[name] = True if kind == FLAG else value


def facts_of_words(words):
    """What is compared of a launch by its command line: texts by name."""
    options, command = parse_words(words)
    facts = {'command': quoted(command)}
    for name, value in options.items():
        if name in NOT_COMPARED:
            continue
        if isinstance(value, dict):
            for key in value:
                facts['env ' + key] = value[key]
        elif isinstance(value, list):
            facts[name] = ','.join(value)
        else:
            facts[name] = 'yes' if value is True else value
    return facts


def quoted(words):
    return ' '.join(shlex_quote(word) for word in words)


def absolute(path):
    """As the record has a path."""
    while path.startswith('./'):
        path = path[2:]
    return os.path.join(os.getcwd(), path)


def without_escapes(text):
    """The value of a line of the record."""
    return '\\'.join(part.replace('\\n', '\n')
                     for part in text.split('\\\\'))


def read_record(pidfile):
    """The lines of the record: lists of values by key.  None: not to be had."""
    try:
        with open(pidfile + '.record', 'rb') as record:
            text = to_native(record.read().rstrip(b'\0'),
                             errors='surrogate_or_strict')
    except (IOError, OSError, UnicodeError):
        return None
    found = {}
    for line in text.split('\n'):
        key, _blank, value = line.partition(' ')
        found.setdefault(key, []).append(without_escapes(value))
    return found if 'end' in found else None


def command_line(pid):
    """The words that a process was started with, or None."""
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as words:
            text = to_native(words.read(), errors='surrogate_or_strict')
    except (IOError, OSError, UnicodeError):
        return None
    return text.split('\0')[:-1] or None


class Daemon(object):
    def __init__(self, module):
        self.module = module
        self.params = module.params
        self.program = self.find_program()
        if self.params['name'] is not None:
            self.instance = ['--name=' + self.params['name']]
        else:
            self.instance = ['--pidfile=' + self.params['pidfile']]

    def find_program(self):
        name = self.params['executable']
        if '/' in name:
            return name
        program = self.module.get_bin_path(name)
        if program is None and not self.module.check_mode:
            self.module.fail_json(msg='%s: not found in PATH; install '
                                  'daemonize on this host' % name)
        return program

    # --- what there is ---

    def status(self):
        """What --status --json prints.  A launch under way is waited for."""
        words = [self.program, '--status', '--json'] + self.instance
        end = time.time() + STARTING_SECONDS
        while True:
            rc, out, err = self.module.run_command(words)
            try:
                found = json.loads(out)
            except ValueError:
                self.module.fail_json(
                    msg=(err or out).strip() or 'exit status %d' % rc,
                    rc=rc, cmd=words)
            if found['state'] != 'starting' or time.time() > end:
                return found
            time.sleep(0.1)

    # --- what is wanted ---

    def launch_words(self, replace=False):
        words = [self.program] + self.instance + option_words(self.params)
        if replace:
            words.append('--replace' if self.params['stop'] is None else
                         '--replace=' + self.params['stop'])
        if self.params['tree'] and (replace or self.wants_supervisor()):
            words.append('--tree')
        return words + ['--'] + self.params['command']

    def wants_supervisor(self):
        return bool(self.params['supervise'] or
                    self.params['log'] is not None or
                    self.params['restart'] not in (None, 'never'))

    def plan(self):
        """What --explain --json prints.  None: a mistake; in check mode
        that is a warning."""
        words = self.launch_words()
        words.insert(1, '--json')
        words.insert(1, '--explain')
        rc, out, err = self.module.run_command(words)
        if rc == 0:
            return json.loads(out)
        if not self.module.check_mode:
            self.module.fail_json(msg=err.strip(), rc=rc, cmd=words)
        self.module.warn(err.strip())
        return None

    # --- what differs ---

    def compare(self, found, plan):
        """Both sides of what is known: texts by name, two dicts."""
        supervisor = found.get('supervisor')
        if supervisor is not None:
            words = command_line(supervisor)
            if words is not None:
                return (facts_of_words(words[1:]),
                        facts_of_words(self.launch_words()[1:]))
        return self.compare_record(found, plan)

    def compare_record(self, found, plan):
        record = read_record(found['pidfile']) or {}
        have = {'command': quoted(self.launched_command(found, record))}
        want = {'command': quoted(self.params['command'])}
        if found.get('supervisor') is not None or self.wants_supervisor():
            have['supervisor'] = ('yes' if found.get('supervisor') is not None
                                  else 'no')
            want['supervisor'] = 'yes' if self.wants_supervisor() else 'no'
        for step in plan['steps']:
            if step['step'] in record:
                have[step['step']] = record[step['step']][0]
                want[step['step']] = step['value']
        for name in ('stdin', 'stdout', 'stderr', 'log'):
            self.compare_file(name, have, want, record)
        self.compare_surroundings(have, want, record, plan)
        if 'uid' in plan and found.get('uid') is not None:
            have['uid'] = str(found['uid'])
            want['uid'] = str(plan['uid'])
        return have, want

    def compare_file(self, name, have, want, record):
        if name not in record:
            return
        value = self.params[name]
        if value is None and name in ('stdout', 'stderr'):
            value = self.params['output']
        if value is None:
            value = '' if name == 'log' else '/dev/null'
        elif value != 'keep' and name != 'log':
            value = absolute(value)
        have[name] = record[name][0]
        want[name] = value

    def compare_surroundings(self, have, want, record, plan):
        """A launch without such an option has no such line in its record."""
        if record:
            for key in ('gid', 'chroot', 'lockfile', 'append',
                        'no-new-privs', 'clear-env', 'env', 'env-file',
                        'stop-with'):
                if key in record:
                    have[key.replace('-', '_')] = record[key][0]
            if 'gid' in plan:
                want['gid'] = str(plan['gid'])
            for name in ('chroot', 'lockfile'):
                if self.params[name] is not None:
                    want[name] = absolute(self.params[name])
            file = self.params['env_file']
            if file is not None:
                optional = '-' if file.startswith('-') else ''
                want['env_file'] = optional + absolute(file[len(optional):])
            if self.params['stop_with'] is not None:
                want['stop_with'] = self.params['stop_with']
            if self.params['output'] is not None:
                want['append'] = 'yes'
            for name in ('append', 'no_new_privs', 'clear_env'):
                if self.params[name]:
                    want[name] = 'yes'
            if self.params['env']:
                want['env'] = checksum(env_changes(self.params['env']))

    def launched_command(self, found, record):
        """The record has what was launched, if there was room for it."""
        seen = found.get('command') or []
        words = record.get('arg')
        command = self.params['command']
        if words is None:
            return seen
        if (words == command[:len(words)] and
                seen[len(seen) - len(command) + 1:] == command[1:]):
            return command
        return words

    # --- what is done ---

    def act(self, words, result):
        result['changed'] = True
        result['cmd'] = words
        if self.module.check_mode:
            return
        rc, out, err = self.module.run_command(words)
        result['rc'] = rc
        if rc != 0:
            if rc < 0:
                err = err or 'killed by signal %d' % -rc
            self.module.fail_json(
                msg=(err or out).strip() or 'exit status %d' % rc,
                **dict(result, changed=False))

    def stop(self):
        found = self.status()
        result = {'changed': False, 'status': found}
        if found['state'] not in ('stopped', 'ended', 'failed'):
            words = [self.program, '--stop' if self.params['stop'] is None
                     else '--stop=' + self.params['stop']]
            if self.params['tree']:
                words.append('--tree')
            self.act(words + self.instance, result)
            result['diff'] = states(found['state'], 'stopped')
        return result

    def start(self):
        found = self.status()
        result = {'changed': False, 'status': found, 'differences': []}
        plan = self.plan()
        if found['state'] not in ('running', 'waiting'):
            # One in an unknown state is for daemonize to refuse.
            self.act(self.launch_words(), result)
            result['diff'] = states(
                found['state'], 'running',
                after=facts_of_words(self.launch_words()[1:]))
            return result
        have, want = {}, {}
        if plan is not None:
            have, want = self.compare(found, plan)
        result['differences'] = sorted(
            name for name in set(have) | set(want)
            if have.get(name) != want.get(name))
        if result['differences'] or plan is None:
            self.act(self.launch_words(replace=True), result)
        elif self.params['state'] == 'restarted':
            if found.get('supervisor') is not None:
                self.act([self.program, '--again'] + self.instance, result)
            else:
                self.act(self.launch_words(replace=True), result)
        if result['changed']:
            result['diff'] = states(found['state'], 'running', have, want)
        return result

    def run(self):
        if self.program is None:
            self.module.warn('%s: not found in PATH' %
                             self.params['executable'])
            return {'changed': self.params['state'] != 'stopped'}
        if self.params['state'] == 'stopped':
            result = self.stop()
        else:
            result = self.start()
        if result['changed'] and not self.module.check_mode:
            result['status'] = self.status()
        return result


def states(before_state, after_state, before=None, after=None):
    """A diff of Ansible's: a line for each fact."""
    def lines(state, facts):
        return ''.join(
            [to_text('state: %s\n' % state)] +
            [to_text('%s: %s\n' % (name, facts[name]))
             for name in sorted(facts or {})])
    return {'before': lines(before_state, before),
            'after': lines(after_state, after)}


def check_umask(module):
    value = module.params['umask']
    if value is not None and not isinstance(value, str):
        module.fail_json(msg="umask: put it in quotes, as in '022': YAML has "
                         "made the number %s of it" % value)


def main():
    spec = dict(
        state=dict(type='str', default='started',
                   choices=['started', 'stopped', 'restarted']),
        command=dict(type='list', elements='str'),
        name=dict(type='str'),
        pidfile=dict(type='path'),
        executable=dict(type='str', default='daemonize'),
        stop=dict(type='str'),
        tree=dict(type='bool'),
    )
    for name, _letter, kind, type_, choices in OPTIONS:
        spec[name] = dict(type=type_)
        if choices is not None:
            spec[name]['choices'] = choices
        if kind == LIST:
            spec[name]['elements'] = 'str'
    module = AnsibleModule(
        argument_spec=spec,
        supports_check_mode=True,
        mutually_exclusive=[('name', 'pidfile')],
        required_one_of=[('name', 'pidfile')],
        required_if=[('state', 'started', ['command']),
                     ('state', 'restarted', ['command'])],
    )
    check_umask(module)
    module.exit_json(**Daemon(module).run())


if __name__ == '__main__':
    main()
