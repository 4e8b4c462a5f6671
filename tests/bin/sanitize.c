/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --enable-sanitize links to every program: the options of the
 * sanitizers.  Not the environment, which the tests clear and compare.
 *
 * A report goes into a file, whatever stderr is; the teardown of the tests
 * looks for them.  No leaks: what a plan points to lives until the process
 * ends, and the search for them fails in a process that is traced.
 */
#ifndef SANITIZER_REPORTS
#define SANITIZER_REPORTS	"."	/* for what only reads this */
#endif
#define OPTIONS	"log_path=" SANITIZER_REPORTS "/report:exitcode=86" \
		":detect_leaks=0:print_stacktrace=1"

const char	*__asan_default_options(void);
const char	*__ubsan_default_options(void);

const char *
__asan_default_options(void)
{
	return OPTIONS;
}

const char *
__ubsan_default_options(void)
{
	return OPTIONS;
}
