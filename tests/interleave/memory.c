/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory and the registers of a process that is stopped. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE		/* process_vm_readv(2) */

#include <sys/types.h>
#include <sys/uio.h>

#include <elf.h>

#include "trace.h"
#include "../lib/registers.h"

static ssize_t
peek(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec here = { to, size };
	struct iovec there = { (void *)(uintptr_t)address, size };

	return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

void
poke(pid_t pid, uint64_t address, const void *from, size_t size)
{
	struct iovec here = { (void *)(uintptr_t)from, size };
	struct iovec there = { (void *)(uintptr_t)address, size };

	(void)process_vm_writev(pid, &here, 1, &there, 1, 0);
}

/* The call is not made, and returns that. */
void
answer(pid_t pid, long result)
{
	registers regs;

	get_registers(pid, &regs);
	RESULT(&regs) = (unsigned long)result;
	set_registers(pid, &regs);
	(void)skip_call(pid, &regs);
}

/*
 * Without the vDSO (vdso(7)), the clock is asked by a system call.  The stack
 * after an execve(2): argc, argv, NULL, envp, NULL, auxv.
 */
void
hide_vdso(pid_t pid)
{
	static const uint64_t ignore = 1;	/* AT_IGNORE */
	uint64_t at, word[2];
	registers regs;
	int nulls = 0;

	get_registers(pid, &regs);
	for (at = STACK(&regs) + 8; nulls < 2; at += 8) {
		if (peek(pid, at, word, 8) != 8)
			return;
		nulls += word[0] == 0;
	}
	for (; peek(pid, at, word, 16) == 16 && word[0] != AT_NULL; at += 16)
		if (word[0] == AT_SYSINFO_EHDR)
			poke(pid, at, &ignore, sizeof(ignore));
}

#endif
