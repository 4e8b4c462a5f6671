/* SPDX-License-Identifier: BSD-2-Clause */
/* What a record says of the launch: lines that are added and looked up. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "instance/record.h"

bool
record_add(struct record *record, const char *key, const char *value)
{
	size_t used = strlen(record->about);
	size_t room = sizeof(record->about) - used, length;
	char *line = record->about + used;

	length = (size_t)snprintf(line, room, "%s ", key);
	for (; *value != '\0' && length + 2 < room; value++) {
		if (*value == '\n' || *value == '\\')
			line[length++] = '\\';
		line[length++] = *value == '\n' ? 'n' : *value;
	}
	if (*value == '\0' && length + 1 < room) {
		line[length] = '\n';
		line[length + 1] = '\0';
		return true;
	}
	*line = '\0';
	return false;
}

bool
record_value(const struct record *record, const char *key, size_t i,
    char *value, size_t size)
{
	size_t length = strlen(key);
	const char *at, *line;

	for (line = record->about; *line != '\0'; line = at + (*at == '\n')) {
		at = line + strcspn(line, "\n");
		if (strncmp(line, key, length) != 0 || line[length] != ' ' ||
		    i-- > 0)
			continue;
		for (line += length + 1; line < at && size > 1; line++) {
			if (*line == '\\' && line + 1 < at)
				*value = *++line == 'n' ? '\n' : *line;
			else
				*value = *line;
			value++;
			size--;
		}
		*value = '\0';
		return true;
	}
	return false;
}
