/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walking a path by descriptors, for safe.c alone.
 *
 * Each component is opened (O_PATH) before it is looked at, so that a name that
 * is replaced in between changes nothing.  A symbolic link is replaced by its
 * text.  A link of an ordinary user is a debt to that user: it is due where the
 * text has been walked, and what was arrived at must belong to the same user.
 * Links of procfs have no text that could be walked: the kernel follows them,
 * and the debt is due at once.
 *
 * Most paths have no link before the last component, and the kernel walks them
 * in one call (openat2(2), RESOLVE_NO_SYMLINKS).  For a user other than root it
 * walks every directory: nothing is judged.
 *
 * Each function returns -1 with errno; walk->reason says why where errno does
 * not.
 */
#ifndef WALK_H
#define WALK_H

#include <sys/stat.h>
#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* As many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX	40

/* The path and the texts of links that are not walked yet. */
#define TEXT_MAX	(4 * PATH_MAX)

/* An ordinary user's link, and what is left of the path after it. */
struct debt {
	uid_t owner;
	const char *end;
};

struct walk {
	bool judges;			/* for root */
	int dir;			/* arrived at */
	char *rest;			/* what is left, in text */
	bool slashed;			/* behind the last component */
	int followed;
	uid_t via;			/* the owner of the last link, or 0 */
	struct debt debts[LINKS_MAX];
	size_t ndebts;
	const char *reason;		/* NULL: errno says it */
	char base[NAME_MAX + 1];	/* the component; "": it ends in dir */
	char text[TEXT_MAX];
};

/* Begins at the start of path. */
int	walk_begin(struct walk *, const char *path);

/* Walks until base is the last component, or the path ends in a directory. */
int	walk_advance(struct walk *);

/* Goes to the component base, which is to be a directory. */
int	walk_enter(struct walk *);

/*
 * Follows the open link, which is the component base.  Returns 0 where its
 * text is to be walked, 1 where it is one of procfs: *to is what the kernel
 * has found.
 */
int	walk_follow(struct walk *, int link, const struct stat *, bool last,
	    int *to);

/* Does what was arrived at belong to the owner of each link that is due? */
int	walk_judge(struct walk *, const struct stat *);
int	walk_judge_directory(struct walk *);

/* Is it right for the file in the directory to have another name? */
int	walk_check_names(struct walk *, const struct stat *);

/* Sets errno, and returns -1. */
int	walk_fail(int error);

#endif
