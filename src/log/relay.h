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

/* Lines of the supervisor that wait for their turn. */
#define RELAY_SAID	4096

/* Places in the stream at which something of the supervisor's comes. */
#define RELAY_MARKS	16

/* The last bytes that are kept for a launch that may have to show them. */
#define RELAY_TAIL	4096

/* How long a part of a line waits for its end. */
#define RELAY_HOLD_MS	1000

struct relay_mark {
	size_t left;			/* bytes of the pipe before it, behind
					   those of the mark before */
	bool ends;			/* a newline is due, if none was read */
	size_t length;			/* of said: a message */
};

struct relay {
	char *buffer;			/* RELAY_SIZE bytes, and said */
	size_t start;			/* what is not handed on yet */
	size_t end;
	size_t whole;			/* up to here, it may be handed on */
	bool midline;			/* what was handed on ends in no newline */
	bool broken;			/* the same of what was read */
	long long held;			/* since when the part behind whole
					   waits, by now_ms(); 0: none does */
	struct timespec part;		/* the same by the calendar */
	struct timespec first;		/* when the line at start began, if it
					   has waited; or 0 */
	struct relay_mark marks[RELAY_MARKS];
	size_t nmarks;
	char *said;			/* RELAY_SAID bytes */
	size_t nsaid;
	char *tail;			/* RELAY_TAIL bytes, or NULL */
	size_t ntail;
	const char *wanted;		/* in the tail, or NULL */
	bool found;
};

/* Allocate the buffer.  Return -1 with errno (ENOMEM). */
int	relay_init(struct relay *);

/*
 * From now on keep the last RELAY_TAIL bytes, and find text, or NULL: at most
 * half of that, without a newline.  Return -1 with errno (ENOMEM).
 */
int	relay_watch(struct relay *, const char *text);
void	relay_unwatch(struct relay *);

/*
 * Read what there is room for, or take a message of the supervisor when it is
 * its turn.  Return whether there was any.  fd does not block.
 */
bool	relay_fill(struct relay *, int fd);

/* Return what may be handed on, and set *length to its size. */
const char *relay_get(const struct relay *, size_t *length);

/* Remove that many bytes, which have been handed on. */
void	relay_drop(struct relay *, size_t length);

/* Return when a part of a line has waited long enough, or NEVER. */
long long relay_due(const struct relay *);

/* Let that part be handed on. */
void	relay_release(struct relay *);

/* Mark the end of a run: behind what is in the pipe fd now. */
void	relay_end_run(struct relay *, int fd);

/*
 * Add a line, behind what is in the pipe fd now; if that ends in a part of a
 * line, before that part.
 */
void	relay_say(struct relay *, int fd, const char *line);

/* Return whether all has been handed on that came before the last mark. */
bool	relay_is_done(const struct relay *);

/* Return how many bytes have not. */
size_t	relay_rest(const struct relay *);

/* Return the length without a UTF-8 character that its end would cut. */
size_t	whole_characters(const char *text, size_t length);

#endif
