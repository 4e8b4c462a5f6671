/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs beside our program: the command, and others that are not ours. */
#ifndef INTERLEAVE_OTHER_H
#define INTERLEAVE_OTHER_H

/*
 * stay; end: exits at once; once FILE: so it does where there is no FILE;
 * lines, long-lines: writes those, with pauses; the last ones, or with `first'
 * all of them, once it is told to by SIGUSR1.
 */
void	be_command(int argc, char *argv[]) __attribute__((noreturn));

/*
 * take FILE: takes the pid in it, once its process has ended.
 * kill RECORD COMMAND...: kills its supervisor, then becomes that.
 * follow FILE PIDFILE: opens it, tells the command, then reads its lines as
 * `tail -F' does, up to the last one.
 * rename FILE PIDFILE, create FILE PIDFILE: moves it as logrotate(8) does, then
 * tells the command; create: it creates the new one, too.
 */
void	be_other(int argc, char *argv[]) __attribute__((noreturn));

#endif
