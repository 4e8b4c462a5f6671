/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines from a pipe, in one buffer. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/relay.h"

int
relay_init(struct relay *relay)
{
	memset(relay, 0, sizeof(*relay));
	relay->buffer = malloc(RELAY_SIZE + RELAY_SAID);
	relay->tail = malloc(RELAY_TAIL);
	if (relay->buffer == NULL || relay->tail == NULL)
		return -1;
	relay->said = relay->buffer + RELAY_SIZE;
	return 0;
}

void
relay_drop_tail(struct relay *relay)
{
	free(relay->tail);
	relay->tail = NULL;
}

static void
keep_tail(struct relay *relay, const char *text, size_t length)
{
	size_t kept;

	if (length > RELAY_TAIL) {
		text += length - RELAY_TAIL;
		length = RELAY_TAIL;
	}
	kept = relay->ntail < RELAY_TAIL - length ? relay->ntail :
	    RELAY_TAIL - length;
	memmove(relay->tail, relay->tail + relay->ntail - kept, kept);
	memcpy(relay->tail + kept, text, length);
	relay->ntail = kept + length;
}

/* Add the text that is already behind the end, and look for whole lines. */
static void
add(struct relay *relay, size_t length)
{
	const char *text = relay->buffer + relay->end, *newline;

	if (relay->tail != NULL)
		keep_tail(relay, text, length);
	newline = memrchr(text, '\n', length);
	relay->end += length;
	relay->broken = text[length - 1] != '\n';
	if (newline != NULL)
		relay->whole = (size_t)(newline + 1 - relay->buffer);
	if (relay->end == RELAY_SIZE && relay->whole <= relay->start)
		relay->whole = relay->end;
}

/* Move what is left to the beginning of the buffer. */
static void
make_room(struct relay *relay)
{
	size_t rest = relay->end - relay->start;

	if (relay->start == 0)
		return;
	if (rest > 0)
		memmove(relay->buffer, relay->buffer + relay->start, rest);
	relay->whole = relay->whole > relay->start ?
	    relay->whole - relay->start : 0;
	relay->end = rest;
	relay->start = 0;
}

/* It is the turn of what does not come from the pipe. */
static bool
take_own(struct relay *relay)
{
	size_t room = RELAY_SIZE - relay->end;

	if (relay->ends && relay->broken) {
		if (room == 0)
			return false;
		relay->buffer[relay->end] = '\n';
		add(relay, 1);
		relay->ends = false;
		return true;
	}
	relay->ends = false;
	if (relay->nsaid == 0 || relay->nsaid > room)
		return false;
	memcpy(relay->buffer + relay->end, relay->said, relay->nsaid);
	add(relay, relay->nsaid);
	relay->nsaid = 0;
	return true;
}

bool
relay_fill(struct relay *relay, int fd)
{
	bool own = relay->ends || relay->nsaid > 0;
	size_t room;
	ssize_t length;

	make_room(relay);
	if (own && relay->left == 0)
		return take_own(relay);
	room = RELAY_SIZE - relay->end;
	if (own && room > relay->left)
		room = relay->left;
	if (room == 0)
		return false;
	length = read(fd, relay->buffer + relay->end, room);
	if (length <= 0) {
		/* Another reader of the pipe has taken it. */
		if (length == -1 && errno == EAGAIN)
			relay->left = 0;
		return own && relay->left == 0 ? take_own(relay) : false;
	}
	if (own)
		relay->left -= (size_t)length;
	add(relay, (size_t)length);
	return true;
}

const char *
relay_get(const struct relay *relay, size_t *length)
{
	*length = relay->whole > relay->start ?
	    relay->whole - relay->start : 0;
	return relay->buffer + relay->start;
}

void
relay_drop(struct relay *relay, size_t length)
{
	if (length == 0)
		return;
	relay->start += length;
	relay->midline = relay->buffer[relay->start - 1] != '\n';
	if (relay->start == relay->end)
		relay->start = relay->end = relay->whole = 0;
}

static void
mark(struct relay *relay, int fd)
{
	int left;

	relay->left = ioctl(fd, FIONREAD, &left) == 0 ? (size_t)left : 0;
}

void
relay_end_run(struct relay *relay, int fd)
{
	mark(relay, fd);
	relay->ends = true;
}

void
relay_say(struct relay *relay, int fd, const char *line)
{
	size_t length = strlen(line);

	/* A sink that takes nothing: the first lines say why. */
	if (length >= RELAY_SAID - relay->nsaid)
		return;
	if (relay->nsaid == 0 && !relay->ends)
		mark(relay, fd);
	relay->ends = true;
	memcpy(relay->said + relay->nsaid, line, length);
	relay->nsaid += length;
	relay->said[relay->nsaid++] = '\n';
}

bool
relay_is_done(const struct relay *relay)
{
	return relay->left == 0 && !relay->ends && relay->nsaid == 0 &&
	    relay->start == relay->end;
}
