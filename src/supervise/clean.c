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
	    .others = s->plan->others, .name = s->plan->path, .skip_fd = -1 };
	struct schedule schedule;

	(void)schedule_parse(SCHEDULE_DEFAULT, &schedule);
	(void)stop_begin(&s->stop, &targets, &schedule);
	s->cleaning = true;
}

/* Take one step of ending what a run has left behind. */
void
clean(struct supervisor *s)
{
	enum stopped stopped = stop_step(&s->stop);
	char text[PATH_MAX + 128];

	if (stopped == STOPPED_PENDING)
		return;
	if (stopped != STOPPED_GONE) {
		(void)snprintf(text, sizeof(text), "%s: %s: %s",
		    s->plan->command, "what it left behind still runs",
		    stopped == STOPPED_ERROR ? strerror(errno) :
		    "it survived the whole schedule");
		say(s->plan, text);
	}
	stop_finish(&s->stop);
	s->cleaning = false;
}
