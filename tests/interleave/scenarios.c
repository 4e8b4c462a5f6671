/* SPDX-License-Identifier: BSD-2-Clause */
/* The scenarios, and what must be true at the end of each. */
#if defined(__x86_64__) || defined(__aarch64__)
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "log.h"

static bool
one_launch(const struct scenario *scenario, struct world *world)
{
	int i, winner = 0;

	for (i = 1; i < ACTORS && scenario->actor[i] != NULL; i++) {
		if (!said(world, i, 0, 1, -1))
			return false;
		if (actor_status(world, i) != 0)
			continue;
		if (winner != 0)
			return is_wrong("two launches say 0");
		winner = i;
	}
	return winner != 0 ? runs_of(world, winner) :
	    is_wrong("no launch says 0");
}

static bool
if_not_running(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, 1, -1) && said(world, 2, 0, -1) &&
	    runs_of(world, actor_status(world, 1) == 0 ? 1 : 2);
}

static bool
launch_and_stop(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && said(world, 2, 0, -1) &&
	    (command_of(world) != NULL ? runs_of(world, 1) :
	    none_is_left(world, false));
}

/* A launch, and a verb that only looks, or does no harm. */
static bool
launch_and_look(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && said(world, 2, 0, 3, -1) &&
	    runs_of(world, 1);
}

/* It ends meanwhile: it is seen to run, or not to. */
static bool
look_at_end(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, 1, 3, -1) && command_of(world) == NULL;
}

static bool
launch_and_replace(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, 1, -1) && said(world, 2, 0, 1, -1) &&
	    runs_of(world, actor_status(world, 2) == 0 ? 2 : 1);
}

static bool
replaces(const struct scenario *scenario, struct world *world)
{
	const struct proc *proc = command_of(world);

	(void)scenario;
	if (!said(world, 1, 0, 1, -1) || !said(world, 2, 0, 1, -1))
		return false;
	if (proc == NULL || proc->actor == 0)
		return is_wrong("none runs that is new");
	return said(world, proc->actor, 0, -1) && runs_of(world, proc->actor);
}

static bool
all_stop(const struct scenario *scenario, struct world *world)
{
	int i;

	for (i = 1; i < ACTORS && scenario->actor[i] != NULL; i++)
		if (!said(world, i, 0, -1))
			return false;
	return none_is_left(world, false);
}

static bool
stop_and_launch(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && said(world, 2, 0, 1, -1) &&
	    (actor_status(world, 2) == 0 ? runs_of(world, 2) :
	    none_is_left(world, false));
}

/* A process that is not ours may have got the pid: it is left alone. */
static bool
stop_and_reuse(const struct scenario *scenario, struct world *world)
{
	int i;

	(void)scenario;
	for (i = 0; i < world->n; i++)
		if (world->proc[i].parent == world->root[2] &&
		    world->proc[i].state == GONE)
			return is_wrong("a process that is not ours is killed");
	if (pid_in_file(world) != -1)
		return is_wrong("the pid file is left");
	return said(world, 1, 0, -1) && said(world, 2, 0, 1, -1);
}

/* A supervised command is restarted, and is seen to be there. */
static bool
restart_and_look(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && runs_of(world, 0);
}

static bool
restart_and_signal(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, 3, -1) && runs_of(world, 0);
}

static bool
restart_and_launch(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 1, -1) && runs_of(world, 0);
}

/* What a supervisor has started that was killed refuses a launch. */
static bool
killed_and_launch(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	/* The command may have ended since. */
	return said(world, 1, 0, 1, -1) && ((actor_status(world, 1) == 1 &&
	    command_of(world) == NULL) ||
	    runs(world, actor_status(world, 1) == 0 ? 1 : 0, true));
}

/*
 * A wait that begins after the stop finds no instance.  A stop that interrupts
 * a start leaves the status of the run before.
 */
static bool
wait_and_stop(const struct scenario *scenario, struct world *world)
{
	const struct proc *proc;

	(void)scenario;
	for (proc = world->proc; proc < world->proc + world->n; proc++)
		if (strcmp(proc->name, "s11") == 0 && WIFEXITED(proc->status) &&
		    WEXITSTATUS(proc->status) == 125)
			return is_wrong("the supervisor says 125");
	return said(world, 1, 0, 7, 125, 143, -1) && said(world, 2, 0, -1) &&
	    none_is_left(world, false);
}

static bool
wait_for_end(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 7, -1) && none_is_left(world, true);
}

static bool
again_and_stop(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, 3, 125, -1) && said(world, 2, 0, -1) &&
	    none_is_left(world, false);
}

static bool
again(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && said(world, 2, 0, -1) &&
	    runs_of(world, 0);
}

/* A launch whose command cannot be executed leaves nothing behind. */
static bool
fail_and_launch(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 126, 127, 1, -1) && said(world, 2, 0, -1) &&
	    runs_of(world, 2);
}

static bool
all_fail(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 126, 127, -1) &&
	    said(world, 2, 0, 126, 127, -1) && none_is_left(world, false);
}

/* What follows the log reads all lines; what moves it loses none. */
static bool
all_is_logged(const struct scenario *scenario, struct world *world)
{
	(void)scenario;
	return said(world, 1, 0, -1) && judge_log(world, true) &&
	    runs_of(world, 0);
}

#define FAIL		"-p p.pid ?"
#define LAUNCH		"-p p.pid % stay"
#define SUPERVISED	"--supervise -p p.pid % stay"
#define RESTARTED	"--restart=always --restart-delay=0 -p p.pid " \
			"% once @"
#define STOP		"-p p.pid --stop"
#define LOGGED(size)	"--log=p.log --log-rotate=" size "/2 -p p.pid % "

const struct scenario scenarios[] = {
	{ "launch-launch", NULL, { NULL, LAUNCH, LAUNCH }, one_launch },
	{ "launch-stop", NULL, { NULL, LAUNCH, STOP }, launch_and_stop },
	{ "launch-if", NULL, { NULL, LAUNCH, "--if-not-running " LAUNCH },
	    if_not_running },
	{ "launch-replace", NULL, { NULL, LAUNCH, "--replace " LAUNCH },
	    launch_and_replace },
	{ "launch-status", NULL, { NULL, LAUNCH, "-p p.pid --status" },
	    launch_and_look },
	{ "launch-signal", NULL, { NULL, LAUNCH, "-p p.pid --signal=CONT" },
	    launch_and_look },
	{ "fail-launch", NULL, { NULL, FAIL, LAUNCH }, fail_and_launch },
	{ "fail-fail", NULL, { NULL, FAIL, FAIL }, all_fail },
	{ "fail-stop", NULL, { NULL, FAIL, STOP }, all_fail },
	{ "fail-supervised", NULL, { NULL, "--supervise " FAIL, LAUNCH },
	    fail_and_launch },
	{ "stop-stop", LAUNCH, { NULL, STOP, STOP }, all_stop },
	{ "stop-end", "-p p.pid % end", { NULL, STOP }, all_stop },
	{ "status-end", "-p p.pid % end", { NULL, "-p p.pid --status" },
	    look_at_end },
	{ "signal-end", "-p p.pid % end", { NULL, "-p p.pid --signal=CONT" },
	    look_at_end },
	{ "stop-reuse", "-p p.pid % end", { NULL, STOP, "! take p.pid" },
	    stop_and_reuse },
	{ "stop-launch", LAUNCH, { NULL, STOP, LAUNCH }, stop_and_launch },
	{ "replace-replace", LAUNCH, { NULL, "--replace " LAUNCH,
	    "--replace " LAUNCH }, replaces },
	{ "launch3", NULL, { NULL, LAUNCH, LAUNCH, LAUNCH }, one_launch },
	{ "restart-stop", RESTARTED, { NULL, STOP }, all_stop },
	{ "restart-status", RESTARTED, { NULL, "-p p.pid --status" },
	    restart_and_look },
	{ "restart-signal", RESTARTED, { NULL, "-p p.pid --signal=CONT" },
	    restart_and_signal },
	{ "restart-wait", RESTARTED, { NULL, "-p p.pid --wait", STOP },
	    wait_and_stop },
	{ "restart-launch", RESTARTED, { NULL, LAUNCH }, restart_and_launch },
	{ "killed-launch", RESTARTED, { NULL, "! kill p.pid.record $ " LAUNCH },
	    killed_and_launch },
	{ "killed-stop", RESTARTED, { NULL, "! kill p.pid.record $ " STOP },
	    all_stop },
	{ "again-stop", SUPERVISED, { NULL, "-p p.pid --again", STOP },
	    again_and_stop },
	{ "again-again", SUPERVISED, { NULL, "-p p.pid --again",
	    "-p p.pid --again" }, again },
	{ "wait-end", "--supervise -p p.pid % end", { NULL,
	    "-p p.pid --wait" }, wait_for_end },
	{ "supervised-end", "--supervise -p p.pid % end", { NULL, STOP },
	    all_stop },
	{ "supervised-stops", SUPERVISED, { NULL, STOP, STOP }, all_stop },
	{ "supervised-launches", NULL, { NULL, SUPERVISED, SUPERVISED },
	    one_launch },
	{ "supervised-launch-stop", NULL, { NULL, SUPERVISED, STOP },
	    launch_and_stop },
	{ "supervised-replaces", SUPERVISED, { NULL, "--replace " SUPERVISED,
	    "--replace " SUPERVISED }, replaces },
	{ "rotate-follow", LOGGED("5") "lines first", { NULL,
	    "! follow p.log p.pid" }, all_is_logged },
	{ "rotate-rename", LOGGED("4") "lines", { NULL,
	    "! rename p.log p.pid" }, all_is_logged },
	{ "rotate-create", LOGGED("4") "lines", { NULL,
	    "! create p.log p.pid" }, all_is_logged },
	{ "rotate-rename-long", LOGGED("4") "long-lines", { NULL,
	    "! rename p.log p.pid" }, all_is_logged },
};
const size_t nscenarios = sizeof(scenarios) / sizeof(*scenarios);

#endif
