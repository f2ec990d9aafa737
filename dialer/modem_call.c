/* SPDX-License-Identifier: ISC */
/* ATD, number by number. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/modem_int.h"
#include "dialer/policy.h"

/* 3GPP TS 27.007, 10.1.12: what a service code means */
#define DATA "AT+CGDATA=\"PPP\",1"

void
modem_call(struct modem *m, struct monotime now, struct modem_out *out)
{
	const char *phone = m->conf.phone[m->phone];

	/* once more, since the next character could be a command */
	if (!conf_phone_valid(phone)) {
		snprintf(m->why, sizeof(m->why), "phone number %u is invalid",
		    m->phone + 1);
		modem_fail(m, out, MSG_LINK_GIVEUP);
		return;
	}
	if (m->data)
		modem_command(m, out, DATA, "");
	else
		modem_command(m, out, "ATD", phone);
	modem_phase(out, "dialing ", m->data ? DATA : phone);
	modem_enter(m, MODEM_CALLING,
	    conf_phone_telephone(phone) ? MODEM_CALL_MS : MODEM_SERVICE_MS,
	    now);
}

int
modem_late(const struct modem *m, struct monotime now)
{
	return monotime_valid(m->limit) && monotime_cmp(now, m->limit) >= 0;
}

void
modem_fail_late(struct modem *m, struct modem_out *out)
{
	if (m->why[0] == '\0')
		snprintf(m->why, sizeof(m->why), "no connection within %u ms",
		    m->limit_ms);
	else
		strlcat(m->why, ", then no time was left", sizeof(m->why));
	modem_fail(m, out, MSG_LINK_BACKOFF);
}

void
modem_call_online(struct modem *m, struct modem_out *out)
{
	m->refusals = 0;
	modem_rest(m, MODEM_ONLINE);
	out->line = MODEM_LINE_ONLINE;
	out->event = MODEM_EV_CONNECT;
	out->class = MSG_LINK_OK;
	out->phone = m->phone;
	strlcpy(out->text, modem_said(m, RESULT_CONNECT), sizeof(out->text));
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
		modem_fail(m, out, class);
		return;
	}
	if (step == POLICY_AGAIN && !m->again) {
		m->again = 1;
		modem_steps_anew(m);
		modem_phase(out, m->why, ", once more");
		modem_sync(m, now, out);
		return;
	}
	if (code == RESULT_NO_CARRIER || code == RESULT_ERROR)
		m->refusals++;
	m->class = policy_combine(m->class, class);
	if (++m->used >= m->conf.nphones && code == RESULT_ERROR && !m->data &&
	    !conf_phone_telephone(m->conf.phone[m->phone])) {
		m->data = 1;
		modem_phase(out, m->why, ", trying " DATA);
		modem_sync(m, now, out);
		return;
	}
	if (m->used >= m->conf.nphones) {
		modem_fail(m, out, m->class);
		return;
	}
	m->phone = (m->phone + 1) % m->conf.nphones;
	modem_phase(out, m->why, ", next number");
	modem_sync(m, now, out);
}

void
modem_call_line(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	const char *reason;

	/* OK: a late answer to something else */
	if (code == RESULT_NONE || code == RESULT_OK)
		return;
	if (code == RESULT_CONNECT) {
		/* in words a LF follows, and a digit ends with its CR */
		if (m->reader.end == '\r' && m->reader.verbose)
			modem_enter(m, MODEM_CONNECT_LF, MODEM_LF_MS, now);
		else
			modem_call_online(m, out);
		return;
	}
	reason = radio_error_text(radio_error(modem_said(m, code)));
	snprintf(m->why, sizeof(m->why), "%s: %s%s%s",
	    m->data ? DATA : m->conf.phone[m->phone], modem_said(m, code),
	    reason[0] != '\0' ? ", " : "", reason);
	number_failed(m, code, now, out);
}

/* Any byte ends a call that is being set up (V.250 6.3.1). */
void
modem_call_abort(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->listens = 0;
	modem_put(out, "\r");
	modem_enter(m, MODEM_ABORTING, MODEM_ABORT_MS, now);
}

void
modem_call_aborted(struct modem *m, struct monotime now, struct modem_out *out)
{
	if (m->hanging_up && m->listens)
		modem_hang_up_idle(m, now, out);
	else if (m->hanging_up)
		modem_ladder(m, now, out);
	else if (modem_late(m, now))
		modem_fail_late(m, out);
	else {
		snprintf(m->why, sizeof(m->why), "%s: no result in time",
		    m->conf.phone[m->phone]);
		number_failed(m, RESULT_NONE, now, out);
	}
}
