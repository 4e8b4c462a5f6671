/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines from a pipe, in one buffer. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/relay.h"

/* How long a part of a line waits for its end. */
#define HOLD_MS		1000

int
relay_init(struct relay *relay)
{
	memset(relay, 0, sizeof(*relay));
	relay->buffer = malloc(RELAY_SIZE + RELAY_SAID);
	if (relay->buffer == NULL)
		return -1;
	relay->said = relay->buffer + RELAY_SIZE;
	return 0;
}

/* --- what was read last -------------------------------------------------- */

int
relay_watch(struct relay *relay, int fd, const char *text)
{
	int bytes;

	if (relay->tail == NULL)
		relay->tail = malloc(RELAY_TAIL);
	relay->ntail = 0;
	relay->earlier = ioctl(fd, FIONREAD, &bytes) == 0 ? (size_t)bytes : 0;
	relay->wanted = text;
	relay->found = false;
	return relay->tail == NULL ? -1 : 0;
}

void
relay_unwatch(struct relay *relay)
{
	free(relay->tail);
	relay->tail = NULL;
}

/* In pieces: the tail then has what came before each, too. */
static void
keep_tail(struct relay *relay, const char *text, size_t length)
{
	size_t part = length < relay->earlier ? length : relay->earlier, kept;

	relay->earlier -= part;
	text += part;
	length -= part;
	for (; length > 0; text += part, length -= part) {
		part = length < RELAY_TAIL / 2 ? length : RELAY_TAIL / 2;
		kept = relay->ntail < RELAY_TAIL - part ? relay->ntail :
		    RELAY_TAIL - part;
		memmove(relay->tail, relay->tail + relay->ntail - kept, kept);
		memcpy(relay->tail + kept, text, part);
		relay->ntail = kept + part;
		if (relay->wanted != NULL && memmem(relay->tail, relay->ntail,
		    relay->wanted, strlen(relay->wanted)) != NULL)
			relay->found = true;
	}
}

/* --- the buffer ---------------------------------------------------------- */

size_t
whole_characters(const char *text, size_t length)
{
	size_t first = length, size = 1;
	unsigned char byte;

	while (first > 0 && length - first < 3 &&
	    ((unsigned char)text[first - 1] & 0xc0) == 0x80)
		first--;
	if (first-- <= 1)
		return length;
	byte = (unsigned char)text[first];
	if (byte >= 0xc0)
		size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
	return first + size > length ? first : length;
}

/* A line that leaves no room is not waited for: its part counts as whole. */
static void
break_long_line(struct relay *relay)
{
	if (RELAY_SIZE - relay->end >= RELAY_PACKET ||
	    relay->whole > relay->start)
		return;
	relay->whole = relay->start + whole_characters(relay->buffer +
	    relay->start, relay->end - relay->start);
	if (relay->whole == relay->end)
		relay->held = 0;
}

/* Add the text that is already behind the end, and look for whole lines. */
static void
add(struct relay *relay, size_t length)
{
	const char *text = relay->buffer + relay->end, *newline;

	newline = memrchr(text, '\n', length);
	relay->end += length;
	relay->broken = text[length - 1] != '\n';
	if (newline != NULL)
		relay->whole = (size_t)(newline + 1 - relay->buffer);
	if (!relay->broken)
		relay->held = 0;
	else if (newline != NULL || relay->held == 0) {
		relay->held = now_ms();
		(void)clock_gettime(CLOCK_REALTIME, &relay->part);
		if (relay->whole <= relay->start)
			relay->first = relay->part;
	}
	break_long_line(relay);
}

/* Move what is left to the beginning of the buffer. */
static void
make_room(struct relay *relay)
{
	size_t rest = relay->end - relay->start;

	if (relay->start > 0 && rest > 0)
		memmove(relay->buffer, relay->buffer + relay->start, rest);
	relay->whole = relay->whole > relay->start ?
	    relay->whole - relay->start : 0;
	relay->end = rest;
	relay->start = 0;
}

/* End a line of which a part was read.  Return false if there is no room. */
static bool
end_line(struct relay *relay)
{
	if (!relay->broken)
		return true;
	if (relay->end == RELAY_SIZE)
		return false;
	relay->buffer[relay->end] = '\n';
	add(relay, 1);
	return true;
}

/*
 * Add a message: before a line of which a part was read, so that this is not
 * torn; one of which a part was handed on already has to be ended.
 * Return false if there is no room.
 */
static bool
add_said(struct relay *relay, size_t length)
{
	bool apart = relay->whole > relay->start;
	size_t at = apart ? relay->whole : relay->start;
	bool inside = apart ? relay->buffer[at - 1] != '\n' : relay->midline;

	if (RELAY_SIZE - relay->end < length + 1) {
		/* The line is too long to be waited for. */
		relay->whole = relay->end;
		return false;
	}
	if (inside && !end_line(relay))
		return false;
	if (!relay->broken) {
		memcpy(relay->buffer + relay->end, relay->said, length);
		add(relay, length);
	} else {
		memmove(relay->buffer + at + length, relay->buffer + at,
		    relay->end - at);
		memcpy(relay->buffer + at, relay->said, length);
		relay->end += length;
		relay->whole = at + length;
	}
	relay->nsaid -= length;
	memmove(relay->said, relay->said + length, relay->nsaid);
	return true;
}

/* Take the end of a run, or a message.  Return false if there is no room. */
static bool
take_own(struct relay *relay)
{
	if (relay->marks->ends && !end_line(relay))
		return false;
	relay->marks->ends = false;
	if (relay->marks->length > 0 && !add_said(relay, relay->marks->length))
		return false;
	memmove(relay->marks, relay->marks + 1,
	    --relay->nmarks * sizeof(*relay->marks));
	return true;
}

bool
relay_fill(struct relay *relay, int fd)
{
	size_t room, before;
	ssize_t length;

	make_room(relay);
	before = relay->whole;
	while (relay->nmarks > 0 && relay->marks->left == 0)
		if (!take_own(relay) || relay->whole > before)
			return relay->whole > before;
	room = RELAY_SIZE - relay->end;
	if (room < RELAY_PACKET) {
		/* The whole lines before it have gone. */
		break_long_line(relay);
		return relay->whole > before;
	}
	if (relay->nmarks > 0 && room > relay->marks->left)
		room = relay->marks->left;
	length = read(fd, relay->buffer + relay->end, room);
	if (length == -1 && errno == EAGAIN)
		relay->earlier = 0;
	if (length == -1 && errno == EAGAIN && relay->nmarks > 0) {
		/* Another reader of the pipe has taken it. */
		relay->marks->left = 0;
		return relay_fill(relay, fd);
	}
	if (length <= 0)
		return false;
	if (relay->nmarks > 0)
		relay->marks->left -= (size_t)length;
	if (relay->tail != NULL)
		keep_tail(relay, relay->buffer + relay->end, (size_t)length);
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
	relay->first = (struct timespec){ .tv_sec = 0 };
	if (relay->start == relay->whole && relay->held != 0)
		relay->first = relay->part;
	if (relay->start == relay->end)
		relay->start = relay->end = relay->whole = 0;
}

long long
relay_due(const struct relay *relay)
{
	return relay->held == 0 ? NEVER : relay->held + HOLD_MS;
}

void
relay_release(struct relay *relay)
{
	if (now_ms() >= relay_due(relay)) {
		relay->whole = relay->end;
		relay->held = 0;
	}
}

/* --- what does not come from the pipe ------------------------------------ */

/* Mark the end of what is in the pipe now. */
static void
mark(struct relay *relay, int fd, bool ends, size_t length)
{
	size_t left, i;
	int bytes;

	left = ioctl(fd, FIONREAD, &bytes) == 0 ? (size_t)bytes : 0;
	for (i = 0; i < relay->nmarks; i++)
		left -= relay->marks[i].left < left ? relay->marks[i].left :
		    left;
	/* Of too many, the last ones come together. */
	if (relay->nmarks == 0 || (left > 0 && relay->nmarks < RELAY_MARKS))
		memset(&relay->marks[relay->nmarks++], 0,
		    sizeof(*relay->marks));
	i = relay->nmarks - 1;
	relay->marks[i].left += left;
	relay->marks[i].ends = relay->marks[i].ends || ends;
	relay->marks[i].length += length;
}

void
relay_end_run(struct relay *relay, int fd)
{
	mark(relay, fd, true, 0);
}

void
relay_say(struct relay *relay, int fd, const char *line)
{
	size_t length = strlen(line);

	/* A sink that takes nothing: the first lines say why. */
	if (length >= RELAY_SAID - relay->nsaid)
		return;
	memcpy(relay->said + relay->nsaid, line, length);
	relay->nsaid += length;
	relay->said[relay->nsaid++] = '\n';
	mark(relay, fd, false, length + 1);
}

bool
relay_is_done(const struct relay *relay)
{
	return relay->nmarks == 0 && relay->start == relay->end;
}

size_t
relay_rest(const struct relay *relay)
{
	size_t rest = relay->end - relay->start + relay->nsaid, i;

	for (i = 0; i < relay->nmarks; i++)
		rest += relay->marks[i].left;
	return rest;
}
