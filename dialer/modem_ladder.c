/* SPDX-License-Identifier: ISC */
/* A modem is brought to answer: AT, then the ladder of means. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/modem_int.h"

#define FRAME_FLAGS 2 /* what begins and ends one */

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
	m->reader.flags = 0;
	send_at(m, now, out);
}

static const char *const means[] = { "AT", "DTR", "+++ and ATH", "ATZ",
	"AT+CFUN=1,1" };

const char *
modem_rung_name(enum modem_rung rung)
{
	return means[rung];
}

/* Others do not know it, and it takes long. */
static int
may_boot(const struct modem *m)
{
	return !m->hanging_up && !conf_phone_telephone(m->conf.phone[m->phone]);
}

static void
low(struct modem *m, struct monotime now, struct modem_out *out)
{
	out->line = MODEM_LINE_LOW;
	m->dtr_until = monotime_add_ms(now, MODEM_DTR_MIN_MS);
	modem_enter(m, MODEM_DTR_LOW, MODEM_DTR_LOW_MS, now);
}

static void
high(struct modem *m, struct monotime now, struct modem_out *out)
{
	out->line = MODEM_LINE_HIGH;
	modem_enter(m, MODEM_DTR_HIGH, MODEM_DTR_HIGH_MS, now);
}

/* DTR has done what it should. */
static void
dropped(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (monotime_cmp(now, m->dtr_until) >= 0)
		high(m, now, out);
	else if (monotime_cmp(m->dtr_until, m->deadline) < 0)
		m->deadline = m->dtr_until;
}

void
modem_boot(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->rung = MODEM_RUNG_CFUN;
	m->counts.tried[m->rung]++;
	m->climbed = 1;
	m->refusals = 0;
	modem_steps_anew(m);
	modem_command(m, out, means[MODEM_RUNG_CFUN], "");
	modem_enter(m, MODEM_CFUN, MODEM_CFUN_MS, now);
}

static void
climb(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->counts.tried[m->rung]++;
	m->climbed = 1;
	switch (m->rung) {
	case MODEM_RUNG_DTR:
		low(m, now, out);
		break;
	case MODEM_RUNG_ESCAPE:
		modem_enter(m, MODEM_ESC_QUIET, MODEM_GUARD_MS, now);
		break;
	default:
		modem_command(m, out, means[MODEM_RUNG_ATZ], "");
		modem_enter(m, MODEM_RESET, MODEM_ATZ_MS, now);
		break;
	}
}

static void
next_rung(struct modem *m, struct monotime now, struct modem_out *out)
{
	modem_steps_anew(m);
	if (++m->rung == MODEM_RUNG_NONE ||
	    (m->rung == MODEM_RUNG_CFUN && !may_boot(m))) {
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
	if (m->rung == MODEM_RUNG_CFUN)
		modem_boot(m, now, out);
	else
		climb(m, now, out);
}

void
modem_ladder(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->rung = MODEM_RUNG_AT;
	m->why[0] = '\0';
	next_rung(m, now, out);
	/*
	 * Perhaps it is not on line any more, and will not tell what it has
	 * told already: then this is answered.  Else the peer has it.
	 */
	modem_command(m, out, "ATH", "");
}

void
modem_hang_up_idle(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->rung = MODEM_RUNG_AT;
	m->why[0] = '\0';
	modem_sync(m, now, out);
}

void
modem_unheard(struct modem *m, const char *text, struct monotime now,
    struct modem_out *out)
{
	snprintf(m->why, sizeof(m->why), "no answer to %s%s", text,
	    m->reader.flags >= FRAME_FLAGS ? ", only frames"
	    : m->noise_seen                ? ", only noise"
	    : m->echo_seen                 ? ", only its echo"
					   : "");
	next_rung(m, now, out);
}

static void
synced(struct modem *m, struct monotime now, struct modem_out *out)
{
	/* AT may be asked again later on, by what went unanswered */
	if (m->rung != MODEM_RUNG_AT && m->climbed)
		m->counts.helped[m->rung]++;
	m->climbed = 0;
	/* what ATE0 set is gone: it has been without power */
	if (m->warm && m->echo_seen)
		modem_steps_anew(m);
	if (m->hanging_up)
		modem_hung_up(m, out, MSG_LINK_OK, "hung up");
	else if (m->refusals >= MODEM_REFUSALS && may_boot(m)) {
		snprintf(
		    m->why, sizeof(m->why), "%u calls refused", m->refusals);
		modem_phase(out, m->why, ": trying AT+CFUN=1,1");
		modem_boot(m, now, out);
	} else
		modem_steps(m, now, out);
}

static void
sync_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->synced)
		synced(m, now, out);
	else if (m->reader.flags >= FRAME_FLAGS)
		modem_unheard(m, "AT", now, out);
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
	case MODEM_DTR_LOW:
		if (code != RESULT_NONE && code != RESULT_CONNECT)
			dropped(m, now, out);
		break;
	case MODEM_CFUN:
		if (code == RESULT_ERROR)
			modem_sync(m, now, out); /* it does not know it */
		else if (code == RESULT_OK) {
			m->boot_until = monotime_add_ms(now, MODEM_BOOT_MS);
			modem_enter(m, MODEM_BOOT, MODEM_BOOT_AT_MS, now);
		}
		break;
	case MODEM_BOOT: /* an answer to AT */
		if (code == RESULT_OK)
			modem_sync(m, now, out);
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
		high(m, now, out);
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
	case MODEM_BOOT:
		if (monotime_cmp(now, m->boot_until) >= 0)
			modem_unheard(m, "AT after a reset", now, out);
		else {
			modem_command(m, out, "AT", "");
			modem_enter(m, MODEM_BOOT, MODEM_BOOT_AT_MS, now);
		}
		break;
	case MODEM_ESC_HANGUP:
	case MODEM_RESET:
	case MODEM_CFUN:
		modem_unheard(m, m->sent, now, out);
		break;
	default:
		break;
	}
}

void
modem_no_carrier(struct modem *m, struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	if (m->state == MODEM_DTR_LOW)
		dropped(m, now, out);
}
