/* SPDX-License-Identifier: ISC */
/* What each outcome is worth: the tables, said once more and by hand. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialer/policy.h"

static void
calls(void **state)
{
	static const struct {
		enum result_code code;
		enum policy_step step;
		uint32_t class;
	} t[] = {
		{ RESULT_NONE, POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
		{ RESULT_CONNECT, POLICY_CONNECTED, MSG_LINK_OK },
		{ RESULT_NO_CARRIER, POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
		{ RESULT_ERROR, POLICY_AGAIN, MSG_LINK_BACKOFF },
		{ RESULT_NO_DIALTONE, POLICY_STOP, MSG_LINK_NEXT },
		{ RESULT_BUSY, POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
		{ RESULT_NO_ANSWER, POLICY_NEXT_NUMBER, MSG_LINK_BACKOFF },
		{ RESULT_DELAYED, POLICY_NEXT_NUMBER, MSG_LINK_NEXT },
		{ RESULT_BLACKLISTED, POLICY_NEXT_NUMBER, MSG_LINK_GIVEUP },
	};
	uint32_t class;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(policy_result(t[i].code, &class), t[i].step);
		assert_int_equal(class, t[i].class);
	}
}

static void
combined(void **state)
{
	(void)state;
	assert_int_equal(policy_combine(MSG_LINK_GIVEUP, MSG_LINK_BACKOFF),
	    MSG_LINK_BACKOFF);
	assert_int_equal(
	    policy_combine(MSG_LINK_NEXT, MSG_LINK_GIVEUP), MSG_LINK_NEXT);
	assert_int_equal(
	    policy_combine(MSG_LINK_BACKOFF, MSG_LINK_NEXT), MSG_LINK_BACKOFF);
}

static uint32_t
ended(int status, int was_up, uint32_t up_ms, const char *part)
{
	const struct policy_seen seen = { 0, was_up, up_ms };
	char text[MSG_TEXT_LEN];
	uint32_t class;

	class = policy_pppd(POLICY_EXITED, status, &seen, text, sizeof(text));
	if (strstr(text, part) == NULL)
		assert_string_equal(text, part);
	return class;
}

/* Codes that say nothing by themselves: what was seen decides. */
static void
seen(void **state)
{
	static const int codes[] = { 0, 10, 15, 16 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(
		    ended(codes[i], 0, 0, "exit "), MSG_LINK_BACKOFF);
		assert_int_equal(
		    ended(codes[i], 1, 500, "exit "), MSG_LINK_BACKOFF);
		assert_int_equal(
		    ended(codes[i], 1, 600000, "exit "), MSG_LINK_RETRY);
	}
}

static void
exits(void **state)
{
	static const struct {
		int status;
		uint32_t class;
		const char *part;
	} t[] = {
		{ 1, MSG_LINK_BACKOFF, "exit 1: fatal error" },
		{ 2, MSG_LINK_GIVEUP, "exit 2: bad options" },
		{ 3, MSG_LINK_GIVEUP, "root" },
		{ 4, MSG_LINK_GIVEUP, "kernel" },
		{ 5, MSG_LINK_BACKOFF, "signal" },
		{ 6, MSG_LINK_BACKOFF, "locked" },
		{ 7, MSG_LINK_BACKOFF, "opened" },
		{ 8, MSG_LINK_BACKOFF, "connect script" },
		{ 9, MSG_LINK_GIVEUP, "pty" },
		{ 11, MSG_LINK_GIVEUP, "authenticate" },
		{ 12, MSG_LINK_RETRY, "idle" },
		{ 13, MSG_LINK_RETRY, "time limit" },
		{ 14, MSG_LINK_GIVEUP, "callback" },
		{ 17, MSG_LINK_BACKOFF, "looped" },
		{ 18, MSG_LINK_BACKOFF, "init script" },
		{ 19, MSG_LINK_REFUSED, "exit 19: authentication failed" },
		{ 20, MSG_LINK_GIVEUP, "traffic" },
		{ 21, MSG_LINK_GIVEUP, "caller id" },
		{ 127, MSG_LINK_GIVEUP, "cannot be run" },
		{ 22, MSG_LINK_BACKOFF, "exit 22" },
		{ 128, MSG_LINK_BACKOFF, "exit 128" },
		{ 255, MSG_LINK_BACKOFF, "exit 255" },
		{ -1, MSG_LINK_BACKOFF, "exit -1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(
		    ended(t[i].status, 1, 600000, t[i].part), t[i].class);
}

/* Who refuses and hangs up at once: its hang-up is the exit that is left. */
static void
refused(void **state)
{
	static const struct policy_seen seen = { 1, 0, 0 };
	static const struct {
		const char *line;
		int is;
	} lines[] = {
		{ "CHAP authentication failed", 1 },
		{ "CHAP authentication failed: E=691 R=0", 1 },
		{ "PAP authentication failed", 1 },
		{ "EAP: peer reports authentication failure", 1 },
		{ "CHAP authentication succeeded", 0 },
		{ "Remote message: PAP authentication failed", 0 },
		{ "", 0 },
	};
	char text[MSG_TEXT_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(policy_is_refusal(lines[i].line), lines[i].is);
	assert_int_equal(
	    policy_pppd(POLICY_EXITED, 16, &seen, text, sizeof(text)),
	    MSG_LINK_REFUSED);
	assert_string_equal(text, "exit 16: authentication failed");
	/* what pppd itself knows better stays */
	assert_int_equal(
	    policy_pppd(POLICY_EXITED, 17, &seen, text, sizeof(text)),
	    MSG_LINK_BACKOFF);
	assert_string_equal(text, "exit 17: line is looped back");
}

static void
other_ends(void **state)
{
	static const struct policy_seen none, long_up = { 0, 1, 600000 };
	char text[MSG_TEXT_LEN];

	(void)state;
	assert_int_equal(
	    policy_pppd(POLICY_KILLED, SIGKILL, &long_up, text, sizeof(text)),
	    MSG_LINK_BACKOFF);
	assert_string_equal(text, "killed by signal 9");
	assert_int_equal(
	    policy_pppd(POLICY_GONE, 0, &long_up, text, sizeof(text)),
	    MSG_LINK_RETRY);
	assert_int_equal(policy_pppd(POLICY_GONE, 0, &none, text, sizeof(text)),
	    MSG_LINK_BACKOFF);
	assert_string_equal(text, "ended without a status");
	/* a short buffer is filled, and ended */
	policy_pppd(POLICY_EXITED, 19, &none, text, 8);
	assert_string_equal(text, "exit 19");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(combined),
		cmocka_unit_test(seen),
		cmocka_unit_test(exits),
		cmocka_unit_test(refused),
		cmocka_unit_test(other_ends),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
