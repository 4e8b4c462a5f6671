# SPDX-License-Identifier: BSD-2-Clause
# Builds for the developer that watch themselves run.

# DAEMONIZE_NEEDS_FLAGS(OPTION, CFLAGS, LDFLAGS)
# ----------------------------------------------
# Ends configure where a program cannot be compiled and linked with them.
AC_DEFUN([DAEMONIZE_NEEDS_FLAGS],
[AC_MSG_CHECKING([whether $CC can do $1])
daemonize_CFLAGS=$CFLAGS
daemonize_LDFLAGS=$LDFLAGS
CFLAGS="$CFLAGS $2"
LDFLAGS="$LDFLAGS $3"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [daemonize_works=yes],
	[daemonize_works=no])
CFLAGS=$daemonize_CFLAGS
LDFLAGS=$daemonize_LDFLAGS
AC_MSG_RESULT([$daemonize_works])
AS_IF([test $daemonize_works = no], [AC_MSG_FAILURE([$CC cannot do $1])])
])

# DAEMONIZE_SANITIZE
# ------------------
# --enable-sanitize: wrong memory accesses and undefined behaviour are found
# when they happen, in the program and in what the tests are made of.
AC_DEFUN([DAEMONIZE_SANITIZE],
[AC_ARG_ENABLE([sanitize],
	[AS_HELP_STRING([--enable-sanitize],
	    [compile with AddressSanitizer and UndefinedBehaviorSanitizer,]
	    [for tests])],
	[], [enable_sanitize=no])
AS_IF([test "$enable_sanitize" != no],
	[SANITIZE_CFLAGS="-fsanitize=address,undefined"
	SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-sanitize-recover=all"
	SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-omit-frame-pointer"
	DAEMONIZE_NEEDS_FLAGS([--enable-sanitize], [$SANITIZE_CFLAGS])])
AC_SUBST([SANITIZE_CFLAGS])
AM_CONDITIONAL([SANITIZE], [test "$enable_sanitize" != no])
])

# DAEMONIZE_COVERAGE
# ------------------
# --enable-coverage: the program counts which of its lines and branches run.
# The counters lie in a file that every process of it has mapped (LLVM calls
# that continuous mode): so they are right whether a process exits, executes,
# is killed, or shares its memory with its parent.  gcc has no such thing: it
# writes them at exit, by name, where a launch has a new root and another user.
AC_DEFUN([DAEMONIZE_COVERAGE],
[AC_ARG_ENABLE([coverage],
	[AS_HELP_STRING([--enable-coverage],
	    [count which lines and branches run, for `make coverage'; needs]
	    [clang and llvm])],
	[], [enable_coverage=no])
AS_IF([test "$enable_coverage" != no],
	[COVERAGE_CFLAGS="-fprofile-instr-generate -fcoverage-mapping"
	# Counters in registers would be lost by an execve in a loop.
	for daemonize_option in -runtime-counter-relocation \
	    -do-counter-promotion=false; do
		COVERAGE_CFLAGS="$COVERAGE_CFLAGS -Xclang -mllvm"
		COVERAGE_CFLAGS="$COVERAGE_CFLAGS -Xclang $daemonize_option"
	done
	COVERAGE_LDFLAGS="-fprofile-instr-generate -Wl,--wrap=setenv,--wrap=fcntl"
	DAEMONIZE_NEEDS_FLAGS([--enable-coverage], [$COVERAGE_CFLAGS],
	    [-fprofile-instr-generate])
	AC_PATH_PROGS([LLVM_PROFDATA], [llvm-profdata])
	AC_PATH_PROGS([LLVM_COV], [llvm-cov])
	AS_IF([test -z "$LLVM_PROFDATA" || test -z "$LLVM_COV"],
		[AC_MSG_FAILURE([--enable-coverage needs llvm-profdata and llvm-cov])])])
AC_SUBST([COVERAGE_CFLAGS])
AC_SUBST([COVERAGE_LDFLAGS])
AM_CONDITIONAL([COVERAGE], [test "$enable_coverage" != no])
])
