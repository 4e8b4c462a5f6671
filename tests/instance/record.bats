#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The record of an instance, read while it is written.

load ../lib/helpers

@test "a reader of the record never sees half of one: on a disk" {
	"$HELPERS_DIR/torn" whole "$TMP/record" 10000
}

@test "a reader of the record never sees half of one: in memory" {
	[[ -d /dev/shm && -w /dev/shm ]] || skip "needs /dev/shm"
	local dir

	dir=$(mktemp -d /dev/shm/daemonize.XXXXXX)
	echo "rm -rf '$dir'" >>"$TMP/.at_end"
	"$HELPERS_DIR/torn" whole "$dir/record" 10000
}

@test "a reader of the record never sees half of one: written in pieces" {
	"$HELPERS_DIR/torn" pieces "$TMP/record" 2000 >said
	cat said
	# Else nothing was tried.
	[[ $(<said) != "0 of "* ]]
}
