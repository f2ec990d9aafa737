/* SPDX-License-Identifier: ISC */
/* The way to ATD: walks the parts' steps. */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialer/modem_int.h"

static const struct modem_part *const parts[] = { &modem_init_part,
	&modem_packet_part };

#define NPARTS (sizeof(parts) / sizeof(parts[0]))

enum modem_next
modem_step_fail(struct modem *m, uint32_t class, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, sizeof(m->why), fmt, ap);
	va_end(ap);
	m->class = class;
	return MODEM_NEXT_FAIL;
}

void
modem_steps_anew(struct modem *m)
{
	size_t i;

	m->part = 0;
	for (i = 0; i < NPARTS; i++)
		parts[i]->begin(m);
}

static void
send_step(struct modem *m, struct monotime now, struct modem_out *out)
{
	struct modem_step *step = &m->step;

	if (step->text[0] != '\0')
		modem_command(m, out, step->text, "");
	if (step->phase[0] != '\0')
		modem_phase(out, step->phase, "");
	if (step->pin)
		out->event = MODEM_EV_PIN;
	if (step->secret) {
		explicit_bzero(step->text, sizeof(step->text));
		explicit_bzero(m->sent, sizeof(m->sent));
		step->text[0] = m->sent[0] = '*'; /* there was one */
	}
	modem_enter(m, MODEM_STEP, step->ms, now);
}

void
modem_steps(struct modem *m, struct monotime now, struct modem_out *out)
{
	for (; m->part < NPARTS; m->part++) {
		memset(&m->step, 0, sizeof(m->step));
		switch (parts[m->part]->next(m, now, &m->step)) {
		case MODEM_NEXT_STEP:
			send_step(m, now, out);
			return;
		case MODEM_NEXT_FAIL:
			modem_fail(m, out, m->class);
			return;
		case MODEM_NEXT_PART:
			break;
		}
	}
	if (!m->warm) {
		modem_call(m, now, out);
		return;
	}
	modem_enter(m, MODEM_WARM, MODEM_WARM_MS, now);
	out->event = MODEM_EV_WARM;
	out->class = MSG_LINK_OK;
	strlcpy(out->text, "ready", sizeof(out->text));
}

void
modem_steps_again(struct modem *m, struct monotime now, struct modem_out *out)
{
	size_t i;

	m->rung = MODEM_RUNG_AT;
	m->why[0] = '\0';
	m->part = 0;
	for (i = 0; i < NPARTS; i++)
		if (parts[i]->again != NULL)
			parts[i]->again(m);
	modem_sync(m, now, out);
}

void
modem_warm_line(struct modem *m)
{
	size_t i;

	for (i = 0; i < NPARTS && !m->reader.noisy; i++)
		if (parts[i]->line != NULL)
			(void)parts[i]->line(m, m->reader.line);
}

void
modem_step_line(struct modem *m, enum result_code code, struct monotime now,
    struct modem_out *out)
{
	const struct modem_part *part = parts[m->part];
	int listens = m->step.text[0] == '\0';

	if (code == RESULT_NONE && !m->reader.noisy && part->line != NULL &&
	    strcmp(m->reader.line, m->sent) != 0 &&
	    part->line(m, m->reader.line) && listens) {
		modem_steps(m, now, out);
		return;
	}
	/* OK and ERROR end a command; other results are of an earlier call */
	if (listens || (code != RESULT_OK && code != RESULT_ERROR))
		return;
	part->result(m, code, modem_said(m, code));
	modem_steps(m, now, out);
}

void
modem_pin(struct modem *m, const char *pin, uint32_t class, const char *why,
    struct monotime now, struct modem_out *out)
{
	memset(out, 0, sizeof(*out));
	if (m->state != MODEM_STEP || !m->step.pin || m->hanging_up)
		return;
	modem_packet_pin(m, pin, class, why);
	modem_steps(m, now, out);
}

void
modem_step_timeout(struct modem *m, struct monotime now, struct modem_out *out)
{
	const struct modem_step *step = &m->step;

	if (step->text[0] == '\0') {
		parts[m->part]->result(m, RESULT_NONE, "");
		modem_steps(m, now, out);
	} else if (step->optional) {
		/* its answer may come yet, and is not the next one's */
		parts[m->part]->result(m, RESULT_NONE, "");
		modem_sync(m, now, out);
	} else
		modem_unheard(m,
		    step->name[0] != '\0' ? step->name : step->text, now, out);
}
