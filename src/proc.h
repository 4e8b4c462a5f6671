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
	bool dead;			/* a zombie: some inits never reap */
	bool executed;			/* a program, since it was forked */
	bool terminal;			/* has a controlling one */
	pid_t parent;
	pid_t session;
	unsigned long long started;	/* clock ticks since boot */
};

/* Of /proc/PID/status, which everybody may read. */
struct proc_status {
	pid_t leader;			/* of its threads: its process */
	uid_t uid;			/* the real one */
	int umask;			/* -1: a kernel before 4.7 */
	unsigned long long blocked;	/* a bit a signal, from 1 */
	unsigned long long ignored;
};

/*
 * Is /proc that of this process's pid namespace?  An empty directory is none,
 * and with that of another namespace each pid means another process.
 */
bool	proc_is_ours(void);

/* Is there such a process nonetheless?  No /proc, or hidepid (proc(5)). */
bool	proc_hides(pid_t);

/*
 * Each returns -1 with errno where it cannot be seen: ENOENT or ESRCH, there
 * is no such process, or no /proc; EACCES, it is another user's.
 */
int	proc_stat(pid_t, struct proc_stat *);
int	proc_status(pid_t, struct proc_status *);

/* That start by the real-time clock, as of now. */
void	proc_started(const struct proc_stat *, struct timespec *when);

/*
 * What these two make of the file's text, and proc_command of its: a string of
 * length bytes, with room for one more.  It returns the length that is left.
 */
void	proc_parse_stat(const char *text, struct proc_stat *);
void	proc_parse_status(const char *text, struct proc_status *);
size_t	proc_trim_command(char *text, size_t length);

/* Where a link of /proc/PID leads: name is cwd, exe, fd/0. */
int	proc_link(pid_t, const char *name, char *buf, size_t size);

/* stat(2) of /proc/PID/name: what it leads to, in that process's root. */
int	proc_file(pid_t, const char *name, struct stat *);

/*
 * Its arguments, length bytes, each ended by a NUL, without empty ones at the
 * end.  A string to free(3), or NULL with errno.
 */
char	*proc_command(pid_t, size_t *length);

/* All processes; a process's descriptors.  The number of them; free(3) it. */
ssize_t	proc_list(pid_t **);
ssize_t	proc_fds(pid_t, int **);

/* How many children its first thread has, or -1. */
int	proc_children(pid_t);

/*
 * Does it look like a run of command (a path): its executable, its name, or
 * one of its arguments as for a script?
 */
bool	proc_runs(pid_t, const char *command);

#endif
