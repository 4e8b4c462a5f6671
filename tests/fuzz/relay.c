/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what relays a log: any bytes, in any pieces, which are taken in any
 * pieces, with ends of runs and messages between them.
 *
 * An input is a series of: a byte that says what is done, a byte for how much,
 * and, for `write', what is written.
 */
#include "config.h"

#include <assert.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "fuzz.h"
#include "log/relay.h"

enum { WRITE, REPEAT, FILL, TAKE, TAKE_ALL, END_RUN, SAY, KINDS };

/* A byte that only messages have here. */
#define MESSAGE	"\1message"

static struct {
	char *sent, *came;		/* without messages */
	size_t nsent, ncame, size;
	size_t said, messages;		/* how many went in, and came out */
	bool midline;			/* of what came */
} t;

static void
append(char **text, size_t *n, const char *more, size_t length)
{
	if (length == 0)
		return;
	if (*n + length > t.size) {
		t.size = 2 * (*n + length);
		t.sent = realloc(t.sent, t.size);
		t.came = realloc(t.came, t.size);
		assert(t.sent != NULL && t.came != NULL);
	}
	memcpy(*text + *n, more, length);
	*n += length;
}

static void
came(const char *text, size_t length)
{
	append(&t.came, &t.ncame, text, length);
}

static void
take(struct relay *relay, size_t most)
{
	const char *text;
	size_t length;

	text = relay_get(relay, &length);
	if (length > most)
		length = most;
	came(text, length);
	relay_drop(relay, length);
	assert(relay->midline ==
	    (t.ncame > 0 && t.came[t.ncame - 1] != '\n'));
}

static void
send_bytes(int fd, const uint8_t *data, size_t length)
{
	ssize_t written;
	size_t i;
	char byte;

	/* What is in the pipe is what was written: it may be full. */
	for (i = 0; i < length; i++) {
		byte = data[i] == MESSAGE[0] ? ' ' : (char)data[i];
		written = write(fd, &byte, 1);
		if (written == 1)
			append(&t.sent, &t.nsent, &byte, 1);
	}
}

static void
send_many(int fd, uint8_t byte, size_t length)
{
	static char many[4096];
	ssize_t written;

	memset(many, byte == MESSAGE[0] ? ' ' : byte, sizeof(many));
	written = write(fd, many, length % (sizeof(many) + 1));
	if (written > 0)
		append(&t.sent, &t.nsent, many, (size_t)written);
}

/* A message is a line of its own: takes it out. */
static size_t
message_at(size_t i)
{
	static const char message[] = MESSAGE "\n";
	size_t length = sizeof(message) - 1;

	if (t.came[i] != MESSAGE[0])
		return 0;
	assert(i + length <= t.ncame);
	assert(memcmp(t.came + i, message, length) == 0);
	assert(i == 0 || t.came[i - 1] == '\n');
	t.messages++;
	return length;
}

/* What came is what was sent; but it may have newlines in addition. */
static void
compare(size_t ends)
{
	size_t i = 0, n = 0, length;

	while (i < t.ncame) {
		if ((length = message_at(i)) > 0)
			i += length;
		else if (n < t.nsent && t.came[i] == t.sent[n]) {
			i++;
			n++;
		} else {
			assert(t.came[i] == '\n' && ends > 0);
			ends--;
			i++;
		}
	}
	assert(n == t.nsent);
	assert(t.messages == t.said);
}

static void
drain(struct relay *relay, int fd)
{
	size_t i;

	relay_end_run(relay, fd);
	for (i = 0; !relay_is_done(relay); i++) {
		take(relay, SIZE_MAX);
		(void)relay_fill(relay, fd);
		/* Each round takes something. */
		assert(i < 1000);
	}
	assert(relay_rest(relay) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay relay;
	size_t ends = 1, before, part;
	uint8_t what, much;
	int fds[2];

	free(t.sent);
	free(t.came);
	memset(&t, 0, sizeof(t));
	assert(relay_init(&relay) == 0);
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == -1)
		abort();
	while (size >= 2) {
		what = data[0] % KINDS;
		much = data[1];
		data += 2;
		size -= 2;
		if (what == WRITE) {
			part = much < size ? much : size;
			send_bytes(fds[1], data, part);
			data += part;
			size -= part;
		} else if (what == REPEAT)
			send_many(fds[1], much % 4 == 0 ? '\n' : 'x',
			    (size_t)much * 16);
		else if (what == FILL)
			(void)relay_fill(&relay, fds[0]);
		else if (what == TAKE)
			take(&relay, much);
		else if (what == TAKE_ALL)
			take(&relay, SIZE_MAX);
		else if (what == END_RUN) {
			relay_end_run(&relay, fds[0]);
			ends++;
		} else {
			before = relay.nsaid;
			relay_say(&relay, fds[0], MESSAGE);
			t.said += relay.nsaid > before;
			/* It may have to end a line that is too long. */
			ends++;
		}
	}
	drain(&relay, fds[0]);
	compare(ends);
	(void)close(fds[0]);
	(void)close(fds[1]);
	free(relay.buffer);
	free(relay.tail);
	return 0;
}
