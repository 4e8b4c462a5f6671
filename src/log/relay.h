/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines from a pipe, in one buffer.  All whole lines are handed on together.  A
 * part of a line is handed on only if it fills the buffer.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* The capacity of a pipe (pipe(7)). */
#define RELAY_SIZE	65536

/* Lines of the supervisor's that wait for their turn. */
#define RELAY_SAID	4096

/* Places in the stream at which something of the supervisor's comes. */
#define RELAY_MARKS	16

struct relay_mark {
	size_t left;			/* bytes of the pipe before it, behind
					   those of the mark before */
	bool ends;			/* a newline is due, if none was read */
	size_t length;			/* of said: a message */
};

/* The last of what went through, while a launch may have to show it. */
#define RELAY_TAIL	4096

struct relay {
	char *buffer;			/* RELAY_SIZE bytes, and said */
	size_t start;			/* what is not handed on yet */
	size_t end;
	size_t whole;			/* up to here, it may be handed on */
	bool midline;			/* what was handed on ends in no newline */
	bool broken;			/* the same of what was read */
	struct relay_mark marks[RELAY_MARKS];
	size_t nmarks;
	char *said;			/* RELAY_SAID bytes */
	size_t nsaid;
	char *tail;			/* RELAY_TAIL bytes, or NULL */
	size_t ntail;
};

/* Allocate the buffer and the tail.  Return -1 with errno (ENOMEM). */
int	relay_init(struct relay *);

/* Free the tail: it is not needed any more. */
void	relay_drop_tail(struct relay *);

/*
 * Read what there is room for, or take a message of the supervisor when it is
 * its turn.  Return whether there was any.  fd does not block.
 */
bool	relay_fill(struct relay *, int fd);

/* Return what may be handed on, and set *length to its size. */
const char *relay_get(const struct relay *, size_t *length);

/* Remove that many bytes, which have been handed on. */
void	relay_drop(struct relay *, size_t length);

/* Marks the end of a run: behind what is in the pipe fd now. */
void	relay_end_run(struct relay *, int fd);

/*
 * Adds a line, behind what is in the pipe fd now; if that ends in a part of a
 * line, before that part.
 */
void	relay_say(struct relay *, int fd, const char *line);

/* Has all been handed on that came before the last mark? */
bool	relay_is_done(const struct relay *);

/* How many bytes have not. */
size_t	relay_rest(const struct relay *);

#endif
