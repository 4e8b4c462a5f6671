/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of others, made safe for a terminal: nothing is left that it obeys. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Each byte may become \xNN. */
#define ESCAPED_SIZE(n)	(4 * (n) + 1)

/*
 * The length of the UTF-8 character (RFC 3629) that the length bytes at text
 * begin with, and its code point; 0: they begin with none.
 */
size_t	utf8_read(const char *text, size_t length, unsigned long *code);

/* Is it a control character (C0, DEL, C1), or one that reorders a line? */
bool	utf8_is_control(unsigned long code);

/* Is all of the text UTF-8, and with controls false without a control? */
bool	utf8_is_text(const char *text, bool controls);

/*
 * The length of the character at the beginning of text that a terminal shows
 * and does not obey; 0: the first byte must not get there.  ASCII is shown
 * everywhere; the rest of UTF-8 if LC_ALL, LC_CTYPE and LANG name no other
 * charset (another one's terminal would read controls in its bytes).
 */
size_t	printable(const char *text, size_t length);

/* Replace each byte that must not get to a terminal by `?`, in place. */
void	make_printable(char *text);

/*
 * Copy length bytes as a string to out, cut to size bytes: a byte that must
 * not get to a terminal becomes \xNN, a tab a blank.
 */
void	escape(const char *text, size_t length, char *out, size_t size);

#define LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

/* How a word is quoted for its reader, such as a shell. */
struct quoting {
	const char *quote;		/* before it; its last byte after it */
	const char *escaped;		/* these get a backslash */
	const char *format;		/* of a byte that is not printable */
};

/*
 * Print a word on stdout, in quotes if need be; these bytes are doubled.  What
 * is printed contains nothing that a terminal obeys.
 */
void	print_quoted(const char *word, const struct quoting *,
	    const char *doubled);

#endif
