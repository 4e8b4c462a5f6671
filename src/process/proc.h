/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of a process (proc(5)); the only code that reads it. */
#ifndef PROC_H
#define PROC_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Of /proc/PID/stat, which everybody may read. */
struct proc_stat {
	pid_t pid;
	bool dead;			/* a zombie: some inits never reap */
	bool executed;			/* a program, since it was forked */
	bool terminal;			/* has a controlling one */
	pid_t parent;
	pid_t session;
	unsigned long long started;	/* clock ticks since boot */
	int exit_code;			/* of a zombie, as wait(2) has it; 0 if
					   it may not be seen */
};

/* Of /proc/PID/status, which everybody may read. */
struct proc_status {
	pid_t leader;			/* of its threads: its process */
	uid_t uid;			/* the real one */
	bool one_user;			/* all four ids are that one */
	int umask;			/* -1: a kernel before 4.7 */
	unsigned long long blocked;	/* a bit a signal, from 1 */
	unsigned long long ignored;
	unsigned long long pending;	/* for the whole process */
	long long memory;		/* resident, in KiB; -1: it has none */
};

/* What pids and start ticks are counted in; an empty boot is unknown. */
struct proc_scope {
	char boot[40];			/* random/boot_id (random(4)) */
	ino_t pid_namespace;		/* namespaces(7) */
	ino_t time_namespace;		/* 0: the kernel has none */
};

/*
 * Is /proc that of this process?  Another pid namespace's, or an empty
 * directory, is none: /proc/self is this process, and has one pid.
 * False with errno, as proc_scope.
 */
bool	proc_is_ours(void);

/*
 * Reads that of this process.  -1 with errno: ENOENT where /proc is not ours;
 * else it could not be read.
 */
int	proc_scope(struct proc_scope *);

/*
 * Does this errno say that descriptors or memory are short, or that a read
 * failed?  Then it is no answer of /proc's.
 */
bool	proc_is_short(int error);

/* The start tick of this process; 0 with errno.  Async-signal-safe. */
unsigned long long proc_own_start(void);

/* Is there such a process that /proc does not show?  hidepid (proc(5)). */
bool	proc_hides(pid_t);

/* The reason of a message about such a process. */
extern const char proc_not_shown[];

/*
 * The file /proc/PID/name, as a string: its first size - 1 bytes, in buf, and
 * their number; all of it, length bytes with room for one more, to free(3).
 * -1 or NULL with errno.
 */
ssize_t	proc_read(pid_t, const char *name, char *buf, size_t size);
char	*proc_read_all(pid_t, const char *name, size_t *length);

/*
 * Looks at it: 1, it is seen; 0, there is no such process; -1 with errno,
 * EACCES where there is one that /proc does not show.
 */
int	proc_see(pid_t, struct proc_stat *);

/*
 * Each returns -1 with errno where it cannot be seen: ENOENT or ESRCH, there
 * is no such process, or no /proc; EACCES, it is another user's.
 */
int	proc_stat(pid_t, struct proc_stat *);
int	proc_status(pid_t, struct proc_status *);

/*
 * The inode of a pidfd of it, which no other process of this boot ever has; 0
 * if the kernel has none (before Linux 6.9).  Async-signal-safe.
 */
unsigned long long proc_pidfd_inode(pid_t);

/* Are all its uids that one?  1, 0, or -1 with errno if it cannot be told. */
int	proc_is_owned(pid_t, uid_t);

/* That start by the real-time clock, as of now. */
void	proc_started(const struct proc_stat *, struct timespec *when);

/* What these two make of the file's text. */
void	proc_parse_stat(const char *text, struct proc_stat *);
void	proc_parse_status(const char *text, struct proc_status *);

/* Where a link of /proc/PID leads: name is cwd, exe, fd/0. */
int	proc_link(pid_t, const char *name, char *buf, size_t size);

/* stat(2) of /proc/PID/name: what it leads to, in that process's root. */
int	proc_file(pid_t, const char *name, struct stat *);

/*
 * List all processes, by pid; a process's descriptors.  Return their number,
 * and an array to free(3); -1 with errno.
 */
ssize_t	proc_list(struct proc_stat **);
ssize_t	proc_fds(pid_t, int **);

/* How many children its first thread has, or -1. */
int	proc_children(pid_t);

#endif
