/* SPDX-License-Identifier: BSD-2-Clause */
/* The runs of a supervised instance, as --status and --list print them. */
#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "verbs/runs.h"

/* Return the run of that number, if the record has its end, or NULL. */
static const struct run *
find_run(const struct record *record, unsigned long long number)
{
	const struct run *run = &record->run[number % RECORD_RUNS];

	return number != 0 && run->number == number ? run : NULL;
}

/* Return the milliseconds until the next start. */
static long long
until_restart(const struct record *record)
{
	return record->due == 0 ? 0 : ms_until(record->due, INT_MAX);
}

static bool
is_supervised(const struct instance_status *found)
{
	return found->recorded && found->record.supervisor != 0;
}

void
runs_print_supervisor(const struct instance_status *found)
{
	if (!is_supervised(found))
		return;
	if (found->supervisor == 0)
		(void)fputs(", its supervisor has ended", stdout);
	else
		(void)printf(", supervisor %d", (int)found->supervisor);
	(void)printf(", run %llu", found->record.runs);
}

/* Print `exited with status 3 after 2 s`. */
static void
print_ending(const struct run *run)
{
	char how[64], after[48];

	ending_describe(&run->how, how, sizeof(how));
	duration_format(run->ended - run->began, after, sizeof(after));
	(void)printf("%s after %s", how, after);
}

void
runs_print_last(const struct instance_status *found)
{
	const struct run *run;

	if (!is_supervised(found))
		return;
	run = find_run(&found->record, found->record.runs);
	if (run == NULL)
		return;
	(void)printf("; run %llu ", run->number);
	print_ending(run);
}

void
runs_print_waiting(const struct instance_status *found)
{
	char left[48];

	runs_print_supervisor(found);
	runs_print_last(found);
	if (found->record.due == 0)
		return;
	duration_format(until_restart(&found->record), left, sizeof(left));
	(void)printf("; again in %s", left);
}

void
runs_print_past(const struct instance_status *found)
{
	unsigned long long number;
	const struct run *run;
	time_t when;
	char ended[32];
	int i;

	if (!is_supervised(found))
		return;
	number = found->record.runs;
	for (i = 0; i <= RECORD_RUNS && number > 0; i++, number--) {
		if ((run = find_run(&found->record, number)) == NULL)
			continue;
		when = (time_t)run->when;
		(void)strftime(ended, sizeof(ended), "%Y-%m-%d %H:%M:%S",
		    localtime(&when));
		(void)printf("  run %llu: ", number);
		print_ending(run);
		(void)printf(", %s\n", ended);
	}
}

static void
print_json_run(const struct run *run)
{
	static const char *const names[] = { "exit", "signal", "failed" };
	time_t when = (time_t)run->when;
	char ended[32];
	size_t i;

	(void)strftime(ended, sizeof(ended), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime(&when));
	json_open(NULL, '{');
	json_number("run", (long long)run->number);
	json_number("began_ms", run->began);
	json_number("ended_ms", run->ended);
	json_string("ended", ended);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((size_t)run->how.kind == i)
			json_number(names[i], run->how.number);
		else
			json_null(names[i]);
	json_close('}');
}

void
runs_print_json(const struct instance_status *found)
{
	const struct record *record = &found->record;
	unsigned long long number = record->runs;
	int i;

	if (!is_supervised(found))
		return;
	if (found->supervisor != 0)
		json_number("supervisor", found->supervisor);
	else
		json_null("supervisor");
	json_number("runs", (long long)record->runs);
	if (found->state == INSTANCE_WAITING && record->due != 0)
		json_number("restart_ms", until_restart(record));
	else
		json_null("restart_ms");
	json_open("past", '[');
	for (i = 0; i <= RECORD_RUNS && number > 0; i++, number--)
		if (find_run(record, number) != NULL)
			print_json_run(find_run(record, number));
	json_close(']');
}
