/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a supervisor decides about runs that need no time.
 *
 *   backoff DELAY LIMIT MS...
 *
 * With these values of --restart-delay and --restart-limit, and a failed run of
 * MS milliseconds each, prints the delay before the next one, or `limit'.
 */
#include "config.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/policy.h"

int
main(int argc, char **argv)
{
	const struct ending how = { END_EXIT, 1 };
	struct backoff backoff;
	struct policy policy;
	long long now = 0, lasted, delay;
	int i;

	policy_init(&policy);
	if (argc < 4 || policy_parse_restart(&policy, "always") != NULL ||
	    policy_parse_delay(&policy, argv[1]) != NULL ||
	    policy_parse_limit(&policy, argv[2]) != NULL ||
	    backoff_init(&backoff, &policy) == -1)
		errx(1, "usage: backoff DELAY LIMIT MS...");
	for (i = 3; i < argc; i++) {
		lasted = strtoll(argv[i], NULL, 10);
		now += lasted;
		delay = backoff_next(&backoff, &policy, &how, lasted, now);
		if (delay == RESTART_LIMITED)
			(void)puts("limit");
		else
			(void)printf("%lld\n", delay);
		now += delay > 0 ? delay : 0;
	}
	return 0;
}
