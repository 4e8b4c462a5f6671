/* SPDX-License-Identifier: BSD-2-Clause */
/* When a command that has ended is started again: the policy, and its state. */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESTART_DELAY		100
#define RESTART_DELAY_MAX	30000
#define RESTART_DELAY_TEXT	"100ms/30s"

/* The greatest N of --restart-limit. */
#define RESTART_LIMIT_MAX	1000

enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct policy {
	enum restart restart;
	uint64_t signals;		/* no failure, by SIGNAL_BIT */
	bool statuses[256];		/* likewise: no failure */
	long long delay;		/* before the first restart, in ms */
	long long delay_max;		/* the longest one */
	size_t limit;			/* restarts; 0: no limit */
	long long limit_time;		/* within that many ms; 0: in a row */
};

/* How a run ended; FAILED: a step failed, or the command's exec. */
struct ending {
	enum {
		END_EXIT,
		END_SIGNAL,
		END_FAILED,
		END_CORE		/* a signal, and a core was dumped */
	} kind;
	int number;			/* exit status, or signal; FAILED: the
					   status that a launch would give */
};

/* Return what the status of wait(2) says. */
struct ending	ending_of(int status);

/* Write `exited with status 3` or `killed by signal 11 (SEGV)`. */
void	ending_describe(const struct ending *, char *buf, size_t size);

/* Return the exit status that a shell would have for it. */
int	ending_status(const struct ending *);

/* The restarts until now, as far as the policy needs them. */
struct backoff {
	long long delay;		/* before the next one */
	size_t restarts;		/* in a row */
	long long *times;		/* of the last ones; as many as limit */
};

/* Set the default: no restart. */
void	policy_init(struct policy *);

/* Store the value of an option.  Return NULL, or what is wrong with it. */
const char *policy_parse_restart(struct policy *, const char *);
const char *policy_parse_success(struct policy *, const char *);
const char *policy_parse_delay(struct policy *, const char *);
const char *policy_parse_limit(struct policy *, const char *);

/* Return never, on-failure or always. */
const char *restart_name(enum restart);

/* Is that exit status, or that signal, no failure? */
bool	policy_allows_status(const struct policy *, int status);
bool	policy_allows_signal(const struct policy *, int sig);

/* Is that end of a run a failure? */
bool	policy_is_failure(const struct policy *, const struct ending *);

/* Prepare the state.  Return -1 with errno (ENOMEM). */
int	backoff_init(struct backoff *, const struct policy *);

/*
 * Decide about a restart after a run that lasted that long, in ms, and ended
 * at now, by now_ms().  Return the milliseconds until the restart; RESTART_NONE
 * if the policy asks for none; RESTART_LIMITED if the limit is reached.
 */
long long backoff_next(struct backoff *, const struct policy *,
	    const struct ending *, long long lasted, long long now);

#define RESTART_NONE	(-1)
#define RESTART_LIMITED	(-2)

#endif
