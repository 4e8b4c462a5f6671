# SPDX-License-Identifier: BSD-2-Clause
# The tests: a new file is added here, and nowhere else.

# The witness, and what brings a caller into a bad state.
check_PROGRAMS = \
	tests/bin/atcall \
	tests/bin/atonce \
	tests/bin/backoff \
	tests/bin/badcaller \
	tests/bin/deny \
	tests/bin/exchange \
	tests/bin/forms \
	tests/bin/idle \
	tests/bin/inject \
	tests/bin/interleave-tracer \
	tests/bin/lines \
	tests/bin/notifier \
	tests/bin/onpty \
	tests/bin/probe \
	tests/bin/stubborn \
	tests/bin/torn
# EOL

# Built and linked as the program is, to compare their memory.
tests_bin_idle_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_LDFLAGS)
tests_bin_idle_LDADD = $(LDADD) $(LIBBSD_LIBS)
tests_bin_idle_SOURCES = bench/idle.c

tests_bin_inject_SOURCES = \
	tests/faults/calls.c \
	tests/faults/judge.c \
	tests/faults/ready.c \
	tests/faults/record.c \
	tests/faults/sets.c \
	tests/faults/supervised.c \
	tests/faults/trace.c \
	tests/faults/inject.c \
	tests/faults/inject.h \
	tests/lib/noted.h \
	tests/lib/registers.h
# EOL

tests_bin_interleave_tracer_SOURCES = \
	tests/faults/record.c \
	tests/interleave/calls.c \
	tests/interleave/files.c \
	tests/interleave/judge.c \
	tests/interleave/judge.h \
	tests/interleave/log.c \
	tests/interleave/log.h \
	tests/interleave/memory.c \
	tests/interleave/other.c \
	tests/interleave/other.h \
	tests/interleave/run.c \
	tests/interleave/scenarios.c \
	tests/interleave/search.c \
	tests/interleave/step.c \
	tests/interleave/trace.c \
	tests/interleave/trace.h \
	tests/interleave/main.c \
	tests/lib/filter.h \
	tests/interleave/interleave.h \
	tests/lib/noted.h \
	tests/lib/registers.h
# EOL

tests_bin_deny_SOURCES = tests/bin/deny.c tests/lib/filter.h

tests_bin_backoff_LDADD = $(LDADD) $(LIBOBJS) $(LIBBSD_LIBS)
tests_bin_backoff_SOURCES = src/base/number.c src/base/word.c \
	src/process/policy.c src/process/schedule.c src/process/signals.c \
	tests/bin/backoff.c

tests_bin_torn_LDADD = $(LDADD) $(LIBOBJS) $(LIBBSD_LIBS)
tests_bin_torn_SOURCES = src/base/checksum.c src/base/number.c \
	src/instance/record.c tests/bin/torn.c

tests_bin_stubborn_CFLAGS = $(AM_CFLAGS) -pthread
tests_bin_stubborn_LDFLAGS = $(AM_LDFLAGS) -pthread
# Only with --enable-sanitize it is linked, and then to all of them.
EXTRA_tests_bin_probe_SOURCES = tests/bin/sanitize.c

# make check fails if a tests/*/*.bats is not in this list.
bats_files = \
	tests/docs/ansible.bats \
	tests/docs/build.bats \
	tests/docs/completion.bats \
	tests/docs/docs.bats \
	tests/docs/examples.bats \
	tests/docs/initscript.bats \
	tests/docs/package.bats \
	tests/faults/faults.bats \
	tests/instance/forged.bats \
	tests/instance/instance.bats \
	tests/instance/races.bats \
	tests/instance/record.bats \
	tests/instance/replace.bats \
	tests/interleave/interleave.bats \
	tests/launch/cli.bats \
	tests/launch/compat.bats \
	tests/launch/compose.bats \
	tests/launch/env-file.bats \
	tests/launch/errors.bats \
	tests/launch/exec.bats \
	tests/launch/files.bats \
	tests/launch/hints.bats \
	tests/launch/hostile.bats \
	tests/launch/hosts.bats \
	tests/launch/identity.bats \
	tests/launch/launching.bats \
	tests/launch/rights.bats \
	tests/launch/servers.bats \
	tests/launch/system-calls.bats \
	tests/launch/text.bats \
	tests/launch/tty.bats \
	tests/log/log.bats \
	tests/log/loggers.bats \
	tests/ready/ready-cli.bats \
	tests/ready/ready-notify.bats \
	tests/ready/ready-servers.bats \
	tests/ready/ready.bats \
	tests/steps/1-signals.bats \
	tests/steps/2-sigchld.bats \
	tests/steps/3-background.bats \
	tests/steps/4-session.bats \
	tests/steps/5-refork.bats \
	tests/steps/6-umask.bats \
	tests/steps/7-fds.bats \
	tests/steps/8-chdir.bats \
	tests/steps/9-stdio.bats \
	tests/supervise/restart.bats \
	tests/supervise/supervise-memory.bats \
	tests/supervise/supervise-races.bats \
	tests/supervise/supervise-servers.bats \
	tests/supervise/supervise-signals.bats \
	tests/supervise/supervise.bats \
	tests/verbs/check.bats \
	tests/verbs/control-races.bats \
	tests/verbs/control-status.bats \
	tests/verbs/control-stop.bats \
	tests/verbs/control.bats \
	tests/verbs/explain.bats \
	tests/verbs/json.bats \
	tests/verbs/several.bats \
	tests/verbs/tail.bats \
	tests/verbs/unit.bats
# EOL

# `make check TESTS=...` runs some of them; the distribution has them all.
TESTS = $(bats_files)
dist_check_DATA = \
	tests/lib/ask.bash \
	tests/lib/helpers.bash \
	tests/lib/logged.bash \
	tests/lib/options.bash \
	tests/bin/silentfs.py \
	tests/lib/ssh.bash \
	tests/bin/syslogd.py \
	tests/lib/supervised.bash \
	tests/bin/typist.py \
	$(bats_files)
# EOL

TEST_EXTENSIONS = .bats
# bats exits with 1 where a test failed, which would count as one more.
BATS_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' \
	$(SHELL) $(top_srcdir)/build-aux/tap-driver.sh --ignore-exit
BATS_LOG_COMPILER = $(BATS)
AM_BATS_LOG_FLAGS = --tap
AM_TESTS_ENVIRONMENT = \
	DAEMONIZE='$(abs_builddir)/daemonize'; export DAEMONIZE; \
	PROBE='$(abs_builddir)/tests/bin/probe'; export PROBE; \
	HELPERS_DIR='$(abs_builddir)/tests/bin'; export HELPERS_DIR; \
	SOURCE_DIR='$(abs_srcdir)'; export SOURCE_DIR;

# A suite that does not run must not look like one that passes.
check_DATA = check-bats check-list
.PHONY: check-bats check-list
check-bats:
	@test -n '$(BATS)' || { echo 'make check needs bats' >&2; exit 1; }
check-list:
	@cd '$(srcdir)' && for file in tests/*/*.bats; do \
	    case ' $(bats_files) ' in *" $$file "*) ;; \
	    *) echo "tests/local.mk: bats_files lacks $$file" >&2; exit 1 ;; \
	    esac; done

# A sanitizer may find something in a process of any user.
if SANITIZE
check_DATA += tests/reports
tests/reports:
	@$(MKDIR_P) $@ && chmod 1777 $@
endif

EXTRA_DIST += \
	tests/.shellcheckrc \
	tests/bin/complete.fish \
	tests/bin/complete.zsh \
	tests/faults/run \
	tests/interleave/run \
	tests/run
# EOL
