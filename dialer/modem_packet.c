/* SPDX-License-Identifier: ISC */
/*
 * The way of a packet modem to a dial; modem_packet.h has it in short.  Sections
 * are those of 3GPP TS 27.007.
 */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialer/modem.h"

#define CARD_MS  10000 /* a card is a slow computer */
#define REFUSALS 3 /* of AT+CPIN?: it is not known here */
#define CONTEXT  1 /* <cid>, the one that ATD*99***1# and *99# mean */

#define ROW(...)                  \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/*
 * What each phase says, one after the other.  Every modem knows its own way
 * to tell a card's number and the tries that are left: the first that is
 * answered will do.
 */
static const struct {
	const char *const *say;
	uint32_t ms;
} phases[PACKET_PHASES] = {
	[PACKET_FUNCTION] = { ROW("AT+CMEE=1", "AT+CFUN?"), MODEM_PLAIN_MS },
	[PACKET_POWER] = { ROW("AT+CFUN=1"), CARD_MS },
	[PACKET_SIM] = { ROW("AT+CPIN?"), CARD_MS },
	[PACKET_ICCID] = { radio_ask_iccid, CARD_MS },
	[PACKET_TRIES] = { ROW("AT+CPINR", "AT+QPINC?", "AT^CPIN?", "AT#PCT",
			       "AT+SPIC", "AT+UPINCNT", "AT+CPINC?", "AT^SPIC"),
	    CARD_MS },
	[PACKET_CONTEXTS] = { ROW("AT+CGDCONT?"), MODEM_PLAIN_MS },
	[PACKET_ATTACHED] = { ROW("AT+CGATT?"), MODEM_PLAIN_MS },
	[PACKET_DETACH] = { ROW("AT+CGATT=0"), MODEM_RADIO_MS },
	[PACKET_ATTACH] = { ROW("AT+CGATT=1"), MODEM_RADIO_MS },
	[PACKET_REPORT] = { ROW("AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2"),
	    MODEM_PLAIN_MS },
	[PACKET_REGISTERED] = { ROW("AT+CEREG?", "AT+CGREG?", "AT+CREG?"),
	    MODEM_PLAIN_MS },
	[PACKET_STATUS] = { ROW("AT+CSQ", "AT+CESQ", "AT+COPS=3,0", "AT+COPS?"),
	    MODEM_PLAIN_MS },
};

static void
enter(struct modem_packet *p, enum packet_phase phase)
{
	p->phase = phase;
	p->command = 0;
}

static void __attribute__((__format__(printf, 3, 4)))
fail(struct modem_packet *p, uint32_t class, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, sizeof(p->why), fmt, ap);
	va_end(ap);
	p->class = class;
	enter(p, PACKET_FAILED);
}

/* What was asked is answered, or was the last way to ask. */
static int
next_command(struct modem_packet *p)
{
	return phases[p->phase].say[++p->command] != NULL;
}

/* --- the card ------------------------------------------------------------- */

static int
lasts(struct modem_packet *p, uint32_t ms)
{
	if (!monotime_valid(p->since))
		p->since = p->now;
	return monotime_ms_between(p->since, p->now) >= ms;
}

/* It may only be slow: asked again until it has had its time. */
static void
card_later(struct modem_packet *p, uint32_t ms, uint32_t class)
{
	if (!lasts(p, ms))
		enter(p, PACKET_SIM_WAIT);
	else
		fail(p, class, "SIM card is %s", radio_sim_text(p->radio.sim));
}

/* What is still to be done once the card is seen to. */
static void
card_done(struct modem_packet *p, const struct conf_modem *conf)
{
	p->since = (struct monotime){ 0 };
	enter(p, conf->apn[0] != '\0' ? PACKET_CONTEXTS : PACKET_REPORT);
}

/* By the way that was answered before, if one was. */
static void
ask_number(struct modem_packet *p)
{
	enter(p, PACKET_ICCID);
	p->command = p->way;
}

static void
card_state(struct modem_packet *p, const struct conf_modem *conf)
{
	switch (p->radio.sim) {
	case RADIO_SIM_READY:
		p->pin_taken = p->pin_sent;
		ask_number(p);
		break;
	case RADIO_SIM_PIN:
		if (p->pin_sent && p->pin_taken)
			fail(p, MSG_LINK_BACKOFF,
			    "SIM card asks for its PIN once more");
		else if (p->pin_sent)
			fail(p, MSG_LINK_GIVEUP, "PIN refused by the SIM card");
		else if (!conf->pin)
			fail(p, MSG_LINK_GIVEUP,
			    "SIM card asks for a PIN, none is configured");
		else
			ask_number(p);
		break;
	case RADIO_SIM_NONE:
	case RADIO_SIM_BROKEN:
		card_later(p, MODEM_ABSENT_MS, MSG_LINK_REFUSED);
		break;
	case RADIO_SIM_BUSY:
		card_later(p, MODEM_BUSY_MS, MSG_LINK_BACKOFF);
		break;
	case RADIO_SIM_PUK:
	case RADIO_SIM_LOCKED:
		fail(p, MSG_LINK_GIVEUP, "SIM card is %s",
		    radio_sim_text(p->radio.sim));
		break;
	default:
		/* 8.3 is not known here, or there are no cards */
		card_done(p, conf);
	}
}

/* An error without a code may only say that it is early. */
static void
card_answered(struct modem_packet *p, const struct conf_modem *conf,
    enum result_code code)
{
	if (code == RESULT_ERROR)
		p->radio.sim = radio_error_sim(p->code);
	if (code == RESULT_ERROR && p->radio.sim == RADIO_SIM_UNKNOWN &&
	    ++p->refusals < REFUSALS)
		enter(p, PACKET_SIM_WAIT);
	else
		card_state(p, conf);
}

static void
after_iccid(struct modem_packet *p, const struct conf_modem *conf)
{
	if (p->radio.sim == RADIO_SIM_PIN)
		enter(p, PACKET_TRIES);
	else
		card_done(p, conf);
}

static void
pin_answered(struct modem_packet *p, enum result_code code)
{
	const char *text = radio_error_text(p->code);

	if (code == RESULT_ERROR)
		fail(p, MSG_LINK_GIVEUP, "PIN refused by the SIM card%s%s",
		    text[0] != '\0' ? ": " : "", text);
	else
		enter(p, PACKET_SIM);
}

/* --- the context ---------------------------------------------------------- */

static const char *
pdp_type(const struct modem_packet *p, const struct conf_modem *conf)
{
	static const char *const types[] = { [CONF_PDP_INET] = "IP",
		[CONF_PDP_INET6] = "IPV6",
		[CONF_PDP_BOTH] = "IPV4V6" };

	return types[p->single ? CONF_PDP_INET : conf->pdp];
}

/* 10.1.1: +CGDCONT: <cid>,<PDP_type>,<APN>,...; APNs know no case */
static void
context_line(
    struct modem_packet *p, const struct conf_modem *conf, const char *line)
{
	char want[MODEM_TEXT_MAX];

	snprintf(want, sizeof(want), "+CGDCONT: %d,\"%s\",\"%s\"", CONTEXT,
	    pdp_type(p, conf), conf->apn);
	if (strncasecmp(line, want, strlen(want)) == 0)
		p->same = 1;
}

static void
context_answered(struct modem_packet *p, const struct conf_modem *conf,
    enum result_code code)
{
	if (code == RESULT_OK)
		enter(p, PACKET_ATTACHED);
	else if (conf->pdp == CONF_PDP_BOTH && !p->single)
		p->single = 1; /* once more, as what any modem knows */
	else
		fail(p, MSG_LINK_GIVEUP, "modem refuses apn \"%s\" %s %s",
		    conf->apn, pdp_type(p, conf), radio_error_text(p->code));
}

/* --- registration --------------------------------------------------------- */

static void
registered_answered(struct modem_packet *p)
{
	enum radio_domain denied = radio_denied(&p->radio);
	uint32_t stat = radio_stat(&p->radio);

	if (stat == RADIO_UNKNOWN ||
	    radio_registered(&p->radio) != RADIO_DOMAINS) {
		enter(p, PACKET_STATUS);
		return;
	}
	if (!monotime_valid(p->searched))
		p->searched = p->now;
	if (denied == RADIO_DOMAINS)
		p->denied = (struct monotime){ 0 };
	else if (!monotime_valid(p->denied))
		p->denied = p->now;
	if (denied != RADIO_DOMAINS &&
	    monotime_ms_between(p->denied, p->now) >= MODEM_DENIED_MS)
		fail(p, MSG_LINK_REFUSED, "registration denied (%s %u)",
		    radio_domain_text(denied), stat);
	else if (monotime_ms_between(p->searched, p->now) >= MODEM_SEARCH_MS)
		fail(p, MSG_LINK_BACKOFF, "not registered: %s",
		    radio_stat_text(stat));
	else
		enter(p, PACKET_REGISTERED_WAIT);
}

/* --- the part ------------------------------------------------------------- */

/* A PIN that was said in this attempt is not said again. */
static void
begin(struct modem *m)
{
	struct modem_packet *p = &m->packet;
	int pin_sent = p->pin_sent, pin_taken = p->pin_taken;

	memset(p, 0, sizeof(*p));
	radio_reset(&p->radio);
	p->code = RADIO_UNKNOWN;
	p->pin_sent = pin_sent;
	p->pin_taken = pin_taken;
}

/* Card and network may be others by now. */
static void
again(struct modem *m)
{
	struct modem_packet *p = &m->packet;

	radio_reset(&p->radio);
	p->since = p->denied = p->searched = (struct monotime){ 0 };
	p->refusals = 0;
	p->told[0] = '\0';
	enter(p, PACKET_SIM);
}

static void
result(struct modem *m, enum result_code code, const char *line)
{
	struct modem_packet *p = &m->packet;

	p->code = radio_error(line);
	switch (p->phase) {
	case PACKET_FUNCTION:
		if (!next_command(p))
			enter(p, p->radio.function == 1 ||
					 p->radio.function == RADIO_UNKNOWN
				     ? PACKET_SIM
				     : PACKET_POWER);
		break;
	case PACKET_POWER:
	case PACKET_SIM_WAIT:
		enter(p, PACKET_SIM);
		break;
	case PACKET_SIM:
		card_answered(p, &m->conf, code);
		break;
	case PACKET_ICCID:
		if (p->radio.iccid[0] != '\0')
			p->way = p->command;
		if (p->radio.iccid[0] != '\0' || !next_command(p))
			after_iccid(p, &m->conf);
		break;
	case PACKET_TRIES:
		if (p->radio.tries != RADIO_UNKNOWN || !next_command(p))
			enter(p, PACKET_PIN_WAIT);
		break;
	case PACKET_PIN_WAIT:
		fail(p, MSG_LINK_BACKOFF, "no PIN in time");
		break;
	case PACKET_PIN:
		pin_answered(p, code);
		break;
	case PACKET_CONTEXTS:
		enter(p, p->same ? PACKET_REPORT : PACKET_CONTEXT);
		break;
	case PACKET_CONTEXT:
		context_answered(p, &m->conf, code);
		break;
	case PACKET_ATTACHED:
		enter(p, p->attached ? PACKET_DETACH : PACKET_REPORT);
		break;
	case PACKET_DETACH:
		enter(p, PACKET_ATTACH);
		break;
	case PACKET_ATTACH:
		enter(p, PACKET_REPORT);
		break;
	case PACKET_REPORT:
		if (!next_command(p))
			enter(p, PACKET_REGISTERED);
		break;
	case PACKET_REGISTERED_WAIT:
		enter(p, PACKET_REGISTERED);
		break;
	case PACKET_REGISTERED:
		if (radio_registered(&p->radio) != RADIO_DOMAINS ||
		    !next_command(p))
			registered_answered(p);
		break;
	case PACKET_STATUS:
		if (!next_command(p))
			enter(p, PACKET_READY);
		break;
	case PACKET_READY:
	case PACKET_FAILED:
	case PACKET_PHASES:
		break;
	}
}

static int
line(struct modem *m, const char *text)
{
	struct modem_packet *p = &m->packet;
	enum radio_told told = radio_line(&p->radio, text);

	if (p->phase == PACKET_CONTEXTS)
		context_line(p, &m->conf, text);
	if (p->phase == PACKET_ATTACHED && strncmp(text, "+CGATT: 1", 9) == 0)
		p->attached = 1;
	if (p->phase == PACKET_SIM_WAIT && told == RADIO_TOLD_SIM) {
		enter(p, PACKET_SIM);
		return 1;
	}
	if (p->phase == PACKET_REGISTERED_WAIT && told == RADIO_TOLD_STAT) {
		enter(p, PACKET_REGISTERED);
		return 1;
	}
	return 0;
}

void
modem_packet_pin(
    struct modem *m, const char *pin, uint32_t class, const char *why)
{
	struct modem_packet *p = &m->packet;

	if (p->phase != PACKET_PIN_WAIT)
		return;
	if (pin == NULL) {
		fail(p, class, "%s", why);
		return;
	}
	strlcpy(p->pin, pin, sizeof(p->pin));
	p->pin_sent = 1;
	enter(p, PACKET_PIN);
}

int
modem_packet_proved(const struct modem *m)
{
	const struct modem_packet *p = &m->packet;

	return p->radio.iccid[0] != '\0' && p->radio.sim == RADIO_SIM_READY &&
	       (p->pin_sent || radio_registered(&p->radio) != RADIO_DOMAINS);
}

/* --- what is next --------------------------------------------------------- */

/* Told once, and the reason if time runs out. */
static void __attribute__((__format__(printf, 3, 4)))
await(struct modem *m, struct modem_step *step, const char *fmt, ...)
{
	struct modem_packet *p = &m->packet;
	char text[MODEM_NAME_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, p->told) != 0)
		strlcpy(step->phase, text, sizeof(step->phase));
	strlcpy(p->told, text, sizeof(p->told));
	strlcpy(m->why, text, sizeof(m->why));
	step->ms = MODEM_POLL_MS;
}

static void
say(struct modem *m, struct modem_step *step)
{
	struct modem_packet *p = &m->packet;

	switch (p->phase) {
	case PACKET_PIN:
		snprintf(
		    step->text, sizeof(step->text), "AT+CPIN=\"%s\"", p->pin);
		explicit_bzero(p->pin, sizeof(p->pin));
		strlcpy(step->name, "AT+CPIN", sizeof(step->name));
		step->ms = CARD_MS;
		step->secret = 1;
		break;
	case PACKET_CONTEXT:
		snprintf(step->text, sizeof(step->text),
		    "AT+CGDCONT=%d,\"%s\",\"%s\"", CONTEXT,
		    pdp_type(p, &m->conf), m->conf.apn);
		step->ms = MODEM_PLAIN_MS;
		break;
	default:
		strlcpy(step->text, phases[p->phase].say[p->command],
		    sizeof(step->text));
		step->ms = phases[p->phase].ms;
		step->optional = 1;
	}
}

static enum modem_next
next(struct modem *m, struct monotime now, struct modem_step *step)
{
	struct modem_packet *p = &m->packet;

	p->now = now;
	if (!conf_modem_packet(&m->conf))
		return MODEM_NEXT_PART;
	switch (p->phase) {
	case PACKET_SIM_WAIT:
		await(m, step, "SIM card is %s", radio_sim_text(p->radio.sim));
		break;
	case PACKET_REGISTERED_WAIT:
		await(m, step, "not registered: %s",
		    radio_stat_text(radio_stat(&p->radio)));
		break;
	case PACKET_PIN_WAIT:
		step->ms = MODEM_PIN_MS;
		step->pin = 1;
		break;
	case PACKET_READY:
		m->why[0] = '\0';
		return MODEM_NEXT_PART;
	case PACKET_FAILED:
		return modem_step_fail(m, p->class, "%s", p->why);
	default:
		say(m, step);
	}
	return MODEM_NEXT_STEP;
}

const struct modem_part modem_packet_part = { begin, next, again, line,
	result };
