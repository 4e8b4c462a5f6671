/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=alive:TIME: the command still exists after TIME. */
#include "config.h"

#include "base/clock.h"
#include "process/schedule.h"
#include "ready/method.h"

static const char *
parse(struct readiness *want, const char *value)
{
	want->alive = time_parse(value);
	return want->alive == -1 ? NOT_A_TIME : NULL;
}

static enum answer
ask(struct ready *ready)
{
	if (ready->alive_until == 0)
		ready->alive_until = now_ms() + ready->want->alive;
	ready->due = ready->alive_until;
	return now_ms() >= ready->due ? ANSWER_READY : ANSWER_NOT_YET;
}

const struct method alive_method = {
	.name = "alive:",
	.parse = parse,
	.ask = ask,
};
