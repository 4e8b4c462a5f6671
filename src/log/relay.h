/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines from a pipe, in one buffer.  All whole lines are handed on together.  A
 * part of a line is handed on if it fills the buffer, or has waited for long.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* A read with less room loses the rest of a packet (O_DIRECT, pipe(2)). */
#define RELAY_PACKET	4096

/* The capacity of a pipe (pipe(7)), and that. */
#define RELAY_SIZE	(65536 + RELAY_PACKET)

#define RELAY_SAID	4096		/* bytes of messages that wait */
#define RELAY_MARKS	16		/* places in the stream for them */
#define RELAY_TAIL	4096		/* the last bytes, while watched */

struct relay {
	char *buffer;			/* RELAY_SIZE bytes, and said */
	size_t start;			/* what is not handed on yet */
	size_t end;
	size_t whole;			/* up to here, it may be handed on */
	bool midline;			/* a part of a line was handed on */
	bool broken;			/* the same of what was read */
	long long held;			/* since when the part behind whole
					   waits, by now_ms(); 0: none does */
	struct timespec part;		/* the same by the calendar */
	struct timespec first;		/* when the line at start began, if it
					   has waited; or 0 */
	struct {
		size_t left;		/* bytes of the pipe before it, behind
					   those of the mark before */
		bool ends;		/* a run: a newline is due */
		size_t length;		/* of a message, in said */
	} marks[RELAY_MARKS];
	size_t nmarks;
	char *said;			/* RELAY_SAID bytes */
	size_t nsaid;
	char *tail;			/* RELAY_TAIL bytes, or NULL */
	size_t ntail;
	size_t earlier;			/* bytes of the pipe before those */
	const char *wanted;		/* in the tail, or NULL */
	bool found;
};

/* Allocate the buffer.  Return -1 with errno (ENOMEM). */
int	relay_init(struct relay *);

/*
 * Keep the last RELAY_TAIL bytes that are written to the pipe fd from now on,
 * and look for text, or NULL: at most half of that, without a newline.  Return
 * -1 with errno.
 */
int	relay_watch(struct relay *, int fd, const char *text);
void	relay_unwatch(struct relay *);

/*
 * Read what there is room for, or take a message of the supervisor when it is
 * its turn.  Return whether there was any.  fd does not block.
 */
bool	relay_fill(struct relay *, int fd);

/* Return what may be handed on; remove what has been. */
const char *relay_get(const struct relay *, size_t *length);
void	relay_drop(struct relay *, size_t length);

/* Return when a part of a line has waited long enough, or NEVER. */
long long relay_due(const struct relay *);

/* Let that part be handed on. */
void	relay_release(struct relay *);

/*
 * Mark the end of a run, or add a line: behind what is in the pipe fd now; a
 * line before the part of a line that this ends in.
 */
void	relay_end_run(struct relay *, int fd);
void	relay_say(struct relay *, int fd, const char *line);

/*
 * Return how many bytes that came before the last mark have not been handed on;
 * it may be 0 before the end of a run was.
 */
size_t	relay_rest(const struct relay *);
bool	relay_is_done(const struct relay *);

/* Return the length without a UTF-8 character that its end would cut. */
size_t	whole_characters(const char *text, size_t length);

#endif
