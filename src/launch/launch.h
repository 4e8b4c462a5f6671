/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a daemon. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "launch/become.h"
#include "plan/plan.h"

/*
 * Opens what the plan needs and is not open yet, forks, and waits until the
 * daemon, which runs run(), has executed the command and is ready.
 * Returns in the launcher only, with the status to exit with: STATUS_DONE; or
 * another, after a message, and nothing is left behind.  Where a signal has
 * ended the wait, it ends this process.  Without a fork, a failure exits with
 * that status, and success does not return.
 */
int	launch(struct plan *, runner *run);

#endif
