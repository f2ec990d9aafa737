/* SPDX-License-Identifier: ISC */
/*
 * Lines that packet modems say, as their makers' documents have them: what is
 * told, and what must not change anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialer/radio.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct radio r;

static int
reset(void **state)
{
	(void)state;
	radio_reset(&r);
	return 0;
}

static void
sim(void **state)
{
	static const struct {
		const char *line;
		enum radio_sim sim;
	} t[] = { { "+CPIN: READY", RADIO_SIM_READY },
		{ "+CPIN: SIM PIN", RADIO_SIM_PIN },
		{ "+CPIN:SIM PIN", RADIO_SIM_PIN },
		{ "+CPIN: \"SIM PIN\"", RADIO_SIM_PIN },
		{ "+CPIN: SIM PUK", RADIO_SIM_PUK },
		{ "+CPIN: SIM PIN2", RADIO_SIM_READY },
		{ "+CPIN: SIM PUK2", RADIO_SIM_READY },
		{ "+CPIN: PH-NET PIN", RADIO_SIM_LOCKED },
		{ "+CPIN: PH-SIM PIN", RADIO_SIM_LOCKED },
		{ "+CPIN: NOT INSERTED", RADIO_SIM_NONE }, /* SIMCom */
		{ "+CPIN: NOT READY", RADIO_SIM_BUSY } };
	size_t i;

	for (i = 0; i < N(t); i++) {
		reset(state);
		assert_int_equal(radio_line(&r, t[i].line), RADIO_TOLD_SIM);
		assert_int_equal(r.sim, t[i].sim);
	}
	assert_int_equal(radio_line(&r, "+CPIN: ?"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "+CPIN"), RADIO_TOLD_NOTHING);
	assert_int_equal(r.sim, t[N(t) - 1].sim);
}

static void
errors(void **state)
{
	static const struct {
		const char *line;
		uint32_t code;
		enum radio_sim sim;
	} t[] = { { "+CME ERROR: 10", 10, RADIO_SIM_NONE },
		{ "+CME ERROR:10", 10, RADIO_SIM_NONE },
		{ "+CME ERROR: SIM not inserted", 10, RADIO_SIM_NONE },
		{ "+CME ERROR: 11", 11, RADIO_SIM_PIN },
		{ "+CME ERROR: SIM PUK required", 12, RADIO_SIM_PUK },
		{ "+CME ERROR: SIM failure", 13, RADIO_SIM_BROKEN },
		{ "+CME ERROR: 14", 14, RADIO_SIM_BUSY },
		{ "+CME ERROR: SIM busy", 14, RADIO_SIM_BUSY },
		{ "+CME ERROR: incorrect password", 16, RADIO_SIM_UNKNOWN },
		{ "+CME ERROR: 132", 132, RADIO_SIM_UNKNOWN },
		{ "+CME ERROR: 9999", 9999, RADIO_SIM_UNKNOWN },
		{ "+CME ERROR: 10000", RADIO_UNKNOWN, RADIO_SIM_UNKNOWN },
		{ "+CME ERROR: 10 4", RADIO_UNKNOWN, RADIO_SIM_UNKNOWN },
		{ "+CME ERROR: nothing known", RADIO_UNKNOWN,
		    RADIO_SIM_UNKNOWN },
		{ "ERROR", RADIO_UNKNOWN, RADIO_SIM_UNKNOWN } };
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		assert_int_equal(radio_error(t[i].line), t[i].code);
		assert_int_equal(radio_error_sim(t[i].code), t[i].sim);
	}
	assert_string_equal(radio_error_text(127), "missing or unknown APN");
	assert_string_equal(radio_error_text(9999), "");
}

static void
registration(void **state)
{
	static const struct {
		const char *line;
		enum radio_domain domain;
		uint32_t stat, tech;
	} t[] = {
		/* answers */
		{ "+CREG: 0,1", RADIO_CS, RADIO_HOME, RADIO_UNKNOWN },
		{ "+CREG: 2,5,\"6C00\",\"0AC5B2F\",7", RADIO_CS, RADIO_ROAMING,
		    7 }, /* Quectel EC2x */
		{ "+CGREG: 2,1, 00C8, 1D0B", RADIO_PS, RADIO_HOME,
		    RADIO_UNKNOWN }, /* Huawei E1xx, without quotes */
		{ "+CEREG: 0,3", RADIO_EPS, RADIO_DENIED, RADIO_UNKNOWN },
		{ "+CEREG: 2,1,\"D9AD\",\"0101A2C7\",7", RADIO_EPS, RADIO_HOME,
		    7 }, /* u-blox */
		{ "+CEREG: 2,1,D9AD,101A2C7,7", RADIO_EPS, RADIO_HOME,
		    7 }, /* Telit LE910 */
		{ "+CEREG: 4,1,\"1B2C\",\"00A1B2C3\",9,,,\"00000000\",\"0\"",
		    RADIO_EPS, RADIO_HOME, 9 }, /* NB-IoT */
		{ "+C5GREG: 2,1,\"00A1B2\",\"0123456789\",11,2,\"0101\"",
		    RADIO_5GS, RADIO_HOME, 11 },
		/* by themselves */
		{ "+CREG: 2", RADIO_CS, RADIO_SEARCHING, RADIO_UNKNOWN },
		{ "+CREG: 1,\"006C\",\"0005\",2", RADIO_CS, RADIO_HOME, 2 },
		{ "+CREG: 1, 00C8, 1D0B", RADIO_CS, RADIO_HOME, RADIO_UNKNOWN },
		{ "+CEREG: 5,\"00F1\",\"01A2B3C4\",7", RADIO_EPS, RADIO_ROAMING,
		    7 },
		{ "+CGREG: 10", RADIO_PS, RADIO_ROAMING_NO_CSFB,
		    RADIO_UNKNOWN },
	};
	size_t i;

	for (i = 0; i < N(t); i++) {
		reset(state);
		assert_int_equal(radio_line(&r, t[i].line), RADIO_TOLD_STAT);
		assert_int_equal(r.stat[t[i].domain], t[i].stat);
		assert_int_equal(r.tech, t[i].tech);
	}
	reset(state);
	assert_int_equal(radio_line(&r, "+CREG: 0,11"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "+CREG: "), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "+CREG: (0-2)"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_stat(&r), RADIO_UNKNOWN);
}

static void
say(const char *a, const char *b, const char *c)
{
	radio_reset(&r);
	radio_line(&r, a);
	radio_line(&r, b);
	radio_line(&r, c);
}

/* What three registrations come to. */
static void
weighed(void **state)
{
	(void)state;
	say("+CREG: 0,3", "+CGREG: 0,3", "+CEREG: 0,1");
	assert_int_equal(radio_registered(&r), RADIO_EPS);
	assert_int_equal(radio_denied(&r), RADIO_DOMAINS);
	assert_int_equal(radio_stat(&r), RADIO_HOME);
	say("+CREG: 0,1", "+CGREG: 0,0", "+CEREG: 0,3");
	assert_int_equal(radio_registered(&r), RADIO_DOMAINS);
	assert_int_equal(radio_denied(&r), RADIO_EPS);
	assert_int_equal(radio_stat(&r), RADIO_DENIED);
	say("+CREG: 0,2", "+CGREG: 0,3", "+CEREG: 0,3");
	assert_int_equal(radio_denied(&r), RADIO_DOMAINS);
	assert_int_equal(radio_stat(&r), RADIO_SEARCHING);
	/* a modem that knows only this one */
	say("+CREG: 0,1", "", "");
	assert_int_equal(radio_registered(&r), RADIO_CS);
	/* telephony alone */
	say("+CREG: 0,1", "+CGREG: 0,0", "");
	assert_int_equal(radio_registered(&r), RADIO_DOMAINS);
	say("+CREG: 0,6", "+CGREG: 0,6", "");
	assert_int_equal(radio_registered(&r), RADIO_DOMAINS);
	say("+CREG: 0,8", "+CGREG: 0,8", "+CEREG: 0,8");
	assert_int_equal(radio_stat(&r), RADIO_EMERGENCY);
}

static void
signal(void **state)
{
	(void)state;
	assert_int_equal(radio_line(&r, "+CSQ: 17,99"), RADIO_TOLD_SIGNAL);
	assert_int_equal(r.dbm, -79);
	assert_string_equal(radio_signal_text(r.dbm, r.rsrp), "good");
	radio_line(&r, "+CSQ: 99,99");
	assert_int_equal(r.dbm, 0);
	radio_line(&r, "+CSQ: 31,0");
	assert_int_equal(r.dbm, -51);
	radio_line(&r, "+CSQ: 146,99"); /* TD-SCDMA */
	assert_int_equal(r.dbm, -70);
	assert_int_equal(radio_line(&r, "+CSQ: 32,99"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "+CSQ: -5,99"), RADIO_TOLD_NOTHING);
	assert_int_equal(r.dbm, -70);
	/* LTE, then UMTS, then GSM, then 5G alone */
	assert_int_equal(
	    radio_line(&r, "+CESQ: 99,99,255,255,20,54"), RADIO_TOLD_SIGNAL);
	assert_int_equal(r.dbm, -87);
	assert_true(r.rsrp);
	radio_line(&r, "+CSQ: 17,99");
	assert_int_equal(r.dbm, -87);
	radio_line(&r, "+CESQ: 99,99,41,30,255,255");
	assert_int_equal(r.dbm, -80);
	assert_false(r.rsrp);
	radio_line(&r, "+CESQ: 40,0,255,255,255,255");
	assert_int_equal(r.dbm, -71);
	radio_line(&r, "+CESQ: 99,99,255,255,255,255,60,70,40");
	assert_int_equal(r.dbm, -87);
	assert_int_equal(radio_line(&r, "+CESQ: 1"), RADIO_TOLD_NOTHING);
	assert_string_equal(radio_signal_text(-120, 1), "weak");
	assert_string_equal(radio_signal_text(0, 1), "unknown");
}

static void
operator(void **state)
{
	char line[128];

	(void)state;
	radio_line(&r, "+COPS: 0,0,\"vodafone P\",7");
	assert_string_equal(r.operator, "vodafone P");
	assert_string_equal(radio_tech_text(r.tech), "LTE");
	radio_line(&r, "+COPS: 0,2,\"26202\",2");
	assert_string_equal(r.operator, "26202");
	radio_line(&r, "+COPS: 1,0,\"One, Two\",0");
	assert_string_equal(r.operator, "One, Two");
	radio_line(&r, "+COPS: 0");
	assert_string_equal(r.operator, "");
	memset(line, 'x', sizeof(line));
	memcpy(line, "+COPS: 0,0,\"", 12);
	line[sizeof(line) - 1] = '\0';
	radio_line(&r, line);
	assert_int_equal(strlen(r.operator), MSG_OPERATOR_LEN - 1);
}

static void
card(void **state)
{
	static const char *const lines[] = {
		"+CCID: 89490200001234567890", /* u-blox, SIMCom */
		"+CCID: \"89490200001234567890\"",
		"+ICCID: 89490200001234567890", /* SIMCom SIM7600 */
		"ICCID: 89490200001234567890",
		"+QCCID: 89490200001234567890", /* Quectel */
		"+QCCID: 89490200001234567890F",
		"^ICCID: 98942000002143658709", /* Huawei: as on the card */
		"#CCID: 89490200001234567890", /* Telit */
		"!ICCID: 89490200001234567890", /* Sierra */
		"89490200001234567890", /* SIM800 */
		"+CRSM: 144,0,\"98942000002143658709\"",
		"+CRSM: 144,0,98942000002143658709",
	};
	size_t i;

	for (i = 0; i < N(lines); i++) {
		reset(state);
		assert_int_equal(radio_line(&r, lines[i]), RADIO_TOLD_ICCID);
		assert_string_equal(r.iccid, "89490200001234567890");
	}
	/* nineteen digits, filled up */
	reset(state);
	radio_line(&r, "+CRSM: 144,0,\"989420000021436587F9\"");
	assert_string_equal(r.iccid, "8949020000123456789");
	reset(state);
	radio_line(&r, "+CCID: 898600f51216f0003472"); /* China Mobile */
	assert_string_equal(r.iccid, "898600F51216F0003472");
	reset(state);
	assert_int_equal(radio_line(&r, "+CRSM: 106,130"), RADIO_TOLD_NOTHING);
	assert_int_equal(
	    radio_line(&r, "+CCID: 1234567890123456789"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "8949"), RADIO_TOLD_NOTHING);
	assert_int_equal(
	    radio_line(&r, "8949020000123456789012345"), RADIO_TOLD_NOTHING);
	assert_string_equal(r.iccid, "");
}

static void
tries(void **state)
{
	static const char *const lines[] = {
		"+CPINR: SIM PIN,2,3", /* 27.007 */
		"+CPINR: SIM PIN, 2", "+QPINC: \"SC\",2,10", /* Quectel */
		"^CPIN: SIM PIN,2,10,2,10,3", /* Huawei */
		"+CPINC: 2,3,10,10", /* Sierra */
		"#PCT: 2", /* Telit */
		"+SPIC: 2,10,3,10", /* SIMCom */
		"^SPIC: 2", "+UPINCNT: 2,3,10,10", /* u-blox */
	};
	size_t i;

	for (i = 0; i < N(lines); i++) {
		reset(state);
		assert_int_equal(radio_line(&r, lines[i]), RADIO_TOLD_TRIES);
		assert_int_equal(r.tries, 2);
	}
	assert_int_equal(
	    radio_line(&r, "+CPINR: SIM PUK,10,10"), RADIO_TOLD_NOTHING);
	assert_int_equal(
	    radio_line(&r, "+QPINC: \"P2\",3,10"), RADIO_TOLD_NOTHING);
	assert_int_equal(radio_line(&r, "#PCT: 11"), RADIO_TOLD_NOTHING);
	assert_int_equal(r.tries, 2);
}

static void
addresses(void **state)
{
	static const struct {
		const char *line, *address;
	} t[] = { { "+CGPADDR: 1,\"10.71.8.2\"", "10.71.8.2" },
		{ "+CGPADDR: 1,10.71.8.2", "10.71.8.2" },
		{ "+CGPADDR: 1,\"10.71.8.2\",\"32.1.13.184.0.0.0.0.0.0.0.0.0.0."
		  "0.1\"",
		    "10.71.8.2" },
		{ "+CGPADDR: 1,\"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1\"",
		    "2001:db8::1" },
		{ "+CGPADDR: 1,\"2001:db8::1\"", "2001:db8::1" },
		{ "+CGPADDR: 1,\"0.0.0.0\"", NULL }, { "+CGPADDR: 1", NULL },
		{ "+CGPADDR: 1,\"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.256\"",
		    NULL } };
	char text[ADDR_STRLEN];
	size_t i;

	for (i = 0; i < N(t); i++) {
		reset(state);
		assert_int_equal(radio_line(&r, t[i].line), RADIO_TOLD_ADDRESS);
		if (t[i].address == NULL)
			assert_int_equal(r.address.family, AF_UNSPEC);
		else
			assert_string_equal(
			    addr_format(&r.address, text, sizeof(text)),
			    t[i].address);
	}
}

static void
others(void **state)
{
	static const char *const lines[] = { "", "OK", "RING", "^RSSI: 21",
		"^BOOT:12345,0,0,0,72", "+CGEV: NW DETACH", "PB DONE",
		"+QIND: SMS DONE", "+CREGX: 1", "AT+CPIN?", "CPIN: READY" };
	struct radio before = r;
	size_t i;

	(void)state;
	for (i = 0; i < N(lines); i++)
		assert_int_equal(radio_line(&r, lines[i]), RADIO_TOLD_NOTHING);
	assert_memory_equal(&before, &r, sizeof(r));
	radio_line(&r, "+CFUN: 4");
	assert_int_equal(r.function, 4);
}

/* All that is told to the parent: no more than the end of the number. */
static void
told(void **state)
{
	struct msg_radio m;

	(void)state;
	memset(&m, 0, sizeof(m));
	say("+CEREG: 2,1,\"1A2B\",\"01A2B3C4\",7", "+CPIN: READY",
	    "+CCID: 89490200001234567890");
	radio_tell(&r, &m);
	assert_true(msg_radio_valid(&m));
	assert_string_equal(m.card, "7890");
	assert_int_equal(m.stat, RADIO_HOME);
	assert_string_equal(radio_stat_text(m.stat), "home");
	assert_string_equal(radio_stat_text(RADIO_UNKNOWN), "unknown");
	assert_string_equal(
	    radio_sim_text(RADIO_SIM_PUK), "locked, asks for PUK");
	assert_string_equal(radio_domain_text(RADIO_5GS), "+C5GREG");
}

#define T(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = { T(sim), T(errors), T(registration),
		T(weighed), T(signal), T(operator), T(card), T(tries),
		T(addresses), T(others), T(told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
