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
	const char *failed;		/* a call */
} rights;

static int
failed(const char *call)
{
	rights.failed = call;
	return -1;
}

static int
capabilities(long call, struct capabilities *value)
{
	struct {
		uint32_t version;
		int pid;
	} header = { .version = 0x20080522 };

	return (int)syscall(call, &header, value);
}

/* What could not be set back is not given up. */
static int
save_rights(void)
{
	rights.gid = getegid();
	rights.dumpable = prctl(PR_GET_DUMPABLE);
	rights.ngroups = getgroups(0, NULL);
	rights.groups = calloc((size_t)rights.ngroups + 1, sizeof(gid_t));
	if (rights.groups == NULL)
		return failed("calloc");
	if (getgroups(rights.ngroups, rights.groups) == -1 ||
	    setgroups((size_t)rights.ngroups, rights.groups) == -1)
		return failed("setgroups");
	if (setresgid((gid_t)-1, rights.gid, (gid_t)-1) == -1)
		return failed("setresgid");
	return capabilities(SYS_capget, &rights.capabilities) == -1 ?
	    failed("capget") : 0;
}

/*
 * Return the n groups of the user, the primary one first, to be freed.  A user
 * that the database does not know has one, which belongs to no user.
 */
static gid_t *
find_groups(uid_t uid, int *n)
{
	const struct passwd *user = getpwuid(uid);
	gid_t primary = user == NULL ? UNMAPPED : user->pw_gid, *groups;

	*n = 0;
	if (user != NULL)
		(void)getgrouplist(user->pw_name, primary, NULL, n);
	groups = calloc((size_t)*n + 1, sizeof(*groups));
	if (groups == NULL)
		return NULL;
	if (user != NULL && getgrouplist(user->pw_name, primary, groups, n) ==
	    -1)
		*n = 0;
	groups[0] = primary;
	return groups;
}

/*
 * The real and the saved uid stay root's, so the user can neither signal nor
 * trace this process.  The permitted capabilities stay, so the user cannot
 * change its priority.
 */
static int
change_rights(uid_t uid, const gid_t *groups, int ngroups)
{
	struct capabilities none = rights.capabilities;

	none.half[0].effective = none.half[1].effective = 0;
	rights.taken = true;
	if (setgroups((size_t)ngroups, groups) == -1)
		return failed("setgroups");
	if (setresgid((gid_t)-1, groups[0], (gid_t)-1) == -1)
		return failed("setresgid");
	if (setresuid((uid_t)-1, uid, (uid_t)-1) == -1)
		return failed("setresuid");
	/* Securebits may have left the effective ones as they were. */
	if (capabilities(SYS_capset, &none) == -1)
		return failed("capset");
	/* With fs.suid_dumpable=1, the change of user has set it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

int
rights_take(uid_t uid, const char **call)
{
	gid_t *groups;
	int ngroups, result = -1;

	if (uid == geteuid())
		return 0;
	groups = find_groups(uid, &ngroups);
	if (groups == NULL)
		(void)failed("calloc");
	else if (save_rights() == 0)
		result = change_rights(uid, groups, ngroups);
	free(groups);
	if (result == -1) {
		*call = rights.failed;
		rights_return();
	}
	return result;
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
