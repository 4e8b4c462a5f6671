/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A daemon that says how it is: sd_notify(3)'s protocol by system calls.
 *
 *   notifier [ACTION]...
 *
 * Does one ACTION after the other, and ends with 0 after the last:
 *
 *   text=TEXT    sends TEXT to NOTIFY_SOCKET; \n, \0 and \\ are written so
 *   size=N       the next TEXT is filled up with `x` to N bytes
 *   fds=N        the next TEXT brings N descriptors, and it is waited until
 *                the receiver has closed all of them
 *   times=N      the next TEXT is sent N times; 0: until it cannot be
 *   refused=TEXT sends TEXT, which must fail
 *   hold         stops the parent, which is the receiver
 *   release      lets it go on
 *   gone=TEXT    sends TEXT from a child, and waits until that has ended
 *   path=FILE    writes NOTIFY_SOCKET to FILE, which appears as a whole
 *   connect      connects to it already now, as a client that keeps it would
 *   uid=N        becomes that user
 *   child        the rest is done by a child, whose status becomes ours
 *   outside      likewise, in a session of its own
 *   await=FILE   waits until a byte can be read from FILE, a FIFO
 *   ignore=SIG   ignores that signal, a number
 *   complain=TEXT   writes TEXT and a newline to stderr
 *   exit=N       ends with status N
 *   die=SIG      ends by that signal
 *   stay         does nothing any more
 *
 * What fails ends it with status 99 after a line on stderr.
 */
#define _GNU_SOURCE		/* pipe2(2) */

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAILED		99
#define TEXT_MAX	100000
#define FDS_MAX		253	/* SCM_MAX_FD of the kernel */
#define DEADLINE_MS	20000

static int fd = -1;
static size_t size;
static int fds, times = 1;

static const char *
socket_path(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	if (path == NULL)
		errx(FAILED, "no NOTIFY_SOCKET");
	return path;
}

static void
connect_once(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (fd != -1)
		return;
	strncpy(to.sun_path, socket_path(), sizeof(to.sun_path) - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(FAILED, "%s", to.sun_path);
}

/* The text without its escapes, filled up; returns its length. */
static size_t
expand(const char *text, char out[static TEXT_MAX])
{
	size_t length = 0;

	for (; *text != '\0' && length < TEXT_MAX; text++) {
		out[length] = *text;
		if (*text == '\\') {
			text++;
			out[length] = *text == 'n' ? '\n' :
			    *text == '0' ? '\0' : *text;
		}
		length++;
	}
	for (; length < size && length < TEXT_MAX; length++)
		out[length] = 'x';
	return length;
}

/* Sends a message with n copies of the descriptor given. */
static int
send_with(const char *text, size_t length, int given, int n)
{
	union {
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = (char *)text, .iov_len = length };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header;
	int i;

	if (n > 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
		for (i = 0; i < n; i++)
			memcpy(CMSG_DATA(header) + (size_t)i * sizeof(int),
			    &given, sizeof(int));
	}
	/* In musl's sendmsg(3) there is room for fewer descriptors. */
	return syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

static void
send_text(const char *text)
{
	static char expanded[TEXT_MAX];
	size_t length = expand(text, expanded);
	struct pollfd end = { .events = 0 };
	int ends[2] = { -1, -1 }, i;

	connect_once();
	if (fds > 0 && pipe2(ends, O_CLOEXEC) == -1)
		err(FAILED, "pipe2");
	for (i = 0; times == 0 || i < times; i++)
		if (send_with(expanded, length, ends[1], fds) == -1)
			err(FAILED, "%s", text);
	if (fds > 0) {
		close(ends[1]);
		end.fd = ends[0];
		if (poll(&end, 1, DEADLINE_MS) != 1)
			errx(FAILED, "the descriptors are still open");
		close(ends[0]);
	}
	size = 0;
	fds = 0;
	times = 1;
}

static void
send_refused(const char *text)
{
	connect_once();
	if (send_with(text, strlen(text), -1, 0) == 0)
		errx(FAILED, "%s: was taken", text);
}

/* Is the process stopped, as /proc shows it? */
static bool
is_stopped(pid_t pid)
{
	char path[64], text[512], *at;
	FILE *file;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((file = fopen(path, "r")) == NULL)
		err(FAILED, "%s", path);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	at = strrchr(text, ')');
	return at != NULL && at[2] == 'T';
}

/* The receiver: the leader of the session forked us, and leaves us to it. */
static pid_t
receiver(void)
{
	pid_t parent;

	while ((parent = getppid()) == getsid(0))
		poll(NULL, 0, 1);
	return parent;
}

static void
hold(void)
{
	pid_t parent = receiver();

	if (kill(parent, SIGSTOP) == -1)
		err(FAILED, "kill");
	while (!is_stopped(parent))
		poll(NULL, 0, 1);
}

static void
send_gone(const char *text)
{
	pid_t child = fork();

	if (child == 0) {
		send_text(text);
		_exit(0);
	}
	if (child == -1 || waitpid(child, NULL, 0) == -1)
		err(FAILED, "fork");
}

static void
write_path(const char *file)
{
	char temporary[4096];
	FILE *out;

	snprintf(temporary, sizeof(temporary), "%s.new", file);
	if ((out = fopen(temporary, "w")) == NULL ||
	    fprintf(out, "%s\n", socket_path()) < 0 || fclose(out) == EOF ||
	    rename(temporary, file) == -1)
		err(FAILED, "%s", file);
}

/* The child goes on; the parent ends as it does. */
static void
become_child(bool session)
{
	pid_t child = fork();
	int status;

	if (child == -1)
		err(FAILED, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (session && setsid() == -1)
			err(FAILED, "setsid");
		return;
	}
	if (waitpid(child, &status, 0) == -1)
		err(FAILED, "waitpid");
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : FAILED);
}

static void
await(const char *file)
{
	char byte;
	int fifo = open(file, O_RDONLY | O_CLOEXEC);

	if (fifo == -1 || read(fifo, &byte, 1) != 1)
		err(FAILED, "%s", file);
	close(fifo);
}

static void
act_alone(const char *name)
{
	if (strcmp(name, "connect") == 0)
		connect_once();
	else if (strcmp(name, "hold") == 0)
		hold();
	else if (strcmp(name, "release") == 0)
		kill(receiver(), SIGCONT);
	else if (strcmp(name, "child") == 0)
		become_child(false);
	else if (strcmp(name, "outside") == 0)
		become_child(true);
	else if (strcmp(name, "stay") == 0)
		for (;;)
			pause();
	else
		errx(FAILED, "%s: no action", name);
}

static void
act(const char *name, const char *value)
{
	long number = strtol(value, NULL, 10);

	if (strcmp(name, "text") == 0)
		send_text(value);
	else if (strcmp(name, "size") == 0)
		size = (size_t)number;
	else if (strcmp(name, "fds") == 0 && number <= FDS_MAX)
		fds = (int)number;
	else if (strcmp(name, "times") == 0)
		times = (int)number;
	else if (strcmp(name, "refused") == 0)
		send_refused(value);
	else if (strcmp(name, "gone") == 0)
		send_gone(value);
	else if (strcmp(name, "path") == 0)
		write_path(value);
	else if (strcmp(name, "await") == 0)
		await(value);
	else if (strcmp(name, "complain") == 0)
		warnx("%s", value);
	else if (strcmp(name, "ignore") == 0)
		signal((int)number, SIG_IGN);
	else if (strcmp(name, "exit") == 0)
		_exit((int)number);
	else if (strcmp(name, "die") == 0)
		raise((int)number);
	else if (strcmp(name, "uid") != 0)
		errx(FAILED, "%s: no action", name);
	else if (setresgid((gid_t)number, (gid_t)number, (gid_t)number) == -1 ||
	    setresuid((uid_t)number, (uid_t)number, (uid_t)number) == -1)
		err(FAILED, "uid=%s", value);
}

int
main(int argc, char **argv)
{
	char *value;
	int i;

	for (i = 1; i < argc; i++) {
		value = strchr(argv[i], '=');
		if (value == NULL) {
			act_alone(argv[i]);
			continue;
		}
		*value++ = '\0';
		act(argv[i], value);
	}
	return 0;
}
