/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what reads the messages of sd_notify(3), one after the other. */
#include "config.h"

#include <stdbool.h>

#include "ready/method.h"
#include "fuzz.h"

/* Two messages are separated by this byte. */
#define SEPARATOR	0xff

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notice notice = { .extend = -1 };
	bool was_ready = false;
	const uint8_t *end;
	size_t length, i;
	char *text;

	while (size > 0) {
		end = memchr(data, SEPARATOR, size);
		length = end == NULL ? size : (size_t)(end - data);
		/* Not a string, and not one byte longer than it says. */
		text = malloc(length);
		assert(text != NULL || length == 0);
		if (length > 0)
			memcpy(text, data, length);
		(void)notify_parse(text, length, &notice);
		free(text);

		assert(notice.ready || !was_ready);
		was_ready = notice.ready;
		assert(notice.extend >= -1 && notice.error >= 0);
		assert(strlen(notice.exit_status) <= 15);
		assert(strlen(notice.status) < sizeof(notice.status));
		for (i = 0; notice.status[i] != '\0'; i++)
			assert((unsigned char)notice.status[i] >= ' ');
		length += end != NULL;
		data += length;
		size -= length;
	}
	return 0;
}
