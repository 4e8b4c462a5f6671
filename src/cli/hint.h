/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hints for the messages about common mistakes.  Each returns a reason for the
 * message, which lives until the process ends.
 */
#ifndef HINT_H
#define HINT_H

#include "cli/options.h"

/* As asprintf(3). */
const char *hint_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* What an unknown option, with its dashes, may be a mistake for. */
const char *hint_option(const char *word);

/* Why the COMMAND of the config was not found. */
const char *hint_command(const struct config *);

/* What is wrong with an operand, and what it may be meant as. */
const char *hint_operand(const struct config *, const char *operand,
    const char *wrong);

#endif
