/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into a static program, glibc would load the modules that nsswitch.conf(5)
 * names: those of another version, or with thread-local data, crash it.  This
 * restricts it to what it has itself: /etc/passwd, /etc/group, /etc/hosts, DNS.
 */
#ifndef STATIC_NSS_H
#define STATIC_NSS_H

#ifdef STATIC_GLIBC
void	nss_load_nothing(void);
#else
#define nss_load_nothing()	((void)0)
#endif

#endif
