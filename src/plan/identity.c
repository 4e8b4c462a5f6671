/* SPDX-License-Identifier: BSD-2-Clause */
/* The command's user: looked up by the launcher, assumed by the daemon. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/number.h"
#include "plan/identity.h"

/* Of linux/keyctl.h, which musl-gcc does not find. */
#define KEYCTL_JOIN_SESSION_KEYRING	1

/* The kernel's own default, in nanoseconds. */
#define TIMER_SLACK_NS	50000

/* NGROUPS_MAX of Linux; musl's NGROUPS_MAX is 32. */
#define GROUPS_MAX	65536

#define NO_ID	((id_t)-1)	/* for setresuid(2): leave it as it is */

/* A number that can be an id, or NO_ID. */
static id_t
numeric_id(const char *text)
{
	return (id_t)number_parse(text, 0, (long long)NO_ID - 1);
}

/*
 * The database says nothing because it could not be read (getpwnam(3)).  Only
 * these: a service that is configured but does not run leaves others in errno.
 */
static bool
is_unreadable(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == EAGAIN || error == EIO || error == EINTR;
}

static int
find_user(struct identity *id, const char *user, gid_t *group)
{
	const struct passwd *entry;

	*group = NO_ID;
	errno = 0;
	entry = getpwnam(user);
	if (entry == NULL && !is_unreadable(errno) &&
	    (id->uid = numeric_id(user)) != NO_ID)
		entry = getpwuid(id->uid);
	if (entry == NULL && is_unreadable(errno))
		return complain_errno("user", user, errno);
	if (entry == NULL && id->uid == NO_ID)
		return misuse("--user", user, "no such user");

	/* A number without an entry, as in containers: it has no home. */
	id->user = user;
	id->home = "/";
	id->shell = "/bin/sh";
	if (entry == NULL)
		return STATUS_DONE;

	/* setresuid(2) would leave the id as it is: root's. */
	if (entry->pw_uid == NO_ID || entry->pw_gid == NO_ID)
		return complain("user", user, "has the id 4294967295");
	id->uid = entry->pw_uid;
	*group = entry->pw_gid;
	id->user = strdup(entry->pw_name);
	id->home = strdup(entry->pw_dir);
	if (entry->pw_shell[0] != '\0')
		id->shell = strdup(entry->pw_shell);
	if (id->user == NULL || id->home == NULL || id->shell == NULL)
		return complain_errno("user", user, errno);
	return STATUS_DONE;
}

static int
find_group(struct identity *id, const char *group)
{
	const struct group *entry;

	errno = 0;
	entry = getgrnam(group);
	if (entry == NULL && is_unreadable(errno))
		return complain_errno("group", group, errno);
	id->gid = entry != NULL ? entry->gr_gid : numeric_id(group);
	if (entry != NULL && id->gid == NO_ID)
		return complain("group", group, "has the id 4294967295");
	if (id->gid == NO_ID)
		return misuse("--group", group, "no such group");
	return STATUS_DONE;
}

/* Just the one group, or all that the databases have for the user. */
static int
find_groups(struct identity *id, bool all)
{
	/* With less room than that, the list might be cut. */
	int n = all ? GROUPS_MAX : 1;

	id->groups = calloc((size_t)n, sizeof(*id->groups));
	if (id->groups == NULL)
		return complain_errno("user", id->name, errno);
	id->groups[0] = id->gid;
	errno = 0;
	if (all && getgrouplist(id->user, id->gid, id->groups, &n) == -1)
		return complain("user", id->name, "is in too many groups");
	/* Then the list is short, although no failure is returned. */
	if (is_unreadable(errno))
		return complain_errno("user", id->name, errno);
	id->ngroups = (size_t)n;
	return STATUS_DONE;
}

int
identity_find(struct identity *id, const char *user, const char *group)
{
	gid_t own = NO_ID;
	int status;

	memset(id, 0, sizeof(*id));
	if (user == NULL && group == NULL)
		return STATUS_DONE;
	id->change = true;
	id->name = user != NULL ? user : group;
	id->uid = NO_ID;
	if (user != NULL && (status = find_user(id, user, &own)) != STATUS_DONE)
		return status;
	id->gid = own;
	if (group != NULL && (status = find_group(id, group)) != STATUS_DONE)
		return status;
	if (id->gid == NO_ID)
		return misuse("--user", user,
		    "not in the user database, so it needs a group: UID:GROUP");

	/* A caller with these ids needs no privilege to keep them. */
	if (geteuid() != 0 && getuid() == geteuid() && getgid() == getegid() &&
	    (id->uid == NO_ID || id->uid == getuid()) && id->gid == getgid()) {
		id->change = false;
		return STATUS_DONE;
	}
	return find_groups(id, group == NULL);
}

/*
 * What a change of ids leaves as it was: root's session keyring, from which
 * the user could take keys (keyrings(7)), a signal at the parent's death, and
 * a timer slack (prctl(2)).  A container may deny the first, and has no keys.
 */
static void
drop_inherited(void)
{
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	(void)prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
}

/*
 * In a user namespace that an ordinary user made, no process may set groups
 * (user_namespaces(7)).  That is no obstacle where user and group stay.
 */
static int
set_groups(const struct identity *id)
{
	uid_t real, effective, saved;

	if (setgroups(id->ngroups, id->groups) == 0)
		return 0;
	if (errno != EPERM || getresuid(&real, &effective, &saved) == -1)
		return -1;
	if ((id->uid == NO_ID || (id->uid == real && id->uid == effective &&
	    id->uid == saved)) && id->gid == getgid() && id->gid == getegid())
		return 0;
	errno = EPERM;
	return -1;
}

struct owner
identity_owner(const struct identity *id)
{
	return (struct owner){ .change = id->change, .uid = id->uid,
	    .gid = id->gid };
}

int
identity_assume(const struct identity *id)
{
	if (!id->change)
		return 0;
	drop_inherited();
	if (set_groups(id) == -1)
		return -1;
	if (setresgid(id->gid, id->gid, id->gid) == -1)
		return -1;
	if (setresuid(id->uid, id->uid, id->uid) == -1)
		return -1;
	/*
	 * Until the exec, which sets it again, this is root's memory: with
	 * fs.suid_dumpable=1 (proc(5)) the user could trace it.
	 */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (id->uid == NO_ID || id->uid == 0)
		return 0;

	/* With capabilities kept by the caller's securebits it would work. */
	if (setuid(0) == 0 || seteuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}
