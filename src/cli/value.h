/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of options.  Each stores the value and returns STATUS_DONE, or
 * reports what is wrong with it and returns STATUS_FAILED.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>

#include "process/schedule.h"
#include "ready/method.h"

/* For a value that was stored: wrong is what is wrong with it, or NULL. */
int	value_checked(const char *option, const char *value,
	    const char *wrong);

/* A name that a file in the directory can have, and that ls(1) shows. */
int	value_name(const char *value, const char **name);

/* USER or USER:GROUP, cut in two where it stands; group may become NULL. */
int	value_user(char *value, const char **user, const char **group);

int	value_signal(const char *option, const char *value, int *);

/* NULL stands for the default. */
int	value_schedule(const char *option, const char *value,
	    struct schedule *);

/* NULL stands for the plan. */
int	value_explain(const char *value, bool *unit);

int	value_ready(const char *value, struct readiness *);
int	value_ready_timeout(const char *value, struct readiness *);

/* Any but an empty one. */
int	value_path(const char *option, const char *value, const char **path);

#endif
