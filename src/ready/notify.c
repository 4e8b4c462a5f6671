/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --ready=notify: the command sends READY=1 to NOTIFY_SOCKET.  This is the
 * receiving side of sd_notify(3)'s protocol.
 */
#include "config.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/message.h"
#include "base/number.h"
#include "process/proc.h"
#include "ready/method.h"

/* The most bytes of a message, as systemd has it. */
#define MESSAGE_MAX		4096

/* The most that one message can bring (SCM_MAX_FD of the kernel). */
#define DESCRIPTORS_MAX		253

/* These, and what the launch has open itself. */
#define FREE_MIN		(DESCRIPTORS_MAX + 32)

/* Limit of messages per wake-up. */
#define MESSAGES_AT_ONCE	1000

/* How long a notifier may take from its READY=1 to its BARRIER=1. */
#define BARRIER_MS		100

/* The name that it is bound by: /proc/net/unix shows it to everybody. */
static const char bound[] = "new";

/* --- the socket ----------------------------------------------------------- */

/*
 * Make the directory in base, and open it.  The owner of base (with a root of
 * the user's making) may have put another one in its place: root would change
 * that one's mode.  Return -1 with errno.
 */
static int
make_directory(struct ready *ready, int base)
{
	const char *name = strrchr(ready->directory, '/') + 1;
	struct stat st;

	if (base == -1 || mkdirat(base, name, 0700) == -1)
		return -1;
	ready->dir = openat(base, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ready->dir == -1 || fstat(ready->dir, &st) == -1) {
		close_quietly(ready->dir);
		ready->dir = -1;
		(void)unlinkat(base, name, AT_REMOVEDIR);
		return -1;
	}
	if (st.st_uid == geteuid() && (st.st_mode & 07777) == 0700)
		return 0;
	errno = EPERM;
	return -1;
}

/*
 * Make it in the first place that is possible.  Return the place, "" for the
 * root; or NULL with the errno of the first.
 */
static const char *
find_place(struct ready *ready, int root)
{
	const char *places[] = { "/run", "/tmp", "/" };
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int error = 0, base, result;
	size_t i;

	/* A user's own is as good as /run is for root. */
	if (geteuid() != 0 && root == -1 && runtime != NULL &&
	    *runtime == '/' && strlen(runtime) < 40)
		places[0] = runtime;
	for (i = 0; i < 3 && ready->dir == -1; i++) {
		base = open_in_root(root, places[i],
		    O_PATH | O_DIRECTORY);
		result = make_directory(ready, base);
		if (error == 0)
			error = errno;
		close_quietly(base);
		if (result == 0)
			return i == 2 ? "" : places[i];
	}
	errno = error;
	return NULL;
}

/* Bind it in the directory, which may be deeper than an address can be long. */
static int
bind_socket(const struct ready *ready)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int on = 1;

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
	    "/proc/self/fd/%d/%s", ready->dir, bound);
	return setsockopt(ready->fd, SOL_SOCKET, SO_PASSCRED, &on,
	    sizeof(on)) == -1 ||
	    bind(ready->fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1 ||
	    renameat(ready->dir, bound, ready->dir, ready->name) == -1 ?
	    -1 : fchmod(ready->dir, 0711);
}

/*
 * Make a socket that every process may send to that knows its name, and a
 * directory for it that no other user may list: the command may be run by
 * another user, or become one.  Its name is one in the command's root.
 */
static const char *
open_socket(struct ready *ready, int root, struct descriptors *keep_fds)
{
	const char *place;
	struct rlimit limit;
	uint64_t secret[2];
	mode_t mask;
	int result;

	/* discard needs a number for each descriptor of a message. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_max < FREE_MIN + keep_fds->n)
		return "needs a higher limit of open files (ulimit -Hn)";
	/*
	 * The call itself: glibc 2.41 blocks all signals first.  If a sandbox
	 * refuses that, it restores a mask that it never got, and the caller's
	 * pending signals would kill the launcher.
	 */
	if (syscall(SYS_getrandom, secret, sizeof(secret), 0) !=
	    (long)sizeof(secret))
		return strerror(errno);
	(void)snprintf(ready->directory, sizeof(ready->directory),
	    "../daemonize-%08" PRIx64, secret[0] & 0xffffffff);
	(void)snprintf(ready->name, sizeof(ready->name), "%016" PRIx64,
	    secret[1]);
	if ((place = find_place(ready, root)) == NULL)
		return strerror(errno);
	(void)snprintf(ready->env, sizeof(ready->env),
	    "NOTIFY_SOCKET=%s/%s/%s", place, ready->directory + 3,
	    ready->name);
	ready->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	/* Everybody may send to the socket, whatever the caller's umask is. */
	mask = umask(0);
	result = ready->fd == -1 ? -1 : bind_socket(ready);
	(void)umask(mask);
	return result == -1 || descriptors_add(keep_fds, ready->dir) == -1 ||
	    descriptors_add(keep_fds, ready->fd) == -1 ? strerror(errno) :
	    NULL;
}

/* --- a message ------------------------------------------------------------ */

static void
read_line(const char *line, struct notice *notice)
{
	const char *value = strchr(line, '=');
	long long n;

	if (value == NULL)
		return;
	value++;
	if (strcmp(line, "READY=1") == 0)
		notice->ready = true;
	else if (strcmp(line, "BARRIER=1") == 0)
		notice->barrier = true;
	else if (strncmp(line, "STATUS=", 7) == 0)
		escape(value, strlen(value), notice->status,
		    sizeof(notice->status));
	else if (strncmp(line, "ERRNO=", 6) == 0 &&
	    (n = number_parse(value, 0, INT_MAX)) != -1)
		notice->error = (int)n;
	else if (strncmp(line, "EXIT_STATUS=", 12) == 0 &&
	    number_parse(value, 0, 255) != -1)
		(void)strlcpy(notice->exit_status, value,
		    sizeof(notice->exit_status));
	else if (strncmp(line, "EXTEND_TIMEOUT_USEC=", 20) == 0 &&
	    (n = number_parse(value, 0, LLONG_MAX)) != -1)
		notice->extend = n / 1000 + (n % 1000 > 0);
}

int
notify_parse(const char *text, size_t length, struct notice *notice)
{
	char copy[MESSAGE_MAX + 1], *rest = copy, *line;

	/* A NUL at the end is a mistake that does no harm. */
	if (length > 0 && text[length - 1] == '\0')
		length--;
	if (length > MESSAGE_MAX || memchr(text, '\0', length) != NULL)
		return -1;
	memcpy(copy, text, length);
	copy[length] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		read_line(line, notice);
	return 0;
}

/* Return the pid of the sender, or 0. */
static pid_t
find_sender(struct msghdr *message)
{
	struct cmsghdr *control;
	struct ucred credentials = { .pid = 0 };

	for (control = CMSG_FIRSTHDR(message); control != NULL;
	    control = CMSG_NXTHDR(message, control))
		if (control->cmsg_level == SOL_SOCKET &&
		    control->cmsg_type == SCM_CREDENTIALS)
			memcpy(&credentials, CMSG_DATA(control),
			    sizeof(credentials));
	return credentials.pid;
}

/*
 * Take the next message, whose descriptors cannot be left out, in a process
 * that ends at once.  Its end closes them: close(2) may block, as that of a
 * socket does that lingers, but the end of a process does not.  Return 0, or
 * -1 with errno.  The caller reaps the process, some time.
 */
static int
discard(int fd)
{
	union {
		char room[CMSG_SPACE(sizeof(struct ucred)) +
		    CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr message = {
		.msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct rlimit limit;
	pid_t pid = vfork();

	if (pid != 0)
		return pid == -1 ? -1 : 0;
	/* What there is no number for would be closed while it runs. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	(void)recvmsg(fd, &message, MSG_DONTWAIT);
	_exit(0);
}

/*
 * Is it the command, or of a session of its?  The daemon may have left the
 * session that it was started in.
 */
static bool
is_of(const struct ready *ready, pid_t sender)
{
	pid_t its;

	/* 0: no process of this pid namespace. */
	if (sender == 0 || sender == ready->pid)
		return sender != 0;
	/* A process that has gone has no session any more. */
	its = getsid(sender);
	return its != -1 && (its == ready->session ||
	    its == getsid(ready->pid));
}

/* A sender of many messages is reported once. */
static void
report_ignored(struct ready *ready, pid_t sender, const char *why)
{
	char line[128];

	if (!ready->verbose || sender == ready->ignored)
		return;
	ready->ignored = sender;
	(void)snprintf(line, sizeof(line),
	    "ignored a message of pid %d: %s", (int)sender, why);
	narrate("ready", line);
}

/*
 * Take one message, by the credentials that the kernel vouches for (unix(7)).
 * Descriptors that come with it are closed, which is all that a BARRIER=1 asks
 * for.  Return 1; 0 if there is none; -1 with errno.
 */
static int
take_message(struct ready *ready)
{
	/* Without room for a descriptor. */
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char text[MESSAGE_MAX];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct notice foreign = { .extend = -1 }, *notice = &foreign;
	const char *why = NULL;
	ssize_t length;
	pid_t sender;

	length = recvmsg(ready->fd, &message, MSG_DONTWAIT | MSG_PEEK);
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	sender = find_sender(&message);
	/* It is judged before it can go: then its session is gone, too. */
	if (is_of(ready, sender))
		notice = &ready->notice;
	if ((message.msg_flags & MSG_CTRUNC ? discard(ready->fd) :
	    recv(ready->fd, NULL, 0, MSG_DONTWAIT)) == -1)
		return -1;
	if ((message.msg_flags & MSG_TRUNC) != 0 ||
	    notify_parse(text, (size_t)length, notice) == -1)
		why = "malformed";
	if (notice == &foreign)
		why = "not in the daemon's session";
	if (why != NULL)
		report_ignored(ready, sender, why);
	if (foreign.ready)
		ready->notice.elsewhere = sender;
	/* It never makes the time shorter. */
	if (ready->notice.extend > ready->deadline - now_ms())
		ready->deadline = now_ms() + ready->notice.extend;
	ready->notice.extend = -1;
	return 1;
}

/* --- the method ----------------------------------------------------------- */

/* Take the messages that have come, until one says that it is ready. */
static enum answer
receive(struct ready *ready)
{
	int i, result;

	for (i = 0; i < MESSAGES_AT_ONCE && !ready->notice.ready; i++)
		if ((result = take_message(ready)) != 1)
			return result == 0 ? ANSWER_NOT_YET : ANSWER_ERROR;
	return ready->notice.ready ? ANSWER_READY : ANSWER_NOT_YET;
}

/*
 * systemd-notify(1) asks for a barrier after its READY=1, and fails if no
 * process answers it.  A daemon without another process beside it uses no such
 * notifier.
 */
static enum answer
ask(struct ready *ready)
{
	struct notice *notice = &ready->notice;
	enum answer answer;

	if (ready->next == 0) {
		answer = receive(ready);
		if (answer != ANSWER_READY)
			return answer;
		ready->next = now_ms() + BARRIER_MS;
	}
	notice->ready = false;
	(void)receive(ready);
	ready->due = ready->next;
	return notice->barrier || now_ms() >= ready->next ||
	    (proc_children(ready->pid) == 0 && proc_children(getpid()) == 1) ?
	    ANSWER_READY : ANSWER_NOT_YET;
}

static void
remove_socket(struct ready *ready)
{
	ready->verbose = false;
	/* No message comes any more.  Those that came may have descriptors. */
	if (ready->fd != -1 && shutdown(ready->fd, SHUT_RD) == 0)
		while (take_message(ready) == 1)
			;
	if (ready->dir == -1)
		return;
	/* Whichever of the two names it has by now. */
	(void)unlinkat(ready->dir, bound, 0);
	(void)unlinkat(ready->dir, ready->name, 0);
	(void)unlinkat(ready->dir, ready->directory, AT_REMOVEDIR);
	(void)close(ready->dir);
	ready->dir = -1;
}

const struct method notify_method = {
	.name = "notify",
	.has_timeout = true,
	.prepare = open_socket,
	.ask = ask,
	.close = remove_socket,
};
