/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a scenario, by a schedule. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define WORDS	24		/* of one command line */
#define LEARNT	64		/* names of processes, over all runs */

static struct {
	char name[8];
	struct footprint all;
} learnt[LEARNT];
static size_t nlearnt;

/* --- what is touched ------------------------------------------------------ */

bool
conflict(const struct footprint *a, const struct footprint *b)
{
	return (a->writes & (b->reads | b->writes)) != 0 ||
	    (a->reads & b->writes) != 0;
}

static struct footprint
footprint_of(const struct act *act)
{
	return (struct footprint){ act->reads, act->writes };
}

/* Another run may number its processes in another way. */
static struct footprint
of_any_life(struct footprint all)
{
	if (all.reads & ALL_LIVES)
		all.reads |= ALL_LIVES;
	if (all.writes & ALL_LIVES)
		all.writes |= ALL_LIVES;
	return all;
}

static void
learn(const char *name, const struct act *act)
{
	struct footprint all = of_any_life(footprint_of(act));
	size_t i;

	for (i = 0; i < nlearnt; i++)
		if (strcmp(learnt[i].name, name) == 0)
			break;
	if (i == LEARNT)
		errx(2, "too many names");
	if (i == nlearnt) {
		nlearnt++;
		strcpy(learnt[i].name, name);
	}
	learnt[i].all.reads |= all.reads;
	learnt[i].all.writes |= all.writes;
}

bool
is_shared(const char *name, const struct footprint *next)
{
	struct footprint all = of_any_life(*next);
	size_t i;

	for (i = 0; i < nlearnt; i++)
		if (strcmp(learnt[i].name, name) != 0 &&
		    conflict(&all, &learnt[i].all))
			return true;
	return false;
}

void
forget_footprints(void)
{
	memset(learnt, 0, sizeof(learnt));
	nlearnt = 0;
}

/* --- the actors ----------------------------------------------------------- */

/*
 * In a command line `!' is another program, `$' ours, `%' the command, `@' the
 * file of its first run, `?' what cannot be executed.
 */
static void
add_actor(struct world *world, int actor, const char *line)
{
	static char text[512], once[512], other[512], bad[512];
	char *word, *rest = text, *argv[WORDS] = { (char *)world->daemonize };
	int n = 1;

	snprintf(text, sizeof(text), "%s", line);
	snprintf(once, sizeof(once), "%s/once", world->directory);
	snprintf(other, sizeof(other), "%s/../other", world->directory);
	snprintf(bad, sizeof(bad), "%s/../bad", world->directory);
	while ((word = strsep(&rest, " ")) != NULL && n < WORDS - 1)
		if (strcmp(word, "!") == 0)
			argv[0] = other;
		else if (strcmp(word, "$") == 0)
			argv[n++] = (char *)world->daemonize;
		else
			argv[n++] = strcmp(word, "%") == 0 ?
			    (char *)world->command :
			    strcmp(word, "@") == 0 ? once :
			    strcmp(word, "?") == 0 ? bad : word;
	argv[n] = NULL;
	world_add(world, actor, argv);
}

static void
remove_files(const struct world *world)
{
	char path[512];
	int i;

	for (i = 0; i <= FILES; i++) {
		snprintf(path, sizeof(path), "%s/%s", world->directory,
		    i < FILES ? files[i] : "once");
		(void)unlink(path);
	}
}

static int
named(const struct world *world, const char *name)
{
	int i;

	for (i = 0; i < world->n; i++)
		if (strcmp(world->proc[i].name, name) == 0)
			return i;
	return -1;
}

/* --- one run -------------------------------------------------------------- */

/* What waits the shortest time; -1: nothing waits for a time. */
static int
first_late(const struct world *world)
{
	long long least = -1, timeout;
	int i, late = -1;

	for (i = 0; i < world->n; i++)
		if ((timeout = world_timeout(world, i)) != -1 &&
		    (least == -1 || timeout < least)) {
			least = timeout;
			late = i;
		}
	return late;
}

static uint64_t
all_enabled(struct world *world)
{
	uint64_t enabled = 0;
	int i;

	for (i = 0; i < world->n; i++)
		if (world_enabled(world, i))
			enabled |= UINT64_C(1) << i;
	return enabled;
}

static int
lowest(uint64_t set)
{
	return set == 0 ? -1 : __builtin_ctzll(set);
}

static bool
has(uint64_t set, int p)
{
	return p != -1 && (set >> p & 1);
}

/* The setup: one after the other, until all wait. */
static void
run_setup(struct world *world, const struct scenario *scenario)
{
	int last = -1, i;
	uint64_t enabled;

	if (scenario->setup != NULL)
		add_actor(world, 0, scenario->setup);
	while (*world->stuck == '\0' && (enabled = all_enabled(world)) != 0) {
		last = has(enabled, last) ? last : lowest(enabled);
		world_step(world, last, false);
	}
	if (scenario->setup != NULL && actor_status(world, 0) != 0)
		snprintf(world->stuck, sizeof(world->stuck),
		    "the setup has status %d", actor_status(world, 0));
	/* From here on its command may end, too. */
	world->explored = true;
	for (i = 0; i < world->n; i++)
		world->proc[i].looked = false;
}

/* Those that were preempted: has anything happened that concerns them? */
struct waiting {
	bool is, concerned;
	struct footprint next;
};

static void
concern(struct waiting *waiting, int n, int chosen, const struct act *act)
{
	struct footprint done = footprint_of(act);
	int i;

	for (i = 0; i < n; i++)
		if (i != chosen && waiting[i].is &&
		    conflict(&done, &waiting[i].next))
			waiting[i].concerned = true;
}

/*
 * A vfork(2) and its end are no choice: the one goes on where the other stands
 * still.
 */
static int
heir(const struct world *world, int p)
{
	const struct proc *proc = &world->proc[p];
	int i;

	if (proc->borrows && (proc->state == GONE || proc->command))
		return heir(world, proc->parent);
	if (proc->state != LENDING)
		return p;
	for (i = world->n - 1; i > p; i--)
		if (world->proc[i].parent == p)
			return heir(world, i);
	return p;
}

static void
print_step(const struct world *world, int step, int p, bool late, bool turn)
{
	printf("%5d%c %-6s %s%s\n", step, turn ? '*' : ' ',
	    world->proc[p].name, world->proc[p].act.text,
	    late ? " (time-out)" : "");
}

static enum end
no_progress(const struct world *world)
{
	int i;

	for (i = 1; i < ACTORS; i++)
		if (world->root[i] != -1 && actor_status(world, i) == -1) {
			snprintf(wrong, sizeof(wrong),
			    "deadlock: %s waits for ever in %s",
			    world->proc[world->root[i]].name,
			    world->proc[world->root[i]].act.text);
			return WRONG;
		}
	return RIGHT;
}

/* Those that others go before, where there is no turn. */
static uint64_t
pausing(const struct world *world)
{
	uint64_t pausing = 0;
	int i;

	for (i = 0; i < world->n; i++)
		if (world->proc[i].state == STOPPED &&
		    world->proc[i].act.kind == CALL_PAUSE)
			pausing |= UINT64_C(1) << i;
	return pausing;
}

/* Which one goes on; -1: there is none; -2: the turn cannot be taken. */
static int
choose(struct world *world, const struct turn *turn, int last,
    uint64_t enabled, bool *late)
{
	uint64_t awake;
	int p;

	*late = false;
	if (turn != NULL) {
		p = named(world, turn->name);
		return has(enabled, p) ? p : -2;
	}
	if ((awake = enabled & ~pausing(world)) != 0)
		return has(awake, last) ? last : lowest(awake);
	if (enabled != 0)
		return lowest(enabled);
	*late = true;
	return first_late(world);
}

static enum end
follow(struct world *world, const struct schedule *schedule,
    struct trace *trace, bool verbose)
{
	struct waiting waiting[PROCS] = { 0 };
	const struct turn *turn = schedule->turn, *end = turn + schedule->n;
	int last = -1, p, step;
	uint64_t enabled;
	bool late, taken;

	for (step = 0; step < STEPS; step++) {
		trace->n = step;
		enabled = all_enabled(world);
		taken = turn < end && turn->step == step;
		p = choose(world, taken ? turn++ : NULL, last, enabled, &late);
		if (*world->stuck != '\0' || p == -2)
			return BROKEN;
		if (p == -1)
			return no_progress(world);
		trace->point[step] = (struct point){ .chosen = p,
		    .last = has(enabled, last) ? last : -1,
		    .enabled = enabled };
		if (has(enabled, last))
			trace->point[step].next =
			    footprint_of(&world->proc[last].act);
		if (has(enabled, last) && p != last)
			waiting[last] = (struct waiting){ .is = true,
			    .next = trace->point[step].next };
		if (waiting[p].is && !waiting[p].concerned) {
			trace->n = step + 1;
			return REDUNDANT;
		}
		waiting[p].is = false;
		if (verbose)
			print_step(world, step, p, late, taken);
		learn(world->proc[p].name, &world->proc[p].act);
		concern(waiting, world->n, p, &world->proc[p].act);
		world_step(world, p, late);
		if (!judge_always(world))
			return WRONG;
		last = heir(world, p);
		/* To go on after a pause is no preemption of it. */
		if (has(pausing(world), last))
			last = -1;
	}
	snprintf(wrong, sizeof(wrong), "it does not come to an end");
	return WRONG;
}

enum end
run_schedule(const struct site *site, const struct scenario *scenario,
    const struct schedule *schedule, struct trace *trace)
{
	static struct world world;
	enum end end;
	int i;

	world = (struct world){ .directory = site->directory,
	    .daemonize = site->daemonize, .command = site->command,
	    .messages = site->messages, .lines = log_lines(scenario->setup),
	    .root = { -1, -1, -1, -1 } };
	(void)!ftruncate(site->messages, 0);
	remove_files(&world);
	run_setup(&world, scenario);
	for (i = 1; i < ACTORS; i++)
		if (scenario->actor[i] != NULL)
			add_actor(&world, i, scenario->actor[i]);
	end = follow(&world, schedule, trace, site->verbose);
	if (end == RIGHT && !scenario->judge(scenario, &world))
		end = WRONG;
	if (end == BROKEN)
		snprintf(wrong, sizeof(wrong), "%s", *world.stuck != '\0' ?
		    world.stuck : "a turn cannot be taken");
	for (i = 0; i < world.n; i++)
		strcpy(trace->name[i], world.proc[i].name);
	world_end(&world);
	return end;
}

#endif
