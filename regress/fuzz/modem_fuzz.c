/* SPDX-License-Identifier: ISC */
/*
 * The modem engine: octets of a modem, and in between some that mean what
 * else can happen.  Whatever it hears, it ends within its bounds, says
 * nothing that is no command, and takes nothing that is pppd's.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/modem.h"

#define LATER    0x80 /* 100 ms pass */
#define MUCH     0x81 /* the deadline is reached */
#define HANG_UP  0x82
#define PIN      0x83
#define NO_PIN   0x84
#define LIMIT_MS 90000
#define BOUND_MS (LIMIT_MS + MODEM_ABORT_MS)
#define SAYS_MAX 500 /* commands in an attempt, far above what may be */
#define NEED(x)  ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct talk {
	struct modem m;
	struct modem_out out;
	struct monotime began, now;
	uint8_t before, byte; /* the last two that were read */
	uint32_t says;
	uint32_t pins; /* said: a card bears three in its life */
};

static void
look(struct talk *t)
{
	const struct modem_out *out = &t->out;
	size_t i;

	NEED(out->len < sizeof(out->data));
	NEED(t->says++ < SAYS_MAX || out->len == 0);
	for (i = 0; i < out->len; i++)
		NEED((out->data[i] >= 0x20 && out->data[i] <= 0x7e) ||
		     (out->data[i] == '\r' && i == out->len - 1));
	t->pins += memmem(out->data, out->len, "+CPIN=", 6) != NULL;
	NEED(t->pins <= 1);
	NEED(msg_text_valid(out->text, sizeof(out->text)));
	NEED(out->class <= MSG_LINK_GIVEUP && out->phone < CONF_PHONES_MAX);
	if (out->event == MODEM_EV_CONNECT)
		NEED(
		    (t->byte == '\n' || t->byte == '\r' || t->before == '\r') &&
		    t->m.state == MODEM_ONLINE);
	NEED(modem_read_max(&t->m) <= MODEM_READ_MAX);
	NEED((t->m.state == MODEM_IDLE || t->m.state == MODEM_ONLINE) ==
	     !monotime_valid(t->m.deadline));
	NEED(monotime_ms_between(t->began, t->now) <=
	     (t->m.hanging_up ? MODEM_HANGUP_MAX_MS : BOUND_MS));
}

static void
pass(struct talk *t, struct monotime until)
{
	while (monotime_valid(t->m.deadline) &&
	       monotime_cmp(t->m.deadline, until) <= 0) {
		if (monotime_cmp(t->m.deadline, t->now) > 0)
			t->now = t->m.deadline;
		modem_timeout(&t->m, t->now, &t->out);
		look(t);
	}
	/* at rest no time counts */
	if (monotime_valid(t->m.deadline) && monotime_cmp(until, t->now) > 0)
		t->now = until;
}

static void
hang_up(struct talk *t)
{
	if (!t->m.hanging_up) {
		t->began = t->now;
		t->says = 0;
	}
	modem_hangup(&t->m, t->now, &t->out);
	look(t);
}

static void
event(struct talk *t, uint8_t octet)
{
	switch (octet) {
	case LATER:
		pass(t, monotime_add_ms(t->now, 100));
		break;
	case MUCH:
		if (monotime_valid(t->m.deadline))
			pass(t, t->m.deadline);
		break;
	case HANG_UP:
		hang_up(t);
		break;
	case PIN:
		modem_pin(&t->m, "1234", MSG_LINK_OK, NULL, t->now, &t->out);
		look(t);
		break;
	case NO_PIN:
		modem_pin(
		    &t->m, NULL, MSG_LINK_GIVEUP, "not said", t->now, &t->out);
		look(t);
		break;
	default:
		if (modem_read_max(&t->m) == 0)
			break;
		t->before = t->byte;
		t->byte = octet;
		modem_input(&t->m, octet, t->now, &t->out);
		look(t);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf_modem c = { .speed = 115200,
		.ninits = 3,
		.nphones = 3,
		.init = { "ATX3", "ATZ", "AT+CFUN=1" },
		.phone = { "5551234", "5555678", "*99***1#" },
		.apn = "internet",
		.pdp = CONF_PDP_BOTH,
		.pin = 1 };
	struct talk t;
	size_t i;

	memset(&t, 0, sizeof(t));
	t.began = t.now = monotime_from_ns(1000000000);
	modem_dial(&t.m, &c, size > 0 ? data[0] : 0, LIMIT_MS, t.now, &t.out);
	look(&t);
	for (i = 1; i < size; i++)
		event(&t, data[i]);
	/* silence from here on: it must come to rest, and hang up */
	pass(&t, monotime_add_ms(t.now, BOUND_MS + MODEM_HANGUP_MAX_MS));
	NEED(!monotime_valid(t.m.deadline));
	hang_up(&t);
	pass(&t, monotime_add_ms(t.now, MODEM_HANGUP_MAX_MS));
	NEED(t.m.state == MODEM_IDLE && t.out.event == MODEM_EV_HUNG_UP);
	return 0;
}
