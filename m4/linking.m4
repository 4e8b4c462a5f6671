# SPDX-License-Identifier: BSD-2-Clause
# How the program is linked: most of what a short-lived program takes is being
# loaded, and each shared object costs about a tenth of a launch.

# DAEMONIZE_LINKING
# Takes libbsd's archive where there is one, and no shared libraries at all
# with --enable-static-program.  Sets LIBBSD_LIBS, PROGRAM_LDFLAGS, and for the
# summary libbsd_linked and program_linked.
AC_DEFUN([DAEMONIZE_LINKING], [
AC_ARG_WITH([shared-libbsd],
    [AS_HELP_STRING([--with-shared-libbsd],
	[load libbsd at run time, rather than link its archive])])
AC_ARG_ENABLE([static-program],
    [AS_HELP_STRING([--enable-static-program],
	[link no shared library at all (names of users and hosts are then
	 found only where NSS can be loaded)])])

libbsd_linked=$LIBBSD_LIBS
program_linked="with shared libraries"
PROGRAM_LDFLAGS=
AS_IF([test "x$enable_static_program" = xyes],
    [PROGRAM_LDFLAGS=-static
     LIBBSD_LIBS=`$PKG_CONFIG --static --libs libbsd-overlay`
     DAEMONIZE_TRY_LIBBSD([$LIBBSD_LIBS], [$PROGRAM_LDFLAGS], [],
	[AC_MSG_ERROR([a static program needs the archives of libc and libbsd])])
     program_linked=static
     libbsd_linked="its archive"],
    [test "x$with_shared_libbsd" != xyes],
    [AC_MSG_CHECKING([for an archive of libbsd])
     libbsd_archive="-Wl,-Bstatic `$PKG_CONFIG --static --libs libbsd-overlay` -Wl,-Bdynamic"
     DAEMONIZE_TRY_LIBBSD([$libbsd_archive], [],
	[LIBBSD_LIBS=$libbsd_archive
	 libbsd_linked="its archive"
	 AC_MSG_RESULT([yes])],
	[AC_MSG_RESULT([no])])])
AC_SUBST([PROGRAM_LDFLAGS])
])

# DAEMONIZE_TRY_LIBBSD(LIBS, LDFLAGS, IF-YES, IF-NO)
AC_DEFUN([DAEMONIZE_TRY_LIBBSD], [
daemonize_save_LIBS=$LIBS
daemonize_save_LDFLAGS=$LDFLAGS
daemonize_save_CPPFLAGS=$CPPFLAGS
LIBS="$1 $LIBS"
LDFLAGS="$LDFLAGS $2"
CPPFLAGS="$CPPFLAGS $LIBBSD_CFLAGS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdlib.h>]],
    [[const char *error; return (int)strtonum("1", 0, 1, &error);]])],
    [daemonize_linked=yes], [daemonize_linked=no])
LIBS=$daemonize_save_LIBS
LDFLAGS=$daemonize_save_LDFLAGS
CPPFLAGS=$daemonize_save_CPPFLAGS
AS_IF([test $daemonize_linked = yes], [$3], [$4])
])
