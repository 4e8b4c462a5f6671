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
	    [link no shared library at all; getent(1) looks up users and]
	    [groups that are not in /etc/passwd and /etc/group])],
	[], [enable_static_program=no])
PIE_LDFLAGS=-pie
PROGRAM_LDFLAGS=
AS_IF([test "$enable_static_program" != no],
	[PIE_LDFLAGS=-static-pie
	PROGRAM_LDFLAGS=-static
	AC_DEFINE([STATIC_PROGRAM], [1], [Define to 1 for a static program.])
	AC_LIBOBJ([static_nss])
	AC_LIBOBJ([user_from_uid])])
AC_SUBST([PROGRAM_LDFLAGS])
# Its lookups go by compat/static_nss.c.
AH_BOTTOM([#ifdef STATIC_PROGRAM
#define getpwnam	nss_getpwnam
#define getpwuid	nss_getpwuid
#define getgrnam	nss_getgrnam
#define getgrouplist	nss_getgrouplist
#define getaddrinfo	nss_getaddrinfo
#endif])
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

# DAEMONIZE_COMPAT_BSD
# --------------------
# What the C library lacks of libbsd, from compat.
AC_DEFUN([DAEMONIZE_COMPAT_BSD],
[AC_CHECK_FUNCS([reallocarray strlcat strlcpy], [],
	[AC_MSG_FAILURE([neither libbsd nor the C library has $ac_func; contrib/setup installs libbsd])])
AC_LIBOBJ([strtonum])
AC_LIBOBJ([user_from_uid])
LIBBSD_CFLAGS='-isystem $(srcdir)/compat/bsd'
LIBBSD_LIBS=
libbsd_linked='none (compat/bsd)'
])

# DAEMONIZE_LIBBSD
# ----------------
# libbsd's archive where there is one, unless --with-shared-libbsd; after the
# hardening.  Without libbsd, what the C library has and compat adds.
AC_DEFUN([DAEMONIZE_LIBBSD],
[AC_ARG_WITH([libbsd],
	[AS_HELP_STRING([--without-libbsd],
	    [do without libbsd, where the C library has strlcpy])],
	[], [with_libbsd=yes])
AC_ARG_WITH([shared-libbsd],
	[AS_HELP_STRING([--with-shared-libbsd],
	    [load libbsd when the program starts, rather than link its archive])],
	[], [with_shared_libbsd=no])
AS_IF([test "$with_libbsd" != no],
	[PKG_CHECK_MODULES([LIBBSD], [libbsd-overlay], [], [with_libbsd=no])])
# That of the system is not for musl-gcc, which does not look in its directory.
AS_IF([test "$with_libbsd" != no],
	[daemonize_CPPFLAGS=$CPPFLAGS
	CPPFLAGS="$CPPFLAGS `$PKG_CONFIG --cflags libbsd`"
	AC_CHECK_HEADER([bsd/stdlib.h], [], [with_libbsd=no])
	CPPFLAGS=$daemonize_CPPFLAGS])
daemonize_archive=`$PKG_CONFIG --static --libs libbsd-overlay 2>/dev/null`
libbsd_linked=shared
AS_IF([test "$with_libbsd" = no],
	[DAEMONIZE_COMPAT_BSD],
	[test "$enable_static_program" != no],
	[LIBBSD_LIBS=$daemonize_archive
	libbsd_linked=archive
	DAEMONIZE_TRY_LIBBSD([$LIBBSD_LIBS], [],
	    [AC_MSG_FAILURE([a static program needs the archives of libc and libbsd])])],
	[test "$with_shared_libbsd" = no],
	[DAEMONIZE_TRY_LIBBSD([-Wl,-Bstatic $daemonize_archive -Wl,-Bdynamic],
	    [LIBBSD_LIBS="-Wl,-Bstatic $daemonize_archive -Wl,-Bdynamic"
	    libbsd_linked=archive], [])])
])
