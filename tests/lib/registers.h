/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of a traced process: what differs between architectures.
 *
 * AGAIN, applied to the registers at the entry of call n: it is made anew.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <elf.h>
#include <string.h>

#if defined(__x86_64__)

typedef struct user_regs_struct registers;
#define RESULT(r)	((r)->rax)
#define ARGUMENT_1(r)	((r)->rdi)
#define RESTORE_1(r, x)	((r)->rdi = (x))
#define ARGUMENT_3(r)	((r)->rdx)
#define STACK(r)	((r)->rsp)
#define AGAIN(r, n)	((r)->rip -= 2, (r)->rax = (n), (r)->orig_rax = -1ULL)

static inline int
skip_call(pid_t pid, registers *regs)
{
	struct iovec io = { regs, sizeof(*regs) };

	regs->orig_rax = (unsigned long long)-1;
	return (int)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &io);
}

#elif defined(__i386__)

typedef struct user_regs_struct registers;
#define RESULT(r)	((r)->eax)
#define ARGUMENT_1(r)	((r)->ebx)
#define RESTORE_1(r, x)	((r)->ebx = (x))
#define ARGUMENT_3(r)	((r)->edx)
#define STACK(r)	((r)->esp)
#define AGAIN(r, n)	((r)->eip -= 2, (r)->eax = (n), (r)->orig_eax = -1)

static inline int
skip_call(pid_t pid, registers *regs)
{
	struct iovec io = { regs, sizeof(*regs) };

	regs->orig_eax = -1;
	return (int)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &io);
}

#elif defined(__aarch64__)

typedef struct user_regs_struct registers;
#define RESULT(r)	((r)->regs[0])
#define ARGUMENT_1(r)	((r)->regs[0])
#define RESTORE_1(r, x)	((void)(x))	/* the result is there */
#define ARGUMENT_3(r)	((r)->regs[2])
#define STACK(r)	((r)->sp)
#define AGAIN(r, n)	((r)->pc -= 4, (r)->regs[8] = (n))

static inline int
skip_call(pid_t pid, registers *regs)
{
	int number = -1;
	struct iovec io = { &number, sizeof(number) };

	(void)regs;
	return (int)ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL,
	    &io);
}

#else		/* main() goes no further */

typedef struct { unsigned long one, two, three; } registers;
#define RESULT(r)	((r)->one)
#define ARGUMENT_1(r)	((r)->two)
#define RESTORE_1(r, x)	((r)->two = (x))
#define ARGUMENT_3(r)	((r)->three)
#define STACK(r)	((r)->one)
#define AGAIN(r, n)	((r)->one = (n))

static inline int
skip_call(pid_t pid, registers *regs)
{
	(void)pid;
	(void)regs;
	return -1;
}

#endif

static inline void
get_registers(pid_t pid, registers *regs)
{
	/* It is written to. */
	/* cppcheck-suppress ctuuninitvar */
	struct iovec io = { regs, sizeof(*regs) };

	/* Where the process has been killed meanwhile, it gives nothing. */
	memset(regs, 0, sizeof(*regs));
	(void)ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &io);
}

/* Fails where the process has been killed meanwhile: no matter. */
static inline void
set_registers(pid_t pid, registers *regs)
{
	struct iovec io = { regs, sizeof(*regs) };

	(void)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &io);
}

#endif
