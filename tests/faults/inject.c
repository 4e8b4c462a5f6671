/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault injection: fails every system call of a launch, one at a time.
 *
 *   inject DIRECTORY DAEMONIZE PROBE [OPTION]... [SET]...
 *   inject become METHOD COMMAND [ARG]...
 *
 * tests/faults/run makes DIRECTORY, calls this and has the options.  The second
 * form is what the sets with --ready launch: it gets ready by that METHOD.
 *
 * Each set (inject-sets.c) is a way to launch.  It is first run with nothing
 * done to it: that has the list of its calls, process by process in the order
 * of their birth, and the facts that the witness tells of a daemon that is
 * right.  Then for each call of each process:
 *
 *   once with each error that the call can plausibly give (inject-calls.c),
 *     which is had by replacing the call's number and result (inject-trace.c);
 *   where the process makes that call again: with the same error from there on;
 *   with the process killed before it; and stopped, and killed when all else
 *     has come to rest.
 *
 * With a supervisor, the launch is over when the supervisor waits.  In the sets
 * of a restart the first launch is left alone: then its command is killed, and
 * the calls from there to the next command are those that fail.  The supervisor
 * is to go on, whatever failed.  Where it is killed, the verbs are to know
 * that, and to stop what is left.  In other sets it is the end of the last run,
 * or what a verb asks for.
 *
 * What the dynamic loader calls is the same in all sets and is tried in the
 * first.  What comes of it is judged (inject-judge.c):
 *
 *   silent       the status is 0, though something is wrong or nothing runs
 *   mute         the status is another, and there is no message
 *   hung         all of it sleeps for 5 s, or it runs for 5 minutes
 *   left behind  the status is another, and there is something left
 *
 * Exit status: 0 all is right, 1 it is not, 2 the harness failed, 3 ptrace(2)
 * may not be used, 4 it does not know this architecture, 77 no set could be
 * tried.
 */
#define _GNU_SOURCE

#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

#define SETS	64		/* at most */

static struct {
	bool brief, errors, kill, calls, verbose;
	char *one;			/* --case */
	int jobs;
} options = { .errors = true, .kill = true, .jobs = 2 };

static struct place place;
static bool chosen[SETS];

/* What the workers share: whose turn it is, and what was found. */
static struct shared {
	atomic_int next, cases, unreached, own, found[VERDICTS];
} *shared;			/* by set */

/* --- one worker ----------------------------------------------------------- */

static struct launch launch;
static struct call record[PROCESSES][CALLS];
static int recorded[PROCESSES];

static const char *const verdict_names[VERDICTS] = { "right", "silent",
	"mute", "hung", "left behind" };

/* The cases of a set are dealt out: every worker counts them all. */
static struct {
	int seen, mine;
} turn;

/*
 * One launch with one fault.  facts: where they are to be put, with what the
 * record says, for a launch that is left alone.
 */
static enum verdict
run(struct standard *standard, const struct fault *fault, char *facts[2],
    char *why, size_t size)
{
	const struct set *set = standard->set;
	enum verdict verdict;

	place_clean(set, &launch);
	standard->old = set->running ? place_start_old(&launch) : 0;
	launch.argv = place_command(set);
	launch.absent = set->absent == NULL ? -1 :
	    row_named(set->absent)->number;
	launch.fault = *fault;
	launch.supervisor = supervisor_of(set);
	launch.later = set->then != NONE;
	launch_start(&launch);
	if (launch.later && !begin_later(&launch, set))
		launch.status = -1;
	verdict = judge(&launch, standard, why, size);
	if (facts != NULL) {
		facts[0] = facts_of(&launch, set);
		facts[1] = about_of(set);
	}
	launch_end(&launch);
	if (standard->old > 0) {
		kill(standard->old, SIGKILL);
		(void)waitpid(standard->old, NULL, 0);
	}
	return verdict;
}

/*
 * Left alone, twice: what it does, and whether that is always the same.
 * Returns false where it is wrong all by itself.
 */
static bool
run_alone(struct standard *standard)
{
	static const struct fault none;
	struct shared *counts = &shared[standard->set - sets];
	char why[512], *facts[2] = { NULL, NULL };
	enum verdict verdict;
	int i;

	launch.record = record;
	verdict = run(standard, &none, facts, why, sizeof(why));
	if (verdict != RIGHT) {
		printf("%s: %s, with nothing done to it: status %d, %s\n",
		    verdict_names[verdict], standard->set->name,
		    launch.status, why);
		fflush(stdout);
		counts->cases++;
		counts->found[verdict]++;
		return false;
	}
	for (i = 0; i < PROCESSES; i++)
		recorded[i] = i < launch.n ? launch.process[i].calls : 0;
	launch.record = NULL;
	standard->facts = facts[0];
	standard->about = facts[1];
	if (run(standard, &none, NULL, why, sizeof(why)) != RIGHT)
		errx(2, "%s: not the same the second time: %s",
		    standard->set->name, why);
	return true;
}

static void
print_calls(const struct set *set)
{
	const struct call *call;
	int process, nth;

	for (process = 0; process < PROCESSES; process++)
		for (nth = 1; nth <= recorded[process]; nth++) {
			call = &record[process][nth - 1];
			printf("%s:%d:%s %s%s%s\n", role_name(set, process),
			    nth, set->name, call->text,
			    call->loader ? " (loader)" : "",
			    call->undo ? " (undo)" : "");
		}
	fflush(stdout);
}

/* A line by one write: the other worker prints, too. */
static void
tell(const struct set *set, const struct fault *fault, const char *error,
    const char *verdict, const char *why)
{
	char line[2048], said[1024];
	ssize_t length;
	size_t i;

	length = pread(launch.messages, said, sizeof(said) - 1, 0);
	said[length > 0 ? length : 0] = '\0';
	for (i = 0; said[i] != '\0'; i++)
		if (said[i] == '\n')
			said[i] = said[i + 1] == '\0' ? '\0' : '/';
	snprintf(line, sizeof(line), "%s: tests/faults/run --case=%s:%d:%s:%s "
	    "# %s: status %d%s%s%s%s%s\n", verdict,
	    role_name(set, fault->process), fault->nth, error, set->name,
	    record[fault->process][fault->nth - 1].text, launch.status,
	    *why == '\0' ? "" : ", ", why, *said == '\0' ? "" : ": `", said,
	    *said == '\0' ? "" : "'");
	if (write(STDOUT_FILENO, line, strlen(line)) == -1)
		err(2, "stdout");
}

/* What `EIO', `EIO+' (from here on), `SHORT', `KILL' or `STOP' means. */
static struct fault
fault_named(const char *error, const struct call *call)
{
	struct fault fault = { .number = call->number };
	size_t length = strcspn(error, "+");
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)length, error);
	fault.manner = manner_of(row_of(call->number), name);
	fault.error = error_number(name);
	fault.lasting = error[length] == '+';
	if (fault.manner <= FAIL_BREAK && fault.error == 0)
		errx(2, "%s: there is no such error", error);
	return fault;
}

static void
try(struct standard *standard, int process, int nth, const char *error)
{
	const struct call *call = &record[process][nth - 1];
	struct shared *counts = &shared[standard->set - sets];
	struct fault fault = fault_named(error, call);
	enum verdict verdict;
	char why[512];
	int i;

	fault.process = process;
	fault.nth = nth;
	for (i = 0; i < nth; i++)
		fault.same += record[process][i].number == call->number;
	standard->call = call;
	verdict = run(standard, &fault, NULL, why, sizeof(why));
	/* Or was it the machine that was busy? */
	if (verdict == HUNG)
		verdict = run(standard, &fault, NULL, why, sizeof(why));
	counts->cases++;
	counts->unreached += !launch.reached;
	/* What should have been said is what could not be written. */
	if (verdict == MUTE && fault.error != 0 && (call->message ||
	    (fault.lasting && call->number == row_named("write")->number))) {
		counts->own++;
		verdict = RIGHT;
	}
	counts->found[verdict]++;
	if (verdict != RIGHT || options.verbose)
		tell(standard->set, &fault, error, verdict_names[verdict], why);
}

/* In the sample?  Each set has another third of the calls. */
static bool
is_sampled(const struct set *set, int nth)
{
	return !options.brief || (nth + (set - sets)) % 3 == 0;
}

static bool
is_my_turn(const struct set *set)
{
	if (turn.seen == 0)
		turn.mine = shared[set - sets].next++;
	if (turn.seen++ != turn.mine)
		return false;
	turn.mine = shared[set - sets].next++;
	return true;
}

/* Does the process make that call again? */
static bool
is_again(const struct call *call, int process, int nth)
{
	for (; nth < recorded[process]; nth++)
		if (record[process][nth].number == call->number)
			return true;
	return false;
}

/*
 * These say that it is to be tried again: who does so is right.  A loop cannot
 * go on without its own calls, and a verb waits until it is heard.
 */
static bool
can_last(const struct set *set, int process, const struct call *call,
    const char *error)
{
	const char *name = row_of(call->number)->name;

	if (set->then == STOP || set->then == AGAIN ||
	    (process == supervisor_of(set) && (strcmp(name, "read") == 0 ||
	    strstr(name, "poll") != NULL)))
		return false;
	return strcmp(error, "EINTR") != 0 && strcmp(error, "EAGAIN") != 0 &&
	    strcmp(error, "EWOULDBLOCK") != 0 &&
	    /* dup2(2): a race with open(2); musl's goes on trying. */
	    (strcmp(error, "EBUSY") != 0 ||
	    strcmp(name, "dup2") != 0);
}

/*
 * May a launch go ahead beside a daemon that runs?  Where that error says that
 * there is no /proc to be used, as a restarted container's has to; and where
 * what it says is so for every file from there on.
 */
static bool
allows_second(const struct call *call, const char *error, bool lasting)
{
	static const char *const shortages[] = { "EMFILE", "ENFILE", "ENOMEM",
	    "EINTR", "EIO" };
	size_t i;

	for (i = 0; i < sizeof(shortages) / sizeof(*shortages); i++)
		if (strcmp(error, shortages[i]) == 0)
			return false;
	return lasting ? *call->path != '\0' :
	    strncmp(call->path, "/proc/", 6) == 0;
}

/*
 * EPIPE says that the launcher is gone.  Where it waits for the verdict, that
 * is not so.
 */
static bool
is_untrue(const struct set *set, int process, int nth, const char *error)
{
	const struct call *calls = record[process];
	int i;

	if (process != supervisor_of(set) || strcmp(error, "EPIPE") != 0)
		return false;
	for (i = 0; i < nth - 1; i++)
		if (calls[i].number == calls[nth - 1].number)
			return true;
	return false;
}

static void
try_errors(struct standard *standard, int process, int nth)
{
	const struct set *set = standard->set;
	const struct call *call = &record[process][nth - 1];
	bool sampled = is_sampled(set, nth),
	    everything = strcmp(set->name, "everything") == 0;
	char list[256], error[32], *rest = list, *name;

	snprintf(list, sizeof(list), "%s", errors_of(call));
	while ((name = strsep(&rest, " ")) != NULL && *name != '\0') {
		/* A script that the kernel does not execute is one for sh. */
		if ((set->command == BAD_INTERPRETER &&
		    strcmp(name, "ENOEXEC") == 0) ||
		    is_untrue(set, process, nth, name))
			continue;
		if ((sampled || everything) && !(set->refused &&
		    allows_second(call, name, false)) && is_my_turn(set))
			try(standard, process, nth, name);
		snprintf(error, sizeof(error), "%s+", name);
		if (sampled && can_last(set, process, call,
		    name) && !(set->refused &&
		    allows_second(call, name, true)) &&
		    is_again(call, process, nth) && is_my_turn(set))
			try(standard, process, nth, error);
		/* The sample has the most plausible one. */
		if (options.brief)
			break;
	}
}

static void
try_kills(struct standard *standard, int process, int nth)
{
	static const char *const kills[] = { "KILL", "STOP" };
	size_t i;

	for (i = 0; i < 2; i++)
		if (is_sampled(standard->set, nth) &&
		    (!options.brief || nth % 2 == (int)i) &&
		    is_my_turn(standard->set))
			try(standard, process, nth, kills[i]);
}

static void
try_all(struct standard *standard)
{
	int process, nth;

	turn.seen = 0;
	for (process = 0; process < PROCESSES; process++)
		for (nth = 1; nth <= recorded[process]; nth++) {
			if (record[process][nth - 1].loader &&
			    standard->set != sets)
				continue;
			if (options.errors)
				try_errors(standard, process, nth);
			if (options.kill)
				try_kills(standard, process, nth);
		}
}

/* PROCESS:N:ERROR of the set. */
static void
try_one(struct standard *standard, char *one)
{
	const char *role = strsep(&one, ":"), *number = strsep(&one, ":");
	int process, nth = number == NULL ? 0 : atoi(number);

	for (process = 0; process < PROCESSES; process++)
		if (strcmp(role_name(standard->set, process), role) == 0)
			break;
	if (one == NULL || process == PROCESSES || nth < 1 ||
	    nth > recorded[process])
		errx(2, "--case=PROCESS:N:ERROR:SET, with a call that --calls "
		    "has");
	options.verbose = true;
	try(standard, process, nth, one);
}

static bool
can_run(const struct set *set, bool view)
{
	if ((set->needs & NEEDS_READY) && !place_has_ready(&launch))
		return false;
	return (!(set->needs & NEEDS_ROOT) || geteuid() == 0) &&
	    (!(set->needs & NEEDS_USER) || geteuid() != 0) &&
	    (!(set->needs & NEEDS_MOUNT) || view);
}

static void __attribute__((noreturn))
work(int worker)
{
	bool view = place_enter(&place, worker, &launch);
	struct standard standard;
	size_t i;

	for (i = 0; i < nsets; i++) {
		if (!chosen[i] || !can_run(&sets[i], view))
			continue;
		standard = (struct standard){ .set = &sets[i] };
		if (!run_alone(&standard))
			continue;
		if (options.calls)
			print_calls(&sets[i]);
		else if (options.one != NULL)
			try_one(&standard, options.one);
		else
			try_all(&standard);
	}
	exit(0);
}

/* --- all of them ---------------------------------------------------------- */

static const char *
why_not(const struct set *set)
{
	if ((set->needs & NEEDS_ROOT) && geteuid() != 0)
		return "needs root";
	if ((set->needs & NEEDS_USER) && geteuid() == 0)
		return "needs an ordinary user";
	if (set->needs & NEEDS_READY)
		return "needs --ready";
	return "needs mount(2)";
}

static void
print_row(const char *name, const struct shared *counts)
{
	printf("%-16s %6d %7d %5d %5d %12d\n", name, counts->cases,
	    counts->found[SILENT], counts->found[MUTE], counts->found[HUNG],
	    counts->found[LEFT]);
}

/* Returns the exit status. */
static int
summarize(void)
{
	struct shared total = { 0 };
	size_t i, v;

	printf("%-16s  cases  silent  mute  hung  left behind\n", "");
	for (i = 0; i < nsets; i++) {
		if (!chosen[i])
			continue;
		if (shared[i].cases == 0) {
			printf("%-16s %6s  %s\n", sets[i].name, "-",
			    why_not(&sets[i]));
			continue;
		}
		print_row(sets[i].name, &shared[i]);
		for (v = 0; v < VERDICTS; v++)
			total.found[v] += shared[i].found[v];
		total.cases += shared[i].cases;
		total.own += shared[i].own;
		total.unreached += shared[i].unreached;
	}
	print_row("total", &total);
	if (total.own > 0)
		printf("%d are mute because the write of the message is what "
		    "failed\n", total.own);
	if (total.unreached > 0)
		printf("%d did not come to that call this time\n",
		    total.unreached);
	if (total.cases == 0)
		return 77;
	return total.found[RIGHT] == total.cases ? 0 : 1;
}

static int
run_all(void)
{
	int status, worst = 0, i;

	shared = mmap(NULL, sizeof(*shared) * SETS, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(2, "mmap");
	for (i = 0; i < options.jobs; i++)
		switch (fork()) {
		case -1:
			err(2, "fork");
		case 0:
			work(i);
		}
	while (wait(&status) > 0) {
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 2;
		worst = status > worst ? status : worst;
	}
	if (worst > 0 || options.calls)
		return worst;
	return summarize();
}

/* NULL: all of them. */
static void
choose(const char *name)
{
	bool found = false;
	size_t i;

	for (i = 0; i < nsets; i++)
		if (name == NULL || strcmp(sets[i].name, name) == 0)
			chosen[i] = found = true;
	if (!found)
		errx(2, "%s: there is no such set", name);
}

static int
list_sets(void)
{
	size_t i;

	for (i = 0; i < nsets; i++)
		puts(sets[i].name);
	return 0;
}

/* Sets, or what --case names. */
static void
choose_all(char **names)
{
	char *set;

	if (options.one != NULL) {
		if ((set = strrchr(options.one, ':')) == NULL)
			errx(2, "--case=PROCESS:N:ERROR:SET");
		*set = '\0';
		choose(set + 1);
	} else if (*names == NULL)
		choose(NULL);
	for (; *names != NULL; names++)
		choose(*names);
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "short", no_argument, NULL, 's' },
		{ "errors", no_argument, NULL, 'e' },
		{ "kill", no_argument, NULL, 'k' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "list", no_argument, NULL, 'l' },
		{ "calls", no_argument, NULL, 'C' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "case", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	if (argc > 3 && strcmp(argv[1], "become") == 0)
		return become_ready(argv + 2);
	if (argc < 4 || nsets > SETS)
		errx(2, "see tests/faults/run");
	place = (struct place){ argv[1], argv[2], argv[3] };
	argc -= 3;
	argv += 3;
	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (option) {
		case 's': options.brief = true; break;
		case 'e': options.kill = false; break;
		case 'k': options.errors = false; break;
		case 'j': options.jobs = atoi(optarg); break;
		case 'l': return list_sets();
		case 'C': options.calls = true; break;
		case 'v': options.verbose = true; break;
		case 'c': options.one = optarg; break;
		default: return 2;
		}
	if (options.one != NULL || options.calls)
		options.jobs = 1;
	choose_all(argv + optind);
	if (!KNOWN_ARCHITECTURE)
		errx(4, "not written for this architecture");
	return run_all();
}
