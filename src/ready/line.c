/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=line:TEXT: a line for the log contains TEXT, which the log sees. */
#include "config.h"

#include <string.h>

#include "ready/method.h"

static const char *
parse(struct readiness *want)
{
	size_t length = strlen(want->value);

	return length == 0 || length > READY_LINE_MAX ||
	    strchr(want->value, '\n') != NULL ?
	    "needs a part of a line, of at most 2048 bytes" : NULL;
}

static enum answer
ask(struct ready *ready)
{
	return ready->seen ? ANSWER_READY : ANSWER_NOT_YET;
}

const struct method line_method = {
	.name = "line:",
	.has_timeout = true,
	.parse = parse,
	.ask = ask,
};
