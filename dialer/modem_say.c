/* SPDX-License-Identifier: ISC */
/* What the engine says and tells, and the states between. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/modem_int.h"

static const char *const names[] = {
	"idle",
	"sync",
	"DTR low",
	"DTR high",
	"silence before +++",
	"silence after +++",
	"ATH",
	"ATZ",
	"AT+CFUN",
	"booting",
	"step",
	"calling",
	"end of CONNECT",
	"aborting",
	"online",
	"warm",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == MODEM_STATE_MAX,
    "a name for each state");

const char *
modem_state_name(enum modem_state state)
{
	return names[state];
}

void
modem_enter(
    struct modem *m, enum modem_state state, uint32_t ms, struct monotime now)
{
	m->state = state;
	m->deadline = monotime_add_ms(now, ms);
	/* an end that has begun is still told in order */
	if (!m->hanging_up && state != MODEM_ABORTING &&
	    state != MODEM_CONNECT_LF && monotime_valid(m->limit) &&
	    monotime_cmp(m->limit, m->deadline) < 0)
		m->deadline = m->limit;
}

void
modem_rest(struct modem *m, enum modem_state state)
{
	m->state = state;
	m->deadline = monotime_from_ns(0);
}

void
modem_put(struct modem_out *out, const char *data)
{
	out->len = strlcpy(out->data, data, sizeof(out->data));
}

void
modem_command(
    struct modem *m, struct modem_out *out, const char *text, const char *more)
{
	m->listens = 0;
	snprintf(m->sent, sizeof(m->sent), "%s%s", text, more);
	out->len =
	    (size_t)snprintf(out->data, sizeof(out->data), "%s\r", m->sent);
}

void
modem_phase(struct modem_out *out, const char *text, const char *more)
{
	out->event = MODEM_EV_PHASE;
	snprintf(out->text, sizeof(out->text), "%s%s", text, more);
}

void
modem_fail(struct modem *m, struct modem_out *out, uint32_t class)
{
	if (m->state == MODEM_DTR_LOW)
		out->line = MODEM_LINE_HIGH;
	modem_rest(m, MODEM_IDLE);
	out->event = MODEM_EV_FAILED;
	out->class = class;
	out->phone = m->phone;
	strlcpy(out->text, m->why, sizeof(out->text));
}

void
modem_hung_up(
    struct modem *m, struct modem_out *out, uint32_t class, const char *text)
{
	modem_rest(m, MODEM_IDLE);
	m->hanging_up = m->warm = 0;
	m->counts.closed += class != MSG_LINK_OK;
	out->event = MODEM_EV_HUNG_UP;
	out->class = class;
	strlcpy(out->text, text, sizeof(out->text));
}

const char *
modem_said(const struct modem *m, enum result_code code)
{
	return m->reader.verbose ? m->reader.line : result_text(code);
}
