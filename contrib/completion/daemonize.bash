# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion of daemonize(1) for bash(1): options, their values, and then
# whatever the wrapped command has.
#
# To try it: . contrib/completion/daemonize.bash
# bash-completion, if it is loaded, completes the wrapped command; without it
# that is a command's name, and files.

# The options come from `daemonize --help': _daemonize_values has the value of
# each, as it is shown there (`=DIR|keep', `[=SCHEDULE]', or nothing), by its
# letter and by its long name; _daemonize_methods those of --ready.
declare -A _daemonize_values
_daemonize_methods=

_daemonize_help()
{
	local line option='^  (-.|  )(, |  )(--[a-z-]+)(\[?=[^ ]+)?'
	local methods='^  (exec, alive:|cmd:)'

	_daemonize_values=() _daemonize_methods=
	while IFS= read -r line; do
		if [[ $line =~ $option ]]; then
			_daemonize_values[${BASH_REMATCH[3]}]=${BASH_REMATCH[4]}
			[[ ${BASH_REMATCH[1]} == "  " ]] ||
			    _daemonize_values[${BASH_REMATCH[1]}]=${BASH_REMATCH[4]}
		elif [[ $line =~ $methods ]]; then
			_daemonize_methods+=${line//,/}
		fi
	done < <(daemonize --help 2>/dev/null)
}

_daemonize_facilities="auth authpriv cron daemon ftp local0 local1 local2
	local3 local4 local5 local6 local7 lpr mail news user uucp"
_daemonize_levels="emerg alert crit err warning notice info debug"
_daemonize_signals="HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2
	PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF
	WINCH IO PWR SYS"

# Does this option take the next word as its value?  A letter with a value ends
# a cluster, with the value in the same word if there is more of that.
_daemonize_takes_next()
{
	local word=$1 i

	if [[ $word == --* ]]; then
		[[ ${_daemonize_values[$word]-} == =* ]]
		return
	fi
	for ((i = 1; i < ${#word}; i++)); do
		[[ ${_daemonize_values[-${word:i:1}]-} != =* ]] ||
		    { ((i == ${#word} - 1)); return; }
	done
	return 1
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

# The instances of -n that begin so: the pid files in its directory.  A name may
# have anything in it: compgen -W would expand it, and so would the shell that
# gets it without a quote.
_daemonize_names()
{
	local cur=$1 dir file

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
		file=${file%.pid}
		[[ $file != "$cur"* ]] || COMPREPLY+=("$(printf %q "$file")")
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
		# Of `fd:N', the value is the user's.
		_daemonize_reply < <(compgen -W "$(for method in \
		    $_daemonize_methods; do
			[[ $method != *:* ]] || method=${method%%:*}:
			echo "$method"
		    done)" -- "$cur") ;;
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

# USER[:GROUP]; only what follows a word break is replaced.
_daemonize_user()
{
	local cur=$1 user=

	if [[ $cur != *:* ]]; then
		_daemonize_reply < <(compgen -u -- "$cur")
	else
		[[ $COMP_WORDBREAKS == *:* ]] || user=${cur%%:*}:
		_daemonize_reply < <(compgen -g -P "$user" -- "${cur#*:}")
	fi
}

# STATUS|SIG[,...]
_daemonize_success()
{
	local cur=$1 before=

	[[ $cur != *,* ]] || before=${cur%,*},
	_daemonize_reply < <(compgen -P "$before" -W "$_daemonize_signals" \
	    -- "${cur##*,}")
}

# The words in small letters, files and directories of a value such as
# `FILE|keep': _daemonize_words_of VALUE WHAT-IS-TYPED
_daemonize_words_of()
{
	local value="|${1//|/||}|" cur=$2 list

	list=$(grep -oE '\|[a-z-]+\|' <<<"$value" | tr -d '|')
	_daemonize_reply < <(compgen -W "$list" -- "$cur")
	case $value in
	*"|FILE|"*)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -f -- "$cur") ;;
	*"|DIR|"*)
		_daemonize_as filenames
		_daemonize_reply < <(compgen -d -- "$cur") ;;
	*"|MODE|"*)
		_daemonize_reply < <(compgen -W '022 027 077' -- "$cur") ;;
	esac
}

# The values of an option: _daemonize_value OPTION WHAT-IS-TYPED
_daemonize_value()
{
	local value=${_daemonize_values[$1]-} cur=$2

	[[ $value != \[* ]] || value=${value:1:-1}
	case $value in
	"=USER[:GROUP]")
		_daemonize_user "$cur" ;;
	=GROUP)
		_daemonize_reply < <(compgen -g -- "$cur") ;;
	=NAME=VALUE)
		if [[ $cur != *=* ]]; then
			_daemonize_as nospace
			_daemonize_reply < <(compgen -e -S = -- "$cur")
		fi ;;
	=NAME)
		_daemonize_names "$cur" ;;
	=METHOD)
		_daemonize_ready "$cur" ;;
	=SIG)
		_daemonize_reply < <(compgen -W "$_daemonize_signals" -- "$cur")
		;;
	"=STATUS|SIG[,...]")
		_daemonize_success "$cur" ;;
	*syslog*)
		_daemonize_log "$cur" ;;
	=SCHEDULE)
		_daemonize_schedule "$cur" ;;
	=*)
		_daemonize_words_of "${value#=}" "$cur" ;;
	esac
}

# The options themselves.
_daemonize_options()
{
	local cur=$1 option

	for option in "${!_daemonize_values[@]}"; do
		[[ $option == "$cur"* ]] || continue
		[[ $option != --* || -z ${_daemonize_values[$option]} ]] ||
		    option+="="
		COMPREPLY+=("$option")
	done
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
		--check | --status | --tail | --stop | --stop=* | --again | \
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
	_daemonize_help
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
