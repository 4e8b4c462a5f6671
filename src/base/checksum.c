/* SPDX-License-Identifier: BSD-2-Clause */
/* FNV-1a, 64 bits. */
#include "config.h"

#include "base/checksum.h"

uint64_t
checksum(uint64_t sum, const char *bytes, size_t length)
{
	for (; length > 0; length--)
		sum = (sum ^ (unsigned char)*bytes++) * 0x100000001b3;
	return sum;
}

void
checksum_print(uint64_t sum, char digits[static CHECKSUM_SIZE])
{
	int i;

	for (i = CHECKSUM_SIZE - 2; i >= 0; i--, sum >>= 4)
		digits[i] = "0123456789abcdef"[sum & 0xf];
	digits[CHECKSUM_SIZE - 1] = '\0';
}
