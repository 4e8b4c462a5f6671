# SPDX-License-Identifier: BSD-2-Clause
# `make fuzz' builds the targets, with configure CC=clang; tests/fuzz/run does
# all of it.  They are linked with the parts of the program, compiled again.
fuzz_programs = \
	tests/fuzz/interpreter \
	tests/fuzz/notify \
	tests/fuzz/options \
	tests/fuzz/pidfile \
	tests/fuzz/proc \
	tests/fuzz/record \
	tests/fuzz/relay \
	tests/fuzz/schedule
# EOL

EXTRA_PROGRAMS = $(fuzz_programs)
EXTRA_LIBRARIES = tests/fuzz/libparts.a

FUZZ_CFLAGS = -Wall -Wextra -U_FORTIFY_SOURCE \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_LDADD = tests/fuzz/libparts.a $(LIBOBJS) $(LIBBSD_LIBS)

tests_fuzz_libparts_a_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_libparts_a_SOURCES = $(parts)

tests_fuzz_interpreter_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_interpreter_LDADD = $(FUZZ_LDADD)
tests_fuzz_interpreter_SOURCES = tests/fuzz/fuzz.h tests/fuzz/interpreter.c

tests_fuzz_notify_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_notify_LDADD = $(FUZZ_LDADD)

tests_fuzz_options_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_options_LDADD = $(FUZZ_LDADD)

tests_fuzz_pidfile_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_pidfile_LDADD = $(FUZZ_LDADD)

tests_fuzz_proc_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_proc_LDADD = $(FUZZ_LDADD)

tests_fuzz_record_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_record_LDADD = $(FUZZ_LDADD)

tests_fuzz_relay_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_relay_LDADD = $(FUZZ_LDADD)
tests_fuzz_relay_SOURCES = tests/fuzz/fuzz.h tests/fuzz/relay.c

tests_fuzz_schedule_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_schedule_LDADD = $(FUZZ_LDADD)

.PHONY: fuzz
fuzz:
	@echo 'int x;' | $(CC) -fsanitize=fuzzer -x c -c -o /dev/null - || \
	    { echo 'make fuzz needs configure CC=clang' >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) $(fuzz_programs)
CLEANFILES = $(EXTRA_PROGRAMS) $(EXTRA_LIBRARIES)

EXTRA_DIST += \
	tests/fuzz/interpreter.corpus \
	tests/fuzz/notify.corpus \
	tests/fuzz/options.corpus \
	tests/fuzz/pidfile.corpus \
	tests/fuzz/proc.corpus \
	tests/fuzz/record.corpus \
	tests/fuzz/relay.corpus \
	tests/fuzz/schedule.corpus \
	tests/fuzz/run
# EOL
