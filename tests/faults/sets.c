/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways to launch, and the place where it is done. */
#define _GNU_SOURCE		/* memfd_create(2), unshare(2) */

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

/* A restart comes soon, and one that fails for ever ends some time. */
#define DELAY	"--restart-delay=10ms/20ms"
#define LIMIT	"--restart-limit=3"

/*
 * Another way needs a row more here, and a test in faults.bats.  Files are
 * relative to the directory where the launch starts, which has `in' and
 * `seen'; an `@' in a word is that directory, a `%' a port that is free, a `#'
 * the name of this host.
 * With NEEDS_MOUNT there is a user database of our own, with the user 54321,
 * `faulty', who is in two more groups.
 */
const struct set sets[] = {
	{ .name = "plain", .forks = 2 },
	{ .name = "files", .forks = 2, .pidfile = "pid", .lockfile = "lock",
	  .options = { "-p", "pid", "-l", "lock", "-i", "in", "-o", "out",
	    "-e", "err" } },
	{ .name = "everything", .forks = 2, .pidfile = "pid",
	  .lockfile = "lock", .options = { "-v", "-a", "-p", "pid", "-l",
	    "lock", "-c", "@/seen", "-i", "in", "-o", "out", "-e", "err",
	    "--fds=20,21", "--umask=027", "--clear-env", "-E", "A=1",
	    "--no-new-privs" } },
	{ .name = "root", .forks = 2, .needs = NEEDS_ROOT | NEEDS_MOUNT,
	  .command = PROBE_IN_ROOT, .pidfile = "pid", .lockfile = "lock",
	  .options = { "-v", "-a", "-p", "pid", "-l", "lock", "-c", "/seen",
	    "-i", "in", "-o", "out", "-e", "err", "--fds=20,21",
	    "--umask=027", "--clear-env", "--no-new-privs", "-R", "root",
	    "-u", "faulty", "-g", "faulty2" } },
	{ .name = "user", .forks = 2, .needs = NEEDS_ROOT | NEEDS_MOUNT,
	  .pidfile = "pid", .options = { "-p", "pid", "-u", "faulty" } },
	{ .name = "uid", .forks = 2, .needs = NEEDS_ROOT | NEEDS_MOUNT,
	  .options = { "-u", "54321:54322" } },
	{ .name = "named", .forks = 2, .needs = NEEDS_ROOT | NEEDS_MOUNT,
	  .pidfile = "/run/daemonize/faults.pid",
	  .options = { "-n", "faults" } },
	{ .name = "own", .forks = 2, .needs = NEEDS_USER,
	  .pidfile = "state/daemonize/#/faults.pid",
	  .options = { "-n", "faults" } },
	{ .name = "foreground", .forks = 0, .pidfile = "pid",
	  .options = { "-F", "-p", "pid", "-o", "out", "-e", "err" } },
	{ .name = "background-no", .forks = 1, .pidfile = "pid",
	  .options = { "--background=no", "-p", "pid" } },
	{ .name = "refork-no", .forks = 1, .pidfile = "pid",
	  .options = { "--refork=no", "-p", "pid", "--signals=ignore",
	    "--sigchld=ignore" } },
	{ .name = "replace", .forks = 2, .pidfile = "pid", .running = true,
	  .options = { "--replace", "-p", "pid", "-o", "out" } },
	{ .name = "running", .forks = 2, .pidfile = "pid", .running = true,
	  .refused = true, .options = { "-p", "pid", "-o", "out" } },
	{ .name = "script", .forks = 2, .command = SCRIPT, .pidfile = "pid",
	  .options = { "-p", "pid" } },
	{ .name = "bad-interpreter", .forks = 2, .command = BAD_INTERPRETER,
	  .pidfile = "pid", .lockfile = "lock",
	  .options = { "-p", "pid", "-l", "lock", "-o", "out" } },
	{ .name = "old-kernel", .forks = 2, .pidfile = "pid",
	  .absent = "close_range", .options = { "-p", "pid" } },
	{ .name = "ready-alive", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "alive:20ms",
	  .options = { "-p", "pid" } },
	{ .name = "ready-notify", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "notify",
	  .options = { "-p", "pid", "--ready-timeout=1s" } },
	{ .name = "ready-fd", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "fd:22",
	  .options = { "-p", "pid", "--ready-timeout=1s" } },
	{ .name = "ready-file", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "file:@/seen/ready",
	  .options = { "-p", "pid", "--ready-timeout=1s", "-e", "err" } },
	{ .name = "ready-tcp", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "tcp:127.0.0.1:%",
	  .options = { "-p", "pid", "--ready-timeout=1s" } },
	{ .name = "ready-unix", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "unix:@/seen/socket",
	  .options = { "-p", "pid", "--ready-timeout=1s" } },
	{ .name = "ready-cmd", .forks = 2, .needs = NEEDS_READY,
	  .pidfile = "pid", .ready = "cmd:test -e @/seen/ready",
	  .options = { "-p", "pid", "--ready-timeout=1s" } },
	{ .name = "ready-line", .forks = 4, .supervised = true,
	  .needs = NEEDS_READY, .pidfile = "pid", .ready = "line:is ready",
	  .options = { "-p", "pid", "--ready-timeout=1s", "--log=log" } },
	{ .name = "supervised", .forks = 4, .supervised = true,
	  .pidfile = "pid", .options = { "--restart=always", "-p", "pid",
	    "-o", "out" } },
	{ .name = "supervised-user", .forks = 4, .supervised = true,
	  .needs = NEEDS_ROOT | NEEDS_MOUNT, .pidfile = "pid",
	  .lockfile = "lock", .options = { "--restart=always", "-p", "pid",
	    "-l", "lock", "-o", "out", "-u", "faulty" } },
	{ .name = "supervised-ready", .forks = 4, .supervised = true,
	  .needs = NEEDS_READY, .pidfile = "pid", .ready = "notify",
	  .options = { "--restart=always", "-p", "pid",
	    "--ready-timeout=1s" } },
	{ .name = "supervised-foreground", .forks = 2, .supervised = true,
	  .pidfile = "pid", .options = { "-F", "--restart=always", "-p",
	    "pid", "-o", "out" } },
	{ .name = "supervised-log", .forks = 4, .supervised = true,
	  .pidfile = "pid", .options = { "-p", "pid", "--log=log",
	    "--log-time=utc", "--log-rotate=1k/2" } },
	{ .name = "restart", .forks = 4, .supervised = true, .then = RUN_ENDS,
	  .pidfile = "pid", .options = { "--restart=always", DELAY, LIMIT,
	    "-p", "pid", "-o", "out" } },
	{ .name = "restart-user", .forks = 4, .supervised = true,
	  .then = RUN_ENDS, .needs = NEEDS_ROOT | NEEDS_MOUNT,
	  .pidfile = "pid", .lockfile = "lock",
	  .options = { "--restart=always", DELAY, LIMIT, "-p", "pid",
	    "-l", "lock", "-e", "err", "-u", "faulty" } },
	{ .name = "restart-foreground", .forks = 2, .supervised = true,
	  .then = RUN_ENDS, .pidfile = "pid", .options = { "-F",
	    "--restart=always", DELAY, LIMIT, "-p", "pid", "-o", "out" } },
	{ .name = "supervised-end", .forks = 4, .supervised = true,
	  .then = LAST_ENDS, .pidfile = "pid", .options = { "--supervise",
	    "-p", "pid", "-o", "out", "-e", "err" } },
	{ .name = "supervised-stop", .forks = 4, .supervised = true,
	  .then = STOP, .pidfile = "pid", .options = { "--restart=always",
	    DELAY, LIMIT, "-p", "pid", "-o", "out" } },
	{ .name = "supervised-again", .forks = 4, .supervised = true,
	  .then = AGAIN, .pidfile = "pid", .options = { "--restart=always",
	    DELAY, LIMIT, "-p", "pid", "-o", "out" } },
};

const size_t nsets = sizeof(sets) / sizeof(*sets);

int
supervisor_of(const struct set *set)
{
	return set->supervised ? set->forks - 2 : -1;
}

static const struct place *place;
static char *directory;			/* the worker's */
static int port;

/* A string to free(3). */
static char * __attribute__((format(printf, 1, 2)))
text_of(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) == -1)
		err(2, "asprintf");
	va_end(args);
	return text;
}

static void
make_file(const char *path, mode_t mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd == -1 || write(fd, text, strlen(text)) == -1 ||
	    fchmod(fd, mode) == -1)
		err(2, "%s", path);
	close(fd);
}

static void
make_directory(const char *path, mode_t mode)
{
	if ((mkdir(path, mode) == -1 && errno != EEXIST) ||
	    chmod(path, mode) == -1)
		err(2, "%s", path);
}

/*
 * A view of the file system of our own, where this may be had: a user
 * database that we know, a /run to write to, and /proc in the root directory
 * that the command gets (DIRECTORY/root, with the probe in it).
 */
static bool
make_view(void)
{
	static const char *const binds[][2] = {
		{ "passwd", "/etc/passwd" }, { "group", "/etc/group" },
		{ "nsswitch", "/etc/nsswitch.conf" }, { "run", "/run" },
		{ "../root", "root" }, { "/proc", "root/proc" },
		{ "seen", "root/seen" },
	};
	size_t i;

	make_file("passwd", 0644, "root:x:0:0:root:/root:/bin/sh\n"
	    "faulty:x:54321:54321::/home/faulty:/bin/faulty\n");
	make_file("group", 0644, "root:x:0:\nfaulty:x:54321:\n"
	    "faulty2:x:54322:faulty\nfaulty3:x:54323:faulty\n");
	make_file("nsswitch", 0644, "passwd: files\ngroup: files\n");
	if (geteuid() != 0 || unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return false;
	for (i = 0; i < sizeof(binds) / sizeof(*binds); i++)
		if (mount(binds[i][0], binds[i][1], NULL, MS_BIND | MS_REC,
		    NULL) == -1)
			return false;
	return true;
}

/* The files that every launch finds. */
static void
make_files(int worker)
{
	char *path;

	path = text_of("%s/%d", place->directory, worker);
	make_directory(path, 0755);
	if ((directory = realpath(path, NULL)) == NULL ||
	    chdir(directory) == -1)
		err(2, "%s", path);
	free(path);
	make_directory("seen", 0777);
	make_directory("run", 0755);
	make_directory("root", 0755);
	make_file("in", 0644, "in\n");
	make_file("bad", 0755, "#!/nonexistent/interpreter\n");
	path = text_of("exec %s %s/seen/report stay\n", place->probe,
	    directory);
	make_file("script", 0755, path);
	free(path);
}

static void
make_environment(void)
{
	const char *test = getenv("DAEMONIZE_TEST");

	/* What the tests find a leftover by, where one of them runs us. */
	if ((environ = calloc(4, sizeof(*environ))) == NULL)
		err(2, "calloc");
	environ[0] = "PATH=/usr/bin:/bin";
	environ[1] = text_of("XDG_STATE_HOME=%s/state", directory);
	if (test != NULL)
		environ[2] = text_of("DAEMONIZE_TEST=%s", test);
}

/* A port that no process serves. */
static int
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Without IPv4 there is no set that could do with it. */
	if (fd == -1 || bind(fd, (struct sockaddr *)&address, size) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) == -1)
		address.sin_port = htons(1);
	if (fd != -1)
		close(fd);
	return ntohs(address.sin_port);
}

bool
place_enter(const struct place *where, int worker, struct launch *launch)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t child;

	place = where;
	port = free_port();
	/* Orphans are ours, and what happens to them is heard of. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigaction(SIGCHLD, &plain, NULL);
	sigprocmask(SIG_BLOCK, &child, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		err(3, "prctl(PR_SET_CHILD_SUBREAPER)");

	umask(022);
	make_files(worker);
	make_environment();
	launch->directory = directory;
	launch->report = "seen/report";
	launch->out = memfd_create("out", MFD_CLOEXEC);
	launch->messages = memfd_create("messages", MFD_CLOEXEC);
	if (launch->out == -1 || launch->messages == -1)
		err(2, "memfd_create");
	return make_view();
}

/* A word of a set, to free(3). */
static char *
expand(const char *word)
{
	int length = (int)strcspn(word, "@%#");
	char host[HOST_NAME_MAX + 1] = "";

	if (word[length] == '@')
		return text_of("%.*s%s%s", length, word, directory,
		    word + length + 1);
	if (word[length] == '%')
		return text_of("%.*s%d%s", length, word, port,
		    word + length + 1);
	if (word[length] == '#') {
		if (gethostname(host, sizeof(host) - 1) == -1)
			err(2, "gethostname");
		return text_of("%.*s%s%s", length, word, host,
		    word + length + 1);
	}
	return text_of("%s", word);
}

const char *
place_pidfile(const struct set *set)
{
	static const struct set *of;
	static char *path;

	if (set->pidfile == NULL)
		return NULL;
	if (of != set) {
		free(path);
		path = expand(set->pidfile);
		of = set;
	}
	return path;
}

void
place_clean(const struct set *set, const struct launch *launch)
{
	static const char *const files[] = { "pid", "pid.record", "lock",
	    "out", "err", "seen/report", "seen/report.tmp", "seen/old",
	    "seen/ready", "seen/socket" };
	const char *pidfile = place_pidfile(set);
	char path[PATH_MAX], *slash;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(files[i]);
	/* A named instance's directories are made anew each time. */
	if (pidfile == NULL)
		pidfile = "pid";
	snprintf(path, sizeof(path), "%s.record", pidfile);
	unlink(path);
	snprintf(path, sizeof(path), "%s", pidfile);
	unlink(path);
	while ((slash = strrchr(path, '/')) != NULL && slash > path) {
		*slash = '\0';
		(void)rmdir(path);
	}
	if (ftruncate(launch->out, 0) == -1 ||
	    ftruncate(launch->messages, 0) == -1 ||
	    lseek(launch->out, 0, SEEK_SET) == -1 ||
	    lseek(launch->messages, 0, SEEK_SET) == -1)
		err(2, "memfd");
}

/* Without --ready: what is executed. */
static const char *
executable(const struct set *set)
{
	switch (set->command) {
	case PROBE_IN_ROOT:
		return "/probe";
	case SCRIPT:
		return "./script";
	case BAD_INTERPRETER:
		return "./bad";
	default:
		return place->probe;
	}
}

char *const *
place_command(const struct set *set)
{
	static char *argv[OPTIONS + 10];
	int argc = 0, i;

	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	argv[argc++] = text_of("%s", place->daemonize);
	for (i = 0; set->options[i] != NULL; i++)
		argv[argc++] = expand(set->options[i]);
	if (set->ready != NULL) {
		argv[argc++] = text_of("--ready");
		argv[argc++] = expand(set->ready);
		argv[argc++] = text_of("%s/bin/inject", place->directory);
		argv[argc++] = text_of("become");
		argv[argc++] = expand(set->ready);
	}
	argv[argc++] = text_of("%s", executable(set));
	argv[argc++] = text_of("%s/seen/report",
	    set->command == PROBE_IN_ROOT ? "" : directory);
	argv[argc++] = text_of("stay");
	argv[argc] = NULL;
	return argv;
}

char *const *
place_verb(const struct set *set, const char *verb)
{
	static char *argv[5];
	int i;

	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	argv[0] = text_of("%s", place->daemonize);
	argv[1] = text_of("-p");
	argv[2] = text_of("%s", place_pidfile(set));
	argv[3] = text_of("%s", verb);
	argv[4] = NULL;
	return argv;
}

bool
place_has_ready(const struct launch *launch)
{
	char *argv[] = { place->daemonize, "--ready=exec", "--explain",
	    "/bin/sh", NULL };
	struct launch plain = *launch;

	plain.argv = argv;
	return launch_plain(&plain) == 0;
}

pid_t
place_start_old(const struct launch *launch)
{
	char *report = text_of("%s/seen/old", directory), text[16] = "";
	char *argv[] = { place->daemonize, "-p", "pid", place->probe,
	    report, "stay", NULL };
	struct launch old = *launch;
	ssize_t length;
	int fd;

	old.argv = argv;
	if (launch_plain(&old) != 0 ||
	    (fd = open("pid", O_RDONLY | O_CLOEXEC)) == -1)
		errx(2, "cannot launch what is to be replaced");
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	free(report);
	return length > 0 ? atoi(text) : 0;
}
