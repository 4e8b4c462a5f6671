/* SPDX-License-Identifier: BSD-2-Clause */
/* Decimal numbers that the user writes. */
#ifndef NUMBER_H
#define NUMBER_H

/*
 * Digits alone: no sign and no white space, which strtonum(3) accepts.
 * Return the number, from min (0 or more) to max; -1: text is no such number.
 */
long long	number_parse(const char *text, long long min, long long max);

#endif
