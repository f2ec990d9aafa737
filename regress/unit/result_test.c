/* SPDX-License-Identifier: ISC */
/* Lines and result codes: which count, and which only look like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialer/result.h"

/* Feed all of it; the code of the last complete line, and how many came. */
static enum result_code
feed(struct result_reader *r, const char *text, size_t len, int *lines)
{
	enum result_code code = RESULT_NONE;
	size_t i;

	*lines = 0;
	for (i = 0; i < len; i++)
		if (result_byte(r, (uint8_t)text[i])) {
			++*lines;
			code = result_of_line(r);
		}
	return code;
}

static enum result_code
code_of(const char *text)
{
	struct result_reader r;
	int lines;

	result_reset(&r);
	return feed(&r, text, strlen(text), &lines);
}

static void
words(void **state)
{
	static const struct {
		const char *text;
		enum result_code code;
	} t[] = {
		{ "OK\r\n", RESULT_OK },
		{ "\r\nOK\r\n", RESULT_OK },
		{ "OK  \r", RESULT_OK },
		{ "CONNECT\r", RESULT_CONNECT },
		{ "CONNECT 115200\r", RESULT_CONNECT },
		{ "CONNECT/ARQ\r", RESULT_CONNECT },
		{ "NO CARRIER\n", RESULT_NO_CARRIER },
		{ "ERROR\r", RESULT_ERROR },
		{ "+CME ERROR: SIM busy\r", RESULT_ERROR },
		{ "+CMS ERROR: 500\r", RESULT_ERROR },
		{ "NO DIALTONE\r", RESULT_NO_DIALTONE },
		{ "NO DIAL TONE\r", RESULT_NO_DIALTONE },
		{ "BUSY\r", RESULT_BUSY },
		{ "NO ANSWER\r", RESULT_NO_ANSWER },
		{ "DELAYED\r", RESULT_DELAYED },
		{ "BLACKLISTED\r", RESULT_BLACKLISTED },
		/* only whole lines, from the first character */
		{ "OK", RESULT_NONE },
		{ "OKAY\r", RESULT_NONE },
		{ " OK\r", RESULT_NONE },
		{ "ok\r", RESULT_NONE },
		{ "CONNECTED\r", RESULT_NONE },
		{ "NO CARRIER DETECTED\r", RESULT_NONE },
		{ "an ERROR\r", RESULT_NONE },
		{ "ERROR 5\r", RESULT_NONE },
		{ "BUSY LINE\r", RESULT_NONE },
		/* what comes by itself */
		{ "RING\r", RESULT_NONE },
		{ "+CREG: 1\r", RESULT_NONE },
		{ "^RSSI:17\r", RESULT_NONE },
		{ "PB DONE\r", RESULT_NONE },
		{ "ATD5551234\r", RESULT_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (code_of(t[i].text) != t[i].code)
			fail_msg("%s", t[i].text);
}

static void
digits(void **state)
{
	static const enum result_code codes[] = { RESULT_OK, RESULT_CONNECT,
		RESULT_NONE, RESULT_NO_CARRIER, RESULT_ERROR, RESULT_NONE,
		RESULT_NO_DIALTONE, RESULT_BUSY, RESULT_NO_ANSWER,
		RESULT_NONE };
	struct result_reader r;
	char text[] = "0\r";
	int lines;

	(void)state;
	for (; text[0] <= '9'; text[0]++)
		assert_int_equal(code_of(text), codes[text[0] - '0']);
	assert_int_equal(code_of("10\r"), RESULT_NONE);
	assert_int_equal(code_of("-\r"), RESULT_NONE);
	/* a modem that speaks words does not count */
	result_reset(&r);
	assert_int_equal(feed(&r, "OK\r\n0\r", 6, &lines), RESULT_NONE);
	assert_int_equal(lines, 2);
	/* but a line that is no result is no word yet */
	result_reset(&r);
	assert_int_equal(feed(&r, "RING\r\n0\r", 8, &lines), RESULT_OK);
}

static void
line_ends(void **state)
{
	struct result_reader r;
	int lines;

	(void)state;
	result_reset(&r);
	feed(&r, "\r\n\r\n\n\r", 6, &lines);
	assert_int_equal(lines, 0);
	feed(&r, "OK\r", 3, &lines);
	assert_int_equal(lines, 1);
	assert_int_equal(r.end, '\r');
	feed(&r, "\nBUSY\n", 6, &lines);
	assert_int_equal(lines, 1);
	assert_int_equal(r.end, '\n');
	assert_string_equal(r.line, "BUSY");
}

static void
noise(void **state)
{
	struct result_reader r;
	char text[3 * RESULT_LINE_MAX];
	int lines;

	(void)state;
	/* padding and flow control are nothing at all */
	result_reset(&r);
	assert_int_equal(feed(&r, "\0O\0\021K\023\0\r", 8, &lines), RESULT_OK);
	/* a control or high character spoils its line, and no other */
	result_reset(&r);
	assert_int_equal(feed(&r, "O\033K\r", 4, &lines), RESULT_NONE);
	assert_int_equal(r.noisy, 1);
	assert_int_equal(feed(&r, "\377\377\r", 3, &lines), RESULT_NONE);
	assert_int_equal(lines, 1);
	assert_int_equal(feed(&r, "OK\r", 3, &lines), RESULT_OK);
	assert_int_equal(r.noisy, 0);
	/* too long */
	memset(text, 'O', sizeof(text));
	assert_int_equal(feed(&r, text, sizeof(text), &lines), RESULT_NONE);
	assert_int_equal(feed(&r, "\r", 1, &lines), RESULT_NONE);
	assert_int_equal(lines, 1);
	assert_int_equal(r.noisy, 1);
	assert_int_equal(strlen(r.line), RESULT_LINE_MAX - 1);
	assert_int_equal(feed(&r, "OK\r", 3, &lines), RESULT_OK);
}

static void
texts(void **state)
{
	enum result_code code;
	char line[RESULT_LINE_MAX];

	(void)state;
	assert_string_equal(result_text(RESULT_NONE), "");
	for (code = RESULT_OK; code <= RESULT_BLACKLISTED; code++) {
		snprintf(line, sizeof(line), "%s\r", result_text(code));
		assert_int_equal(code_of(line), code);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(digits),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(noise),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
