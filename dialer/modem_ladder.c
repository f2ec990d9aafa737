/* SPDX-License-Identifier: ISC */
/* A modem is brought to answer: AT, then the ladder of means. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/modem_int.h"

static void
send_at(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->tries++;
	modem_command(m, out, "AT", "");
	modem_enter(m, MODEM_SYNC, MODEM_SYNC_MS, now);
}

void
modem_sync(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->tries = m->answers = 0;
	m->synced = m->echo_seen = m->noise_seen = 0;
	send_at(m, now, out);
}

static void
next_rung(struct modem *m, struct monotime now, struct modem_out *out)
{
	static const char *const means[] = { "", "DTR", "+++ and ATH", "ATZ" };

	modem_steps_anew(m);
	if (++m->rung == MODEM_RUNG_NONE) {
		if (m->hanging_up)
			modem_hung_up(m, out, MSG_LINK_NEXT, m->why);
		else
			modem_fail(m, out, MSG_LINK_NEXT);
		return;
	}
	if (m->why[0] != '\0') {
		modem_phase(out, m->why, ": trying ");
		strlcat(out->text, means[m->rung], sizeof(out->text));
	}
	switch (m->rung) {
	case MODEM_RUNG_DTR:
		out->line = MODEM_LINE_LOW;
		modem_enter(m, MODEM_DTR_LOW, MODEM_DTR_LOW_MS, now);
		break;
	case MODEM_RUNG_ESCAPE:
		modem_enter(m, MODEM_ESC_QUIET, MODEM_GUARD_MS, now);
		break;
	default:
		modem_command(m, out, "ATZ", "");
		modem_enter(m, MODEM_RESET, MODEM_ATZ_MS, now);
		break;
	}
}

void
modem_ladder(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->rung = MODEM_RUNG_AT;
	m->why[0] = '\0';
	next_rung(m, now, out);
}

void
modem_unheard(struct modem *m, const char *text, struct monotime now,
    struct modem_out *out)
{
	snprintf(m->why, sizeof(m->why), "no answer to %s%s", text,
	    m->noise_seen  ? ", only noise"
	    : m->echo_seen ? ", only its echo"
			   : "");
	next_rung(m, now, out);
}

static void
synced(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->hanging_up)
		modem_hung_up(m, out, MSG_LINK_OK, "hung up");
	else
		modem_steps(m, now, out);
}

static void
sync_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->synced)
		synced(m, now, out);
	else if (m->tries < MODEM_SYNC_TRIES)
		send_at(m, now, out);
	else
		modem_unheard(m, "AT", now, out);
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
		modem_enter(m, MODEM_SYNC, MODEM_LATE_MS, now);
}

void
modem_ladder_result(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	switch (m->state) {
	case MODEM_SYNC:
		sync_result(m, code, now, out);
		break;
	case MODEM_ESC_HANGUP:
	case MODEM_RESET: /* it has been heard: NO CARRIER will do, too */
		if (code == RESULT_ERROR)
			modem_unheard(m, m->sent, now, out);
		else if (code != RESULT_NONE)
			synced(m, now, out);
		break;
	default:
		break;
	}
}

void
modem_ladder_timeout(
    struct modem *m, struct monotime now, struct modem_out *out)
{
	switch (m->state) {
	case MODEM_SYNC:
		sync_timeout(m, now, out);
		break;
	case MODEM_DTR_LOW:
		out->line = MODEM_LINE_HIGH;
		modem_enter(m, MODEM_DTR_HIGH, MODEM_DTR_HIGH_MS, now);
		break;
	case MODEM_DTR_HIGH:
		modem_sync(m, now, out);
		break;
	case MODEM_ESC_QUIET:
		modem_put(out, "+++");
		modem_enter(m, MODEM_ESC_WAIT, MODEM_GUARD_MS, now);
		break;
	case MODEM_ESC_WAIT:
		modem_command(m, out, "ATH", "");
		modem_enter(m, MODEM_ESC_HANGUP, MODEM_PLAIN_MS, now);
		break;
	case MODEM_ESC_HANGUP:
	case MODEM_RESET:
		modem_unheard(m, m->sent, now, out);
		break;
	default:
		break;
	}
}
