# SPDX-License-Identifier: BSD-2-Clause
# Completion of daemonize(1) for fish(1): options, their values, and then
# whatever the wrapped command has.  The options come from `daemonize --help'.
#
# To try it: source contrib/completion/daemonize.fish

# The letters and the long names of the options that take the next word as
# their value, and the methods of --ready.
set -g __daemonize_letters
set -g __daemonize_valued
set -g __daemonize_methods

set -g __daemonize_signals HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV \
    USR2 PIPE ALRM TERM CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM \
    PROF WINCH IO PWR SYS

# Print the operands that are complete, one a line, after the line `options' if
# the word at the cursor may still be an option or an operand, or `value' if it
# is the value of an option, or `operands'.
function __daemonize_words
    set -l tokens (commandline -opc)
    set -l value no
    set -l letters (string join '' $__daemonize_letters)
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
            if string match -qr -- "^-[^$letters]*[$letters]\$" $token
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
        if string match -qr -- '^--(check|status|stop|again|signal|wait|list|tail)(=|$)' $token
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
        string replace -r ':.*' : -- $__daemonize_methods
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

# What completes a value, as `daemonize --help' shows it, by complete's options.
function __daemonize_value
    switch $argv[1]
        case 'USER[:GROUP]'
            string join \n -- -x -a '(__daemonize_users)'
        case GROUP
            string join \n -- -x -a '(__fish_complete_groups)'
        case NAME=VALUE
            string join \n -- -x -a '(set -xn)='
        case NAME
            string join \n -- -x -a '(__daemonize_instances)'
        case METHOD
            string join \n -- -x -a '(__daemonize_ready)'
        case SCHEDULE
            string join \n -- -x -a '(__daemonize_schedule)'
        case 'SCHEDULE]'
            string join \n -- -f -a '(__daemonize_schedule)'
        case SIG
            string join \n -- -x -a '$__daemonize_signals'
        case 'STATUS|SIG*'
            string join \n -- -x -a '(__daemonize_success)'
        case '*'
            set -l words (string split '|' -- $argv[1])
            set -l list (string match -r '^[a-z-]+' -- $words)
            contains MODE $words; and set -a list 022 027 077
            contains DIR $words; and set -a list '(__fish_complete_directories)'
            contains FILE $words; and string join \n -- -r -F; or echo -- -x
            test -z "$list"; or string join \n -- -a "$list"
    end
end

for __daemonize_line in (daemonize --help 2>/dev/null)
    # Letter or blanks, name, `=' or `[=' or nothing, value, text
    set -l part (string match -r -- '^  (-.|  )(?:, |  )--([a-z-]+)(\[?=|)([^ ]*)(?: \[PID\])? +(.*)$' $__daemonize_line)
    if set -q part[1]
        set -l letter (string match -r '[a-zA-Z]' -- $part[2])
        set -l value
        if test -n "$part[4]"
            set value (__daemonize_value $part[5])
        end
        if test "$part[4]" = =
            set -a __daemonize_valued $part[3]
            set -a __daemonize_letters $letter
        end
        __daemonize_option (test -z "$letter"; or echo -- -s$letter) -l $part[3] $value -d $part[6]
    else if string match -qr '^  (exec,|cmd:)' -- $__daemonize_line
        set -a __daemonize_methods (string split ', ' -- (string trim -c ' ,' -- $__daemonize_line))
    end
end

complete -c daemonize -n __daemonize_in_check -x -a '(__fish_complete_pids)'
complete -c daemonize -n __daemonize_in_command -x -a '(__daemonize_command)'
