/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every interleaving of a few processes of ours: tests/interleave runs this.
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
#include <sys/syscall.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interleave.h"

/* stay; end: exits at once; once FILE: so it does where there is no FILE. */
static void __attribute__((noreturn))
be_command(int argc, char *argv[])
{
	if (argc > 1 && (strcmp(argv[1], "end") == 0 ||
	    (strcmp(argv[1], "once") == 0 && argc > 2 &&
	    open(argv[2], O_CREAT | O_EXCL | O_CLOEXEC, 0600) != -1)))
		_exit(7);
	for (;;)
		poll(NULL, 0, -1);
}

/* The start of a file, or "". */
static void
read_start(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* The first members of clone3(2)'s, which musl-gcc finds no header for. */
struct clone_request {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls, set_tid, set_tid_size;
};

/*
 * Once the process whose pid is in the file has ended, take that pid for a
 * child, which stays.  Exit with 1 where it has not ended.
 */
static void __attribute__((noreturn))
take_pid(const char *path)
{
	/* The start of two processes is to differ by some ticks. */
	static const struct timespec later = { .tv_nsec = 30000000 };
	struct clone_request args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	char text[32];
	pid_t pid;

	read_start(path, text, sizeof(text));
	if ((pid = (pid_t)atoi(text)) == 0)
		_exit(1);
	args.set_tid = (uint64_t)(uintptr_t)&pid;
	(void)nanosleep(&later, NULL);
	switch (syscall(SYS_clone3, &args, sizeof(args))) {
	case -1:
		_exit(1);
	case 0:
		for (;;)
			poll(NULL, 0, -1);
	default:
		_exit(0);
	}
}

/* take FILE; kill RECORD COMMAND...: its supervisor, then becomes that. */
static void __attribute__((noreturn))
be_other(int argc, char *argv[])
{
	char text[4096], *line;

	if (argc > 2 && strcmp(argv[1], "take") == 0)
		take_pid(argv[2]);
	if (argc < 4 || strcmp(argv[1], "kill") != 0)
		_exit(2);
	read_start(argv[2], text, sizeof(text));
	if ((line = strstr(text, "\nsupervisor ")) != NULL)
		(void)kill((pid_t)atoi(line + 12), SIGKILL);
	execv(argv[3], argv + 3);
	_exit(2);
}

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
