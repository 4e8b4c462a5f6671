/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HELP_H
#define HELP_H

/* Prints the options and exit statuses on stdout. */
void	help(void);

#endif
