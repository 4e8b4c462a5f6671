# SPDX-License-Identifier: BSD-2-Clause
# Completion of daemonize(1) for fish(1): options, their values, and then
# whatever the wrapped command has.
#
# To try it: source contrib/completion/daemonize.fish

# The letters and the long names of the options that take the next word as
# their value.
set -g __daemonize_letters ceEgilnopRu
set -g __daemonize_valued signals sigchld background session refork umask fds \
    chdir stdin stdout stderr output user group chroot env pidfile name lockfile \
    ready ready-timeout restart success restart-delay restart-limit \
    stop-with log log-time log-rotate signal

set -g __daemonize_signals HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV \
    USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM \
    PROF WINCH IO PWR SYS

# Print the operands that are complete, one a line, after the line `options' if
# the word at the cursor may still be an option or an operand, or `value' if it
# is the value of an option, or `operands'.
function __daemonize_words
    set -l tokens (commandline -opc)
    set -l value no
    set -e tokens[1]
    while set -q tokens[1]
        set -l token $tokens[1]
        if test $value = yes
            set value no
        else if test "$token" = --
            set -e tokens[1]
            echo operands
            string join \n -- $tokens
            return
        else if string match -qr -- '^--[^=]+$' $token
            if contains -- (string sub -s 3 -- $token) $__daemonize_valued
                set value yes
            end
        else if string match -qr -- '^--' $token
        else if string match -qr -- '^-.' $token
            # A letter with a value ends a cluster, with the value in the same
            # word if there is more of it.
            if string match -qr -- "^-[^$__daemonize_letters]*[$__daemonize_letters]\$" $token
                set value yes
            end
        else
            echo operands
            string join \n -- $tokens
            return
        end
        set -e tokens[1]
    end
    if test $value = yes
        echo value
    else
        echo options
    end
end

# Is an option, or the value of one, at the cursor?
function __daemonize_in_options
    test (__daemonize_words)[1] != operands
end

# Is an operand of a launch at the cursor?
function __daemonize_in_command
    set -l words (__daemonize_words)
    if test $words[1] = options
        not string match -q -- '-*' (commandline -ct)
        and not __daemonize_has_verb
    else
        test $words[1] = operands
        and not __daemonize_has_verb
    end
end

# Is an option given in whose place no command follows?
function __daemonize_has_verb
    set -l words (__daemonize_words)
    for token in (commandline -opc)[2..-1]
        # What follows belongs to the wrapped command.
        if test "$token" = --; or test "$token" = "$words[2]"
            return 1
        end
        if string match -qr -- '^--(check|status|stop|again|signal|wait|list)(=|$)' $token
            return 0
        end
    end
    return 1
end

# Is the pid of --check at the cursor?
function __daemonize_in_check
    set -l words (__daemonize_words)
    contains -- --check (commandline -opc)
    and test $words[1] = options
end

# Complete the wrapped command as if it were typed alone.
function __daemonize_command
    set -l words (__daemonize_words)
    complete --do-complete=(string join ' ' -- (string escape -- $words[2..-1]) (commandline -ct))
end

# USER[:GROUP]
function __daemonize_users
    set -l token (commandline -ct)
    if string match -q '*:*' -- $token
        set -l user (string replace -r ':.*' : -- $token)
        string replace -r '^(-u|--user=)' '' -- $user(__fish_complete_groups)
    else
        __fish_complete_users
    end
end

# SIG/TIME[/SIG/TIME]..., one part after the other; TIME is the user's.
function __daemonize_schedule
    set -l typed (string replace -r '^--[a-z]+=' '' -- (commandline -ct))
    set -l before (string match -r '^(?:[^/]*/[^/]*/)*' -- $typed)
    if not string match -q '*/*' -- (string sub -s (math (string length -- "$before") + 1) -- $typed)
        string join \n -- "$before"$__daemonize_signals/
    end
end

# STATUS|SIG[,...]
function __daemonize_success
    set -l typed (string replace -r '^--[a-z]+=' '' -- (commandline -ct))
    set -l before (string match -r '^(?:[^,]*,)*' -- $typed)
    string join \n -- "$before"$__daemonize_signals
end

# METHOD[:VALUE]
function __daemonize_ready
    set -l typed (string replace -r '^--[a-z]+=' '' -- (commandline -ct))
    set -l method (string match -r '^(?:file|unix):' -- $typed)
    if test -n "$method"
        set -l path (string replace -- $method '' $typed)
        string join \n -- $method(__fish_complete_path $path)
    else
        string join \n -- exec alive: notify fd: file: tcp: unix:
    end
end

# The instances of -n: the pid files in its directory.
function __daemonize_instances
    set -l dir
    if test (id -u) = 0
        set dir /run/daemonize
    else if string match -q '/*' -- "$XDG_STATE_HOME"
        set dir $XDG_STATE_HOME/daemonize/(hostname)
    else
        set dir $HOME/.local/state/daemonize/(hostname)
    end
    for file in $dir/*.pid
        string replace -r '.*/(.*)\.pid$' '$1' -- $file
    end
end

# An option, before the command: __daemonize_option [OPTION OF complete]...
function __daemonize_option
    complete -c daemonize -n __daemonize_in_options $argv
end

complete -c daemonize -f

__daemonize_option -l signals -x -a 'default ignore keep' -d 'Dispositions and mask'
__daemonize_option -l sigchld -x -a 'default ignore keep' -d 'Disposition of SIGCHLD'
__daemonize_option -l background -x -a 'yes no' -d 'Fork, so that the caller continues'
__daemonize_option -l session -x -a 'new keep' -d 'Start a session without a terminal'
__daemonize_option -l refork -x -a 'yes no' -d 'Fork again, so that it leads no session'
__daemonize_option -l umask -x -a '022 027 077 keep' -d 'File mode creation mask, octal'
__daemonize_option -l fds -x -a 'close keep' -d 'Descriptors above 2 to leave open'
__daemonize_option -s c -l chdir -x -a 'keep (__fish_complete_directories)' -d 'Working directory'
__daemonize_option -s i -l stdin -r -F -a keep -d 'Standard input'
__daemonize_option -s o -l stdout -r -F -a keep -d 'Standard output'
__daemonize_option -s e -l stderr -r -F -a keep -d 'Standard error'
__daemonize_option -l output -r -F -a keep -d 'Both, appended to one file'
__daemonize_option -s a -l append -d 'Do not truncate the output files'
__daemonize_option -s F -l foreground -d 'Do not detach'
__daemonize_option -s u -l user -x -a '(__daemonize_users)' -d 'User and group of the command'
__daemonize_option -s g -l group -x -a '(__fish_complete_groups)' -d 'Group of the command'
__daemonize_option -s R -l chroot -x -a '(__fish_complete_directories)' -d 'Root directory of the command'
__daemonize_option -s E -l env -x -a '(set -xn)=' -d 'Set a variable'
__daemonize_option -l clear-env -d 'Start from an empty environment'
__daemonize_option -l no-new-privs -d 'The command cannot gain privileges by an exec'
__daemonize_option -s p -l pidfile -r -F -d 'Write the pid to a file'
__daemonize_option -s n -l name -x -a '(__daemonize_instances)' -d 'The same, by a name'
__daemonize_option -s l -l lockfile -r -F -d 'Hold a lock on a file'
__daemonize_option -l if-not-running -d 'If it already runs, exit with 0'
__daemonize_option -l stop-with -x -a '(__daemonize_schedule)' -d 'How it is stopped'
__daemonize_option -l replace -f -a '(__daemonize_schedule)' -d 'Stop the running instance, then launch'
__daemonize_option -l ready -x -a '(__daemonize_ready)' -d 'Return when the command is ready'
__daemonize_option -l ready-timeout -x -d 'Time until it must be ready'
__daemonize_option -l supervise -d 'Record its end, and remove its pid file'
__daemonize_option -l restart -x -a 'never on-failure always' -d 'Restart it when it ends'
__daemonize_option -l success -x -a '(__daemonize_success)' -d 'Statuses and signals that are no failure'
__daemonize_option -l restart-delay -x -d 'Wait TIME, then twice that, up to MAX'
__daemonize_option -l restart-limit -x -d 'After N restarts (within TIME), give up'
__daemonize_option -l log -r -F -a syslog -d 'A log of stdout and stderr'
__daemonize_option -l log-time -x -a 'utc local' -d 'Begin each line of the log with its time'
__daemonize_option -l log-rotate -x -d 'Rotate the log at this size'
__daemonize_option -l explain -d 'Print what would be done, and do nothing'
__daemonize_option -l check -d 'Audit the daemon, or any process'
__daemonize_option -l status -d 'Print whether it runs'
__daemonize_option -l stop -f -a '(__daemonize_schedule)' -d 'Stop it, and return when it has ended'
__daemonize_option -l tree -d 'With --stop, --replace or a supervisor: stop the rest, too'
__daemonize_option -l again -d 'End this run, and start the next at once'
__daemonize_option -l signal -x -a '$__daemonize_signals' -d 'Send it a signal'
__daemonize_option -l wait -d 'Return when it has ended'
__daemonize_option -l list -d 'Print the instances of --name'
__daemonize_option -l json -d 'Print JSON'
__daemonize_option -s v -l verbose -d 'Print each step that is done'
__daemonize_option -s h -l help -d 'Print a summary of the options'
__daemonize_option -s V -l version -d 'Print the version'

complete -c daemonize -n __daemonize_in_check -x -a '(__fish_complete_pids)'
complete -c daemonize -n __daemonize_in_command -x -a '(__daemonize_command)'
