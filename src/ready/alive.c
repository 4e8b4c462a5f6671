/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=alive:TIME: the command still exists after TIME. */
#include "config.h"

#include "base/clock.h"
#include "process/schedule.h"
#include "ready/method.h"

static const char *
parse(struct readiness *want)
{
	want->time = time_parse(want->value);
	return want->time == -1 ? NOT_A_TIME : NULL;
}

static enum answer
ask(struct ready *ready)
{
	if (ready->next == 0)
		ready->next = now_ms() + ready->want->time;
	ready->due = ready->next;
	return now_ms() >= ready->due ? ANSWER_READY : ANSWER_NOT_YET;
}

const struct method alive_method = {
	.name = "alive:",
	.parse = parse,
	.ask = ask,
};
