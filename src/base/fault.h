/* SPDX-License-Identifier: BSD-2-Clause */
/* A failure as a value: what to say, and the exit status. */
#ifndef FAULT_H
#define FAULT_H

struct fault {
	int status;			/* to exit with; 0: there is none */
	char *text;			/* `step: object: reason`, or NULL */
};

/*
 * Keep a failure, unless there is one already: the first one counts.  object
 * may be NULL.  Return -1.
 */
int	fault_set(struct fault *, int status, const char *step,
	    const char *object, const char *reason);

/* The same with STATUS_FAILED and the text of an errno. */
int	fault_errno(struct fault *, const char *step, const char *object,
	    int error);

/* Forget it. */
void	fault_clear(struct fault *);

#endif
