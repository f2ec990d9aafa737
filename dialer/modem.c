/* SPDX-License-Identifier: ISC */
/*
 * The modem engine.  What a modem says decides only where it is expected:
 * each state knows the result codes that end it, and everything else (RING,
 * +CREG, echo, frames of a connection that never ended) is heard and let go.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialer/modem.h"
#include "dialer/policy.h"

static const char *const names[] = {
	"idle",
	"sync",
	"DTR low",
	"DTR high",
	"silence before +++",
	"silence after +++",
	"ATH",
	"ATZ",
	"init",
	"calling",
	"end of CONNECT",
	"aborting",
	"online",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == MODEM_STATE_MAX,
    "a name for each state");

/*
 * No echo, words, result codes given, each kind of them; DCD tells the
 * truth and DTR hangs up; calls are not answered.  V.250 5.2: a command that
 * fails ends its line, so what any modem knows comes first.
 */
static const char *const builtins[] = { "ATE0V1Q0X4", "AT&C1&D2", "ATS0=0" };

#define NBUILTINS (sizeof(builtins) / sizeof(builtins[0]))

const char *
modem_state_name(enum modem_state state)
{
	return names[state];
}

/* --- states and what they send -------------------------------------------- */

/* How long a state may last; an attempt to dial has a limit besides. */
static void
enter(struct modem *m, enum modem_state state, uint32_t ms, struct monotime now)
{
	m->state = state;
	m->deadline = monotime_add_ms(now, ms);
	/* an end that has begun is still told in order */
	if (!m->hanging_up && state != MODEM_ABORTING &&
	    state != MODEM_CONNECT_LF &&
	    monotime_cmp(m->limit, m->deadline) < 0)
		m->deadline = m->limit;
}

static void
rest(struct modem *m, enum modem_state state)
{
	m->state = state;
	m->deadline = monotime_from_ns(0);
}

static void
put(struct modem_out *out, const char *data)
{
	out->len = strlcpy(out->data, data, sizeof(out->data));
}

static void
command(
    struct modem *m, struct modem_out *out, const char *text, const char *more)
{
	snprintf(m->sent, sizeof(m->sent), "%s%s", text, more);
	out->len =
	    (size_t)snprintf(out->data, sizeof(out->data), "%s\r", m->sent);
}

static void
phase(struct modem_out *out, const char *text, const char *more)
{
	out->event = MODEM_EV_PHASE;
	snprintf(out->text, sizeof(out->text), "%s%s", text, more);
}

static void
fail(struct modem *m, struct modem_out *out, uint32_t class)
{
	rest(m, MODEM_IDLE);
	out->event = MODEM_EV_FAILED;
	out->class = class;
	out->phone = m->phone;
	strlcpy(out->text, m->why, sizeof(out->text));
}

static void
hung_up(
    struct modem *m, struct modem_out *out, uint32_t class, const char *text)
{
	rest(m, MODEM_IDLE);
	m->hanging_up = 0;
	out->event = MODEM_EV_HUNG_UP;
	out->class = class;
	strlcpy(out->text, text, sizeof(out->text));
}

static void
send_at(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->tries++;
	command(m, out, "AT", "");
	enter(m, MODEM_SYNC, MODEM_SYNC_MS, now);
}

static void
begin_sync(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->tries = m->answers = 0;
	m->synced = m->echo_seen = m->noise_seen = 0;
	send_at(m, now, out);
}

static void
init_from_start(struct modem *m)
{
	m->builtin = m->init = 0;
}

/* --- the ladder ----------------------------------------------------------- */

/* The modem does not do as told: the next means, or the end. */
static void
next_rung(struct modem *m, struct monotime now, struct modem_out *out)
{
	static const char *const means[] = { "", "DTR", "+++ and ATH", "ATZ" };

	init_from_start(m);
	if (++m->rung == MODEM_RUNG_NONE) {
		if (m->hanging_up)
			hung_up(m, out, MSG_LINK_NEXT, m->why);
		else
			fail(m, out, MSG_LINK_NEXT);
		return;
	}
	if (m->why[0] != '\0') {
		phase(out, m->why, ": trying ");
		strlcat(out->text, means[m->rung], sizeof(out->text));
	}
	switch (m->rung) {
	case MODEM_RUNG_DTR:
		out->line = MODEM_LINE_LOW;
		enter(m, MODEM_DTR_LOW, MODEM_DTR_LOW_MS, now);
		break;
	case MODEM_RUNG_ESCAPE:
		enter(m, MODEM_ESC_QUIET, MODEM_GUARD_MS, now);
		break;
	default:
		command(m, out, "ATZ", "");
		enter(m, MODEM_RESET, MODEM_ATZ_MS, now);
		break;
	}
}

static void
begin_ladder(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->rung = MODEM_RUNG_AT;
	m->why[0] = '\0';
	next_rung(m, now, out);
}

/* What was tried got no OK; text says what. */
static void
unheard(struct modem *m, const char *text, struct monotime now,
    struct modem_out *out)
{
	snprintf(m->why, sizeof(m->why), "no answer to %s%s", text,
	    m->noise_seen  ? ", only noise"
	    : m->echo_seen ? ", only its echo"
			   : "");
	next_rung(m, now, out);
}

/* --- init strings and numbers --------------------------------------------- */

/* It loads a profile, so all that was set before is gone. */
static int
loads_profile(const char *init)
{
	return strncasecmp(init, "ATZ", 3) == 0 ||
	       strcasestr(init, "&F") != NULL;
}

static uint32_t
init_ms(const char *init)
{
	if (loads_profile(init))
		return MODEM_ATZ_MS;
	if (strcasestr(init, "+CFUN") != NULL ||
	    strcasestr(init, "+CGATT") != NULL ||
	    strcasestr(init, "+COPS") != NULL)
		return MODEM_RADIO_MS;
	return MODEM_PLAIN_MS;
}

static void
dial_number(struct modem *m, struct monotime now, struct modem_out *out)
{
	const char *phone = m->conf.phone[m->phone];

	/* once more, since the next character could be a command */
	if (!conf_phone_valid(phone)) {
		snprintf(m->why, sizeof(m->why), "phone number %u is invalid",
		    m->phone + 1);
		fail(m, out, MSG_LINK_GIVEUP);
		return;
	}
	command(m, out, "ATD", phone);
	phase(out, "dialing ", phone);
	enter(m, MODEM_CALLING,
	    conf_phone_telephone(phone) ? MODEM_CALL_MS : MODEM_SERVICE_MS,
	    now);
}

static void
next_init(struct modem *m, struct monotime now, struct modem_out *out)
{
	const char *init;

	m->own = m->builtin < NBUILTINS;
	if (m->own)
		init = builtins[m->builtin++];
	else if (m->init < m->conf.ninits)
		init = m->conf.init[m->init++];
	else {
		dial_number(m, now, out);
		return;
	}
	if (!m->own && !conf_init_valid(init)) {
		snprintf(m->why, sizeof(m->why), "init string %u is invalid",
		    m->init);
		fail(m, out, MSG_LINK_GIVEUP);
		return;
	}
	if (!m->own && loads_profile(init)) {
		m->builtin = 0;
		result_reset(&m->reader); /* digits may be what it says now */
	}
	command(m, out, init, "");
	enter(m, MODEM_INIT, init_ms(init), now);
}

/* For people: which init string is under way, without what it says (PINs). */
static const char *
init_name(const struct modem *m, char buf[32])
{
	if (m->own)
		return m->sent;
	snprintf(buf, 32, "init string %u", m->init);
	return buf;
}

/* --- calls ---------------------------------------------------------------- */

static int
out_of_time(const struct modem *m, struct monotime now)
{
	return monotime_cmp(now, m->limit) >= 0;
}

static void
fail_late(struct modem *m, struct modem_out *out)
{
	if (m->why[0] == '\0')
		snprintf(m->why, sizeof(m->why), "no connection within %u ms",
		    m->limit_ms);
	else
		strlcat(m->why, ", then no time was left", sizeof(m->why));
	fail(m, out, MSG_LINK_BACKOFF);
}

static void
online(struct modem *m, struct modem_out *out)
{
	rest(m, MODEM_ONLINE);
	out->line = MODEM_LINE_ONLINE;
	out->event = MODEM_EV_CONNECT;
	out->class = MSG_LINK_OK;
	out->phone = m->phone;
	strlcpy(out->text, m->reader.verbose ? m->reader.line : "CONNECT",
	    sizeof(out->text));
}

/* A number came to nothing; m->why says how. */
static void
number_failed(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	enum policy_step step;
	uint32_t class;

	step = policy_result(code, &class);
	if (step == POLICY_STOP) {
		fail(m, out, class);
		return;
	}
	if (step == POLICY_AGAIN && !m->again) {
		m->again = 1;
		init_from_start(m);
		phase(out, m->why, ", once more");
		begin_sync(m, now, out);
		return;
	}
	m->class = policy_combine(m->class, class);
	if (++m->used >= m->conf.nphones) {
		fail(m, out, m->class);
		return;
	}
	m->phone = (m->phone + 1) % m->conf.nphones;
	phase(out, m->why, ", next number");
	begin_sync(m, now, out);
}

/* Any byte ends a call that is being set up (V.250 6.3.1). */
static void
abort_call(struct modem *m, struct monotime now, struct modem_out *out)
{
	put(out, "\r");
	enter(m, MODEM_ABORTING, MODEM_ABORT_MS, now);
}

static void
aborted(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->hanging_up)
		begin_ladder(m, now, out);
	else if (out_of_time(m, now))
		fail_late(m, out);
	else {
		snprintf(m->why, sizeof(m->why), "%s: no result in time",
		    m->conf.phone[m->phone]);
		number_failed(m, RESULT_NONE, now, out);
	}
}

/* --- result codes, by state ----------------------------------------------- */

static void
synced(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->hanging_up)
		hung_up(m, out, MSG_LINK_OK, "hung up");
	else
		next_init(m, now, out);
}

static void
sync_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->synced)
		synced(m, now, out);
	else if (m->tries < MODEM_SYNC_TRIES)
		send_at(m, now, out);
	else
		unheard(m, "AT", now, out);
}

/*
 * With several ATs under way each may be answered yet, and an answer that
 * comes late would pass for the next command's: wait for them a while.
 */
static void
sync_result(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	if (code != RESULT_OK && code != RESULT_ERROR)
		return;
	m->answers++;
	m->synced |= code == RESULT_OK;
	if (!m->synced)
		sync_timeout(m, now, out);
	else if (m->answers >= m->tries || m->hanging_up)
		synced(m, now, out);
	else
		enter(m, MODEM_SYNC, MODEM_LATE_MS, now);
}

static void
init_result(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	char name[32];

	if (code == RESULT_OK || (code == RESULT_ERROR && m->own))
		next_init(m, now, out);
	else if (code == RESULT_ERROR) {
		snprintf(m->why, sizeof(m->why), "%s: %s", init_name(m, name),
		    m->reader.verbose ? m->reader.line : "ERROR");
		fail(m, out, MSG_LINK_BACKOFF);
	}
}

static void
call_result(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	/* OK: a late answer to something else */
	if (code == RESULT_NONE || code == RESULT_OK)
		return;
	if (code == RESULT_CONNECT) {
		/* in words a LF follows, and a digit ends with its CR */
		if (m->reader.end == '\r' && m->reader.verbose)
			enter(m, MODEM_CONNECT_LF, MODEM_LF_MS, now);
		else
			online(m, out);
		return;
	}
	snprintf(m->why, sizeof(m->why), "%s: %s", m->conf.phone[m->phone],
	    m->reader.verbose ? m->reader.line : result_text(code));
	number_failed(m, code, now, out);
}

/* ATH or ATZ has been heard: NO CARRIER will do, too. */
static void
rung_result(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	if (code == RESULT_ERROR)
		unheard(m, m->sent, now, out);
	else if (code != RESULT_NONE)
		synced(m, now, out);
}

static void
line(struct modem *m, struct monotime now, struct modem_out *out)
{
	enum result_code code = result_of_line(&m->reader);

	m->echo_seen |= strcmp(m->reader.line, m->sent) == 0;
	m->noise_seen |= m->reader.noisy;
	switch (m->state) {
	case MODEM_SYNC:
		sync_result(m, code, now, out);
		break;
	case MODEM_ESC_HANGUP:
	case MODEM_RESET:
		rung_result(m, code, now, out);
		break;
	case MODEM_INIT:
		init_result(m, code, now, out);
		break;
	case MODEM_CALLING:
		call_result(m, code, now, out);
		break;
	case MODEM_ABORTING:
		if (code != RESULT_NONE)
			aborted(m, now, out);
		break;
	default: /* nothing was asked */
		break;
	}
}

/* --- from outside --------------------------------------------------------- */

void
modem_dial(struct modem *m, const struct conf_modem *conf, uint32_t phone,
    uint32_t limit_ms, struct monotime now, struct modem_out *out)
{
	memset(m, 0, sizeof(*m));
	memset(out, 0, sizeof(*out));
	m->conf = *conf;
	m->limit_ms = limit_ms;
	m->limit = monotime_add_ms(now, limit_ms);
	m->class = MSG_LINK_GIVEUP;
	if (conf->nphones == 0) {
		strlcpy(m->why, "no phone number", sizeof(m->why));
		fail(m, out, MSG_LINK_GIVEUP);
		return;
	}
	m->phone = phone % conf->nphones;
	out->line = MODEM_LINE_RESET;
	begin_sync(m, now, out);
}

void
modem_hangup(struct modem *m, struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	if (m->hanging_up)
		return;
	m->hanging_up = 1;
	if (m->state == MODEM_CALLING)
		abort_call(m, now, out);
	else if (m->state != MODEM_ABORTING)
		begin_ladder(m, now, out);
}

void
modem_input(
    struct modem *m, uint8_t byte, struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	switch (m->state) {
	case MODEM_IDLE:
	case MODEM_ONLINE:
		break;
	case MODEM_CONNECT_LF:
		online(m, out); /* the LF, or all that there is of one */
		break;
	default:
		if (result_byte(&m->reader, byte))
			line(m, now, out);
		break;
	}
}

static void
state_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	char name[32];

	switch (m->state) {
	case MODEM_SYNC:
		sync_timeout(m, now, out);
		break;
	case MODEM_DTR_LOW:
		out->line = MODEM_LINE_HIGH;
		enter(m, MODEM_DTR_HIGH, MODEM_DTR_HIGH_MS, now);
		break;
	case MODEM_DTR_HIGH:
		begin_sync(m, now, out);
		break;
	case MODEM_ESC_QUIET:
		put(out, "+++");
		enter(m, MODEM_ESC_WAIT, MODEM_GUARD_MS, now);
		break;
	case MODEM_ESC_WAIT:
		command(m, out, "ATH", "");
		enter(m, MODEM_ESC_HANGUP, MODEM_PLAIN_MS, now);
		break;
	case MODEM_INIT:
		unheard(m, init_name(m, name), now, out);
		break;
	case MODEM_ESC_HANGUP:
	case MODEM_RESET:
		unheard(m, m->sent, now, out);
		break;
	default:
		break;
	}
}

void
modem_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	switch (m->state) {
	case MODEM_IDLE:
	case MODEM_ONLINE:
		break;
	case MODEM_CALLING:
		abort_call(m, now, out);
		break;
	case MODEM_CONNECT_LF:
		online(m, out);
		break;
	case MODEM_ABORTING:
		aborted(m, now, out);
		break;
	default:
		if (!m->hanging_up && out_of_time(m, now))
			fail_late(m, out);
		else
			state_timeout(m, now, out);
		break;
	}
}

size_t
modem_read_max(const struct modem *m)
{
	switch (m->state) {
	case MODEM_IDLE:
	case MODEM_ONLINE:
		return 0;
	case MODEM_CALLING:
	case MODEM_CONNECT_LF:
		return 1;
	default:
		return MODEM_READ_MAX;
	}
}
