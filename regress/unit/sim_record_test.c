/* SPDX-License-Identifier: ISC */
/* When a PIN may be said, and when never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netconf/sim_record.h"

#define CARD  "8949020000012345678"
#define OTHER "8949020000099999999"
#define THEN  1000
#define LATER 2000

static struct sim_record r;
static char why[MSG_TEXT_LEN];

static int
reset(void **state)
{
	(void)state;
	memset(&r, 0, sizeof(r));
	why[0] = '\0';
	return 0;
}

static struct msg_sim
card(const char *iccid, uint32_t tries)
{
	struct msg_sim s = { .uplink = 1, .gen = 1, .tries = tries };

	strlcpy(s.iccid, iccid, sizeof(s.iccid));
	return s;
}

static int
allows(const char *iccid, uint32_t tries, int64_t written)
{
	struct msg_sim s = card(iccid, tries);

	return sim_record_allows(&r, &s, written, why, sizeof(why)) == 0;
}

static void
try(const char *iccid, uint32_t tries, int64_t written)
{
	struct msg_sim s = card(iccid, tries);

	sim_record_try(&r, &s, written);
}

static int
use(const char *iccid, int64_t written, int *other)
{
	struct msg_sim s = card(iccid, 3);

	return sim_record_used(&r, &s, written, other);
}

static void
first_card(void **state)
{
	(void)state;
	assert_true(allows(CARD, 3, THEN));
	assert_true(allows(CARD, 2, THEN));
	assert_true(allows(CARD, MSG_TRIES_UNKNOWN, THEN));
}

static void
last_try(void **state)
{
	int other;

	(void)state;
	assert_false(allows(CARD, 1, THEN));
	assert_non_null(strstr(why, "1 try left"));
	assert_false(allows(CARD, 0, THEN));
	use(CARD, THEN, &other);
	assert_false(allows(CARD, 1, THEN));
	assert_false(allows(CARD, 1, LATER));
}

static void
no_number(void **state)
{
	(void)state;
	assert_false(allows("", 3, THEN));
}

static void
another_card(void **state)
{
	int other;

	(void)state;
	assert_int_equal(use(CARD, THEN, &other), 1);
	assert_false(other);
	assert_true(allows(CARD, 3, THEN));
	assert_false(allows(OTHER, 3, THEN));
	assert_non_null(strstr(why, "SIM changed, it ends in 9999"));
	assert_null(strstr(why, OTHER));
	/* the PIN's file was written since: that is for this one */
	assert_true(allows(OTHER, 3, LATER));
	assert_int_equal(use(OTHER, LATER, &other), 1);
	assert_true(other);
	assert_false(allows(CARD, 3, LATER));
}

static void
refused_before(void **state)
{
	int other;

	(void)state;
	try(CARD, 3, THEN);
	assert_false(allows(CARD, 2, THEN)); /* it was wrong */
	assert_true(allows(CARD, 3, THEN)); /* it was never said */
	assert_false(allows(CARD, MSG_TRIES_UNKNOWN, THEN));
	assert_true(allows(CARD, 2, LATER)); /* another PIN */
	try(CARD, MSG_TRIES_UNKNOWN, THEN);
	assert_false(allows(CARD, 3, THEN));
	/* proved after all */
	assert_int_equal(use(CARD, THEN, &other), 1);
	assert_true(allows(CARD, 2, THEN));
	assert_int_equal(use(CARD, THEN, &other), 0);
}

static void
kept(void **state)
{
	struct sim_record back;
	char *text;
	size_t len;
	FILE *f;
	int other;

	(void)state;
	use(CARD, THEN, &other);
	try(OTHER, 3, LATER);
	assert_non_null(f = open_memstream(&text, &len));
	sim_record_print(f, &r);
	fclose(f);
	assert_string_equal(
	    text, "used " CARD " 1000\ntried " OTHER " 2000 3\n");
	assert_int_equal(sim_record_parse(text, &back), 0);
	assert_memory_equal(&back, &r, sizeof(r));
	free(text);
}

static void
damaged(void **state)
{
	static const char *const texts[] = { "used", "used x 1\n",
		"used " CARD "\n", "used " CARD " -1\n", "used " CARD " 1 2\n",
		"tried " CARD " 1\n", "tried " CARD " 1 4294967296\n",
		"tried " CARD " 1 2 3\n", "other " CARD " 1\n",
		"used 89490200000123456789012345 1\n", "\x01\x02" };
	size_t i;

	(void)state;
	assert_int_equal(sim_record_parse("", &r), 0);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(sim_record_parse(texts[i], &r), -1);
	/* what can be read counts */
	assert_int_equal(
	    sim_record_parse("\x01\nused " CARD " 1000\n", &r), -1);
	assert_false(allows(OTHER, 3, THEN));
}

#define T(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(first_card), T(last_try),
		T(no_number), T(another_card), T(refused_before), T(kept),
		T(damaged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
