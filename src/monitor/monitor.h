/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor: the process that starts the command and watches it.  A launcher
 * leaves when the command is ready; a supervisor stays.
 *
 * All that changes after the plan is made is in struct monitor.  This header
 * is for main.c and for the files of this folder.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "base/fault.h"
#include "base/path.h"
#include "instance/instance.h"
#include "log/log.h"
#include "plan/plan.h"
#include "process/policy.h"
#include "process/stop.h"
#include "ready/method.h"

/* How often a pid file or record that could not be written is tried again. */
#define REWRITE_MS	1000

enum monitor_state {
	MONITOR_STARTING,		/* forked; waits for the exec */
	MONITOR_READYING,		/* executed; waits for --ready */
	MONITOR_UP,
	MONITOR_STOPPING,		/* the run is being ended */
	MONITOR_CLEANING,		/* its leftovers are being ended */
	MONITOR_WAITING,		/* for the next start */
	MONITOR_OVER
};

/* What a start opens for the command. */
struct files {
	bool open;
	int root;			/* O_PATH, or -1 */
	int stdio[3];			/* becomes 0, 1, 2; -1: keep */
	bool truncate[3];
	struct at made[3];		/* of a new file; its dir, or -1 */
	off_t log_start;		/* of what the command writes to
					   stderr's file; -1: it is no file */
};

struct monitor {
	const struct plan *plan;
	enum monitor_state state;
	bool first;			/* start: its failure ends all */
	bool verbose;
	char *replaced;			/* the command of the instance that was
					   stopped for it, or NULL */
	struct fault fault;		/* of the start, or of the launch */
	bool fault_printed;
	int interrupted;		/* the signal that ended the launch */

	/* What is open. */
	struct descriptors keep_fds;	/* step fds leaves them open */
	int lock;			/* of the lock file, or -1 */
	struct instance instance;
	bool has_instance;
	struct files files;
	int own[3];			/* the caller's descriptors that are
					   used so in each run, or -1 */
	struct log log;
	int signals;			/* a signalfd(2), or -1 */
	int verdict;			/* for the relay, or -1 */

	/* The run. */
	int reports;			/* the report channel, or -1 */
	int channel;			/* its other end, for the child */
	pid_t child;			/* that was forked */
	pid_t pid;			/* of the command; 0: none */
	long long began;		/* the start, then the exec */
	long long start_due;		/* the latest time of the exec */
	bool announced;			/* the exec was */
	bool abandoned;			/* the start was killed */
	struct ready ready;
	char **env;
	struct variables variables;	/* of --env-file, or with a socket */

	/* What ends, and what comes next. */
	struct stop stop;
	struct process_id *excluded;	/* the caller's children and the
					   logger, which are not ended; NULL:
					   unknown, or none */
	size_t nexcluded;
	bool inherited;			/* the caller has left some */
	bool stopping;			/* restart no more */
	bool tree;			/* end what a run leaves behind */
	bool request_pending;		/* a verb's request was not read yet */
	bool limited;			/* the limit of restarts is reached */
	struct ending last;		/* how the last run ended */
	struct backoff backoff;
	long long next_due;		/* the next start; NEVER: none */
	long long progress_due;		/* of its next line; 0: none yet */
	bool dirty;			/* pid file or record is not written */
	bool write_error_reported;
	long long rewrite_due;
};

/* --- for main.c ----------------------------------------------------------- */

/*
 * Look up what a start needs.  What is wrong shows when the monitor prepares or
 * runs.
 */
void	monitor_init(struct monitor *, const struct plan *);

/*
 * For --replace, before the old instance is stopped: open the files, lock the
 * lock file if no process holds it, and see whether the pid file can be used.
 * Return STATUS_DONE, or another status after a message: nothing is left then.
 */
int	monitor_prepare(struct monitor *);

/*
 * Start the command, and watch it.  Return STATUS_DONE when it is ready; in a
 * supervisor, the exit status of the last run.  Else a message was printed, and
 * nothing is left behind.  If a signal has ended the launch, it ends this
 * process; without a fork, success does not return.
 */
int	monitor_run(struct monitor *);

/*
 * The same for a supervisor in the background: leave one, relay signals to it,
 * and return when the command is ready.
 */
int	monitor_detach(struct monitor *);

/* Remove what a failed launch has made.  Async-signal-safe. */
void	monitor_undo(struct monitor *);

/* --- loop.c --------------------------------------------------------------- */

/* Take only those signals that the state has a use for; the rest waits. */
void	select_signals(struct monitor *);

/* Let the state begin. */
void	enter(struct monitor *, enum monitor_state);

/* Print why the launch has failed, once. */
void	print_fault(struct monitor *);

/* Undo a launch that has failed, and say why.  Return the exit status. */
int	finish_launch(struct monitor *);

/* End this process by a signal, as the caller expects of ^C. */
void	end_by(int sig);

/*
 * Take the descriptor N of --ready=fd:N for nothing else: until the next start
 * it is /dev/null.  Return -1 with errno; EBADF: N is above the limit.
 */
int	reserve_fd(struct monitor *);

/* --- start.c -------------------------------------------------------------- */

/* A start of the command: the first, or a later one. */
void	start(struct monitor *);

/* STARTING: take the reports of its processes. */
void	receive_reports(struct monitor *);

/* Kill the processes of the start; their end is its failure. */
void	abandon_start(struct monitor *);

/* A start has failed, and nothing runs: m->fault says why. */
void	start_failed(struct monitor *);

/* waitpid(2), again after an interrupt. */
pid_t	await_child(pid_t, int *status);

/* Close what only one start needed. */
void	close_startup_fds(struct monitor *);

/* --- child.c -------------------------------------------------------------- */

/*
 * Fork the process that becomes the command.  Return the pid of the child; -1
 * with the fault.  Without any fork, this process becomes the command.
 */
pid_t	fork_command(struct monitor *);

/* Change the root to that which is open.  Async-signal-safe. */
int	enter_root(const struct monitor *);

/* --- shell.c -------------------------------------------------------------- */

/*
 * Run sh -c COMMAND as the command is run, without output.  Return its pid, or
 * 0 with errno.
 */
pid_t	run_check(struct monitor *, const char *command);

/* --- files.c -------------------------------------------------------------- */

/* Open the root and the files.  Return -1 with the fault. */
int	open_files(struct monitor *);

/*
 * Empty the output files.  Return -1 with errno of ftruncate(2), and *fd is the
 * descriptor of the file.  Async-signal-safe.
 */
int	truncate_files(const struct files *, int *fd);

/* Keep stdout and stderr for messages.  Return -1 with the fault. */
int	keep_messages(struct monitor *);

/* Nothing is open after these two. */
void	files_init(struct files *);
void	close_files(struct monitor *);

/* After a launch that has failed, remove what is new and empty. */
void	remove_files(const struct files *);

/* --- instance.c ----------------------------------------------------------- */

/*
 * Lock the lock file; open and lock pid file and record; make them this
 * launch's.  Return -1 with the fault: STATUS_RUNNING if another instance runs.
 */
int	lock_lockfile(struct monitor *);
int	open_instance(struct monitor *, struct instance_status *);
int	clear_instance(struct monitor *);

/* Look without a lock, before any file is touched.  Likewise. */
int	look_at_instance(struct monitor *, struct instance_status *);

/* Open the instance again.  Return the request of a verb in its record. */
enum request read_request(struct monitor *);

/* Write the instance with that state, and close it. */
void	write_instance(struct monitor *, enum record_state);

/*
 * Note for the record how the log does.  Return whether that has changed.
 */
bool	note_log(struct monitor *);

/* The run is ready: write that, with the files that are still open. */
void	mark_ready(struct monitor *);

/* Try again what could not be written. */
void	rewrite_instance(struct monitor *);

/* --- run.c ---------------------------------------------------------------- */

/* The command has been executed: it is readying, or up. */
void	run_began(struct monitor *, unsigned long long started);

/* READYING: ask, and see whether it is late. */
void	check_ready(struct monitor *);

/* Keep that the run is late; end the wait by a signal. */
void	ready_late(struct monitor *);
void	interrupt_ready(struct monitor *, int sig);

/* Reap each child that has ended; the command's end is that of the run. */
void	reap(struct monitor *);

/* A run has ended like this, or has not begun. */
void	run_ended(struct monitor *, struct ending);

/* --- ending.c ------------------------------------------------------------- */

/*
 * End the run by its schedule.  With sig that is its first signal; if the
 * command has received it already, it is not sent again.
 */
void	stop_run(struct monitor *, int sig, bool received);

/* End what the run has left behind, with --tree. */
void	kill_leftovers(struct monitor *);

/* Take a step of either. */
void	step_stop(struct monitor *);

/* End the targets, with nothing else to do meanwhile. */
void	end_targets(const struct targets *, const struct schedule *);

/* Note which children of this process are the caller's. */
void	find_inherited(struct monitor *);

/* --- signals.c ------------------------------------------------------------ */

/* Take the signals that are pending, and do what each asks for. */
void	handle_signals(struct monitor *);

/* --- memory.c ------------------------------------------------------------- */

/* Give back the stack and the heap that nothing uses any more. */
void	release_memory(void);

/* --- say.c ---------------------------------------------------------------- */

/*
 * Write one line, `daemonize: TEXT`, without waiting: to the log, to
 * descriptor 2 in the foreground, to the file of --stderr, or to syslog.
 */
void	say(struct monitor *, const char *text);

#endif
