/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: their names, and setting all of them. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

/*
 * HUP, SIGHUP (in any case) or 1; RTMIN, RTMIN+N, RTMAX, RTMAX-N.  Returns the
 * number, or -1.
 */
int	signal_parse(const char *);

/* The bit of a signal in a set as /proc shows it. */
#define SIGNAL_BIT(sig)	(1ULL << ((sig) - 1))

/* TERM for 15; `33` for one that has no name. */
const char *signal_name(int);

/*
 * The C library hides the two signals that its threads use (32, 33), and
 * refuses to set them; a caller without it may have touched them.  So these
 * set masks and default dispositions by the system call itself.
 * Each returns -1 with errno (sigaction(2), sigprocmask(2)).
 * Async-signal-safe.
 */
int	signal_set_default(int sig);
int	signal_ignore(int sig);
int	signals_set_mask(const sigset_t *);

/* Blocks set; before is what was blocked, with the hidden ones. */
int	signals_block(const sigset_t *set, sigset_t *before);

/*
 * Discards what is pending of the set, which is blocked.  -1 with errno of
 * rt_sigtimedwait(2).
 */
int	signals_discard(const sigset_t *);

/* The signals by which a user ends a wait: INT, QUIT and TERM. */
void	signals_that_end(sigset_t *);

/*
 * All signals: sigfillset(3) leaves out those that the C library uses, which
 * with musl is also 34, the RTMIN of programs that glibc is linked with.
 */
void	signals_fill(sigset_t *);

/* Blocks every signal there is. */
int	signals_hold(void);

#endif
