/* SPDX-License-Identifier: BSD-2-Clause */
/* The report channel, and the messages about its reports. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "monitor/report.h"
#include "plan/command.h"

int
report_send(int channel, const struct report *report)
{
	return write(channel, report, sizeof(*report)) == sizeof(*report) ?
	    0 : -1;
}

int
report_receive(int channel, struct report *report)
{
	ssize_t length;

	do
		length = read(channel, report, sizeof(*report));
	while (length == -1 && errno == EINTR);
	return length == sizeof(*report) ? 1 : length == -1 ? -1 : 0;
}

/* Set the names that a message has for the stage and its object. */
static void
describe(const struct plan *plan, const struct report *report,
    const char **name, const char **object)
{
	const char *call = *report->call != '\0' ? report->call : NULL;

	switch (report->stage) {
	case STEP_CHDIR:
		*name = chdir_row.name;
		*object = plan->steps.chdir;
		break;
	case STAGE_CHROOT:
		*name = "chroot";
		*object = plan->root;
		break;
	case STAGE_USER:
		*name = plan->identity.user == NULL ? "group" : "user";
		*object = plan->identity.name;
		break;
	case STAGE_PRIVILEGES:
		*name = "no-new-privs";
		*object = "prctl";
		break;
	case STAGE_PIDFILE:
		*name = "pidfile";
		*object = plan->config->pidfile;
		break;
	case STAGE_TRUNCATE:
		*name = stdio_row.name;
		*object = plan->steps.stdio[report->fd];
		break;
	case STAGE_EXEC:
		*name = "exec";
		*object = plan->path;
		break;
	case STAGE_CHANNEL:
		*name = background_row.name;
		*object = call != NULL ? call : "report channel";
		break;
	default:
		*name = step_table[report->stage]->name;
		*object = call != NULL ? call :
		    step_table[report->stage]->call;
		break;
	}
}

static void
fault_exec(const struct plan *plan, int error, struct fault *fault)
{
	char reason[PATH_MAX + 128];
	int root = -1, status;

	if (plan->root != NULL)
		root = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	status = command_describe(plan->path, root, error, reason,
	    sizeof(reason));
	close_quietly(root);
	(void)fault_set(fault, status, "exec", plan->path, reason);
}

void
report_fault(const struct plan *plan, const struct report *report,
    struct fault *fault)
{
	const char *name, *object;

	if (report->stage == STAGE_EXEC)
		fault_exec(plan, report->error, fault);
	else if (report->stage == STAGE_INIT)
		(void)fault_set(fault, STATUS_FAILED, background_row.name,
		    "fork", init_fault);
	else {
		describe(plan, report, &name, &object);
		(void)fault_errno(fault, name, object, report->error);
	}
}

void
report_narrate(const struct plan *plan, const struct report *report)
{
	const char *name, *object;
	char value[PATH_MAX + 32];

	describe(plan, report, &name, &object);
	if (report->stage == STAGE_EXEC)
		(void)snprintf(value, sizeof(value), "%s: pid %d", object,
		    (int)report->pid);
	else if (report->stage >= STEPS)
		(void)strlcpy(value, object, sizeof(value));
	else
		step_table[report->stage]->print(&plan->steps, value,
		    sizeof(value));
	narrate(name, value);
}
