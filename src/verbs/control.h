/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping, restarting and awaiting an instance. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>

#include "cli/options.h"

/*
 * Each does what its verb says for the instance of the config's pid file, and
 * returns the status to exit with, after a message if that is no success.  The
 * process is held by a pidfd (pidfd_open(2)), so the one that was found is the
 * one that is signalled, whatever becomes of its pid.
 */
int	control_signal(const struct config *);
int	control_wait(const struct config *);
int	control_again(const struct config *);

/*
 * --stop, and the stop of --replace: if one ran and was stopped, *stopped is
 * its command line, quoted for a shell, to free(3); else it is NULL.
 */
int	control_stop(const struct config *);
int	control_replace(const struct config *, char **stopped);

#endif
