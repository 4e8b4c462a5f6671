/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls, and the errors that each can plausibly give. */
#define _GNU_SOURCE

#include <sys/syscall.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inject.h"

#define OPEN	"EMFILE ENFILE ENOMEM EACCES EPERM EIO EINTR ENOENT ELOOP"
#define FSTAT	"ENOMEM EIO"
#define STAT	FSTAT " EACCES ENOENT ELOOP EOVERFLOW"
#define ACCESS	"EACCES ENOENT EIO ENOMEM ENOTDIR ELOOP"
#define FORK	"EAGAIN ENOMEM EPERM ENOSYS"
#define UNLINK	"EACCES EPERM EIO EROFS EBUSY ENOENT ENOMEM"
#define MKDIR	"ENOSPC EACCES EROFS EDQUOT EIO ENOENT EEXIST ENOMEM"
#define LINK	"EACCES ENOENT EIO ENOMEM EINVAL"
#define POLL	"EINTR ENOMEM EINVAL"
#define DUP	"EBADF EBUSY EINTR EMFILE"
#define FCHOWN	"EPERM EIO EROFS"
#define FCNTL	"EMFILE EINVAL ENOLCK EAGAIN EACCES EINTR EPERM EBADF"
#define FTRUNCATE "EIO EPERM EINTR EINVAL EFBIG"
#define FUTEX	"EAGAIN EINTR ENOSYS"
#define MMAP	"ENOMEM EACCES EAGAIN ENODEV EPERM EINVAL"
#define SETGID	"EPERM EINVAL"
#define SETGROUPS "EPERM ENOMEM EINVAL"
#define SETRESGID "EPERM EINVAL EAGAIN"
#define SETUID	"EAGAIN EPERM EINVAL"
#define SIGTIMEDWAIT "EINTR EINVAL"

/*
 * As its section 2 page has them, without those that only a wrong argument
 * could give (EFAULT) or that would say what is not so (EAGAIN where a signal
 * is pending, ESRCH of a process that exists); with EPERM and ENOSYS where a
 * sandbox may answer them.
 */
static const struct row rows[] = {
#if KNOWN_ARCHITECTURE
#ifdef SYS_open			/* not where *at(2) came first */
	{ "open", SYS_open, 1, OPEN },
	{ "stat", SYS_stat, 1, STAT },
	{ "lstat", SYS_lstat, 1, STAT },
	{ "access", SYS_access, 1, ACCESS },
	{ "dup2", SYS_dup2, 0, DUP },
	{ "pipe", SYS_pipe, 0, "EMFILE ENFILE" },
	{ "fork", SYS_fork, 0, FORK },
	{ "vfork", SYS_vfork, 0, FORK },
	{ "unlink", SYS_unlink, 1, UNLINK },
	{ "mkdir", SYS_mkdir, 1, MKDIR },
	{ "readlink", SYS_readlink, 1, LINK },
	{ "poll", SYS_poll, 0, POLL },
	{ "getpgrp", SYS_getpgrp, 0, NULL },
	{ "arch_prctl", SYS_arch_prctl, 0, NULL },
#endif
#ifdef __i386__			/* ids, offsets and times were shorter */
	{ "_llseek", SYS__llseek, 0, NULL },
	{ "clock_nanosleep_time64", 407, 0, "EINTR" },
	{ "fchown32", SYS_fchown32, 0, FCHOWN },
	{ "fcntl64", SYS_fcntl64, 0, FCNTL },
	{ "fstat64", SYS_fstat64, 0, FSTAT },
	{ "fstatat64", SYS_fstatat64, 2, STAT },
	{ "ftruncate64", SYS_ftruncate64, 0, FTRUNCATE },
	{ "futex_time64", 422, 0, FUTEX },
	{ "getegid32", SYS_getegid32, 0, NULL },
	{ "geteuid32", SYS_geteuid32, 0, NULL },
	{ "getgid32", SYS_getgid32, 0, NULL },
	{ "getuid32", SYS_getuid32, 0, NULL },
	{ "lstat64", SYS_lstat64, 1, STAT },
	{ "mmap2", SYS_mmap2, 0, MMAP },
	{ "ppoll_time64", 414, 0, POLL },
	{ "rt_sigtimedwait_time64", 421, 0, SIGTIMEDWAIT },
	{ "set_thread_area", SYS_set_thread_area, 0, NULL },
	{ "setgid32", SYS_setgid32, 0, SETGID },
	{ "setgroups32", SYS_setgroups32, 0, SETGROUPS },
	{ "setresgid32", SYS_setresgid32, 0, SETRESGID },
	{ "setresuid32", SYS_setresuid32, 0, SETUID },
	{ "setuid32", SYS_setuid32, 0, SETUID },
	{ "sigreturn", SYS_sigreturn, 0, NULL },
	{ "socketcall", SYS_socketcall, 0, "EINTR ENOMEM" },
	{ "stat64", SYS_stat64, 1, STAT },
	{ "time", SYS_time, 0, NULL },
	{ "timerfd_settime64", 411, 0, "EINVAL" },
	{ "ugetrlimit", SYS_ugetrlimit, 0, "EINVAL EPERM" },
	{ "waitpid", SYS_waitpid, 0, "EINTR" },
#endif
	{ "accept4", SYS_accept4, 0, "EMFILE ECONNABORTED EINTR ENOMEM" },
	{ "bind", SYS_bind, 0, "EADDRINUSE EACCES EINVAL ENOMEM EROFS" },
	{ "brk", SYS_brk, 0, "ENOMEM" },
	{ "chdir", SYS_chdir, 1, "ENOENT EACCES EIO ENOMEM ENOTDIR ELOOP" },
	{ "chroot", SYS_chroot, 1, "EPERM EACCES EIO ENOMEM" },
	{ "clock_nanosleep", SYS_clock_nanosleep, 0, "EINTR" },
	{ "clone", SYS_clone, 0, FORK },
	{ "clone3", 435, 0, FORK },
	{ "close", SYS_close, 0, "EIO EINTR ENOSPC EDQUOT" },
	{ "close_range", 436, 0, "ENOSYS EPERM ENOMEM EINVAL EMFILE" },
	{ "connect", SYS_connect, 0, "ECONNREFUSED EACCES EAGAIN EINTR "
	    "ENOENT ETIMEDOUT EADDRNOTAVAIL" },
	{ "dup", SYS_dup, 0, "EMFILE EBADF" },
	{ "dup3", SYS_dup3, 0, DUP },
	{ "epoll_create1", SYS_epoll_create1, 0, "EMFILE ENFILE ENOMEM" },
	{ "epoll_ctl", SYS_epoll_ctl, 0, "ENOMEM ENOSPC EPERM" },
	{ "epoll_pwait", SYS_epoll_pwait, 0, "EINTR" },
	{ "eventfd2", SYS_eventfd2, 0, "EMFILE ENFILE ENOMEM" },
	{ "execve", SYS_execve, 1, "ENOENT EACCES ENOMEM EIO E2BIG ETXTBSY "
	    "EPERM EAGAIN EMFILE ENFILE ELIBBAD EINVAL ELOOP ENOTDIR "
	    "ENOEXEC" },
	{ "exit", SYS_exit, 0, NULL },
	{ "exit_group", SYS_exit_group, 0, NULL },
	{ "faccessat", SYS_faccessat, 2, ACCESS },
	{ "faccessat2", 439, 2, ACCESS " ENOSYS EPERM" },
	{ "fchdir", SYS_fchdir, 0, "EACCES EIO ENOTDIR EBADF" },
	{ "fchown", SYS_fchown, 0, FCHOWN },
	{ "fchmod", SYS_fchmod, 0, "EPERM EIO EROFS" },
	{ "fcntl", SYS_fcntl, 0, FCNTL },
	{ "flock", SYS_flock, 0, "ENOLCK EWOULDBLOCK EINTR EINVAL EBADF" },
	{ "fstat", SYS_fstat, 0, FSTAT },
	{ "ftruncate", SYS_ftruncate, 0, FTRUNCATE },
	{ "futex", SYS_futex, 0, FUTEX },
	{ "getcwd", SYS_getcwd, 0, "ENOENT EACCES ENOMEM ERANGE" },
	{ "getdents64", SYS_getdents64, 0, "EIO ENOENT EINVAL" },
	{ "getegid", SYS_getegid, 0, NULL },
	{ "geteuid", SYS_geteuid, 0, NULL },
	{ "getgid", SYS_getgid, 0, NULL },
	{ "getpgid", SYS_getpgid, 0, NULL },
	{ "getpid", SYS_getpid, 0, NULL },
	{ "getppid", SYS_getppid, 0, NULL },
	{ "getrandom", SYS_getrandom, 0, "ENOSYS EAGAIN EINTR" },
	{ "getsid", SYS_getsid, 0, "ESRCH EPERM" },
	{ "getsockopt", SYS_getsockopt, 0, "ENOPROTOOPT ENOMEM" },
	{ "getuid", SYS_getuid, 0, NULL },
	{ "ioctl", SYS_ioctl, 0, "ENOTTY EINVAL" },
	{ "kill", SYS_kill, 0, "EPERM ESRCH" },
	{ "listen", SYS_listen, 0, "EADDRINUSE" },
	{ "lseek", SYS_lseek, 0, NULL },
	{ "mkdirat", SYS_mkdirat, 2, MKDIR },
	{ "mmap", SYS_mmap, 0, MMAP },
	{ "mprotect", SYS_mprotect, 0, "ENOMEM EACCES EINVAL" },
	{ "mremap", SYS_mremap, 0, "ENOMEM EAGAIN EINVAL" },
	{ "munmap", SYS_munmap, 0, "ENOMEM EINVAL" },
#ifdef SYS_newfstatat
	{ "newfstatat", SYS_newfstatat, 2, STAT },
#endif
	{ "openat", SYS_openat, 2, OPEN },
	{ "openat2", 437, 2, OPEN " ENOSYS EAGAIN EINVAL EXDEV" },
	{ "pidfd_open", 434, 0, "EMFILE ENFILE ENOMEM ENODEV ESRCH ENOSYS "
	    "EPERM" },
	{ "pidfd_send_signal", 424, 0, "EPERM ENOSYS EINVAL" },
	{ "pipe2", SYS_pipe2, 0, "EMFILE ENFILE ENOMEM" },
	{ "ppoll", SYS_ppoll, 0, POLL },
	{ "prctl", SYS_prctl, 0, "EINVAL EPERM EACCES" },
	{ "pread64", SYS_pread64, 0, "EIO EINTR EINVAL ENOMEM" },
	{ "prlimit64", SYS_prlimit64, 0, "EPERM EINVAL ESRCH" },
	{ "pwrite64", SYS_pwrite64, 0, "ENOSPC SHORT EIO EDQUOT EINTR EFBIG" },
	{ "read", SYS_read, 0, "EIO EINTR ENOMEM" },
	{ "readlinkat", SYS_readlinkat, 2, LINK },
	{ "recvmsg", SYS_recvmsg, 0, "EAGAIN EINTR ENOMEM ECONNREFUSED" },
	{ "rseq", SYS_rseq, 0, "ENOSYS EINVAL EPERM" },
	{ "rt_sigaction", SYS_rt_sigaction, 0, "EINVAL" },
	{ "rt_sigprocmask", SYS_rt_sigprocmask, 0, "EINVAL" },
	{ "rt_sigreturn", SYS_rt_sigreturn, 0, NULL },
	{ "rt_sigtimedwait", SYS_rt_sigtimedwait, 0, SIGTIMEDWAIT },
	{ "sendto", SYS_sendto, 0, "EPIPE ECONNREFUSED EAGAIN EINTR ENOMEM" },
	{ "set_robust_list", SYS_set_robust_list, 0, "ENOSYS EINVAL" },
	{ "set_tid_address", SYS_set_tid_address, 0, NULL },
	{ "setgid", SYS_setgid, 0, SETGID },
	{ "setgroups", SYS_setgroups, 0, SETGROUPS },
	{ "setitimer", SYS_setitimer, 0, "EINVAL" },
	{ "setpgid", SYS_setpgid, 0, "EPERM EACCES ESRCH" },
	{ "setresgid", SYS_setresgid, 0, SETRESGID },
	{ "setresuid", SYS_setresuid, 0, SETUID },
	{ "setsid", SYS_setsid, 0, "EPERM" },
	{ "setsockopt", SYS_setsockopt, 0, "ENOPROTOOPT ENOMEM EINVAL" },
	{ "setuid", SYS_setuid, 0, SETUID },
	{ "signalfd4", SYS_signalfd4, 0, "EMFILE ENFILE ENOMEM ENODEV" },
	{ "socket", SYS_socket, 0, "EMFILE ENFILE ENOBUFS ENOMEM EACCES "
	    "EAFNOSUPPORT" },
	{ "statx", SYS_statx, 2, STAT " ENOSYS" },
	{ "sysinfo", SYS_sysinfo, 0, NULL },
	{ "timerfd_create", SYS_timerfd_create, 0, "EMFILE ENFILE ENOMEM" },
	{ "timerfd_settime", SYS_timerfd_settime, 0, "EINVAL" },
	{ "umask", SYS_umask, 0, NULL },
	{ "uname", SYS_uname, 0, NULL },
	{ "unlinkat", SYS_unlinkat, 2, UNLINK },
	{ "wait4", SYS_wait4, 0, "EINTR" },
	{ "waitid", SYS_waitid, 0, "EINTR" },
	{ "write", SYS_write, 0, "EIO ENOSPC EPIPE EAGAIN EINTR EBADF" },
#endif
	{ "?", -1, 0, NULL }
};

#define ERROR(name)	{ #name, name }

static const struct {
	const char *name;
	int number;
} errors[] = {
	ERROR(E2BIG), ERROR(EACCES), ERROR(EADDRINUSE), ERROR(EADDRNOTAVAIL),
	ERROR(EAFNOSUPPORT), ERROR(EAGAIN), ERROR(EBADF), ERROR(EBUSY),
	ERROR(ECHILD), ERROR(ECONNABORTED), ERROR(ECONNREFUSED),
	ERROR(EDQUOT), ERROR(EEXIST), ERROR(EFBIG), ERROR(EINTR),
	ERROR(EINVAL), ERROR(EIO), ERROR(EISDIR), ERROR(ELIBBAD),
	ERROR(ELOOP), ERROR(EMFILE), ERROR(ENFILE), ERROR(ENOBUFS),
	ERROR(ENODEV), ERROR(ENOENT), ERROR(ENOEXEC), ERROR(ENOLCK),
	ERROR(ENOMEM), ERROR(ENOPROTOOPT), ERROR(ENOSPC), ERROR(ENOSYS),
	ERROR(ENOTDIR), ERROR(ENOTTY), ERROR(EOVERFLOW), ERROR(EPERM),
	ERROR(EPIPE), ERROR(ERANGE), ERROR(EROFS), ERROR(ESPIPE),
	ERROR(ESRCH), ERROR(ETIMEDOUT), ERROR(ETXTBSY), ERROR(EWOULDBLOCK),
	ERROR(EXDEV)
};

const struct row *
row_of(long number)
{
	/* Every one that is not in the table: what a sandbox answers. */
	static const struct row other = { "?", -1, 0, "ENOSYS EPERM" };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].number == number)
			return &rows[i];
	return &other;
}

const struct row *
row_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

int
error_number(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	return 0;
}

const char *
errors_of(const struct call *call)
{
	/* Of a user database; others pass for its not being there. */
	static const char database[] = "EMFILE ENFILE ENOMEM EIO EINTR";
	static const char creating[] = OPEN " ENOSPC EROFS EDQUOT EEXIST";
	const char *errors = row_of(call->number)->errors;

	if (errors == NULL)
		return "";
	/* It cannot fail there, and fork(3) does not look. */
	if (call->libc || call->instant)
		return "";
	if (call->anonymous)
		return "ENOMEM EAGAIN";
	if (strcmp(errors, OPEN) == 0 && strncmp(call->path, "/etc/", 5) == 0)
		return database;
	if (strcmp(errors, OPEN) == 0 && call->creates)
		return creating;
	/* By the descriptor; or of the configuration of the databases. */
	if (strcmp(errors, STAT) == 0 && (*call->path == '\0' ||
	    strncmp(call->path, "/etc/", 5) == 0))
		return FSTAT;
	return errors;
}

enum manner
manner_of(const struct row *row, const char *error)
{
	if (strcmp(error, "KILL") == 0)
		return KILL;
	if (strcmp(error, "STOP") == 0)
		return STOP_KILL;
	if (strcmp(error, "SHORT") == 0)
		return SHORTEN;
	/* The descriptor is closed nonetheless (close(2)). */
	if (row->number == SYS_close)
		return FAIL_DONE;
	return row->number == SYS_brk ? FAIL_BREAK : FAIL;
}
