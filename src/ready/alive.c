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
ask(struct wait *wait)
{
	if (wait->alive_until == 0)
		wait->alive_until = now_ms() + wait->ready->want.alive;
	wait->due = wait->alive_until;
	return now_ms() >= wait->due ? ANSWER_READY : ANSWER_NOT_YET;
}

const struct method alive_method = {
	.name = "alive:",
	.parse = parse,
	.ask = ask,
};
