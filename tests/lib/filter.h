/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filter of system calls (seccomp(2)): what there is of linux/filter.h and
 * linux/seccomp.h here, which musl-gcc does not find.
 */
#ifndef FILTER_H
#define FILTER_H

#include <sys/prctl.h>

#include <stddef.h>
#include <stdint.h>

struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t operand;
};

/* What LOAD takes a word of. */
struct call {
	int number;
	uint32_t architecture;
	uint64_t instruction_pointer;
	uint64_t arguments[6];
};

#define LOAD		0x20		/* BPF_LD | BPF_W | BPF_ABS */
#define JUMP_EQUAL	0x15		/* BPF_JMP | BPF_JEQ | BPF_K */
#define RETURN		0x06		/* BPF_RET | BPF_K */
#define ALLOW		0x7fff0000	/* SECCOMP_RET_ALLOW */
#define TRACE		0x7ff00000	/* SECCOMP_RET_TRACE */
#define ANSWER		0x00050000	/* SECCOMP_RET_ERRNO */

/* For this process and all that it starts.  Returns as prctl(2). */
static inline int
filter_install(struct instruction *instructions, size_t n)
{
	struct {
		unsigned short length;
		struct instruction *instructions;
	} program = { (unsigned short)n, instructions };

	return prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &program,
	    0, 0);
}

#endif
