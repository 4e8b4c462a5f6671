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

/* More restarts than a limit can be asked to count. */
#define RESTART_LIMIT_MAX	1000

enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct policy {
	enum restart restart;
	uint64_t signals;		/* no failure: bit N % 64 for signal N */
	uint64_t statuses[4];		/* likewise: 64 statuses in each */
	long long delay;		/* milliseconds: the first, the most */
	long long delay_max;
	size_t limit;			/* restarts; 0: no limit */
	long long limit_time;		/* in so many ms; 0: in a row */
};

/* How a run ended, or why there was none. */
struct ending {
	enum { END_EXIT, END_SIGNAL, END_FAILED } kind;
	int number;			/* exit status, or signal; FAILED: the
					   status that a launch would give */
};

/* `exited with status 3`, `killed by signal 11 (SEGV)`. */
void	ending_describe(const struct ending *, char *buf, size_t size);

/* The exit status that a shell would have for it. */
int	ending_status(const struct ending *);

/* What the policy knows of the restarts until now. */
struct backoff {
	long long delay;		/* of the next one; 0: the first */
	size_t restarts;		/* in a row */
	long long *times;		/* of the last ones; as many as limit */
};

/* The default: no restart. */
void	policy_init(struct policy *);

/*
 * Each stores the value of an option.  Returns NULL, or what is wrong with it.
 */
const char *policy_parse_restart(struct policy *, const char *);
const char *policy_parse_success(struct policy *, const char *);
const char *policy_parse_delay(struct policy *, const char *);
const char *policy_parse_limit(struct policy *, const char *);

/* never, on-failure or always. */
const char *restart_name(enum restart);

/* Prepares the state.  -1 with errno (ENOMEM). */
int	backoff_init(struct backoff *, const struct policy *);

/*
 * A run of so many milliseconds has ended at now (both of now_ms()).  Returns
 * the milliseconds until the next one; RESTART_NONE, the policy asks for none;
 * RESTART_LIMITED, the limit is reached.
 */
long long backoff_next(struct backoff *, const struct policy *,
	    const struct ending *, long long lasted, long long now);

#define RESTART_NONE	(-1)
#define RESTART_LIMITED	(-2)

#endif
