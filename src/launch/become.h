/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that becomes the command. */
#ifndef BECOME_H
#define BECOME_H

#include "launch/start.h"

/*
 * Takes the steps that are no fork, writes pid file and record, and executes
 * the command.  A failure is reported and ends this process.
 * Async-signal-safe, but where channel is -1, or the files are opened anew.
 */
void	become(struct start *) __attribute__((noreturn));

/* With -v, reports that a stage is done. */
void	stage_done(struct start *, int stage);

/*
 * Reports that a stage has failed, with errno and start->call, and ends this
 * process.  Where the launcher has gone, undoes the launch in its place.
 */
void	stage_failed(struct start *, int stage) __attribute__((noreturn));

#endif
