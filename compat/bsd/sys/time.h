/* SPDX-License-Identifier: BSD-2-Clause */
/* timespecadd(3bsd), on values with less than a second of nanoseconds. */
#include_next <sys/time.h>

#ifndef COMPAT_SYS_TIME_H
#define COMPAT_SYS_TIME_H

#define timespecadd(a, b, sum)						\
	do {								\
		(sum)->tv_sec = (a)->tv_sec + (b)->tv_sec;		\
		(sum)->tv_nsec = (a)->tv_nsec + (b)->tv_nsec;		\
		if ((sum)->tv_nsec >= 1000000000) {			\
			(sum)->tv_sec++;				\
			(sum)->tv_nsec -= 1000000000;			\
		}							\
	} while (0)

#define timespecsub(a, b, difference)					\
	do {								\
		(difference)->tv_sec = (a)->tv_sec - (b)->tv_sec;	\
		(difference)->tv_nsec = (a)->tv_nsec - (b)->tv_nsec;	\
		if ((difference)->tv_nsec < 0) {			\
			(difference)->tv_sec--;				\
			(difference)->tv_nsec += 1000000000;		\
		}							\
	} while (0)

#define timespeccmp(a, b, operator)					\
	((a)->tv_sec == (b)->tv_sec ?					\
	    (a)->tv_nsec operator (b)->tv_nsec :			\
	    (a)->tv_sec operator (b)->tv_sec)

#endif
