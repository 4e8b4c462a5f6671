/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping and awaiting an instance. */
#ifndef CONTROL_H
#define CONTROL_H

#include "cli/options.h"
#include "verbs/hold.h"

/*
 * Each does what its verb says for the instance of the config's pid file, and
 * returns the status to exit with, after a message where that is not
 * STATUS_DONE.  The process is held by a pidfd (pidfd_open(2)), so the
 * one that was found is the one that is signalled, whatever becomes of its pid.
 */
int	control_signal(const struct config *);
int	control_wait(const struct config *);

/*
 * STATUS_DONE: it is gone, and its pid file too; STATUS_STILL_THERE after the
 * whole schedule; STATUS_FAILED.
 */
int	control_stop(const struct config *);

/*
 * Ends the command that is held, by the config's schedule, with its session if
 * that says --tree.  Returns as above, after a message.
 */
int	control_stop_run(const struct config *, const struct held *);

/* The same for --replace: *stopped says whether one ran. */
int	control_replace(const struct config *, bool *stopped);

#endif
