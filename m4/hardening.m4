# SPDX-License-Identifier: BSD-2-Clause
# What compiler and linker can do against the exploitation of a mistake.

# DAEMONIZE_HARDEN(NAME, CFLAGS, [LDFLAGS], [CPPFLAGS], [IF-NOT])
# ---------------------------------------------------------------
# If NAME is wanted: where these flags compile and link without a warning,
# adds them to HARDENING_CFLAGS, _LDFLAGS and _CPPFLAGS, and NAME to the
# summary; otherwise does IF-NOT.
AC_DEFUN([DAEMONIZE_HARDEN],
[AS_CASE([,$enable_hardening,], [*,yes,*|*,$1,*],
	[AC_MSG_CHECKING([for hardening by $1])
	daemonize_CFLAGS=$CFLAGS
	daemonize_LDFLAGS=$LDFLAGS
	daemonize_CPPFLAGS=$CPPFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	CPPFLAGS="$CPPFLAGS $4"
	daemonize_works=no
	# With a header: the C library, too, warns of what it cannot do.
	AC_LANG_CONFTEST([AC_LANG_PROGRAM([[
		#include <stdio.h>
		#if defined _FORTIFY_SOURCE && !defined __USE_FORTIFY_LEVEL
		#error "a C library without it, as musl"
		#endif
	    ]],
	    [[char text[64]; return fgets(text, 64, stdin) == NULL;]])])
	AC_COMPILE_IFELSE([],
		[LDFLAGS="$LDFLAGS $3"
		AC_LINK_IFELSE([],
			[daemonize_works=yes
			m4_ifval([$3], [DAEMONIZE_CHECK_STATIC([$3])])])])
	CFLAGS=$daemonize_CFLAGS
	LDFLAGS=$daemonize_LDFLAGS
	CPPFLAGS=$daemonize_CPPFLAGS
	AC_MSG_RESULT([$daemonize_works])
	AS_IF([test $daemonize_works = yes],
		[m4_ifnblank([$2],
		    [AS_VAR_APPEND([HARDENING_CFLAGS], [" $2"])])
		m4_ifnblank([$3],
		    [AS_VAR_APPEND([HARDENING_LDFLAGS], [" $3"])])
		m4_ifnblank([$4],
		    [AS_VAR_APPEND([HARDENING_CPPFLAGS], [" $4"])])
		AS_VAR_APPEND([hardening], [" $1"])],
		[$5])])
])

# DAEMONIZE_CHECK_STATIC(LDFLAGS)
# -------------------------------
# musl-gcc takes -static-pie, and links a program that asks for an interpreter.
AC_DEFUN([DAEMONIZE_CHECK_STATIC],
[AS_CASE([" $1 "], [*" -static-pie "*],
	[AS_IF([$READELF -l conftest$EXEEXT | grep INTERP >/dev/null],
	    [daemonize_works=no])])
])

# DAEMONIZE_HARDENING
# -------------------
# --enable-hardening: all that works here, by default; or only what is named,
# so that each can be tried alone.
AC_DEFUN([DAEMONIZE_HARDENING],
[AC_ARG_ENABLE([hardening],
	[AS_HELP_STRING([--disable-hardening],
	    [compile without what --enable-hardening=pie,relro,fortify,]
	    [stack-protector,stack-clash,cf-protection adds])],
	[], [enable_hardening=yes])
daemonize_unknown=`AS_ECHO(["$enable_hardening"]) | tr , '\n' | grep -vxE \
    'yes|no|pie|relro|fortify|stack-protector|stack-clash|cf-protection'`
AS_IF([test -n "$daemonize_unknown"],
	[AC_MSG_ERROR([--enable-hardening: no such hardening: $daemonize_unknown])])
hardening=
DAEMONIZE_HARDEN([pie], [-fPIE], [$PIE_LDFLAGS])
# The linker is told once how.
AS_CASE([$HARDENING_LDFLAGS], [*-static-pie*], [PROGRAM_LDFLAGS=])
DAEMONIZE_HARDEN([relro], [], [-Wl,-z,relro -Wl,-z,now])
DAEMONIZE_HARDEN([stack-protector], [-fstack-protector-strong])
DAEMONIZE_HARDEN([stack-clash], [-fstack-clash-protection])
# Other machines than x86 refuse it.
DAEMONIZE_HARDEN([cf-protection], [-fcf-protection])
# Not with sanitizers, which check more, but not within its functions; not
# without optimization, which it needs; not where it is there already, as in
# some compilers and in a CPPFLAGS of the user's.
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#if !defined __OPTIMIZE__ || defined _FORTIFY_SOURCE
#error
#endif
    ]])],
	[AS_IF([test -z "$SANITIZE_CFLAGS"],
		[DAEMONIZE_HARDEN([fortify], [], [], [-D_FORTIFY_SOURCE=3],
			[DAEMONIZE_HARDEN([fortify], [], [],
			    [-D_FORTIFY_SOURCE=2])])])])
AC_SUBST([HARDENING_CFLAGS])
AC_SUBST([HARDENING_CPPFLAGS])
AC_SUBST([HARDENING_LDFLAGS])
])
