# SPDX-License-Identifier: BSD-2-Clause
# How the program is linked.  Most of what a short-lived program takes is being
# loaded: libbsd's two shared objects are a sixth of a launch, libc a fifth.

# DAEMONIZE_STATIC
# ----------------
# --enable-static-program: no shared library at all.  Before the hardening,
# which is told by PIE_LDFLAGS how the linker makes such a program relocatable.
AC_DEFUN([DAEMONIZE_STATIC],
[AC_ARG_ENABLE([static-program],
	[AS_HELP_STRING([--enable-static-program],
	    [link no shared library at all; then users and hosts are found only]
	    [where the C library of this system is installed, too])],
	[], [enable_static_program=no])
PIE_LDFLAGS=-pie
PROGRAM_LDFLAGS=
AS_IF([test "$enable_static_program" != no],
	[PIE_LDFLAGS=-static-pie
	PROGRAM_LDFLAGS=-static])
AC_SUBST([PROGRAM_LDFLAGS])
])

# DAEMONIZE_TRY_LIBBSD(LIBS, IF-YES, IF-NO)
# -----------------------------------------
# Can a program be linked so, with the flags that ours will have?
AC_DEFUN([DAEMONIZE_TRY_LIBBSD],
[AC_MSG_CHECKING([whether libbsd can be linked by $1])
daemonize_LIBS=$LIBS
daemonize_CFLAGS=$CFLAGS
daemonize_LDFLAGS=$LDFLAGS
daemonize_CPPFLAGS=$CPPFLAGS
LIBS="$1 $LIBS"
CFLAGS="$CFLAGS $HARDENING_CFLAGS"
LDFLAGS="$LDFLAGS $HARDENING_LDFLAGS $PROGRAM_LDFLAGS"
CPPFLAGS="$CPPFLAGS $LIBBSD_CFLAGS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]],
    [[const char *error; return (int)strtonum("1", 0, 1, &error);]])],
	[daemonize_works=yes], [daemonize_works=no])
LIBS=$daemonize_LIBS
CFLAGS=$daemonize_CFLAGS
LDFLAGS=$daemonize_LDFLAGS
CPPFLAGS=$daemonize_CPPFLAGS
AC_MSG_RESULT([$daemonize_works])
AS_IF([test $daemonize_works = yes], [$2], [$3])
])

# DAEMONIZE_LIBBSD
# ----------------
# libbsd's archive where there is one, unless --with-shared-libbsd; after the
# hardening.
AC_DEFUN([DAEMONIZE_LIBBSD],
[PKG_CHECK_MODULES([LIBBSD], [libbsd-overlay])
AC_ARG_WITH([shared-libbsd],
	[AS_HELP_STRING([--with-shared-libbsd],
	    [load libbsd when the program starts, rather than link its archive])],
	[], [with_shared_libbsd=no])
daemonize_archive=`$PKG_CONFIG --static --libs libbsd-overlay`
libbsd_linked=shared
AS_IF([test "$enable_static_program" != no],
	[LIBBSD_LIBS=$daemonize_archive
	libbsd_linked=archive
	DAEMONIZE_TRY_LIBBSD([$LIBBSD_LIBS], [],
	    [AC_MSG_FAILURE([a static program needs the archives of libc and libbsd])])],
	[test "$with_shared_libbsd" = no],
	[DAEMONIZE_TRY_LIBBSD([-Wl,-Bstatic $daemonize_archive -Wl,-Bdynamic],
	    [LIBBSD_LIBS="-Wl,-Bstatic $daemonize_archive -Wl,-Bdynamic"
	    libbsd_linked=archive], [])])
])
