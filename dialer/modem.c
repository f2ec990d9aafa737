/* SPDX-License-Identifier: ISC */
/*
 * The modem engine: what comes from outside.  What a modem says decides only
 * where it is expected: each state knows the result codes that end it, and
 * everything else (RING, +CREG, echo, frames of a connection that never
 * ended) is heard and let go.
 */
#include <sys/types.h>

#include <string.h>

#include "dialer/modem_int.h"

void
modem_forget(struct modem *m)
{
	struct modem_counts counts = m->counts;
	uint32_t refusals = m->refusals;

	memset(m, 0, sizeof(*m));
	m->counts = counts;
	m->refusals = refusals;
}

void
modem_lost(struct modem *m)
{
	modem_forget(m);
	m->counts.lost++;
}

static void
begin(struct modem *m, const struct conf_modem *conf, struct monotime now,
    struct modem_out *out)
{
	m->conf = *conf;
	modem_steps_anew(m);
	out->line = MODEM_LINE_RESET;
	modem_sync(m, now, out);
}

void
modem_warm(struct modem *m, const struct conf_modem *conf, struct monotime now,
    struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	modem_forget(m);
	m->warm = 1;
	begin(m, conf, now, out);
}

/* Made ready, or on its way there: it goes on, and ends in a call. */
static void
dial_warm(struct modem *m, struct monotime now, struct modem_out *out)
{
	m->warm = 0;
	if (m->state == MODEM_WARM)
		modem_call(m, now, out);
	else if (monotime_cmp(m->limit, m->deadline) < 0)
		m->deadline = m->limit;
}

void
modem_dial(struct modem *m, const struct conf_modem *conf, uint32_t phone,
    uint32_t limit_ms, struct monotime now, struct modem_out *out)
{
	int warm = m->warm && m->state != MODEM_IDLE;

	memset(out, 0, sizeof(*out));
	if (!warm)
		modem_forget(m);
	m->limit_ms = limit_ms;
	m->limit = monotime_add_ms(now, limit_ms);
	m->class = MSG_LINK_GIVEUP;
	if (conf->nphones == 0) {
		strlcpy(m->why, "no phone number", sizeof(m->why));
		modem_fail(m, out, MSG_LINK_GIVEUP);
		return;
	}
	m->phone = phone % conf->nphones;
	if (warm)
		dial_warm(m, now, out);
	else
		begin(m, conf, now, out);
}

void
modem_hangup(struct modem *m, struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	if (m->hanging_up)
		return;
	m->hanging_up = 1;
	if (m->warm) {
		out->line = MODEM_LINE_RESET; /* DTR may be low just now */
		modem_hung_up(m, out, MSG_LINK_OK, "there was no call");
	} else if (m->state == MODEM_CALLING)
		modem_call_abort(m, now, out);
	else if (m->state == MODEM_IDLE && m->listens)
		modem_hang_up_idle(m, now, out);
	else if (m->state != MODEM_ABORTING)
		modem_ladder(m, now, out);
}

static void
line(struct modem *m, struct monotime now, struct modem_out *out)
{
	enum result_code code = result_of_line(&m->reader);

	m->echo_seen |= strcmp(m->reader.line, m->sent) == 0;
	m->noise_seen |= m->reader.noisy;
	if (code != RESULT_NONE)
		m->listens = code != RESULT_CONNECT;
	switch (m->state) {
	case MODEM_STEP:
		modem_step_line(m, code, now, out);
		break;
	case MODEM_WARM:
		modem_warm_line(m);
		break;
	case MODEM_CALLING:
		modem_call_line(m, code, now, out);
		break;
	case MODEM_ABORTING:
		if (code != RESULT_NONE)
			modem_call_aborted(m, now, out);
		break;
	default:
		modem_ladder_result(m, code, now, out);
		break;
	}
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
	case MODEM_CONNECT_LF: /* the LF, or all that there is of one */
		modem_call_online(m, out);
		break;
	default:
		if (result_byte(&m->reader, byte))
			line(m, now, out);
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
	case MODEM_WARM:
		modem_steps_again(m, now, out);
		break;
	case MODEM_CALLING:
		modem_call_abort(m, now, out);
		break;
	case MODEM_CONNECT_LF:
		modem_call_online(m, out);
		break;
	case MODEM_ABORTING:
		modem_call_aborted(m, now, out);
		break;
	default:
		if (!m->hanging_up && modem_late(m, now))
			modem_fail_late(m, out);
		else if (m->state == MODEM_STEP)
			modem_step_timeout(m, now, out);
		else
			modem_ladder_timeout(m, now, out);
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
