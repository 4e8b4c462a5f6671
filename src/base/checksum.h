/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A checksum of 64 bits, FNV-1a (draft-eastlake-fnv).  It finds a torn write
 * and a change, but no forgery.
 */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_BEGIN	UINT64_C(0xcbf29ce484222325)

/* As text: sixteen digits and a NUL. */
#define CHECKSUM_SIZE	17

/* The sum with these bytes after it.  Async-signal-safe, as the next one. */
uint64_t checksum(uint64_t sum, const char *bytes, size_t length);

void	checksum_print(uint64_t sum, char digits[static CHECKSUM_SIZE]);

#endif
