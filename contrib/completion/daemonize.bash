# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion of daemonize(1) for bash(1): options, their values, and then
# whatever the wrapped command has.
#
# To try it: . contrib/completion/daemonize.bash
# bash-completion, if it is loaded, completes the wrapped command; without it
# that is a command's name, and files.

# The letters and the long names of the options that take a value.
_daemonize_letters=ceEgilnopRu
_daemonize_valued=" --signals --sigchld --background --session --refork
	--umask --fds --chdir --stdin --stdout --stderr --user --group
	--chroot --output --env --pidfile --name --lockfile --stop-with --ready --ready-timeout
	--restart --success --restart-delay --restart-limit --log --log-time
	--log-rotate --signal "
_daemonize_plain=" --append --foreground --clear-env --no-new-privs
	--if-not-running --replace --supervise --explain --check --status
	--stop --tree --again --wait --list --json --verbose --help --version "
# A value of these is in the same word or there is none.
_daemonize_optional=" --replace --explain --stop "
_daemonize_facilities="auth authpriv cron daemon ftp local0 local1 local2
	local3 local4 local5 local6 local7 lpr mail news user uucp"
_daemonize_levels="emerg alert crit err warning notice info debug"
_daemonize_signals="HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2
	PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF
	WINCH IO PWR SYS"

# Does this option take the next word as its value?
_daemonize_takes_next()
{
	local word=$1

	case $word in
	--*=*)
		return 1 ;;
	--*)
		[[ $_daemonize_valued == *[[:space:]]"$word"[[:space:]]* ]] ;;
	*)
		# A cluster: a letter with a value ends it, with the value in
		# the same word if there is more of that.
		[[ $word =~ ^-[^$_daemonize_letters]*[$_daemonize_letters]$ ]] ;;
	esac
}

# readline splits words at `=` and `:`; join them again.  Sets words, up to and
# with the one at the cursor, and starts, the index in COMP_WORDS of each.
_daemonize_words()
{
	local line=$COMP_LINE i word before

	words=() starts=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		before=${line%%"$word"*}
		[[ -n $word ]] || before=${line%%[![:space:]]*}
		if [[ $i -eq 0 || -n $before ]]; then
			starts+=("$i")
			words+=("$word")
		else
			words[-1]+=$word
		fi
		line=${line#"$before$word"}
	done
}

# Tells readline how to treat the candidates: as filenames, or with nospace.
_daemonize_as()
{
	# Outside of a completion, as in a test, compopt does not work.
	compopt -o "$1" 2>/dev/null || :
}

# Candidates, one a line, from standard input.
_daemonize_reply()
{
	local line

	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done
}

# The instances of -n: the pid files in its directory.
_daemonize_names()
{
	local dir file

	if ((EUID == 0)); then
		dir=/run/daemonize
	elif [[ ${XDG_STATE_HOME-} == /* ]]; then
		dir=$XDG_STATE_HOME/daemonize/$HOSTNAME
	else
		dir=${HOME-}/.local/state/daemonize/$HOSTNAME
	fi
	for file in "$dir"/*.pid; do
		[[ -e $file ]] || continue
		file=${file##*/}
		printf '%s\n' "${file%.pid}"
	done
}

# SIG/TIME[/SIG/TIME]..., one part after the other; TIME is the user's.
_daemonize_schedule()
{
	local cur=$1 before=

	[[ $cur != */* ]] || before=${cur%/*}/
	if [[ ${before//[^\/]/} =~ ^(//)*$ ]]; then
		_daemonize_as nospace
		_daemonize_reply < <(compgen -P "$before" -S / \
		    -W "$_daemonize_signals" -- "${cur##*/}")
	fi
}

# METHOD[:VALUE]; only what follows a word break is replaced.
_daemonize_ready()
{
	local cur=$1 method=

	case $cur in
	file:* | unix:*)
		[[ $COMP_WORDBREAKS == *:* ]] || method=${cur%%:*}:
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -P "$method" -- "${cur#*:}") ;;
	*:*)
		;;
	*)
		_daemonize_as nospace
		_daemonize_reply < <(compgen -W 'exec alive: notify fd: file:
		    tcp: unix:' -- "$cur") ;;
	esac
}

# FILE, or syslog[:FACILITY[.LEVEL]]; only what follows a word break is
# replaced.  A logger is quoted, and is the user's.
_daemonize_log()
{
	local cur=$1 before=syslog: priority

	priority=${cur#syslog:}
	[[ $COMP_WORDBREAKS != *:* ]] || before=
	case $cur in
	syslog:*.*)
		_daemonize_reply < <(compgen -P "$before${priority%%.*}." \
		    -W "$_daemonize_levels" -- "${priority#*.}") ;;
	syslog:*)
		_daemonize_reply < <(compgen -P "$before" \
		    -W "$_daemonize_facilities" -- "$priority") ;;
	*)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -W syslog -- "$cur") ;;
	esac
}

# The processes that --check may look at: all.
_daemonize_pids()
{
	local dir

	for dir in /proc/[0-9]*; do
		printf '%s\n' "${dir#/proc/}"
	done
}

# The values of an option: _daemonize_value OPTION WHAT-IS-TYPED
_daemonize_value()
{
	local cur=$2 user='' before=''

	case $1 in
	--signals | --sigchld)
		_daemonize_reply < <(compgen -W 'default ignore keep' -- "$cur")
		;;
	--background | --refork)
		_daemonize_reply < <(compgen -W 'yes no' -- "$cur") ;;
	--session)
		_daemonize_reply < <(compgen -W 'new keep' -- "$cur") ;;
	--umask)
		_daemonize_reply < <(compgen -W '022 027 077 keep' -- "$cur") ;;
	--fds)
		_daemonize_reply < <(compgen -W 'close keep' -- "$cur") ;;
	--chdir | -c)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -d -W keep -- "$cur") ;;
	--stdin | --stdout | --stderr | --output | -i | -o | -e)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -W keep -- "$cur") ;;
	--chroot | -R)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -d -- "$cur") ;;
	--pidfile | --lockfile | -p | -l)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -- "$cur") ;;
	--user | -u)
		if [[ $cur != *:* ]]; then
			_daemonize_reply < <(compgen -u -- "$cur")
		else
			# Only what follows a word break is replaced.
			[[ $COMP_WORDBREAKS == *:* ]] || user=${cur%%:*}:
			_daemonize_reply < <(compgen -g -P "$user" -- \
			    "${cur#*:}")
		fi ;;
	--group | -g)
		_daemonize_reply < <(compgen -g -- "$cur") ;;
	--env | -E)
		if [[ $cur != *=* ]]; then
			_daemonize_as nospace
			_daemonize_reply < <(compgen -e -S = -- "$cur")
		fi ;;
	--name | -n)
		_daemonize_reply < <(compgen -W "$(_daemonize_names)" -- "$cur")
		;;
	--ready)
		_daemonize_ready "$cur" ;;
	--signal)
		_daemonize_reply < <(compgen -W "$_daemonize_signals" -- "$cur")
		;;
	--restart)
		_daemonize_reply < <(compgen -W 'never on-failure always' \
		    -- "$cur") ;;
	--log)
		_daemonize_log "$cur" ;;
	--log-time)
		_daemonize_reply < <(compgen -W 'utc local' -- "$cur") ;;
	--success)
		[[ $cur != *,* ]] || before=${cur%,*},
		_daemonize_reply < <(compgen -P "$before" \
		    -W "$_daemonize_signals" -- "${cur##*,}") ;;
	--explain)
		_daemonize_reply < <(compgen -W unit -- "$cur") ;;
	--replace | --stop | --stop-with)
		_daemonize_schedule "$cur" ;;
	esac
}

# The options themselves.
_daemonize_options()
{
	local cur=$1 letter

	if [[ $cur != --* ]]; then
		for letter in a c e E F g h i l n o p R u v V; do
			[[ $cur == - || $cur == "-$letter" ]] &&
			    COMPREPLY+=("-$letter")
		done
	fi
	# shellcheck disable=SC2086  # a list
	_daemonize_reply < <(compgen -W "$_daemonize_plain" -- "$cur";
	    compgen -S = -W "$_daemonize_valued $_daemonize_optional" -- "$cur")
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] &&
	    _daemonize_as nospace
	return 0
}

# Completes the operand with this index: the wrapped command of a launch, or the
# pid of --check.  The words before it have the verb.
_daemonize_operand()
{
	local index=$1 word verb=

	for word in "${words[@]:1:index - 1}"; do
		case $word in
		--check | --status | --stop | --stop=* | --again | \
		    --signal | --signal=* | --wait | --list)
			verb=$word ;;
		esac
	done
	case $verb in
	"")
		_daemonize_command "${starts[index]}" ;;
	--check)
		((index != ${#words[@]} - 1)) || _daemonize_reply < <(
		    compgen -W "$(_daemonize_pids)" -- "${words[index]}") ;;
	esac
}

# Hands over to the wrapped command, whose word has this index.
_daemonize_command()
{
	local offset=$1

	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$offset"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$offset"
	elif [[ $COMP_CWORD -eq $offset &&
	    ${COMP_WORDS[COMP_CWORD]} != */* ]]; then
		_daemonize_reply < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
	else
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
	fi
}

_daemonize()
{
	local words starts word last i

	COMPREPLY=()
	_daemonize_words
	last=$((${#words[@]} - 1))

	for ((i = 1; i < last; i++)); do
		word=${words[i]}
		if [[ $word == -- ]]; then
			_daemonize_operand $((i + 1))
			return
		elif [[ $word != -?* ]]; then
			_daemonize_operand "$i"
			return
		elif ! _daemonize_takes_next "$word"; then
			continue
		elif ((i + 1 == last)); then
			[[ $word == --* ]] || word=-${word: -1}
			_daemonize_value "$word" "${words[last]}"
			return
		fi
		((++i))
	done

	word=${words[last]}
	case $word in
	--*=*)
		_daemonize_value "${word%%=*}" "${word#*=}"
		# Where `=` breaks no word, all of it is replaced.
		[[ $COMP_WORDBREAKS == *=* ]] ||
		    COMPREPLY=("${COMPREPLY[@]/#/${word%%=*}=}") ;;
	-*)
		_daemonize_options "$word" ;;
	*)
		_daemonize_operand "$last" ;;
	esac
}

complete -F _daemonize daemonize
