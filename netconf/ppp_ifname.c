/* SPDX-License-Identifier: ISC */
/* Words of option files, as pppd(8) reads them; see ppp_ifname.h. */
#include <sys/types.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "netconf/ppp_ifname.h"

/* Behind blanks and comments. */
static int
first(FILE *f)
{
	int c;

	do {
		c = getc(f);
		if (c == '#')
			while ((c = getc(f)) != EOF && c != '\n')
				;
	} while (c != EOF && isspace(c));
	return c;
}

/* Unquoted, and cut off where it is longer; false: there is none left. */
static bool
next(FILE *f, char *word, size_t size)
{
	int c = first(f), quote = '\0';
	size_t n = 0;

	if (c == EOF)
		return false;
	for (; c != EOF; c = getc(f)) {
		if (quote == '\0' && (isspace(c) || c == '#'))
			break;
		if (quote == '\0' && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (c == quote) {
			quote = '\0';
			continue;
		}
		if (c == '\\' && (c = getc(f)) == EOF)
			break;
		if (n < size - 1)
			word[n++] = (char)c;
	}
	ungetc(c, f); /* a comment may begin with it */
	word[n] = '\0';
	return true;
}

int
ppp_ifname(FILE *f, char name[IFNAMSIZ])
{
	char word[IFNAMSIZ];

	while (next(f, word, sizeof(word))) {
		if (strcmp(word, "file") == 0 || strcmp(word, "call") == 0)
			return -1;
		if (strcmp(word, "ifname") == 0)
			(void)next(f, name, IFNAMSIZ);
	}
	return 0;
}
