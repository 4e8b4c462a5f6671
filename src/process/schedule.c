/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals and times as the user writes them. */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "process/schedule.h"

/* Where no time follows the last signal. */
#define LAST_WAIT	5000

/* The ones with a name, as kill(1) has them. */
static const struct { int number; const char *name; } signals[] = {
	{ SIGHUP,	"HUP" },
	{ SIGINT,	"INT" },
	{ SIGQUIT,	"QUIT" },
	{ SIGILL,	"ILL" },
	{ SIGTRAP,	"TRAP" },
	{ SIGABRT,	"ABRT" },
	{ SIGBUS,	"BUS" },
	{ SIGFPE,	"FPE" },
	{ SIGKILL,	"KILL" },
	{ SIGUSR1,	"USR1" },
	{ SIGSEGV,	"SEGV" },
	{ SIGUSR2,	"USR2" },
	{ SIGPIPE,	"PIPE" },
	{ SIGALRM,	"ALRM" },
	{ SIGTERM,	"TERM" },
	{ SIGCHLD,	"CHLD" },
	{ SIGCONT,	"CONT" },
	{ SIGSTOP,	"STOP" },
	{ SIGTSTP,	"TSTP" },
	{ SIGTTIN,	"TTIN" },
	{ SIGTTOU,	"TTOU" },
	{ SIGURG,	"URG" },
	{ SIGXCPU,	"XCPU" },
	{ SIGXFSZ,	"XFSZ" },
	{ SIGVTALRM,	"VTALRM" },
	{ SIGPROF,	"PROF" },
	{ SIGWINCH,	"WINCH" },
	{ SIGIO,	"IO" },
	{ SIGPWR,	"PWR" },
	{ SIGSYS,	"SYS" },
};

/* A decimal number from min to max, or -1. */
static long long
parse_number(const char *text, long long min, long long max)
{
	const char *error;
	long long number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	number = strtonum(text, min, max, &error);
	return error == NULL ? number : -1;
}

/* RTMIN, RTMIN+N, RTMAX or RTMAX-N; -1: none of these. */
static int
parse_realtime(const char *name)
{
	bool downward = strncasecmp(name, "RTMAX", 5) == 0;
	long long n = 0;

	if (!downward && strncasecmp(name, "RTMIN", 5) != 0)
		return -1;
	if (name[5] != '\0') {
		if (name[5] != (downward ? '-' : '+'))
			return -1;
		n = parse_number(name + 6, 0, SIGRTMAX - SIGRTMIN);
		if (n == -1)
			return -1;
	}
	return downward ? SIGRTMAX - (int)n : SIGRTMIN + (int)n;
}

int
signal_parse(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int realtime = parse_realtime(name);
	size_t i;

	if (realtime != -1)
		return realtime;
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (strcasecmp(name, signals[i].name) == 0)
			return signals[i].number;
	return (int)parse_number(text, 1, SIGRTMAX);
}

const char *
signal_name(int number)
{
	static char digits[16];
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	(void)snprintf(digits, sizeof(digits), "%d", number);
	return digits;
}

long long
time_parse(const char *text)
{
	static const struct { const char *name; long long ms; } units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
	};
	size_t digits = strspn(text, "0123456789"), i;
	char number[16];
	const char *error;
	long long value;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	(void)strlcpy(number, text, digits + 1);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		/* poll(2) takes an int of milliseconds: 24 days. */
		value = strtonum(number, 0, INT_MAX / units[i].ms, &error);
		return error == NULL ? value * units[i].ms : -1;
	}
	return -1;
}

/*
 * Cuts the next part off text; "" where there is none.  One that is too long
 * ends in dots: what is left of it must not be read as another.
 */
static const char *
next_part(const char *text, char *part, size_t size)
{
	size_t length = strcspn(text, "/");

	(void)strlcpy(part, text, length < size ? length + 1 : size);
	if (length >= size)
		(void)strlcpy(part + size - 4, "...", 4);
	return text[length] == '\0' ? text + length : text + length + 1;
}

const char *
schedule_parse(const char *text, struct schedule *schedule)
{
	static char part[64];
	long long wait;
	int signal;

	schedule->n = 0;
	(void)next_part(text, part, sizeof(part));
	/* A number alone may be meant as a signal or as a time. */
	if (part[strspn(part, "0123456789")] == '\0' &&
	    strcmp(part, text) == 0)
		return part;
	wait = time_parse(part);
	if (wait != -1 && strcmp(part, text) == 0) {
		schedule->stage[0].signal = SIGTERM;
		schedule->stage[0].wait = wait;
		schedule->stage[1].signal = SIGKILL;
		schedule->stage[1].wait = LAST_WAIT;
		schedule->n = 2;
		return NULL;
	}
	/* A part is missing behind the last slash. */
	if (*text != '\0' && text[strlen(text) - 1] == '/')
		return "";
	do {
		text = next_part(text, part, sizeof(part));
		signal = signal_parse(part);
		if (signal == -1 || schedule->n == SCHEDULE_MAX)
			return part;
		wait = LAST_WAIT;
		if (*text != '\0') {
			text = next_part(text, part, sizeof(part));
			wait = time_parse(part);
			if (wait == -1)
				return part;
		}
		schedule->stage[schedule->n].signal = signal;
		schedule->stage[schedule->n].wait = wait;
		schedule->n++;
	} while (*text != '\0');
	return NULL;
}
