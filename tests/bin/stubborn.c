/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that does not end when it is told to.
 *
 *   stubborn LOG [WORD]...
 *
 * Holds back every signal but CHLD and CONT and appends the number of each that arrives
 * to LOG, a line each after `pid N`.  Only KILL ends it, or what a WORD says:
 *
 *   close		first closes every descriptor above 2
 *   lock=FILE	first takes a record lock to read (fcntl(2)) on all of FILE
 *   end=N		signal N ends it
 *   run=N:COMMAND	at signal N, runs COMMAND by a shell before anything else
 *   thread=FILE	first starts a thread and writes its number to FILE
 */
#define _GNU_SOURCE		/* syscall(2) */

#include <sys/syscall.h>

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS	1024

static void
append(const char *file, const char *label, int number)
{
	char line[32];
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int length = snprintf(line, sizeof(line), "%s%d\n", label, number);

	if (fd == -1 || write(fd, line, (size_t)length) != length)
		err(1, "%s", file);
	close(fd);
}

static void
lock(const char *file)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(file, O_RDONLY);

	if (fd == -1 || fcntl(fd, F_SETLK, &lock) == -1)
		err(1, "%s", file);
}

static void *
live_on(void *file)
{
	append(file, "", (int)syscall(SYS_gettid));
	pause();
	return NULL;
}

/* Does WORD begin with `name=N`?  What follows N, or NULL. */
static const char *
about(const char *word, const char *name, int sig)
{
	char begin[32];
	int length = snprintf(begin, sizeof(begin), "%s=%d", name, sig);

	if (strncmp(word, begin, (size_t)length) != 0)
		return NULL;
	return word[length] == '\0' || word[length] == ':' ?
	    word + length : NULL;
}

int
main(int argc, char **argv)
{
	const char *rest;
	pthread_t thread;
	sigset_t all;
	int i, sig;

	if (argc < 2)
		errx(2, "usage: stubborn LOG [WORD]...");
	/* sigfillset(3) of musl leaves out 34. */
	memset(&all, 0xff, sizeof(all));
	sigdelset(&all, SIGCHLD);
	sigdelset(&all, SIGCONT);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "close") == 0)
			for (sig = 3; sig < DESCRIPTORS; sig++)
				close(sig);
		if (strncmp(argv[i], "lock=", 5) == 0)
			lock(argv[i] + 5);
		if (strncmp(argv[i], "thread=", 7) == 0 &&
		    pthread_create(&thread, NULL, live_on, argv[i] + 7) != 0)
			errx(1, "no thread");
	}
	append(argv[1], "pid ", (int)getpid());
	for (;;) {
		if (sigwait(&all, &sig) != 0)
			continue;
		for (i = 2; i < argc; i++)
			if ((rest = about(argv[i], "run", sig)) != NULL &&
			    *rest == ':' && system(rest + 1) == -1)
				err(1, "%s", rest + 1);
		append(argv[1], "", sig);
		for (i = 2; i < argc; i++)
			if (about(argv[i], "end", sig) != NULL)
				return 0;
	}
}
