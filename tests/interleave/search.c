/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All schedules with so many preemptions.
 *
 * A schedule is what deviates from the plain one, in which a process goes on
 * as long as it can.  Each run shows where it could have deviated after its
 * last turn: those are the schedules that follow from it, so each comes once.
 * A process is preempted only before a call that concerns another one, and if
 * nothing that concerns it happens before it goes on, that run is one of those
 * in which it is preempted later: it is given up.
 */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/types.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interleave.h"

#define BOUND_MAX	8

/* Schedules that are yet to be run. */
struct queue {
	struct schedule *schedule;
	size_t n, size;
};

/* Those that would preempt before a call that seems to concern no other. */
struct rejected {
	struct schedule schedule;
	struct footprint next;
	char name[8];
};

static struct queue queues[BOUND_MAX + 1];
static struct rejected *rejected;
static size_t nrejected, rejected_size;
static uint64_t randomness;

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *
grown(void *array, size_t n, size_t *size, size_t each)
{
	if (n < *size)
		return array;
	*size = *size == 0 ? 64 : *size * 2;
	if ((array = realloc(array, *size * each)) == NULL)
		err(2, "realloc");
	return array;
}

static void
push(const struct schedule *schedule)
{
	struct queue *queue = &queues[schedule->preemptions];

	queue->schedule = grown(queue->schedule, queue->n, &queue->size,
	    sizeof(*schedule));
	queue->schedule[queue->n++] = *schedule;
}

static void
reject(const struct schedule *schedule, const char *name,
    const struct footprint *next)
{
	if (next->reads == 0 && next->writes == 0)
		return;
	rejected = grown(rejected, nrejected, &rejected_size,
	    sizeof(*rejected));
	rejected[nrejected] = (struct rejected){ *schedule, *next, "" };
	strcpy(rejected[nrejected++].name, name);
}

/* More is known by now of what concerns others.  False: nothing has changed. */
static bool
reconsider(void)
{
	bool changed = false;
	size_t i;

	for (i = nrejected; i > 0; i--)
		if (is_shared(rejected[i - 1].name, &rejected[i - 1].next)) {
			push(&rejected[i - 1].schedule);
			rejected[i - 1] = rejected[--nrejected];
			changed = true;
		}
	return changed;
}

/* xorshift64 */
static uint64_t
next_random(void)
{
	randomness ^= randomness << 13;
	randomness ^= randomness >> 7;
	randomness ^= randomness << 17;
	return randomness;
}

/* The last one; where there is no time for all, any. */
static struct schedule
pop(struct queue *queue, bool any)
{
	size_t i = any ? next_random() % queue->n : queue->n - 1;
	struct schedule schedule = queue->schedule[i];

	queue->schedule[i] = queue->schedule[--queue->n];
	return schedule;
}

/* The schedules that deviate from that run at this step. */
static void
branch_at(const struct schedule *from, const struct trace *trace, int step,
    int bound)
{
	const struct point *point = &trace->point[step];
	struct schedule next = *from;
	int p;

	if (next.n == TURNS || (point->last != -1 &&
	    ++next.preemptions > bound))
		return;
	next.turn[next.n].step = (short)step;
	next.n++;
	for (p = 0; p < PROCS; p++) {
		if (p == point->chosen || !(point->enabled >> p & 1))
			continue;
		strcpy(next.turn[next.n - 1].name, trace->name[p]);
		if (point->last == -1 || is_shared(trace->name[point->last],
		    &point->next))
			push(&next);
		else
			reject(&next, trace->name[point->last], &point->next);
	}
}

static void
branch(const struct schedule *from, const struct trace *trace, int bound)
{
	int step = from->n == 0 ? 0 : from->turn[from->n - 1].step + 1;

	for (; step < trace->n; step++)
		branch_at(from, trace, step, bound);
}

/* Leaves out each turn that it takes not. */
static void
shrink(const struct site *site, const struct scenario *scenario,
    struct schedule *schedule)
{
	static struct trace trace;
	struct schedule less;
	int i, j;

	for (i = schedule->n - 1; i >= 0; i--) {
		less = *schedule;
		for (j = i; j < less.n - 1; j++)
			less.turn[j] = less.turn[j + 1];
		less.n--;
		if (run_schedule(site, scenario, &less, &trace) == WRONG)
			*schedule = less;
	}
	(void)run_schedule(site, scenario, schedule, &trace);
}

static void
report(const struct site *site, const struct scenario *scenario,
    struct schedule *schedule, enum end end)
{
	if (end == WRONG)
		shrink(site, scenario, schedule);
	printf("%s: ", end == WRONG ? "violation" : "not run");
	schedule_print(scenario, schedule);
	printf(": %s\n", wrong);
	fflush(stdout);
}

/*
 * Takes the next schedule: of the least preemptions, but a sample is to have
 * some of each.  False: there is none.
 */
static bool
next_schedule(const struct bounds *bounds, struct schedule *schedule)
{
	bool any = bounds->seconds > 0;
	int n = bounds->preemptions + 1, i;
	int first = any ? (int)(next_random() % (uint64_t)n) : 0;
	struct queue *queue;

	do
		for (i = 0; i < n; i++) {
			queue = &queues[(first + i) % n];
			if (queue->n > 0) {
				*schedule = pop(queue, any);
				return true;
			}
		}
	while (reconsider());
	return false;
}

void
explore(const struct site *site, const struct scenario *scenario,
    const struct bounds *bounds, struct tally *tally)
{
	static struct trace trace;
	struct schedule schedule = { 0 };
	double begin = seconds_now();
	enum end end;
	int i;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i <= BOUND_MAX; i++)
		queues[i].n = 0;
	nrejected = 0;
	randomness = bounds->seed * 2654435761U + 1;
	forget_footprints();
	push(&schedule);
	tally->whole = true;
	while (next_schedule(bounds, &schedule)) {
		if ((bounds->seconds > 0 &&
		    seconds_now() - begin > bounds->seconds) ||
		    (bounds->first && tally->violations > 0)) {
			tally->whole = false;
			break;
		}
		end = run_schedule(site, scenario, &schedule, &trace);
		tally->schedules += end == RIGHT || end == WRONG;
		tally->redundant += end == REDUNDANT;
		tally->broken += end == BROKEN;
		if (end != BROKEN)
			branch(&schedule, &trace, bounds->preemptions);
		if (end == WRONG && ++tally->violations > 5)
			continue;
		if (end == WRONG || (end == BROKEN && tally->broken <= 5))
			report(site, scenario, &schedule, end);
	}
	tally->seconds = seconds_now() - begin;
}

/* --- a schedule as a string ----------------------------------------------- */

/* launch-launch@12b.40a1 */
void
schedule_print(const struct scenario *scenario, const struct schedule *schedule)
{
	int i;

	printf("%s@", scenario->name);
	for (i = 0; i < schedule->n; i++)
		printf("%s%d%s", i == 0 ? "" : ".", schedule->turn[i].step,
		    schedule->turn[i].name);
}

bool
schedule_parse(const char *text, char *name, size_t size,
    struct schedule *schedule)
{
	const char *at = strchr(text, '@');
	struct turn *turn;
	char *end;
	size_t length;

	memset(schedule, 0, sizeof(*schedule));
	if (at == NULL || (size_t)(at - text) >= size)
		return false;
	snprintf(name, size, "%.*s", (int)(at - text), text);
	for (at++; *at != '\0'; at += *at == '.') {
		if (schedule->n == TURNS)
			return false;
		turn = &schedule->turn[schedule->n++];
		turn->step = (short)strtol(at, &end, 10);
		length = strcspn(end, ".");
		if (end == at || length == 0 || length >= sizeof(turn->name))
			return false;
		memcpy(turn->name, end, length);
		at = end + length;
	}
	return true;
}

#endif
