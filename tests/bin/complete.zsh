# SPDX-License-Identifier: BSD-2-Clause
# What zsh offers for each line of standard input, a line each: it is typed to
# an interactive zsh at a pseudo-terminal, and the completion's key is pressed.
# zsh -f tests/bin/complete.zsh DIRECTORY DUMP
# DUMP is a file that compinit makes, so that it is quick the next time.

zmodload zsh/zpty || exit

dir=$(mktemp -d) || exit
trap 'finish; rm -rf $dir' EXIT

# Return when the other shell is gone.
finish()
{
	zpty -w shell exit
	while zpty -t shell; do zpty -r shell text; done
	zpty -d shell
}

cat >$dir/setup <<'END'
PS1= PS2= RPS1=
fpath=($DIRECTORY $fpath)
autoload -Uz compinit
compinit -u -d $DUMP

_of_its_name() { compadd -- of-$service; }
compdef _of_its_name one two three

# Write down what is offered; the caller's own arrays (-O, -A, -D) are not.
compadd() {
	local -a hits
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -O hits "$@"
		print -rl -- $hits >>$OFFERED
	fi
	builtin compadd "$@"
}

# The completion itself, without anything inserted, listed or asked.
offer() {
	: >$OFFERED
	_main_complete
	compstate[insert]= compstate[list]=
}
zle -C offer complete-word offer
offered() { BUFFER=; print -n '<OFFERED>'; }
zle -N offered
bindkey '^I' offer
bindkey '^G' offered
print -n '<READY>'
END

export DIRECTORY=$1 DUMP=$2 OFFERED=$dir/offered
zpty shell zsh -f -i
zpty -w shell "source $dir/setup"
zpty -r shell text $'*<READY>*' || exit
while IFS= read -r line; do
	zpty -w -n shell $line$'\t\x07'
	zpty -r shell text $'*<OFFERED>*' || exit
	print -r -- ${(ou)${(f)"$(<$OFFERED)"}}
done
