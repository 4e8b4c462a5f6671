/* SPDX-License-Identifier: BSD-2-Clause */
/* A failure as a value: what to say, and the exit status. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/message.h"

int
fault_set(struct fault *fault, int status, const char *step,
    const char *object, const char *reason)
{
	if (fault->status != STATUS_DONE)
		return -1;
	fault->status = status;
	if (asprintf(&fault->text, "%s: %s%s%s", step,
	    object == NULL ? "" : object, object == NULL ? "" : ": ",
	    reason) == -1)
		fault->text = NULL;
	return -1;
}

int
fault_errno(struct fault *fault, const char *step, const char *object,
    int error)
{
	return fault_set(fault, STATUS_FAILED, step, object, strerror(error));
}

void
fault_clear(struct fault *fault)
{
	free(fault->text);
	*fault = (struct fault){ .status = STATUS_DONE };
}
