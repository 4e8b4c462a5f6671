/* SPDX-License-Identifier: BSD-2-Clause */
/* The rights of another user, for a few calls. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rights.h"

/* As capset(2) has it, version 3. */
struct capabilities {
	struct {
		uint32_t effective, permitted, inheritable;
	} half[2];
};

/* What rights_return sets back. */
static struct {
	bool taken;
	gid_t gid, *groups;
	int ngroups, dumpable;
	struct capabilities capabilities;
} rights;

static int
capabilities(long call, struct capabilities *value)
{
	struct {
		uint32_t version;
		int pid;
	} header = { .version = 0x20080522 };

	return (int)syscall(call, &header, value);
}

/* What could not be set back is not given up.  Return a call that fails. */
static const char *
save(void)
{
	rights.gid = getegid();
	rights.dumpable = prctl(PR_GET_DUMPABLE);
	rights.ngroups = getgroups(0, NULL);
	rights.groups = calloc((size_t)rights.ngroups + 1, sizeof(gid_t));
	if (rights.groups == NULL)
		return "calloc";
	if (getgroups(rights.ngroups, rights.groups) == -1 ||
	    setgroups((size_t)rights.ngroups, rights.groups) == -1)
		return "setgroups";
	if (setresgid((gid_t)-1, rights.gid, (gid_t)-1) == -1)
		return "setresgid";
	return capabilities(SYS_capget, &rights.capabilities) == -1 ?
	    "capget" : NULL;
}

/*
 * The real and the saved uid stay root's, so the user can neither signal nor
 * trace this process.  The permitted capabilities stay, so the user cannot
 * change its priority.  A user that the database does not know has one group,
 * which belongs to no user.
 */
static const char *
change(uid_t uid)
{
	struct capabilities none = rights.capabilities;
	const struct passwd *user = getpwuid(uid);
	gid_t gid = user == NULL ? UNMAPPED : user->pw_gid;

	none.half[0].effective = none.half[1].effective = 0;
	rights.taken = true;
	if ((user == NULL ? setgroups(1, &gid) :
	    initgroups(user->pw_name, gid)) == -1)
		return "setgroups";
	if (setresgid((gid_t)-1, gid, (gid_t)-1) == -1)
		return "setresgid";
	if (setresuid((uid_t)-1, uid, (uid_t)-1) == -1)
		return "setresuid";
	/* Securebits may have left the effective ones as they were. */
	if (capabilities(SYS_capset, &none) == -1)
		return "capset";
	/* With fs.suid_dumpable=1, the change of user has set it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return NULL;
}

int
rights_take(uid_t uid, const char **call)
{
	if (uid == geteuid())
		return 0;
	if ((*call = save()) == NULL && (*call = change(uid)) == NULL)
		return 0;
	rights_return();
	return -1;
}

void
rights_return(void)
{
	int saved = errno;

	/* Each needs what the one before has brought back. */
	if (rights.taken && (setresuid((uid_t)-1, 0, (uid_t)-1) == -1 ||
	    capabilities(SYS_capset, &rights.capabilities) == -1 ||
	    setresgid((gid_t)-1, rights.gid, (gid_t)-1) == -1 ||
	    setgroups((size_t)rights.ngroups, rights.groups) == -1))
		abort();
	if (rights.taken && rights.dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1);
	free(rights.groups);
	rights.groups = NULL;
	rights.taken = false;
	errno = saved;
}
