/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving side of sd_notify(3)'s protocol. */
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

#include "base/escape.h"
#include "base/file.h"
#include "base/number.h"
#include "ready/sd_notify.h"

/* The most that one message can bring (SCM_MAX_FD of the kernel). */
#define DESCRIPTORS_MAX	253

static const char variable[] = "NOTIFY_SOCKET=";

/* The name that it is bound by: /proc/net/unix shows it to everybody. */
static const char bound[] = "new";

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
	char line[NOTIFY_MAX + 1];
	const char *end;
	size_t cut;

	/* One at the end is a mistake that does no harm. */
	if (length > 0 && text[length - 1] == '\0')
		length--;
	if (length > NOTIFY_MAX || memchr(text, '\0', length) != NULL)
		return -1;
	while (length > 0) {
		end = memchr(text, '\n', length);
		cut = end == NULL ? length : (size_t)(end - text);
		memcpy(line, text, cut);
		line[cut] = '\0';
		read_line(line, notice);
		cut += end != NULL;
		text += cut;
		length -= cut;
	}
	return 0;
}

void
notify_init(struct notify_socket *notify)
{
	memset(notify, 0, sizeof(*notify));
	notify->fd = notify->base = notify->dir = -1;
	(void)strlcpy(notify->env, variable, sizeof(notify->env));
}

/*
 * The first directory in which one can be made: sets base, and path to its
 * name.  -1 with the errno of the first.
 */
static int
make_directory(struct notify_socket *notify, int root, const char **path)
{
	const char *places[] = { "/run", "/tmp", "/", NULL };
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int error = 0;
	size_t i;

	/* A user's own is as good as /run is for root. */
	if (geteuid() != 0 && root == -1 && runtime != NULL &&
	    *runtime == '/' && strlen(runtime) < 40)
		places[0] = runtime;
	for (i = 0; places[i] != NULL; i++) {
		notify->base = open_in_root(root, places[i],
		    O_PATH | O_DIRECTORY);
		if (notify->base != -1 &&
		    mkdirat(notify->base, notify->directory, 0700) == 0) {
			*path = strcmp(places[i], "/") == 0 ? "" : places[i];
			return 0;
		}
		if (error == 0)
			error = errno;
		if (notify->base != -1)
			(void)close(notify->base);
		notify->base = -1;
	}
	errno = error;
	return -1;
}

/*
 * Opens the directory that was made.  The owner of the one in which it lies
 * (with a root of the user's making) may have put another in its place: root
 * would change that one's mode.
 */
static int
open_directory(struct notify_socket *notify)
{
	struct stat st;

	notify->dir = openat(notify->base, notify->directory,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (notify->dir == -1 || fstat(notify->dir, &st) == -1)
		return -1;
	if (st.st_uid == geteuid() && (st.st_mode & 07777) == 0700)
		return 0;
	errno = EPERM;
	return -1;
}

/* Binds it in the directory, which may lie deeper than an address can say. */
static int
bind_in(const struct notify_socket *notify)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int on = 1;

	(void)snprintf(address.sun_path, sizeof(address.sun_path),
	    "/proc/self/fd/%d/%s", notify->dir, bound);
	if (setsockopt(notify->fd, SOL_SOCKET, SO_PASSCRED, &on,
	    sizeof(on)) == -1 ||
	    bind(notify->fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1)
		return -1;
	return renameat(notify->dir, bound, notify->dir, notify->name);
}

static int
make_socket(struct notify_socket *notify, int root)
{
	const char *path;

	if (make_directory(notify, root, &path) == -1 ||
	    open_directory(notify) == -1)
		return -1;
	(void)snprintf(notify->env, sizeof(notify->env), "%s%s/%s/%s",
	    variable, path, notify->directory, notify->name);
	notify->fd = socket(AF_UNIX,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (notify->fd == -1 || bind_in(notify) == -1)
		return -1;
	return fchmod(notify->dir, 0711);
}

/*
 * By the system call itself: glibc 2.41 makes itself a state to draw from
 * first.  Meanwhile it blocks all signals, and takes that for done: where a
 * sandbox refuses it, it gives back a mask that it never got, and the caller's
 * pending signals would kill the launcher.
 */
static int
random_bytes(void *bytes, size_t size)
{
	return syscall(SYS_getrandom, bytes, size, 0) == (long)size ? 0 : -1;
}

int
notify_open(struct notify_socket *notify, int root)
{
	uint64_t secret[2];
	mode_t mask;
	int result;

	if (random_bytes(secret, sizeof(secret)) == -1)
		return -1;
	(void)snprintf(notify->directory, sizeof(notify->directory),
	    "daemonize-%08" PRIx64, secret[0] & 0xffffffff);
	(void)snprintf(notify->name, sizeof(notify->name), "%016" PRIx64,
	    secret[1]);
	/* Everybody may send to the socket, whatever the caller's umask is. */
	mask = umask(0);
	result = make_socket(notify, root);
	(void)umask(mask);
	return result;
}

void
notify_close(const struct notify_socket *notify)
{
	struct notice notice = { .extend = -1 };
	enum notify_event event = NOTIFY_TAKEN;
	pid_t sender;

	/* No message comes any more.  Those that came may have descriptors. */
	if (notify->fd != -1 && shutdown(notify->fd, SHUT_RD) == 0)
		while (event != NOTIFY_NONE && event != NOTIFY_ERROR)
			event = notify_receive(notify, 0, 0, &notice, &sender);
	/* Whichever of the two names it has by now. */
	if (notify->dir != -1) {
		(void)unlinkat(notify->dir, bound, 0);
		(void)unlinkat(notify->dir, notify->name, 0);
	}
	if (notify->base != -1)
		(void)unlinkat(notify->base, notify->directory, AT_REMOVEDIR);
}

/* The pid of the sender, or 0. */
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
discard(const struct notify_socket *notify)
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
	(void)recvmsg(notify->fd, &message, MSG_DONTWAIT);
	_exit(0);
}

/* The daemon may have left the session that it was started in. */
static bool
is_of(pid_t sender, pid_t pid, pid_t session)
{
	pid_t its;

	/* 0: no process of this pid namespace. */
	if (sender == 0)
		return false;
	/* A process that has gone has no session any more. */
	its = getsid(sender);
	return its != -1 && (its == session || its == getsid(pid));
}

enum notify_event
notify_receive(const struct notify_socket *notify, pid_t pid, pid_t session,
    struct notice *notice, pid_t *sender)
{
	/* Without room for a descriptor. */
	union {
		char room[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char text[NOTIFY_MAX];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct notice foreign = { .extend = -1 };
	ssize_t length;
	bool is_foreign;

	*sender = 0;
	length = recvmsg(notify->fd, &message, MSG_DONTWAIT | MSG_PEEK);
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? NOTIFY_NONE :
		    NOTIFY_ERROR;
	*sender = find_sender(&message);
	/* It is judged before it can go: then its session is gone, too. */
	is_foreign = *sender != pid && !is_of(*sender, pid, session);
	if ((message.msg_flags & MSG_CTRUNC ? discard(notify) :
	    recv(notify->fd, NULL, 0, MSG_DONTWAIT)) == -1)
		return NOTIFY_ERROR;
	if (message.msg_flags & MSG_TRUNC)
		return is_foreign ? NOTIFY_FOREIGN : NOTIFY_MALFORMED;
	if (notify_parse(text, (size_t)length, is_foreign ? &foreign :
	    notice) == -1 && !is_foreign)
		return NOTIFY_MALFORMED;
	if (foreign.ready)
		notice->elsewhere = *sender;
	return is_foreign ? NOTIFY_FOREIGN : NOTIFY_TAKEN;
}
