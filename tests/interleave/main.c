/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every interleaving of a few processes of ours: tests/interleave/run runs this.
 *
 *   interleave DIRECTORY DAEMONIZE [OPTION]... [SCENARIO]...
 *
 * As DIRECTORY/command it is the command of the launches, as DIRECTORY/other
 * a process that is not ours.
 */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interleave.h"
#include "other.h"

static const struct scenario *
scenario_named(const char *name)
{
	size_t i;

	for (i = 0; i < nscenarios; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	errx(2, "%s: no such scenario", name);
}

static int
replay(struct site *site, const char *text)
{
	static struct trace trace;
	struct schedule schedule;
	char name[64], said[4096];
	enum end end;
	ssize_t n;

	if (!schedule_parse(text, name, sizeof(name), &schedule))
		errx(2, "%s: not a schedule", text);
	site->verbose = true;
	end = run_schedule(site, scenario_named(name), &schedule, &trace);
	n = pread(site->messages, said, sizeof(said), 0);
	printf("%.*s", n > 0 ? (int)n : 0, said);
	puts(end == RIGHT ? "right" : end == REDUNDANT ?
	    "redundant: it is one in which the process is preempted later" :
	    wrong);
	return end == WRONG ? 1 : end == BROKEN ? 2 : 0;
}

static void
print_tally(const struct scenario *scenario, const struct bounds *bounds,
    const struct tally *tally)
{
	printf("%-24s %5d%c %9ld %9ld %10d %8.1f\n", scenario->name,
	    bounds->preemptions, tally->whole ? ' ' : '-', tally->schedules,
	    tally->redundant, tally->violations, tally->seconds);
	fflush(stdout);
}

/* Explores those that are named, or all.  Returns the exit status. */
static int
explore_all(const struct site *site, struct bounds bounds, char **names,
    int nnames)
{
	const struct scenario *scenario;
	struct tally tally, sum = { .whole = true };
	int i, n = nnames > 0 ? nnames : (int)nscenarios;
	double left = bounds.seconds;

	printf("%-24s %6s %9s %9s %10s %8s\n", "scenario", "bound",
	    "schedules", "redundant", "violations", "seconds");
	for (i = 0; i < n; i++) {
		scenario = nnames > 0 ? scenario_named(names[i]) :
		    &scenarios[i];
		/* What one leaves of its time is for those that follow. */
		if (bounds.seconds > 0)
			bounds.seconds = left / (n - i);
		explore(site, scenario, &bounds, &tally);
		print_tally(scenario, &bounds, &tally);
		left -= tally.seconds;
		sum.schedules += tally.schedules;
		sum.redundant += tally.redundant;
		sum.broken += tally.broken;
		sum.violations += tally.violations;
		sum.seconds += tally.seconds;
		sum.whole &= tally.whole;
	}
	printf("%d scenarios, %ld schedules, bound %d%s, %d violations, "
	    "%.0f seconds\n", n, sum.schedules, bounds.preemptions,
	    sum.whole ? "" : " (a sample)", sum.violations, sum.seconds);
	if (sum.broken > 0)
		printf("%ld could not be run\n", sum.broken);
	return sum.violations > 0 ? 1 : sum.broken > 0 ? 2 : 0;
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static int
usage(void)
{
	fprintf(stderr, "usage: interleave [--bound=N] [--seconds=N] "
	    "[--seed=N] [--first] [--list] [--replay=SCHEDULE] "
	    "[SCENARIO]...\n");
	return 2;
}

static void
prepare(struct site *site, char *argv[])
{
	static char directory[PATH_MAX], command[PATH_MAX];
	struct sigaction action = { .sa_handler = on_alarm };

	snprintf(directory, sizeof(directory), "%s/run", argv[1]);
	snprintf(command, sizeof(command), "%s/command", argv[1]);
	*site = (struct site){ .directory = directory, .daemonize = argv[2],
	    .command = command };
	site->messages = memfd_create("messages", MFD_CLOEXEC);
	if (site->messages == -1 ||
	    fcntl(site->messages, F_SETFL, O_APPEND) == -1)
		err(2, "memfd_create");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		err(3, "prctl(PR_SET_CHILD_SUBREAPER)");
	/* Without SA_RESTART: it ends a waitpid(2). */
	(void)sigaction(SIGALRM, &action, NULL);
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "bound", required_argument, NULL, 'b' },
		{ "first", no_argument, NULL, 'f' },
		{ "list", no_argument, NULL, 'l' },
		{ "replay", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 }
	};
	struct bounds bounds = { .preemptions = 1, .seed = 1 };
	const char *schedule = NULL;
	struct site site;
	size_t i;
	int c;

	if (strcmp(program_invocation_short_name, "command") == 0)
		be_command(argc, argv);
	if (strcmp(program_invocation_short_name, "other") == 0)
		be_other(argc, argv);
	if (!KNOWN_ARCHITECTURE)
		return 4;
	if (argc < 3)
		return usage();
	prepare(&site, argv);
	optind = 3;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1)
		switch (c) {
		case 'b':
			bounds.preemptions = atoi(optarg);
			break;
		case 'f':
			bounds.first = true;
			break;
		case 'l':
			for (i = 0; i < nscenarios; i++)
				puts(scenarios[i].name);
			return 0;
		case 'r':
			schedule = optarg;
			break;
		case 's':
			bounds.seconds = atof(optarg);
			break;
		case 'S':
			bounds.seed = strtoull(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	if (bounds.preemptions < 0 || bounds.preemptions > 8)
		errx(2, "the bound is 0 to 8");
	return schedule != NULL ? replay(&site, schedule) :
	    explore_all(&site, bounds, argv + optind, argc - optind);
}

#else

/* Another architecture than the code above knows: the tests skip. */
int
main(void)
{
	return 4;
}

#endif
