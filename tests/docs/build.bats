#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Building: without a warning by either compiler; what configure is asked for
# is in the program.

load ../lib/helpers

# The compiler and flags that the tests run with are not the ones to try.
# A configure that fails leaves a `sleep 1' of its own behind (automake's look
# at the clock): without the mark the teardown does not complain of it.
clean() {
	env -u DAEMONIZE_TEST -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC \
	    -u CFLAGS -u CPPFLAGS -u LDFLAGS "$@" 3>&- >log 2>&1 </dev/null ||
	    { tail -n 30 log; return 1; }
}

# Configures in the test's directory: configured CFLAGS [OPTION]...
configured() {
	local flags=$1

	shift
	# Which is outside of the sources, if they are not configured.
	[[ ! -e $SOURCE_DIR/config.status ]] || skip "needs a build elsewhere"
	clean "$SOURCE_DIR/configure" "$@" CFLAGS="$flags"
}

# Makes it: made CFLAGS
# configure's own tries are not free of warnings: no -Werror for them.
made() {
	clean make CFLAGS="$1 -Werror"
	equal version "$(./daemonize --version)" "$(launch --version)"
}

# Both: built CFLAGS [OPTION]...
built() {
	configured "$@"
	made "$1"
}

# And what the tests are made of.
all_built() {
	built "$@"
	clean make CFLAGS="$1 -Werror" TESTS= check
}

# What configure found: flags CFLAGS|CPPFLAGS|LDFLAGS
flags() {
	sed -n "s/^HARDENING_$1 = *//p" Makefile
}

@test "make install warns of another daemonize in PATH" {
	configured "-O2" --prefix="$TMP/here"
	install -D "$DAEMONIZE" here/bin/daemonize
	install -D "$(type -P true)" other/daemonize
	PATH=$TMP/other:$PATH clean make install-exec-hook
	grep -qxF "warning: PATH leads to another daemonize, $TMP/other/daemonize" \
	    log
	PATH=$TMP/here/bin:$PATH clean make install-exec-hook
	[[ $(<log) != *warning* ]]
	PATH=$TMP/other:$PATH clean make install-exec-hook DESTDIR="$TMP/package"
	[[ $(<log) != *warning* ]]
}

@test "gcc compiles everything without a warning, hardened with what configure found" {
	requires gcc readelf
	all_built "-O2 -g" CC=gcc
	readelf -lWd daemonize >elf
	readelf -W --dyn-syms daemonize >>elf
	[[ $(flags LDFLAGS) != *-pie* ]] || grep -q 'Flags:.* PIE' elf
	[[ $(flags LDFLAGS) != *relro* ]] || grep -q GNU_RELRO elf
	[[ $(flags LDFLAGS) != *now* ]] || grep -q BIND_NOW elf
	[[ $(flags CFLAGS) != *stack-protector* ]] ||
	    grep -q __stack_chk_fail elf
	# Another C library may have no such functions.
	[[ $(flags CPPFLAGS) != *FORTIFY* ]] || ! getconf GNU_LIBC_VERSION ||
	    grep -q __snprintf_chk elf
	# libbsd's archive is linked in.
	[[ $(sed -n 's/^LIBBSD_LIBS = //p' Makefile) == -lbsd* ]] ||
	    ! grep -q 'NEEDED.*libbsd' elf
}

@test "clang compiles everything without a warning" {
	requires clang
	all_built "-O2 -g" CC=clang
}

@test "gcc without optimization compiles the program without a warning, with a shared libbsd" {
	requires gcc readelf
	built "-O0 -g" CC=gcc --with-shared-libbsd
	# The C library can fortify only what is optimized.
	equal flags "$(flags CPPFLAGS)" ""
	[[ $(sed -n 's/^LIBBSD_LIBS = //p' Makefile) == -lbsd* ]] ||
	    skip "needs libbsd"
	readelf -d daemonize | grep -q 'NEEDED.*libbsd'
}

@test "--disable-hardening adds nothing" {
	requires gcc
	configured "-O2 -g" CC=gcc --disable-hardening
	equal flags "$(flags CFLAGS)$(flags CPPFLAGS)$(flags LDFLAGS)" ""
}

@test "--enable-hardening takes only what is named" {
	requires gcc
	configured "-O2 -g" CC=gcc --enable-hardening=stack-clash,relro
	equal flags "$(flags CFLAGS)" -fstack-clash-protection
	equal flags "$(flags LDFLAGS)" "-Wl,-z,relro -Wl,-z,now"
	equal flags "$(flags CPPFLAGS)" ""
}

@test "--enable-hardening refuses what it does not know" {
	run configured "-O2 -g" --enable-hardening=relro,seatbelt
	status_is 1
	[[ $output == *"no such hardening: seatbelt"* ]]
}

# The suite passes with the program that was built, as far as it is named by
# files and options: passes FILE|-f REGEX...
passes() {
	# A suite of its own, which knows nothing of this one.
	(cd "$SOURCE_DIR/tests" && env -i PATH="${PATH//$BATS_LIBEXEC:/}" \
	    HOME="$HOME" SOURCE_DIR="$SOURCE_DIR" HELPERS_DIR="$HELPERS_DIR" \
	    DAEMONIZE="$TMP/daemonize" bats "$@" 3>&-) >log 2>&1 ||
	    { grep -v '^ok' log; return 1; }
	grep -q '^ok' log
}

# No loader, and nothing to load.
is_static() {
	readelf -lWd daemonize >elf
	! grep -E 'INTERP|NEEDED' elf
}

@test "a static program needs no loader, and does what a dynamic one does" {
	requires gcc readelf bats plain strace
	if ! configured "-O2 -g" CC=gcc --enable-static-program; then
		grep -q 'needs the archives' log
		skip "needs the archives of libc and libbsd"
	fi
	made "-O2 -g"
	is_static
	# Nor are there modules of the databases, whatever nsswitch.conf says.
	strace -o trace ./daemonize --explain -u "$(id -un)" true >plan 3>&-
	grep -q /etc/passwd trace
	[[ $(cat trace) != *.so* ]]
	passes launch/identity.bats
	# Names of hosts and ports, too.
	passes -f '^tcp:' ready/ready.bats
}

@test "with musl the program does what it does with another C library" {
	requires musl-gcc readelf bats plain
	built "-O2 -g" CC=musl-gcc --enable-static-program
	is_static
	passes steps/{1-signals,7-fds,9-stdio}.bats launch/{exec,identity}.bats \
	    instance/instance.bats
	passes -f '^tcp:' ready/ready.bats
}

# The program for another machine, as qemu-user runs it.  Its libbsd is where
# CROSS has a root directory of that machine, or in this one.
emulated() {
	qemu-aarch64-static ./daemonize "$@" 3>&-
}

configured_for_aarch64() {
	local root=${CROSS-} libs

	libs=$root/usr/lib/aarch64-linux-gnu
	PKG_CONFIG_LIBDIR=$libs/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
	    configured "-O2 -g" --host=aarch64-linux-gnu \
	    CC=aarch64-linux-gnu-gcc LDFLAGS="-L$libs" \
	    --enable-static-program "$@"
}

@test "a program for aarch64 launches, checks and stops under qemu-user" {
	requires aarch64-linux-gnu-gcc qemu-aarch64-static plain
	configured_for_aarch64 || configured_for_aarch64 --without-libbsd ||
	    skip "needs libbsd for aarch64"
	clean make daemonize
	emulated -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	emulated --status -p "$PIDFILE"
	emulated --check -p "$PIDFILE"
	run emulated -p "$PIDFILE" sleep 1000
	status_is 1
	emulated --stop -p "$PIDFILE"
	[[ ! -e $PIDFILE ]]
	status=0
	emulated "$TMP/none" || status=$?
	status_is 127
	# What it lacks has its own name in the message.
	run emulated --supervise -p "$PIDFILE" sleep 1000
	if ((status != 0)); then
		status_is 125
		output_is "daemonize: background: \
prctl(PR_SET_CHILD_SUBREAPER): Invalid argument"
		[[ ! -e $PIDFILE ]]
	fi
	# The supervisor is found, which /proc of qemu-user does not help.
	emulated --supervise --refork=no -p "$PIDFILE.2" sleep 1000
	remember "$(recorded supervisor "$PIDFILE.2")"
	remember "$(cat "$PIDFILE.2")"
	run emulated --status -p "$PIDFILE.2"
	status_is 0
	[[ $output == *", supervisor $(recorded supervisor "$PIDFILE.2"),"* ]]
	emulated --stop -p "$PIDFILE.2"
	[[ ! -e $PIDFILE.2 ]]
	# Between two runs, the word in the record is enough: RTMAX cannot be
	# sent.  It is read at the end of the delay.
	emulated --restart=always --restart-delay=500ms --refork=no \
	    -p "$PIDFILE.3" true
	remember "$(recorded supervisor "$PIDFILE.3")"
	emulated --stop -p "$PIDFILE.3"
	[[ ! -e $PIDFILE.3 ]]
}

@test "without libbsd, configure fails unless the C library replaces it" {
	requires gcc
	run configured "-O2 -g" CC=gcc --without-libbsd
	if ((status == 0)); then
		made "-O2 -g"
	else
		[[ $output == *"neither libbsd nor the C library has strl"* ]]
	fi
}

# --- setting up ------------------------------------------------------------

# A system without any program that the tests use, with an apt-get that writes
# down what it is to install, and whether a service could start meanwhile.
# /usr/sbin is the test's own for that time.  With FAILURE, that is what apt-get
# says instead: set_up GOAL
set_up() {
	local tool

	requires root mounts
	[[ ! -L /usr/sbin ]] || skip "needs a /usr/sbin of its own"
	rm -rf bin installed
	mkdir bin
	for tool in awk cat chmod cut grep head id mktemp rm sed sh sort tail \
	    tr; do
		ln -s "$(type -P "$tool")" "bin/$tool"
	done
	cat >bin/apt-get <<-'END'
		#!/bin/sh
		for word; do
			case $word in
			update | install | -* | DPkg::*) ;;
			*) echo "$word" >>installed ;;
			esac
		done
		[ "$1" != update ] || exit 0
		[ -z "${FAILURE-}" ] || { echo "$FAILURE"; exit 100; }
		[ ! -x /usr/sbin/policy-rc.d ] || echo policy-rc.d >>installed
	END
	chmod 755 bin/apt-get
	run unshare -m "$BASH" -c '
		mount -t tmpfs none /usr/sbin || exit
		PATH=$PWD/bin
		"$0/contrib/setup" "$1"
		status=$?
		[ ! -e /usr/sbin/policy-rc.d ] || exit 98
		exit "$status"' "$SOURCE_DIR" "$1" 3>&-
	# Nothing is there afterwards, either.
	status_is 1
}

# What of these was to be installed: installs WORD...
installs() {
	printf '%s\n' "$@" | sort >words
	sort -u installed | grep -xFf words | tr '\n' ' '
}

@test "contrib/setup installs what its goal needs, and servers only for the goal servers" {
	local words=(gcc bats strace clang nginx postgresql policy-rc.d)

	set_up build
	equal build "$(installs "${words[@]}")" "gcc "
	set_up test
	equal test "$(installs "${words[@]}")" "bats gcc strace "
	set_up servers
	equal servers "$(installs "${words[@]}")" \
	    "bats clang gcc nginx policy-rc.d postgresql strace "
}

@test "contrib/setup says once what cannot be configured" {
	local FAILURE="Errors were encountered while processing:
 appstream
E: Sub-process /usr/bin/dpkg returned an error code (1)"

	export FAILURE
	set_up servers
	equal times "$(grep -c appstream <<<"$output")" 1
}

@test "contrib/setup refuses an unknown goal" {
	run "$SOURCE_DIR/contrib/setup" everything
	status_is 2
	output_is "usage: contrib/setup build|quick|test|servers"
}

@test "tests/run prints its options, and refuses others" {
	run "$SOURCE_DIR/tests/run" --help
	status_is 0
	output_is "usage: tests/run [--servers | --ci] [FILE.bats]..."
	run "$SOURCE_DIR/tests/run" --server build.bats
	status_is 2
	output_is "usage: tests/run [--servers | --ci] [FILE.bats]...
0 passed, 1 failed, 0 skipped"
}
