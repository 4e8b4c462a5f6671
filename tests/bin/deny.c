/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command as a container whose filter denies a system call.
 *
 *   deny CALL ERRNO COMMAND [ARG]...
 *
 * CALL is one of those below, ERRNO `EPERM` or `ENOSYS`: the two that
 * filters answer with.  The command and all that it starts get that error from
 * that call, by seccomp(2).  Where there is no seccomp, deny exits with 99.
 * `prctl:subreaper` and the like deny just one of the operations of a call.
 */
#define _GNU_SOURCE		/* syscall(2) */

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "../lib/filter.h"

/* One number on every architecture, also where the headers are older. */
#define NR_PIDFD_SEND_SIGNAL	424
#define NR_PIDFD_OPEN		434
#define NR_CLONE3		435
#define NR_CLOSE_RANGE		436
#define NR_OPENAT2		437

#define ANY	(-1)		/* whatever the first argument is */

static const struct { const char *name; long number, argument; } calls[] = {
	{ "clone3",		NR_CLONE3,		ANY },
	{ "close_range",	NR_CLOSE_RANGE,		ANY },
	{ "getsid",		SYS_getsid,		ANY },
	{ "keyctl",		SYS_keyctl,		ANY },
	{ "openat2",		NR_OPENAT2,		ANY },
	{ "pidfd_open",		NR_PIDFD_OPEN,		ANY },
	{ "pidfd_send_signal",	NR_PIDFD_SEND_SIGNAL,	ANY },
	{ "prctl",		SYS_prctl,		ANY },
	{ "prctl:dumpable",	SYS_prctl,		PR_SET_DUMPABLE },
	{ "prctl:pdeathsig",	SYS_prctl,		PR_SET_PDEATHSIG },
	{ "prctl:subreaper",	SYS_prctl,		PR_SET_CHILD_SUBREAPER },
	{ "prctl:timerslack",	SYS_prctl,		PR_SET_TIMERSLACK },
	{ "setitimer",		SYS_setitimer,		ANY },
	{ "setgroups",		SYS_setgroups,		ANY },
	{ "setsid",		SYS_setsid,		ANY },
	{ "waitid",		SYS_waitid,		ANY },
};

static void
deny(long number, long argument, unsigned int error)
{
	/*
	 * Without a look at the architecture: what the tests run makes the
	 * calls of this one.  Of the argument, the lower half.
	 */
	struct instruction filter[] = {
		{ LOAD, 0, 0, offsetof(struct call, number) },
		{ JUMP_EQUAL, 0, 3, (uint32_t)number },
		{ LOAD, 0, 0, offsetof(struct call, arguments) +
		    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0) },
		{ JUMP_EQUAL, 0, argument == ANY ? 0 : 1, (uint32_t)argument },
		{ RETURN, 0, 0, ANSWER | error },
		{ RETURN, 0, 0, ALLOW },
	};

	/* Root needs no such promise, which the command would inherit. */
	if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(99, "no_new_privs");
	if (filter_install(filter, sizeof(filter) / sizeof(*filter)) == -1)
		err(99, "seccomp");
}

int
main(int argc, char **argv)
{
	unsigned int error;
	size_t i;

	if (argc < 4)
		errx(2, "usage: deny CALL ERRNO COMMAND [ARG]...");
	error = strcmp(argv[2], "ENOSYS") == 0 ? ENOSYS : EPERM;
	if (error == EPERM && strcmp(argv[2], "EPERM") != 0)
		errx(2, "%s: neither EPERM nor ENOSYS", argv[2]);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, argv[1]) == 0)
			break;
	if (i == sizeof(calls) / sizeof(*calls)) {
		warnx("%s: not in the table", argv[1]);
		return 2;
	}
	deny(calls[i].number, calls[i].argument, error);
	execvp(argv[3], argv + 3);
	err(2, "%s", argv[3]);
}
