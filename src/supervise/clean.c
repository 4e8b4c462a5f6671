/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run leaves behind is ended, with --tree. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "supervise/say.h"
#include "supervise/state.h"

/* Prepare ending what the run has left behind; clean() does it in steps. */
void
begin_cleaning(struct supervisor *s)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .excluded = s->plan->excluded, .nexcluded = s->plan->nexcluded };
	struct schedule schedule;

	(void)schedule_parse(s->plan->stop_with, &schedule);
	s->cleaning = stop_begin(&s->stop, &targets, &schedule) == 0;
	if (!s->cleaning)
		stop_finish(&s->stop);
}

/* Take one step of ending what a run has left behind. */
void
clean(struct supervisor *s)
{
	enum stop_result stopped;
	char text[PATH_MAX + 128];

	/* It may have been started again. */
	if (s->plan->excluded != NULL)
		s->plan->excluded[s->plan->nexcluded - 1] =
		    s->plan->log.logger.id;
	stopped = stop_step(&s->stop);
	if (stopped == STOP_PENDING)
		return;
	if (stopped != STOP_GONE) {
		(void)snprintf(text, sizeof(text), "%s: %s: %s",
		    s->plan->command, "what it left behind still runs",
		    stopped == STOP_FAILED ? strerror(errno) :
		    "it survived the whole schedule");
		say(s->plan, text);
	}
	stop_finish(&s->stop);
	s->cleaning = false;
}
