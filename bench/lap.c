/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times launches: how long a caller waits for each of several commands.
 *
 *   lap [-c CPU] [-d FDS] [-n ROUNDS] [-o FILE] -f FIFO
 *       ::: NAME COMMAND [ARG]... [::: NAME COMMAND [ARG]...]...
 *
 * In each round every command is started once, in another order each time, so
 * that what changes on the machine meanwhile changes all of them alike.  A
 * sample begins before posix_spawn(3) and ends when the process that it made
 * has been waited for.  Before the next one, all descendants have gone: this
 * process is the one that orphans are given to.  A command whose last argument
 * is FIFO must have written one byte to it by then.
 *
 *   -c   run on that processor alone
 *   -d   as a caller that has so many descriptors open, and the highest limit
 *   -o   write the samples there: round, name, microseconds
 *
 * Prints a line for each command, its fields separated by tabs: name; minimum,
 * median and 90th percentile in microseconds; the median divided by that of
 * the first command, and the ends of its 95 % interval (bootstrap over the
 * rounds); medians of: page faults of the launcher, page faults of all
 * processes, processor time of all processes in microseconds.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CANDIDATES	64	/* at most */
#define RESAMPLES	1000	/* of the bootstrap */
#define WARM_UP		5	/* rounds that do not count */
#define DEADLINE	60	/* seconds, for a sample */

enum metric {
	WALL,			/* in microseconds, as PROCESSOR is */
	LAUNCHER_FAULTS,
	FAULTS,
	PROCESSOR,
	METRICS
};

struct candidate {
	char *name;
	char **argv;
	int writes;		/* to the FIFO */
	float *samples[METRICS];
};

static struct candidate candidates[CANDIDATES];
static size_t ncandidates;
static const char *fifo_path;
static int fifo = -1;
static size_t rounds = 1000;

static float
microseconds(const struct timespec *from, const struct timespec *to)
{
	return (float)((double)(to->tv_sec - from->tv_sec) * 1e6 +
	    (double)(to->tv_nsec - from->tv_nsec) / 1e3);
}

static float
processor_time(const struct rusage *usage)
{
	return (float)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6f +
	    (float)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static void
too_late(int sig)
{
	static const char text[] = "lap: a command or its daemon hangs\n";

	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* Waits for one process; -1: there is none. */
static int
reap(pid_t pid, float *results, int *status)
{
	struct rusage usage;

	while ((pid = wait4(pid, status, 0, &usage)) == -1 && errno == EINTR)
		;
	if (pid == -1)
		return -1;
	results[FAULTS] += (float)usage.ru_minflt;
	results[PROCESSOR] += processor_time(&usage);
	return 0;
}

/* The daemon, and what it was that the launcher did not wait for. */
static void
reap_all(const struct candidate *candidate, float *results)
{
	char bytes[16];
	int status;

	while (reap(-1, results, &status) == 0)
		;
	if (candidate->writes && read(fifo, bytes, sizeof(bytes)) != 1)
		errx(1, "%s: did not run the command once", candidate->name);
}

static void
measure(const struct candidate *candidate, const posix_spawnattr_t *attr,
    float *results)
{
	struct timespec from, to;
	int status;
	pid_t pid;

	memset(results, 0, METRICS * sizeof(*results));
	alarm(DEADLINE);
	clock_gettime(CLOCK_MONOTONIC, &from);
	errno = posix_spawn(&pid, candidate->argv[0], NULL, attr,
	    candidate->argv, environ);
	if (errno != 0)
		err(1, "%s", candidate->argv[0]);
	if (reap(pid, results, &status) == -1)
		err(1, "%s: wait4", candidate->name);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (status != 0)
		errx(1, "%s: wait status %#x", candidate->name, status);
	results[WALL] = microseconds(&from, &to);
	results[LAUNCHER_FAULTS] = results[FAULTS];
	reap_all(candidate, results);
	alarm(0);
}

static void
shuffle(size_t *order, size_t n)
{
	size_t i, j, swap;

	for (i = n; i > 1; i--) {
		j = (size_t)random() % i;
		swap = order[i - 1];
		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* Leads a process group, as a command typed at a shell does. */
static void
measure_all(void)
{
	size_t order[CANDIDATES], i, round;
	float results[METRICS];
	posix_spawnattr_t attr;
	int metric;

	if (posix_spawnattr_init(&attr) != 0 ||
	    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP) != 0)
		errx(1, "posix_spawnattr_setflags");
	for (i = 0; i < ncandidates; i++)
		order[i] = i;
	for (round = 0; round < WARM_UP + rounds; round++) {
		shuffle(order, ncandidates);
		for (i = 0; i < ncandidates; i++) {
			measure(candidates + order[i], &attr, results);
			if (round < WARM_UP)
				continue;
			for (metric = 0; metric < METRICS; metric++)
				candidates[order[i]].samples[metric]
				    [round - WARM_UP] = results[metric];
		}
	}
	posix_spawnattr_destroy(&attr);
}

static int
ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static float
quantile(float *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), ascending);
	return values[(size_t)(q * (double)(n - 1) + 0.5)];
}

static float *
allocate(size_t n)
{
	float *values = calloc(n, sizeof(*values));

	if (values == NULL)
		err(1, NULL);
	return values;
}

/* The value of order k, from 0 (Hoare's selection: no sorting is needed). */
static float
selected(float *values, size_t n, size_t k)
{
	long low = 0, high = (long)n - 1, i, j;
	float pivot, swap;

	while (low < high) {
		pivot = values[k];
		for (i = low, j = high; i <= j; ) {
			while (values[i] < pivot)
				i++;
			while (pivot < values[j])
				j--;
			if (i > j)
				break;
			swap = values[i];
			values[i++] = values[j];
			values[j--] = swap;
		}
		if (j < (long)k)
			low = i;
		if ((long)k < i)
			high = j;
	}
	return values[k];
}

static float
median_of(const float *samples, const size_t *picked, float *scratch)
{
	size_t i;

	for (i = 0; i < rounds; i++)
		scratch[i] = samples[picked[i]];
	return selected(scratch, rounds, rounds / 2);
}

/*
 * ratios[i] gets RESAMPLES ratios of candidate i's median to the first's, of
 * rounds that are drawn with replacement: the same ones for all.
 */
static void
bootstrap(float **ratios)
{
	size_t *picked = calloc(rounds, sizeof(*picked)), i, r, sample;
	float *scratch = allocate(rounds), base;

	if (picked == NULL)
		err(1, NULL);
	for (sample = 0; sample < RESAMPLES; sample++) {
		for (r = 0; r < rounds; r++)
			picked[r] = (size_t)random() % rounds;
		base = median_of(candidates[0].samples[WALL], picked, scratch);
		for (i = 0; i < ncandidates; i++)
			ratios[i][sample] = median_of(
			    candidates[i].samples[WALL], picked, scratch) /
			    base;
	}
	free(picked);
	free(scratch);
}

static void
print(FILE *out)
{
	float *ratios[CANDIDATES], *values, base = 0, median;
	size_t i;

	for (i = 0; i < ncandidates; i++)
		ratios[i] = allocate(RESAMPLES);
	bootstrap(ratios);
	for (i = 0; i < ncandidates; i++) {
		values = candidates[i].samples[WALL];
		median = quantile(values, rounds, 0.5);
		if (i == 0)
			base = median;
		fprintf(out, "%s\t%.1f\t%.1f\t%.1f\t%.3f\t%.3f\t%.3f",
		    candidates[i].name, (double)values[0], (double)median,
		    (double)quantile(values, rounds, 0.9),
		    (double)(median / base),
		    (double)quantile(ratios[i], RESAMPLES, 0.025),
		    (double)quantile(ratios[i], RESAMPLES, 0.975));
		fprintf(out, "\t%.0f\t%.0f\t%.0f\n", (double)quantile(
		    candidates[i].samples[LAUNCHER_FAULTS], rounds, 0.5),
		    (double)quantile(candidates[i].samples[FAULTS], rounds,
		    0.5), (double)quantile(candidates[i].samples[PROCESSOR],
		    rounds, 0.5));
	}
}

static void
write_samples(const char *path)
{
	FILE *file = fopen(path, "w");
	size_t i, round;

	if (file == NULL)
		err(1, "%s", path);
	for (round = 0; round < rounds; round++)
		for (i = 0; i < ncandidates; i++)
			fprintf(file, "%zu\t%s\t%.1f\n", round,
			    candidates[i].name,
			    (double)candidates[i].samples[WALL][round]);
	if (fclose(file) == EOF)
		err(1, "%s", path);
}

/* root may go further than its limit, but not over fs.nr_open (proc(5)). */
static void
raise_limit(struct rlimit *limit)
{
	struct rlimit highest;
	unsigned long value;
	FILE *file;

	if ((file = fopen("/proc/sys/fs/nr_open", "re")) != NULL) {
		if (fscanf(file, "%lu", &value) == 1) {
			highest.rlim_cur = highest.rlim_max = value;
			(void)setrlimit(RLIMIT_NOFILE, &highest);
		}
		(void)fclose(file);
	}
	if (getrlimit(RLIMIT_NOFILE, limit) == -1)
		err(1, "getrlimit");
	limit->rlim_cur = limit->rlim_max;
	if (setrlimit(RLIMIT_NOFILE, limit) == -1)
		err(1, "setrlimit");
}

/* As a caller with that many descriptors open. */
static void
open_many(rlim_t n)
{
	struct rlimit limit;

	raise_limit(&limit);
	/* The launchers want some, too. */
	if (limit.rlim_cur < n + 100) {
		n = limit.rlim_cur - 100;
		warnx("no more than %lu descriptors", (unsigned long)n);
	}
	while (n-- > 0)
		if (dup(STDIN_FILENO) == -1)
			err(1, "dup");
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1)
		err(1, "sched_setaffinity");
}

static void __attribute__((noreturn))
usage(void)
{
	errx(2, "usage: lap [-c CPU] [-d FDS] [-n ROUNDS] [-o FILE] -f FIFO "
	    "::: NAME COMMAND [ARG]...");
}

/* What follows a `:::`, up to the next, becomes a candidate. */
static void
add_candidates(char **argv)
{
	struct candidate *candidate;
	int metric;

	while (*argv != NULL) {
		if (strcmp(*argv, ":::") != 0 || argv[1] == NULL ||
		    argv[2] == NULL || ncandidates == CANDIDATES)
			usage();
		*argv = NULL;		/* the end of the one before */
		candidate = candidates + ncandidates++;
		candidate->name = argv[1];
		candidate->argv = argv += 2;
		while (*argv != NULL && strcmp(*argv, ":::") != 0)
			argv++;
		candidate->writes = strcmp(argv[-1], fifo_path) == 0;
		for (metric = 0; metric < METRICS; metric++)
			candidate->samples[metric] = allocate(rounds);
	}
	if (ncandidates == 0)
		usage();
}

/* The commands get /dev/null, and the results go where stdout went. */
static FILE *
redirect(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	FILE *out = saved == -1 ? NULL : fdopen(saved, "w");

	if (null == -1 || out == NULL || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		err(1, "/dev/null");
	return out;
}

int
main(int argc, char **argv)
{
	const char *samples = NULL;
	rlim_t descriptors = 0;
	int option, cpu = -1;
	FILE *out;

	while ((option = getopt(argc, argv, "+c:d:f:n:o:")) != -1)
		switch (option) {
		case 'c':
			cpu = atoi(optarg);
			break;
		case 'd':
			descriptors = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			fifo_path = optarg;
			break;
		case 'n':
			rounds = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			samples = optarg;
			break;
		default:
			usage();
		}
	if (fifo_path == NULL || rounds == 0)
		usage();
	add_candidates(argv + optind);
	if (cpu != -1)
		pin(cpu);
	out = redirect();
	/* For reading and writing: then the open does not wait. */
	fifo = open(fifo_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fifo == -1)
		err(1, "%s", fifo_path);
	if (descriptors > 0)
		open_many(descriptors);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		err(1, "prctl");
	signal(SIGALRM, too_late);
	srandom((unsigned int)getpid());

	measure_all();
	if (samples != NULL)
		write_samples(samples);
	print(out);
	return fclose(out) == EOF;
}
