/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ideal COMMAND [ARG]...: the least that a launch can cost, for bench/bench.
 *
 * It takes the nine steps with their defaults, forks twice, and confirms the
 * exec by a close-on-exec pipe and by /proc, as daemonize does.  It has no C
 * library, no option, no PATH and no messages: an error is exit status 125.
 *
 *   cc -O2 -static -nostdlib -ffreestanding -fno-stack-protector ideal.c
 */
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/stat.h>
#include <linux/wait.h>

#include <asm/unistd.h>

#define BACKGROUND	(CLONE_VM | CLONE_VFORK | SIGCHLD)

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run");

static inline __attribute__((always_inline)) long
call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile ("syscall" : "=a" (result) : "a" (nr), "D" (a),
	    "S" (b), "d" (c), "r" (r10) : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl run");

static inline __attribute__((always_inline)) long
call(long nr, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b, x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile ("svc 0" : "+r" (x0) : "r" (x8), "r" (x1), "r" (x2),
	    "r" (x3) : "memory");
	return x0;
}
#endif

#define must(result)	do if ((result) < 0) call(__NR_exit_group, 125, 0, 0, 0); while (0)

/* The file name of /proc/PID/stat. */
static void
stat_path(char *path, int pid)
{
	int digit = 1000000000;

	__builtin_memcpy(path, "/proc/", 6);
	for (path += 6; digit > pid; digit /= 10)
		;
	for (; digit > 0; digit /= 10)
		*path++ = (char)('0' + pid / digit % 10);
	__builtin_memcpy(path, "/stat", 6);
}

__attribute__((noreturn, used)) void
run(char **stack)
{
	char **argv = stack + 2, **env = stack + (long)stack[0] + 2;
	unsigned long none = 0, all = ~0ul;
	struct { void *handler; unsigned long flags, restorer, mask; } standard = { 0 };
	char path[32], stat[512];
	volatile int daemon = 0;
	int pipe[2], sig, fd, byte;

	must(call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, 8));
	must(call(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0));
	must(call(__NR_pipe2, (long)pipe, O_CLOEXEC, 0, 0));
	long pid = call(__NR_clone, BACKGROUND, 0, 0, 0);
	must(pid);
	if (pid == 0) {
		must(call(__NR_setsid, 0, 0, 0, 0));
		pid = call(__NR_clone, BACKGROUND, 0, 0, 0);
		must(pid);
		if (pid != 0)
			call(__NR_exit_group, 0, 0, 0, 0);
		daemon = (int)call(__NR_getpid, 0, 0, 0, 0);
		for (sig = 1; sig <= 64; sig++)
			if (sig != SIGKILL && sig != SIGSTOP)
				must(call(__NR_rt_sigaction, sig, (long)&standard, 0, 8));
		call(__NR_umask, 022, 0, 0, 0);
		fd = (int)call(__NR_openat, AT_FDCWD, (long)"/dev/null", O_RDWR | O_CLOEXEC, 0);
		must(fd);
		must(call(__NR_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC, 0));
		must(call(__NR_chdir, (long)"/", 0, 0, 0));
		for (sig = 0; sig < 3; sig++)
			must(call(__NR_dup3, fd, sig, 0, 0));
		must(call(__NR_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8));
		call(__NR_execve, (long)argv[0], (long)argv, (long)env, 0);
		call(__NR_write, pipe[1], (long)"", 1, 0);
		call(__NR_exit_group, 125, 0, 0, 0);
	}
	must(call(__NR_close, pipe[1], 0, 0, 0));
	if (daemon == 0 || call(__NR_read, pipe[0], (long)&byte, 1, 0) != 0)
		call(__NR_exit_group, 125, 0, 0, 0);
	stat_path(path, daemon);
	fd = (int)call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY, 0);
	must(fd);
	must(call(__NR_read, fd, (long)stat, sizeof(stat), 0));
	call(__NR_exit_group, 0, 0, 0, 0);
	__builtin_unreachable();
}
