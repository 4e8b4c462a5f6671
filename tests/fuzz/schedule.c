/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what reads a signal, a time and a schedule. */
#include "config.h"

#include <limits.h>
#include <signal.h>

#include "fuzz.h"
#include "process/schedule.h"
#include "process/signals.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct schedule schedule;
	const char *wrong;
	long long time;
	size_t digits, i;
	int sig;

	sig = signal_parse(text);
	assert(sig == -1 || (sig >= 1 && sig <= SIGRTMAX));
	assert(sig == -1 || signal_parse(signal_name(sig)) == sig);
	time = time_parse(text);
	assert(time >= -1 && time <= INT_MAX);

	wrong = schedule_parse(text, &schedule);
	/* Alone, a signal or a time is a schedule, and nothing else is. */
	assert(strchr(text, '/') != NULL || wrong != NULL || sig != -1 ||
	    time != -1);
	/* A number alone may be meant as either. */
	digits = strspn(text, "0123456789");
	assert(wrong != NULL || text[digits] != '\0');
	assert(wrong != NULL || schedule.n >= 1);
	assert(schedule.n <= SCHEDULE_MAX);
	for (i = 0; i < schedule.n; i++) {
		assert(schedule.stage[i].signal >= 1);
		assert(schedule.stage[i].signal <= SIGRTMAX);
		assert(schedule.stage[i].wait >= 0);
		assert(schedule.stage[i].wait <= INT_MAX);
	}
	free(text);
	return 0;
}
