/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes the way from argv to a plan, and to what --explain prints of it: an
 * argument a line.  Nothing is executed, opened to write or made: that comes
 * after the plan.
 */
#include "config.h"

#include <sys/types.h>

#include <sanitizer/allocator_interface.h>

#include <err.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/options.h"
#include "instance/name.h"
#include "plan/plan.h"
#include "verbs/verbs.h"
#include "fuzz.h"

#define MAX_ARGUMENTS	256

/*
 * What a plan points to lives until the process ends, which is here not soon:
 * so it is recorded, and freed after each input.
 */
static struct {
	size_t n;
	const volatile void *blocks[16 * MAX_ARGUMENTS];
} allocated;

/* Not what the fuzzer's own threads allocate meanwhile. */
static _Thread_local bool recording;

static void
note_malloc(const volatile void *block, size_t size)
{
	(void)size;
	if (!recording || block == NULL)
		return;
	if (allocated.n == sizeof(allocated.blocks) / sizeof(block))
		abort();
	allocated.blocks[allocated.n++] = block;
}

static void
note_free(const volatile void *block)
{
	size_t i;

	for (i = allocated.n; recording && i > 0; i--)
		if (allocated.blocks[i - 1] == block) {
			allocated.blocks[i - 1] = allocated.blocks[--allocated.n];
			return;
		}
}

static void
free_all(void)
{
	recording = false;
	while (allocated.n > 0)
		free((void *)(uintptr_t)allocated.blocks[--allocated.n]);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char path[] = "PATH=/usr/bin:/bin", *environment[] = { path,
	    NULL };
	gid_t group;
	int n = 1;

	(void)argc;
	(void)argv;
	environ = environment;
	/*
	 * What libraries allocate once is theirs: stdio its buffer, the user
	 * databases the libraries that they load for a name that is not found.
	 */
	(void)puts("");
	(void)getpwnam("nosuchuser");
	(void)getpwuid((uid_t)-2);
	(void)getgrnam("nosuchgroup");
	(void)getgrouplist("nosuchuser", 0, &group, &n);
	if (!__sanitizer_install_malloc_and_free_hooks(note_malloc, note_free))
		errx(2, "cannot watch malloc");
	return 0;
}

/* Makes getopt_long(3) start anew. */
static void
reset_getopt(void)
{
	static char name[] = "daemonize", *none[] = { name, NULL };

	optind = 0;
	(void)getopt(1, none, "");
	optind = 1;
}

static void
try(int argc, char **argv)
{
	static const struct caller caller;
	static struct plan plan;
	struct config config;
	const char *reason;

	reset_getopt();
	if (options_parse(&config, argc, argv) != STATUS_DONE)
		return;
	if (config.name != NULL)
		config.pidfile = name_pidfile(config.name, &reason);
	if (config.verb != VERB_LAUNCH && config.verb != VERB_EXPLAIN)
		return;
	/* They would take a descriptor of ours, and ask the network. */
	if (config.ready.method == &fd_method ||
	    config.ready.method == &tcp_method)
		config.ready.method = &exec_method;
	if (plan_make(&plan, &config, &caller) == STATUS_DONE) {
		assert(plan.path[0] == '/' && plan.argv[0] != NULL);
		explain(&plan, config.json);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "daemonize";
	char *argv[MAX_ARGUMENTS + 2], *strings[MAX_ARGUMENTS];
	const uint8_t *end;
	int argc = 1, i;

	argv[0] = name;
	for (; size > 0 && argc <= MAX_ARGUMENTS; argc++) {
		end = memchr(data, '\n', size);
		if (end == NULL)
			end = data + size;
		argv[argc] = fuzz_string(data, (size_t)(end - data));
		strings[argc - 1] = argv[argc];
		size -= (size_t)(end - data);
		data = end;
		if (size > 0) {
			data++;
			size--;
		}
	}
	argv[argc] = NULL;
	recording = true;
	try(argc, argv);
	free_all();
	for (i = 0; i < argc - 1; i++)
		free(strings[i]);
	return 0;
}
