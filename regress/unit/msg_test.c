/* SPDX-License-Identifier: ISC */
/*
 * What a message may hold: for each kind a good one passes, and the same
 * with one field out of its range does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/imsg.h"
#include "common/msg.h"

#define NO_UPLINK CONF_UPLINKS_MAX
#define ODD_ADDR  ((struct addr){ .family = 99 })
#define V4        ((struct addr){ .family = AF_INET })

/* good, with one field changed, is not valid. */
#define REFUSED(kind, good, field, value)              \
	do {                                           \
		struct msg_##kind m_ = (good);         \
                                                       \
		m_.field = (value);                    \
		assert_false(msg_##kind##_valid(&m_)); \
	} while (0)
#define TAKEN(kind, good, field, value)               \
	do {                                          \
		struct msg_##kind m_ = (good);        \
                                                      \
		m_.field = (value);                   \
		assert_true(msg_##kind##_valid(&m_)); \
	} while (0)

/* A string without its end, and one that would move the cursor. */
#define TEXT_CHECKED(kind, good, field)                  \
	do {                                             \
		struct msg_##kind m_ = (good);           \
                                                         \
		memset(m_.field, 'x', sizeof(m_.field)); \
		assert_false(msg_##kind##_valid(&m_));   \
		m_.field[sizeof(m_.field) - 1] = '\0';   \
		assert_true(msg_##kind##_valid(&m_));    \
		m_.field[1] = '\n';                      \
		assert_false(msg_##kind##_valid(&m_));   \
		m_.field[1] = '\033';                    \
		assert_false(msg_##kind##_valid(&m_));   \
		m_.field[1] = 0x7f;                      \
		assert_false(msg_##kind##_valid(&m_));   \
	} while (0)

static void
test_names(void **state)
{
	uint32_t i, j;

	(void)state;
	assert_string_equal(msg_name(IMSG_NONE), "NONE");
	assert_string_equal(msg_name(IMSG_ROUND), "ROUND");
	assert_string_equal(msg_name(IMSG_CTL_RESULT), "CTL_RESULT");
	assert_string_equal(msg_name(IMSG_TYPE_MAX), "unknown");
	assert_string_equal(msg_name(UINT32_MAX), "unknown");
	for (i = 0; i < IMSG_TYPE_MAX; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(msg_name(i), msg_name(j));
	assert_string_equal(msg_cause_text(MSG_CAUSE_NO_ROUTE), "no route");
	assert_string_equal(msg_cause_text(MSG_CAUSE_MAX), "unknown");
	assert_string_equal(msg_cause_text(UINT32_MAX), "unknown");
}

/* One that the parent could not even print must not be sendable. */
static void
test_every_message_fits(void **state)
{
	(void)state;
	assert_true(
	    sizeof(struct conf_uplink) + IMSG_HEADER_SIZE <= MAX_IMSGSIZE);
	assert_true(
	    sizeof(struct conf_global) + IMSG_HEADER_SIZE <= MAX_IMSGSIZE);
	assert_true(
	    sizeof(struct msg_round) + IMSG_HEADER_SIZE <= MAX_IMSGSIZE);
}

static void
test_text(void **state)
{
	(void)state;
	assert_true(msg_text_valid("", 1));
	assert_true(msg_text_valid("a", 2));
	assert_false(msg_text_valid("a", 1));
	assert_false(msg_text_valid("", 0));
	assert_false(msg_text_valid("a\tb", 4));
	assert_true(msg_text_valid("\303\244", 3));
}

static void
test_facts(void **state)
{
	static const struct msg_facts good = { .uplink = 0,
		.ifindex = 3,
		.up = 1,
		.carrier = 1,
		.ifname = "eth1",
		.family = {
		    { .address = { .family = AF_INET }, .prefixlen = 24 } } };

	(void)state;
	assert_true(msg_facts_valid(&good));
	REFUSED(facts, good, uplink, NO_UPLINK);
	REFUSED(facts, good, up, 2);
	REFUSED(facts, good, carrier, 2);
	REFUSED(facts, good, pointopoint, 2);
	REFUSED(facts, good, refused, 1u << FAMILIES);
	REFUSED(facts, good, family[FAMILY_INET].has_route, 2);
	REFUSED(facts, good, family[FAMILY_INET].prefixlen, 33);
	REFUSED(facts, good, family[FAMILY_INET].address, ODD_ADDR);
	REFUSED(facts, good, family[FAMILY_INET].peer, ODD_ADDR);
	REFUSED(facts, good, family[FAMILY_INET].gateway, ODD_ADDR);
	/* of the other family */
	REFUSED(facts, good, family[FAMILY_INET6].gateway, V4);
	REFUSED(facts, good, ifname[2], '/');
	TEXT_CHECKED(facts, good, ifname);
	TAKEN(facts, good, family[FAMILY_INET].gateway, V4);
}

static void
test_facts_of_ipv6(void **state)
{
	static const struct msg_facts good = { .ifname = "eth1",
		.family = {
		    [FAMILY_INET6] = { .address = { .family = AF_INET6 },
			.prefixlen = 128 } } };

	(void)state;
	assert_true(msg_facts_valid(&good));
	REFUSED(facts, good, family[FAMILY_INET6].prefixlen, 129);
}

static void
test_probe(void **state)
{
	static const struct msg_probe good = { 8, UINT32_MAX, MSG_PROBE_BURST,
		0 };
	static const struct msg_probe slow = { 8, 1, MSG_PROBE_ROUNDS,
		CONF_HOT_MAX_MS };

	(void)state;
	assert_true(msg_probe_valid(&good));
	assert_true(msg_probe_valid(&slow));
	REFUSED(probe, slow, every_ms, CONF_HOT_MAX_MS + 1);
	REFUSED(probe, slow, mode, MSG_PROBE_BURST);
	REFUSED(probe, good, uplink, NO_UPLINK);
	REFUSED(probe, good, uplink, MSG_UPLINK_NONE);
	REFUSED(probe, good, mode, MSG_PROBE_BURST + 1);
}

static void
test_round(void **state)
{
	static const struct msg_round good = { .uplink = 1,
		.verdict = MSG_BAD,
		.cause = MSG_CAUSE_UPSTREAM,
		.began_ns = 5,
		.ended_ns = 9,
		.ntargets = 2,
		.target = { { 3, 3, 0, 900, MSG_TARGET_UP },
		    { 3, 0, 3, 0, MSG_TARGET_DOWN } } };

	(void)state;
	assert_true(msg_round_valid(&good));
	REFUSED(round, good, uplink, NO_UPLINK);
	REFUSED(round, good, family, FAMILIES);
	REFUSED(round, good, verdict, MSG_VOID + 1);
	REFUSED(round, good, cause, MSG_CAUSE_MAX);
	REFUSED(round, good, ntargets, CONF_TARGETS_MAX + 1);
	REFUSED(round, good, ntargets, UINT32_MAX);
	REFUSED(round, good, began_ns, -1);
	REFUSED(round, good, began_ns, 10);
	REFUSED(round, good, ended_ns, MSG_TIME_MAX_NS + 1);
	REFUSED(round, good, last_answer_ns, -1);
	REFUSED(round, good, last_answer_ns, MSG_TIME_MAX_NS + 1);
	REFUSED(round, good, target[0].sent, 2);
	REFUSED(round, good, target[1].received, 4);
	REFUSED(round, good, target[1].state, 3);
	TAKEN(round, good, target[2].state, 3); /* not one of ntargets */
}

static void
test_stats(void **state)
{
	static const struct msg_stats good = { .uplink = 1,
		.target = 15,
		.up = 1,
		.known = 1,
		.sent = 9,
		.received = 9,
		.late = 1,
		.recent_sent = 5,
		.recent_lost = 5,
		.rtt = { .bucket = { 9, 1 }, .sum_us = 9000 } };
	static const int64_t hour = INT64_C(3600000000000);

	(void)state;
	assert_true(msg_stats_valid(&good));
	REFUSED(stats, good, uplink, NO_UPLINK);
	REFUSED(stats, good, target, CONF_TARGETS_MAX);
	REFUSED(stats, good, up, 2);
	REFUSED(stats, good, known, 2);
	REFUSED(stats, good, received, 10);
	REFUSED(stats, good, recent_lost, 6);
	/* their sum over all targets is told */
	REFUSED(stats, good, recent_sent, UINT32_MAX);
	TAKEN(stats, good, rtt_max_ns, hour);
	REFUSED(stats, good, rtt_last_ns, hour + 1);
	REFUSED(stats, good, rtt_min_ns, -1);
	REFUSED(stats, good, rtt_avg_ns, INT64_MAX);
	REFUSED(stats, good, rtt_max_ns, INT64_MIN);
	REFUSED(stats, good, rtt_mdev_ns, -1);
	REFUSED(stats, good, rtt.bucket[1], 0);
	REFUSED(stats, good, late, 0);
	/* its nanoseconds are told */
	REFUSED(stats, good, rtt.sum_us, INT64_MAX / 1000 + 1);
}

static void
test_links(void **state)
{
	static const struct msg_link link = { 1, 2 };
	static const struct msg_dial dial = { 1, 2, 7, 60000 };
	static const struct msg_link_text text = { 1, 2, "dialling" };
	static const struct msg_modem modem = { 1, 2, MSG_MODEM_LOST, 0, { 0 },
		{ 0 }, 0, 0, "ready" };
	static const struct msg_link_result result = { 1, 2, MSG_LINK_GIVEUP, 7,
		"BUSY" };

	(void)state;
	assert_true(msg_link_valid(&link));
	REFUSED(link, link, uplink, NO_UPLINK);
	assert_true(msg_dial_valid(&dial));
	REFUSED(dial, dial, uplink, NO_UPLINK);
	REFUSED(dial, dial, phone, CONF_PHONES_MAX);
	assert_true(msg_link_text_valid(&text));
	REFUSED(link_text, text, uplink, NO_UPLINK);
	TEXT_CHECKED(link_text, text, text);
	assert_true(msg_modem_valid(&modem));
	REFUSED(modem, modem, uplink, NO_UPLINK);
	REFUSED(modem, modem, state, MSG_MODEM_LOST + 1);
	REFUSED(modem, modem, class, MSG_LINK_GIVEUP + 1);
	TEXT_CHECKED(modem, modem, text);
	assert_true(msg_link_result_valid(&result));
	REFUSED(link_result, result, uplink, NO_UPLINK);
	REFUSED(link_result, result, class, MSG_LINK_GIVEUP + 1);
	REFUSED(link_result, result, phone, CONF_PHONES_MAX);
	TEXT_CHECKED(link_result, result, text);
}

static void
test_ppp(void **state)
{
	static const struct msg_ppp_up up = { .uplink = 1,
		.ifname = "ppp0",
		.local = { .family = AF_INET },
		.remote = { .family = AF_INET } };
	static const struct msg_ppp_down down = { .uplink = 1,
		.class = MSG_LINK_BACKOFF,
		.was_up = 1,
		.text = "exit 16" };

	(void)state;
	assert_true(msg_ppp_up_valid(&up));
	REFUSED(ppp_up, up, uplink, NO_UPLINK);
	REFUSED(ppp_up, up, adopted, 2);
	REFUSED(ppp_up, up, local, ODD_ADDR);
	REFUSED(ppp_up, up, remote, ODD_ADDR);
	REFUSED(ppp_up, up, dns[0], ODD_ADDR);
	REFUSED(ppp_up, up, dns[1], ODD_ADDR);
	REFUSED(ppp_up, up, ifname[0], '\0');
	REFUSED(ppp_up, up, ifname[0], '/');
	TEXT_CHECKED(ppp_up, up, ifname);
	assert_true(msg_ppp_down_valid(&down));
	REFUSED(ppp_down, down, uplink, NO_UPLINK);
	REFUSED(ppp_down, down, class, MSG_LINK_GIVEUP + 1);
	REFUSED(ppp_down, down, was_up, 2);
	TEXT_CHECKED(ppp_down, down, text);
}

static void
test_net(void **state)
{
	static const struct msg_net_want want = {
		.active = 1, .drain = 0, .flush = MSG_UPLINK_NONE, .shut = 1
	};
	static const struct msg_net_step step = { 1, "route" };
	static const struct msg_net_done done = {
		.ok = 1, .apply_us = 900, .moved_us = 900
	};
	static const struct msg_net_adopt adopt = { 1, 1 };
	static const struct msg_glance bad = { .file = MSG_FILE_BAD,
		.errors = 1 };
	static const struct msg_net_drained drained = { 1, 9 };
	static const struct msg_net_notes notes = { 2, "note" };
	static const struct msg_net_blocked blocked = { 1, 3 };
	static const struct msg_net_line line = { 1, 1, "rule" };
	static struct msg_conf_text piece = { 1, "state \"/s\"\n" };
	static const struct msg_measure measure = { 1, 7, 15000 };
	static const struct msg_measured measured = { 1, 7, 1500, UINT32_MAX };
	static const struct msg_net_counted counted = { .uplink[1] = { 5, 6, 7,
							    3, "wwan0", 0 } };

	(void)state;
	assert_true(msg_net_want_valid(&want));
	REFUSED(net_want, want, active, NO_UPLINK);
	REFUSED(net_want, want, active, MSG_UPLINK_NONE);
	REFUSED(net_want, want, drain, NO_UPLINK);
	REFUSED(net_want, want, drain, 1); /* the active one */
	REFUSED(net_want, want, flush, NO_UPLINK);
	REFUSED(net_want, want, shut, 2);
	TAKEN(net_want, want, drain, MSG_UPLINK_NONE);
	assert_true(msg_measure_valid(&measure));
	REFUSED(measure, measure, uplink, NO_UPLINK);
	REFUSED(measure, measure, ms, 999);
	REFUSED(measure, measure, ms, 60001);
	assert_true(msg_measured_valid(&measured));
	REFUSED(measured, measured, uplink, NO_UPLINK);
	REFUSED(measured, measured, mtu, 65536);
	assert_true(msg_net_counted_valid(&counted));
	REFUSED(net_counted, counted, uplink[8].received, UINT64_MAX);
	REFUSED(net_counted, counted, uplink[8].sent, UINT64_MAX);
	REFUSED(net_counted, counted, uplink[8].packets, UINT64_MAX);
	REFUSED(net_counted, counted, uplink[0].ifindex, 1); /* of no name */
	REFUSED(net_counted, counted, uplink[1].ifname[2], '/');
	assert_true(msg_net_step_valid(&step));
	TEXT_CHECKED(net_step, step, text);
	assert_true(msg_net_done_valid(&done));
	REFUSED(net_done, done, ok, 2);
	REFUSED(net_done, done, apply_us, -1);
	REFUSED(net_done, done, apply_us, 899);
	REFUSED(net_done, done, moved_us, -1);
	REFUSED(net_done, done, ok, 0); /* and traffic has moved */
	TEXT_CHECKED(net_done, done, text);
	assert_true(msg_net_adopt_valid(&adopt));
	REFUSED(net_adopt, adopt, active, NO_UPLINK);
	REFUSED(net_adopt, adopt, found, 2);
	assert_true(msg_glance_valid(&bad));
	REFUSED(glance, bad, file, MSG_FILE_BAD + 1);
	REFUSED(glance, bad, file, MSG_FILE_SAME);
	REFUSED(glance, bad, errors, 0);
	assert_true(msg_net_drained_valid(&drained));
	REFUSED(net_drained, drained, uplink, NO_UPLINK);
	assert_true(msg_net_notes_valid(&notes));
	REFUSED(net_notes, notes, n, 0);
	assert_true(msg_net_blocked_valid(&blocked));
	REFUSED(net_blocked, blocked, uplink, NO_UPLINK);
	REFUSED(net_blocked, blocked, tried, 0);
	assert_true(msg_net_line_valid(&line));
	assert_true(msg_conf_text_valid(&piece));
	memset(piece.text, 'x', sizeof(piece.text));
	assert_false(msg_conf_text_valid(&piece));
	REFUSED(net_line, line, different, 2);
	TEXT_CHECKED(net_line, line, text);
}

static void
test_alarm(void **state)
{
	static const struct msg_alarm alarm = { 1, "failover", "4f2b", "backup",
		"lte", "2026-11-26T05:00:00Z", 2, "eth1: upstream dead" };
	static const struct msg_alarm_done done = { 1, 1, "exit 0" };
	static const struct msg_hooks hooks = { 1, 1, "20261125-1" };
	static const struct msg_hook_done hook = { 1, 1, 12, "switch.d/10",
		"exit 0" };

	(void)state;
	assert_true(msg_alarm_valid(&alarm));
	TEXT_CHECKED(alarm, alarm, kind);
	TEXT_CHECKED(alarm, alarm, event);
	TEXT_CHECKED(alarm, alarm, state);
	TEXT_CHECKED(alarm, alarm, uplink);
	TEXT_CHECKED(alarm, alarm, time);
	REFUSED(alarm, alarm, count, 0);
	TEXT_CHECKED(alarm, alarm, text);
	assert_true(msg_alarm_done_valid(&done));
	REFUSED(alarm_done, done, ok, 2);
	TEXT_CHECKED(alarm_done, done, text);
	assert_true(msg_hooks_valid(&hooks));
	REFUSED(hooks, hooks, uplink, NO_UPLINK);
	REFUSED(hooks, hooks, found, 2);
	TEXT_CHECKED(hooks, hooks, event);
	assert_true(msg_hook_done_valid(&hook));
	TAKEN(hook_done, hook, uplink, MSG_UPLINK_NONE);
	REFUSED(hook_done, hook, uplink, NO_UPLINK);
	REFUSED(hook_done, hook, ok, 2);
	TEXT_CHECKED(hook_done, hook, name);
	TEXT_CHECKED(hook_done, hook, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_every_message_fits),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_facts_of_ipv6),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_ppp),
		cmocka_unit_test(test_net),
		cmocka_unit_test(test_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
