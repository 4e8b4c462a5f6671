# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# memory.sh: the private dirty memory of processes that wait.  bench/resident
# and bench/outgrown source it.

# Prints the KiB of each process, a line for each: dirty PID...
dirty()
{
	for dirty_pid in "$@"; do
		sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' \
		    "/proc/$dirty_pid/smaps_rollup" || return
	done
}

# Prints the same, once two readings in a row agree: settled PID...
# sync(1) comes first: until then, the pages of a program that was just written
# are dirty, too.  A supervisor that has just started may have something to do
# yet, and some are never still: the 30th reading counts in any case.
settled()
{
	sync
	settled_before=''
	settled_tries=30
	until settled_now=$(dirty "$@") || return
	    [ "$settled_now" = "$settled_before" ] ||
	    [ "$settled_tries" -eq 0 ]; do
		settled_before=$settled_now
		settled_tries=$((settled_tries - 1))
		sleep 1
	done
	printf '%s\n' "$settled_now"
}
