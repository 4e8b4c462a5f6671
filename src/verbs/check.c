/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it a proper daemon?
 *
 * The facts are read once; then each step has a pure function that compares
 * them with what is expected.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/message.h"
#include "cli/table.h"
#include "instance/find.h"
#include "process/proc.h"
#include "steps/facts.h"
#include "steps/step.h"
#include "verbs/several.h"
#include "verbs/verbs.h"

/* The lines of a record that are options of the steps. */
static const char *const step_lines[] = { "signals", "sigchld", "background",
    "session", "refork", "umask", "fds", "chdir", "stdin", "stdout",
    "stderr", "log" };

#define STEP_LINES	(sizeof(step_lines) / sizeof(*step_lines))

/*
 * Expect of a daemon with a record the options of its launch, and behind them
 * those of this command line.  The strings are used until the process ends.
 */
static int
expect(const struct config *config, const struct record *record,
    struct config *expected)
{
	char value[PATH_MAX], **argv;
	const char *excludes;
	int argc = 1, i;
	size_t line;

	argv = calloc((size_t)config->argc + STEP_LINES + 1, sizeof(*argv));
	if (argv == NULL)
		return complain_errno("check", NULL, errno);
	argv[0] = config->argv[0];
	for (line = 0; line < STEP_LINES; line++) {
		if (!record_value(record, step_lines[line], 0, value,
		    sizeof(value)))
			continue;
		if (asprintf(&argv[argc], "--%s=%s", step_lines[line],
		    value) == -1)
			return complain_errno("check", NULL, errno);
		/* An option that it excludes counts more, as the same does. */
		excludes = option_find(argv[argc])->excludes;
		if (excludes == NULL || option_given(config, excludes) == NULL)
			argc++;
	}
	for (i = 1; i < config->argc; i++)
		argv[argc++] = config->argv[i];
	return options_parse(expected, argc, argv);
}

/* Find the instance.  Return STATUS_DONE, or the status after a message. */
static int
find_process(const struct config *config, struct instance_status *found)
{
	const char *label = options_label(config);

	instance_find(config->pidfile, true, found);
	switch (found->state) {
	case INSTANCE_RUNNING:
	case INSTANCE_GUESS:
		return STATUS_DONE;
	case INSTANCE_UNKNOWN:
		return complain("check", label, found->reason);
	case INSTANCE_WAITING:
		(void)complain("check", label,
		    "no such process: it waits for its next run");
		return STATUS_NOT_RUNNING;
	default:
		(void)complain("check", label, "no such process");
		return STATUS_NOT_RUNNING;
	}
}

static void
print_finding(const struct config *config, int step,
    const struct finding *finding)
{
	static const struct { const char *word, *color; } verdicts[] = {
		[VERDICT_OK] = { "ok", "\033[32m" },
		[VERDICT_BAD] = { "BAD", "\033[31m" },
		[VERDICT_UNSEEN] = { "?", "\033[33m" },
	};
	const char *no_color = getenv("NO_COLOR");
	bool color = isatty(STDOUT_FILENO) &&
	    (no_color == NULL || *no_color == '\0');

	if (config->json) {
		json_open(NULL, '{');
		json_string("step", step_table[step]->name);
		json_string("verdict", verdicts[finding->verdict].word);
		json_string("seen", finding->seen);
		json_close('}');
		return;
	}
	(void)printf("%-11s %s%-3s%s ",
	    step_table[step]->name,
	    color ? verdicts[finding->verdict].color : "",
	    verdicts[finding->verdict].word, color ? "\033[0m" : "");
	print_plain(finding->seen);
	(void)putchar('\n');
}

/*
 * Print the nine rows.  Return STATUS_BAD if some are BAD.  given: the steps
 * whose options are on this command line, rather than in a record.
 */
static int
check_steps(const struct config *expected, unsigned int given, bool recorded,
    const struct facts *facts)
{
	static struct finding finding;	/* as the facts */
	int status = STATUS_DONE, step;

	for (step = 0; step < STEPS; step++) {
		step_table[step]->check(&expected->steps, facts, &finding);
		/* The launch took the step, so the command has undone it. */
		if (finding.verdict == VERDICT_BAD && recorded &&
		    !(given & 1U << step))
			finding.verdict = VERDICT_UNSEEN;
		if (finding.verdict == VERDICT_BAD)
			status = STATUS_BAD;
		print_finding(expected, step, &finding);
	}
	return status;
}

int
check(const struct config *config)
{
	const char *label = options_label(config);
	/* Too large for a small stack. */
	static struct config expected;
	static struct instance_status found;
	static struct facts facts;
	pid_t pid = config->pid;
	char number[16];
	int status;

	expected = *config;
	if (label != NULL &&
	    (status = find_process(config, &found)) != STATUS_DONE)
		return status;
	if (found.recorded && (status = expect(config, &found.record,
	    &expected)) != STATUS_DONE)
		return status;
	if (label != NULL)
		pid = found.pid;
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	if (facts_read(&facts, pid, config->lockfile) == -1) {
		if (proc_hides(pid))
			return complain("check", label != NULL ? label : number,
			    proc_not_shown);
		complain("check", label != NULL ? label : number,
		    "no such process");
		return STATUS_NOT_RUNNING;
	}
	facts.supervisor = found.supervisor;
	if (config->json) {
		json_open(NULL, '{');
		if (label != NULL) {
			json_string("name", config->name);
			json_string("pidfile", config->pidfile);
		}
		json_number("pid", pid);
		json_open("steps", '[');
	} else if (several_given(config)) {
		print_plain(label);
		(void)printf(": pid %d\n", (int)pid);
	}
	status = check_steps(&expected, config->steps.given, found.recorded,
	    &facts);
	if (config->json) {
		json_close(']');
		json_close('}');
	}
	return status;
}
