/* SPDX-License-Identifier: ISC */
/* A JSON writer; see json.h. */
#include <sys/types.h>

#include <inttypes.h>
#include <time.h>

#include "parent/json.h"

/* Length of the UTF-8 sequence here (RFC 3629), 0 if it is none. */
static int
utf8_len(const unsigned char *s)
{
	int n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void
quoted(FILE *f, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int n;

	fputc('"', f);
	while (*s != '\0') {
		n = utf8_len(s);
		if (n == 0) {
			fputs("\\ufffd", f);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else
			fwrite(s, 1, (size_t)n, f);
		s += n;
	}
	fputc('"', f);
}

static void
begin(struct json *j, const char *key)
{
	if (j->more)
		fputc(',', j->f);
	j->more = 1;
	if (key != NULL) {
		quoted(j->f, key);
		fputc(':', j->f);
	}
}

void
json_open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	fputc(bracket, j->f);
	j->more = 0;
}

void
json_close(struct json *j, char bracket)
{
	fputc(bracket, j->f);
	j->more = 1;
}

void
json_string(struct json *j, const char *key, const char *text)
{
	begin(j, key);
	quoted(j->f, text);
}

void
json_string_or_null(struct json *j, const char *key, const char *text)
{
	if (text[0] == '\0')
		json_null(j, key);
	else
		json_string(j, key, text);
}

void
json_int(struct json *j, const char *key, int64_t n)
{
	begin(j, key);
	fprintf(j->f, "%" PRId64, n);
}

void
json_tenths(struct json *j, const char *key, double n)
{
	begin(j, key);
	fprintf(j->f, "%.1f", n);
}

void
json_ms(struct json *j, const char *key, int64_t ns)
{
	if (ns == 0) {
		json_null(j, key);
		return;
	}
	begin(j, key);
	fprintf(j->f, "%.3f", (double)ns / 1e6);
}

void
json_bool(struct json *j, const char *key, int b)
{
	begin(j, key);
	fputs(b ? "true" : "false", j->f);
}

void
json_null(struct json *j, const char *key)
{
	begin(j, key);
	fputs("null", j->f);
}

void
json_time(struct json *j, const char *key, int64_t wall_ns)
{
	char text[40];
	struct tm tm;
	time_t t = (time_t)(wall_ns / 1000000000);

	if (wall_ns == 0 || gmtime_r(&t, &tm) == NULL) {
		json_null(j, key);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	begin(j, key);
	fprintf(j->f, "\"%s.%03dZ\"", text, (int)(wall_ns / 1000000 % 1000));
}
