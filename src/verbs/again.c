/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending the run of a supervised instance, and beginning the next. */
#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/file.h"
#include "base/message.h"
#include "verbs/again.h"
#include "verbs/control.h"
#include "verbs/hold.h"

/* How often --again looks whether the next run has begun. */
#define AGAIN_MS	10

/* Wait for a run that the record did not have.  Return the exit status. */
static int
await_run(const char *path, const struct held *held)
{
	struct pollfd ended = { .fd = held->supervisor, .events = POLLIN };
	struct record now;
	const struct run *run;
	char how[64], reason[96];
	bool over, removed;

	for (;;) {
		removed = is_removed(held->record);
		/* A stop removes it, but only after the supervisor's end. */
		over = poll(&ended, 1, AGAIN_MS) == 1;
		if (record_read(held->record, &now) == RECORD_GOOD &&
		    now.runs > held->found.record.runs &&
		    now.state != RECORD_STARTING)
			break;
		if (over)
			return complain("again", path,
			    "its supervisor has ended");
		if (removed)
			return complain("again", path,
			    "its record was removed, so the next run cannot "
			    "be seen");
	}
	run = &now.run[now.runs % RECORD_RUNS];
	if (run->number != now.runs || run->how.kind != END_FAILED)
		return STATUS_DONE;
	ending_describe(&run->how, how, sizeof(how));
	(void)snprintf(reason, sizeof(reason), "the command %s", how);
	(void)complain("again", path, reason);
	return run->how.number;
}

int
control_again(const struct config *config)
{
	const char *path = config->pidfile;
	struct held held;
	int status = STATUS_DONE, asked;

	do {
		asked = 1;
		if (!hold(path, &held)) {
			status = refuse("again", path, &held.found, NULL);
			if (status == STATUS_DONE)
				status = refuse_dead("again", path);
		} else if (held.supervisor == -1)
			status = complain("again", path, held.found.lost ?
			    "its supervisor has ended; stop it and launch it" :
			    "it has no supervisor; launch it with --supervise");
		else if ((asked = ask_supervisor("again", path, &held,
		    REQUEST_AGAIN)) == -1)
			status = STATUS_FAILED;
		else if (asked == 1) {
			status = held.command == -1 ? STATUS_DONE :
			    control_stop_run(config, &held);
			if (status == STATUS_DONE)
				status = await_run(path, &held);
		}
		held_release(&held);
	} while (asked == 0);
	return status;
}
