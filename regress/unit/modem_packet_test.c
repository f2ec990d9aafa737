/* SPDX-License-Identifier: ISC */
/*
 * Packet modems told by a table, in virtual time: what each says to a
 * command, and what must come of the dial.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialer/modem.h"

#define RULES    8
#define LIMIT_MS 60000
#define OK       "\r\nOK\r\n"
#define CME(n)   "\r\n+CME ERROR: " #n "\r\n"
#define READY    "\r\n+CPIN: READY\r\n" OK
#define LOCKED   "\r\n+CPIN: SIM PIN\r\n" OK
#define CARD     "8949020000012345678"

/* The first that begins a command and is not used up answers it. */
struct rule {
	const char *on;
	const char *say;
	int times; /* 0: always */
};

struct story {
	const char *name;
	struct rule rule[RULES];
	const char *pin; /* what is answered when it is asked for */
	const char *refusal; /* or why there is none */
	const char *apn;
	enum conf_pdp pdp;
	const char *says_after; /* by itself, while the modem is waited for */
	int unconfigured; /* no PIN is */
	/* what must come of it */
	enum modem_event event;
	uint32_t class;
	const char *text; /* a part of it */
	const char *sent; /* a part of all commands */
	const char *never; /* no part of them */
	uint32_t pins; /* said */
	int64_t min_ms, max_ms;
};

#define CONNECTS .event = MODEM_EV_CONNECT
#define FAILS(c) .event = MODEM_EV_FAILED, .class = MSG_LINK_##c

static const struct story stories[] = {
	{ "ready and registered",
	    { { "AT+CPIN?", READY, 0 },
		{ "AT+CCID", "\r\n+CCID: " CARD "\r\n" OK, 0 },
		{ "AT+CEREG?", "\r\n+CEREG: 2,1,\"1\",\"2\",7\r\n" OK, 0 } },
	    CONNECTS, .never = "AT+CGREG?", .max_ms = 500 },
	{ "knows nothing of all this", { { "AT+", "\r\nERROR\r\n", 0 } },
	    CONNECTS, .sent = "ATD*99***1#", .max_ms = 3000 },
	{ "the radio was off",
	    { { "AT+CFUN?", "\r\n+CFUN: 4\r\n" OK, 0 },
		{ "AT+CPIN?", READY, 0 } },
	    CONNECTS, .sent = "AT+CFUN=1|AT+CPIN?" },
	/* cards */
	{ "no card", { { "AT+CPIN?", CME(10), 0 } }, FAILS(REFUSED),
	    .text = "SIM card is missing", .never = "ATD",
	    .min_ms = MODEM_ABSENT_MS, .max_ms = 2 * MODEM_ABSENT_MS },
	{ "a card that is slow to appear",
	    { { "AT+CPIN?", CME(10), 3 }, { "AT+CPIN?", CME(14), 3 },
		{ "AT+CPIN?", READY, 0 } },
	    CONNECTS, .min_ms = 6000 },
	{ "busy for ever", { { "AT+CPIN?", CME(14), 0 } }, FAILS(BACKOFF),
	    .text = "SIM card is not ready", .max_ms = 2 * MODEM_BUSY_MS },
	{ "broken card", { { "AT+CPIN?", CME(13), 0 } }, FAILS(REFUSED),
	    .text = "SIM card is broken" },
	{ "in words",
	    { { "AT+CPIN?", "\r\n+CME ERROR: SIM not inserted\r\n", 0 } },
	    FAILS(REFUSED), .text = "SIM card is missing" },
	{ "PUK", { { "AT+CPIN?", "\r\n+CPIN: SIM PUK\r\n" OK, 0 } },
	    FAILS(GIVEUP), .text = "locked, asks for PUK", .max_ms = 500 },
	{ "locked to a network",
	    { { "AT+CPIN?", "\r\n+CPIN: PH-NET PIN\r\n" OK, 0 } },
	    FAILS(GIVEUP), .text = "locked to another network" },
	/* PINs */
	{ "PIN",
	    { { "AT+CPIN?", LOCKED, 1 }, { "AT+CPIN?", READY, 0 },
		{ "AT+CCID", "\r\n+CCID: " CARD "\r\n" OK, 0 },
		{ "AT+CPINR", "\r\n+CPINR: SIM PIN,3,3\r\n" OK, 0 } },
	    .pin = "4711", CONNECTS, .pins = 1,
	    .sent = "AT+CCID|AT+CPINR|AT+CPIN=\"4711\"|AT+CPIN?" },
	{ "vendors' ways",
	    { { "AT+CPIN?", LOCKED, 1 }, { "AT+CPIN?", READY, 0 },
		{ "AT^ICCID?", "\r\n^ICCID: 98942000002143658709\r\n" OK, 0 },
		{ "AT#PCT", "\r\n#PCT: 3\r\n" OK, 0 }, { "AT+CPIN", OK, 0 },
		{ "AT+CREG", "\r\n+CREG: 2,1\r\n" OK, 0 },
		{ "AT+C", "\r\nERROR\r\n", 0 } },
	    .pin = "4711", CONNECTS, .pins = 1,
	    .sent = "AT^CPIN?|AT#PCT|AT+CPIN=\"4711\"" },
	{ "wrong PIN",
	    { { "AT+CPIN?", LOCKED, 0 }, { "AT+CPIN=", CME(16), 0 } },
	    .pin = "9999", FAILS(GIVEUP), .pins = 1, .never = "ATD",
	    .text = "PIN refused by the SIM card: incorrect password" },
	{ "taken, and asked for again",
	    { { "AT+CPIN?", LOCKED, 0 }, { "AT+CPIN=", OK, 0 } }, .pin = "9999",
	    FAILS(GIVEUP), .pins = 1, .text = "PIN refused by the SIM card" },
	{ "silent after the PIN: not said again",
	    { { "AT+CPIN?", LOCKED, 0 }, { "AT+CPIN=", "", 0 } }, .pin = "4711",
	    FAILS(GIVEUP), .pins = 1, .text = "PIN refused by the SIM card" },
	{ "not for this card", { { "AT+CPIN?", LOCKED, 0 } },
	    .refusal = "SIM changed", FAILS(GIVEUP), .text = "SIM changed",
	    .never = "AT+CPIN=" },
	{ "no PIN in time", { { "AT+CPIN?", LOCKED, 0 } }, FAILS(BACKOFF),
	    .text = "no PIN in time", .never = "AT+CPIN=" },
	{ "none configured", { { "AT+CPIN?", LOCKED, 0 } }, .unconfigured = 1,
	    FAILS(GIVEUP), .text = "none is configured", .never = "AT+CPINR" },
	/* contexts */
	{ "the context is set", { { "AT+CGDCONT?", OK, 0 } }, .apn = "internet",
	    CONNECTS,
	    .sent = "AT+CGDCONT?|AT+CGDCONT=1,\"IP\",\"internet\"|AT+CGATT?|"
		    "AT+CREG=2" },
	{ "it was",
	    { { "AT+CGDCONT?",
		"\r\n+CGDCONT: 1,\"IPV4V6\",\"Internet\",\"\",0,0\r\n"
		"+CGDCONT: 2,\"IP\",\"ims\",\"\",0,0\r\n" OK,
		0 } },
	    .apn = "internet", .pdp = CONF_PDP_BOTH, CONNECTS,
	    .never = "AT+CGDCONT=" },
	{ "attached by another one",
	    { { "AT+CGDCONT?", "\r\n+CGDCONT: 1,\"IP\",\"internet2\"\r\n" OK,
		  0 },
		{ "AT+CGATT?", "\r\n+CGATT: 1\r\n" OK, 0 } },
	    .apn = "internet", CONNECTS, .sent = "AT+CGATT=0|AT+CGATT=1" },
	{ "knows no dual stack", { { "AT+CGDCONT=1,\"IPV4V6\"", CME(4), 0 } },
	    .apn = "internet", .pdp = CONF_PDP_BOTH, CONNECTS,
	    .sent = "AT+CGDCONT=1,\"IP\",\"internet\"" },
	{ "knows no IPv6", { { "AT+CGDCONT=1", CME(4), 0 } }, .apn = "internet",
	    .pdp = CONF_PDP_INET6, FAILS(GIVEUP),
	    .text = "modem refuses apn \"internet\" IPV6 operation not" },
	{ "wrong access point", { { "ATD", "\r\nNO CARRIER\r\n", 0 } },
	    .apn = "intrenet", FAILS(BACKOFF), .text = "NO CARRIER" },
	{ "the same with a reason",
	    { { "ATD", CME(127), 0 }, { "AT+CGDATA", CME(127), 0 } },
	    .apn = "intrenet", FAILS(BACKOFF),
	    .text = "missing or unknown APN" },
	/* networks */
	{ "denied",
	    { { "AT+CEREG?", "\r\n+CEREG: 0,3\r\n" OK, 0 },
		{ "AT+CREG?", "\r\n+CREG: 0,1\r\n" OK, 0 } },
	    FAILS(REFUSED), .text = "registration denied (+CEREG 3)",
	    .never = "ATD", .min_ms = MODEM_DENIED_MS,
	    .max_ms = 2 * MODEM_DENIED_MS },
	{ "denied at first",
	    { { "AT+CEREG?", "\r\n+CEREG: 0,3\r\n" OK, 3 },
		{ "AT+CEREG?", "\r\n+CEREG: 0,5\r\n" OK, 0 } },
	    CONNECTS, .min_ms = 3000 },
	{ "searching for ever",
	    { { "AT+CEREG?", "\r\n+CEREG: 0,2\r\n" OK, 0 } }, FAILS(BACKOFF),
	    .text = "not registered: searching", .never = "ATD",
	    .min_ms = LIMIT_MS, .max_ms = LIMIT_MS + 1000 },
	{ "told, not asked",
	    { { "AT+CEREG?", "\r\n+CEREG: 2,2\r\n" OK, 1 },
		{ "AT+CEREG?", "\r\n+CEREG: 2,1\r\n" OK, 0 } },
	    .says_after = "\r\n+CEREG: 1,\"1\",\"2\",7\r\n", CONNECTS,
	    .max_ms = MODEM_POLL_MS - 1 },
	/* service codes */
	{ "no code is known",
	    { { "ATD", "\r\nERROR\r\n", 0 },
		{ "AT+CGDATA", "\r\nCONNECT\r\n", 0 } },
	    CONNECTS, .sent = "ATD*99#|AT|AT+CGDATA=\"PPP\",1|" },
	{ "nor that command",
	    { { "ATD", "\r\nERROR\r\n", 0 },
		{ "AT+CGDATA", "\r\nERROR\r\n", 0 } },
	    FAILS(BACKOFF), .text = "AT+CGDATA" },
};

#define NSTORIES (sizeof(stories) / sizeof(stories[0]))

struct play {
	const struct story *s;
	struct modem m;
	struct modem_out out;
	struct monotime start, now;
	int used[RULES];
	char sent[2048];
	const char *say;
	char line[MODEM_TEXT_MAX];
	uint32_t pins;
	int over;
};

static const char *
answer(struct play *p, const char *command)
{
	size_t i;

	for (i = 0; i < RULES && p->s->rule[i].on != NULL; i++) {
		const struct rule *r = &p->s->rule[i];

		if (strncmp(command, r->on, strlen(r->on)) == 0 &&
		    (r->times == 0 || p->used[i]++ < r->times))
			return r->say;
	}
	return strncmp(command, "ATD", 3) == 0 ? "\r\nCONNECT\r\n" : OK;
}

static void
carry_out(struct play *p)
{
	const char *end = memchr(p->out.data, '\r', p->out.len);

	if (end != NULL && end > p->out.data) {
		snprintf(p->line, sizeof(p->line), "%.*s",
		    (int)(end - p->out.data), p->out.data);
		strlcat(p->sent, p->line, sizeof(p->sent));
		strlcat(p->sent, "|", sizeof(p->sent));
		p->pins += strncmp(p->line, "AT+CPIN=", 8) == 0;
		p->say = answer(p, p->line);
	}
	p->over =
	    p->out.event == MODEM_EV_FAILED || p->out.event == MODEM_EV_CONNECT;
	if (p->out.event != MODEM_EV_PIN ||
	    (p->s->pin == NULL && p->s->refusal == NULL))
		return;
	modem_pin(
	    &p->m, p->s->pin, MSG_LINK_GIVEUP, p->s->refusal, p->now, &p->out);
	carry_out(p);
}

/* Each answer takes 5 ms; where nothing is said, time passes. */
static void
turn(struct play *p)
{
	const char *say = p->say;

	p->say = NULL;
	if (say == NULL && p->s->says_after != NULL &&
	    p->m.state == MODEM_STEP && p->m.step.text[0] == '\0')
		say = p->s->says_after;
	if (say == NULL || *say == '\0') {
		if (monotime_cmp(p->m.deadline, p->now) > 0)
			p->now = p->m.deadline;
		modem_timeout(&p->m, p->now, &p->out);
		carry_out(p);
		return;
	}
	p->now = monotime_add_ms(p->now, 5);
	for (; *say != '\0' && !p->over; say++) {
		modem_input(&p->m, (uint8_t)*say, p->now, &p->out);
		carry_out(p);
	}
}

static void
play(void **state)
{
	const struct story *s = *state;
	struct play p = { .s = s, .start = monotime_from_ns(1000000000) };
	struct conf_modem conf = { .speed = 115200,
		.nphones = 2,
		.phone = { "*99***1#", "*99#" },
		.pdp = s->pdp,
		.pin = !s->unconfigured };
	int64_t ms;
	int n;

	if (s->apn != NULL)
		strlcpy(conf.apn, s->apn, sizeof(conf.apn));
	p.now = p.start;
	modem_dial(&p.m, &conf, 0, LIMIT_MS, p.now, &p.out);
	carry_out(&p);
	for (n = 0; !p.over; n++) {
		assert_true(n < 2000);
		turn(&p);
	}
	ms = monotime_ms_between(p.start, p.now);
	if (p.out.event != s->event || p.out.class != s->class ||
	    (s->text != NULL && strstr(p.out.text, s->text) == NULL) ||
	    (s->sent != NULL && strstr(p.sent, s->sent) == NULL) ||
	    (s->never != NULL && strstr(p.sent, s->never) != NULL) ||
	    p.pins != s->pins || ms < s->min_ms ||
	    (s->max_ms != 0 && ms > s->max_ms))
		fail_msg("event %d class %u after %lld ms: %s; sent %s",
		    p.out.event, p.out.class, (long long)ms, p.out.text,
		    p.sent);
	/* nothing is left of it in the engine */
	assert_null(memmem(&p.m, sizeof(p.m), "CPIN=\"", 6));
	if (s->pin != NULL)
		assert_null(memmem(&p.m, sizeof(p.m), s->pin, strlen(s->pin)));
}

int
main(void)
{
	static struct CMUnitTest tests[NSTORIES];
	size_t i;

	for (i = 0; i < NSTORIES; i++)
		tests[i] = (struct CMUnitTest){ stories[i].name, play, NULL,
			NULL, (void *)(uintptr_t)&stories[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
