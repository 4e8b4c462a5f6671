/* SPDX-License-Identifier: BSD-2-Clause */
/* When a command that has ended is started again. */
#include "config.h"

#include <sys/wait.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/number.h"
#include "base/word.h"
#include "process/policy.h"
#include "process/schedule.h"
#include "process/signals.h"

/* A long run lasts longer than this, in milliseconds. */
#define LONG_RUN	10000

static const char *const restart_names[] = {
	[RESTART_NEVER] = "never",
	[RESTART_ON_FAILURE] = "on-failure",
	[RESTART_ALWAYS] = "always",
	NULL
};

void
policy_init(struct policy *policy)
{
	/* The signals that systemd.service(5) calls a clean end. */
	*policy = (struct policy){ .delay = RESTART_DELAY,
	    .delay_max = RESTART_DELAY_MAX,
	    .signals = SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGINT) |
		SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGPIPE),
	    .statuses = { true } };
}

const char *
restart_name(enum restart restart)
{
	return restart_names[restart];
}

const char *
policy_parse_restart(struct policy *policy, const char *value)
{
	int choice = word_index(value, restart_names);

	if (choice == -1)
		return "not never, on-failure or always";
	policy->restart = (enum restart)choice;
	return NULL;
}

const char *
policy_parse_success(struct policy *policy, const char *value)
{
	char part[16];
	long long status;
	int sig;

	while (value != NULL) {
		value = word_cut(value, ',', part, sizeof(part));
		/* A number is an exit status, never a signal. */
		status = number_parse(part, 0, 255);
		sig = *part >= '0' && *part <= '9' ? -1 : signal_parse(part);
		if (status != -1)
			policy->statuses[status] = true;
		else if (sig != -1)
			policy->signals |= SIGNAL_BIT(sig);
		else
			return "not a list of exit statuses (0 to 255) and "
			    "signal names";
	}
	return NULL;
}

const char *
policy_parse_delay(struct policy *policy, const char *value)
{
	char part[16];

	value = word_cut(value, '/', part, sizeof(part));
	policy->delay = time_parse(part);
	if (policy->delay == -1)
		return NOT_A_TIME;
	policy->delay_max = policy->delay > RESTART_DELAY_MAX ?
	    policy->delay : RESTART_DELAY_MAX;
	if (value == NULL)
		return NULL;
	policy->delay_max = time_parse(value);
	if (policy->delay_max == -1)
		return NOT_A_TIME;
	return policy->delay_max < policy->delay ?
	    "the longest delay is shorter than the first" : NULL;
}

const char *
policy_parse_limit(struct policy *policy, const char *value)
{
	long long limit;
	char part[16];

	value = word_cut(value, '/', part, sizeof(part));
	limit = number_parse(part, 1, RESTART_LIMIT_MAX);
	if (limit == -1)
		return "not a number from 1 to 1000";
	policy->limit = (size_t)limit;
	policy->limit_time = 0;
	if (value == NULL)
		return NULL;
	policy->limit_time = time_parse(value);
	return policy->limit_time > 0 ? NULL : NOT_A_TIME;
}

struct ending
ending_of(int status)
{
	if (WIFEXITED(status))
		return (struct ending){ END_EXIT, WEXITSTATUS(status) };
	return (struct ending){ WCOREDUMP(status) ? END_CORE : END_SIGNAL,
	    WTERMSIG(status) };
}

void
ending_describe(const struct ending *ending, char *buf, size_t size)
{
	if (ending->kind == END_EXIT)
		(void)snprintf(buf, size, "exited with status %d",
		    ending->number);
	else if (ending->kind == END_FAILED)
		(void)strlcpy(buf,
		    ending->number == STATUS_ENDED ?
		    "ended before it was ready" :
		    ending->number == STATUS_TIMED_OUT ?
		    "was not ready in time" :
		    ending->number == STATUS_FAILED ?
		    "could not be started" : "could not be executed", size);
	else
		(void)snprintf(buf, size, "killed by signal %d (%s%s)",
		    ending->number, signal_name(ending->number),
		    ending->kind == END_CORE ? ", core dumped" : "");
}

int
ending_status(const struct ending *ending)
{
	return ending->kind == END_SIGNAL || ending->kind == END_CORE ?
	    128 + ending->number : ending->number;
}

int
backoff_init(struct backoff *backoff, const struct policy *policy)
{
	*backoff = (struct backoff){ .delay = policy->delay };
	if (policy->limit_time == 0)
		return 0;
	backoff->times = calloc(policy->limit, sizeof(*backoff->times));
	return backoff->times == NULL ? -1 : 0;
}

bool
policy_allows_status(const struct policy *policy, int status)
{
	return policy->statuses[status];
}

bool
policy_allows_signal(const struct policy *policy, int sig)
{
	return (policy->signals & SIGNAL_BIT(sig)) != 0;
}

bool
policy_is_failure(const struct policy *policy, const struct ending *ending)
{
	switch (ending->kind) {
	case END_EXIT:
		return !policy_allows_status(policy, ending->number);
	case END_SIGNAL:
	case END_CORE:
		return !policy_allows_signal(policy, ending->number);
	default:
		return true;
	}
}

/* Count a restart at now.  Return whether it exceeds the limit. */
static bool
is_limited(struct backoff *backoff, const struct policy *policy,
    long long now)
{
	long long *oldest;

	if (policy->limit == 0)
		return false;
	if (policy->limit_time == 0)
		return backoff->restarts++ >= policy->limit;
	/* The array has the last `limit' restarts; 0 is an unused place. */
	oldest = &backoff->times[backoff->restarts++ % policy->limit];
	if (*oldest != 0 && now - *oldest < policy->limit_time)
		return true;
	*oldest = now;
	return false;
}

long long
backoff_next(struct backoff *backoff, const struct policy *policy,
    const struct ending *ending, long long lasted, long long now)
{
	long long delay;

	if (policy->restart == RESTART_NEVER ||
	    (policy->restart == RESTART_ON_FAILURE &&
	    !policy_is_failure(policy, ending)))
		return RESTART_NONE;
	/* A long run begins a new row. */
	if (lasted > (policy->delay_max > LONG_RUN ? policy->delay_max :
	    LONG_RUN)) {
		backoff->delay = policy->delay;
		if (policy->limit_time == 0)
			backoff->restarts = 0;
	}
	if (is_limited(backoff, policy, now))
		return RESTART_LIMITED;
	delay = backoff->delay;
	backoff->delay = delay == 0 ? 1 : delay * 2;
	if (backoff->delay > policy->delay_max)
		backoff->delay = policy->delay_max;
	return delay;
}
