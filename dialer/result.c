/* SPDX-License-Identifier: ISC */
/*
 * Lines and result codes.  Matched from a line's first character, and to its
 * last where nothing may follow: "NO CARRIER" said by a login banner in the
 * middle of a sentence is none.
 */
#include <sys/types.h>

#include <string.h>

#include "dialer/result.h"

#define CHAR_NUL  0x00 /* padding of old modems, and what a break leaves */
#define CHAR_XON  0x11 /* flow control that was meant for a driver */
#define CHAR_XOFF 0x13
#define CHAR_FLAG 0x7e /* around each frame, RFC 1662 4.1 */

static const struct {
	const char *text;
	const char *after; /* what may stand behind it, besides nothing */
	enum result_code code;
} words[] = {
	{ "OK", "", RESULT_OK },
	{ "CONNECT", " /", RESULT_CONNECT },
	{ "NO CARRIER", "", RESULT_NO_CARRIER },
	{ "ERROR", "", RESULT_ERROR },
	{ "+CME ERROR", ":", RESULT_ERROR },
	{ "+CMS ERROR", ":", RESULT_ERROR },
	{ "NO DIALTONE", "", RESULT_NO_DIALTONE },
	{ "NO DIAL TONE", "", RESULT_NO_DIALTONE },
	{ "BUSY", "", RESULT_BUSY },
	{ "NO ANSWER", "", RESULT_NO_ANSWER },
	{ "DELAYED", " :", RESULT_DELAYED },
	{ "BLACKLISTED", " :", RESULT_BLACKLISTED },
};

/*
 * V.250 table 1.  Higher numbers differ from vendor to vendor, so they are
 * left alone: V1 is asked for first of all.
 */
static const enum result_code digits[] = {
	[0] = RESULT_OK,
	[1] = RESULT_CONNECT,
	[3] = RESULT_NO_CARRIER,
	[4] = RESULT_ERROR,
	[6] = RESULT_NO_DIALTONE,
	[7] = RESULT_BUSY,
	[8] = RESULT_NO_ANSWER,
};

void
result_reset(struct result_reader *r)
{
	memset(r, 0, sizeof(*r));
}

static void
trim(struct result_reader *r)
{
	while (r->len > 0 && r->line[r->len - 1] == ' ')
		r->len--;
	r->line[r->len] = '\0';
}

int
result_byte(struct result_reader *r, uint8_t byte)
{
	if (r->end != '\0') {
		r->len = 0;
		r->noisy = 0;
		r->end = '\0';
	}
	switch (byte) {
	case '\r':
	case '\n':
		trim(r);
		if (r->len == 0 && !r->noisy)
			return 0;
		r->end = (char)byte;
		return 1;
	case CHAR_NUL:
	case CHAR_XON:
	case CHAR_XOFF:
		return 0;
	}
	r->flags += byte == CHAR_FLAG;
	if (byte < 0x20 || byte > 0x7e || r->len == sizeof(r->line) - 1)
		r->noisy = 1;
	else
		r->line[r->len++] = (char)byte;
	return 0;
}

static enum result_code
word(const char *line)
{
	size_t i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = strlen(words[i].text);
		if (strncmp(line, words[i].text, len) == 0 &&
		    (line[len] == '\0' ||
			strchr(words[i].after, line[len]) != NULL))
			return words[i].code;
	}
	return RESULT_NONE;
}

const char *
result_text(enum result_code code)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].code == code)
			return words[i].text;
	return "";
}

enum result_code
result_of_line(struct result_reader *r)
{
	enum result_code code;
	size_t digit;

	if (r->noisy)
		return RESULT_NONE;
	if ((code = word(r->line)) != RESULT_NONE) {
		r->verbose = 1;
		return code;
	}
	if (r->verbose || r->len != 1 || r->line[0] < '0')
		return RESULT_NONE;
	digit = (size_t)(r->line[0] - '0');
	return digit < sizeof(digits) / sizeof(digits[0]) ? digits[digit]
							  : RESULT_NONE;
}
