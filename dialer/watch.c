/* SPDX-License-Identifier: ISC */
/*
 * Question by question, then a pause.  What comes by itself between them
 * (+CREG: 3) is told at once.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "dialer/watch.h"

/* Only questions: 3GPP TS 27.007.  The card's number comes behind them. */
static const char *const questions[] = { "AT+CPIN?", "AT+CEREG?", "AT+CGREG?",
	"AT+CREG?", "AT+CSQ", "AT+CESQ", "AT+COPS?", "AT+CGPADDR=1" };

#define NQUESTIONS (sizeof(questions) / sizeof(questions[0]))

static const char *
question(const struct watch *w)
{
	if (w->at < NQUESTIONS)
		return questions[w->at];
	return w->radio.iccid[0] == '\0' ? radio_ask_iccid[w->card] : NULL;
}

static void
ask(struct watch *w, struct monotime now, struct watch_out *out)
{
	const char *text = question(w);

	w->waiting = text != NULL;
	if (!w->waiting) {
		if (!w->heard)
			radio_reset(&w->radio);
		w->at = w->card = 0;
		w->heard = 0;
		w->deadline = monotime_add_ms(now, WATCH_EVERY_MS);
		out->told = 1;
		return;
	}
	out->len = (size_t)snprintf(out->data, sizeof(out->data), "%s\r", text);
	w->deadline = monotime_add_ms(now, WATCH_ANSWER_MS);
}

static void
next(struct watch *w, struct monotime now, struct watch_out *out)
{
	if (w->at < NQUESTIONS)
		w->at++;
	else
		w->card++;
	ask(w, now, out);
}

void
watch_begin(struct watch *w, struct monotime now, struct watch_out *out)
{
	memset(w, 0, sizeof(*w));
	memset(out, 0, sizeof(*out));
	radio_reset(&w->radio);
	ask(w, now, out);
}

/* +CPIN? is the first question, and says what its error says. */
static void
answered(struct watch *w, enum result_code code, struct monotime now,
    struct watch_out *out)
{
	enum radio_sim sim = radio_error_sim(radio_error(w->reader.line));

	if (code == RESULT_ERROR && w->at == 0 && sim != RADIO_SIM_UNKNOWN)
		w->radio.sim = sim;
	if (w->radio.sim != RADIO_SIM_READY && w->at == 0)
		memset(w->radio.iccid, 0, sizeof(w->radio.iccid));
	next(w, now, out);
}

void
watch_input(
    struct watch *w, uint8_t byte, struct monotime now, struct watch_out *out)
{
	enum result_code code;

	memset(out, 0, sizeof(*out));
	if (!result_byte(&w->reader, byte))
		return;
	code = result_of_line(&w->reader);
	w->heard |= !w->reader.noisy;
	if (w->waiting && (code == RESULT_OK || code == RESULT_ERROR))
		answered(w, code, now, out);
	else if (code == RESULT_NONE && !w->reader.noisy &&
		 radio_line(&w->radio, w->reader.line) != RADIO_TOLD_NOTHING)
		out->told = !w->waiting;
}

/* A question without an answer is let go: the port is not ours alone. */
void
watch_timeout(struct watch *w, struct monotime now, struct watch_out *out)
{
	memset(out, 0, sizeof(*out));
	if (w->waiting)
		next(w, now, out);
	else
		ask(w, now, out);
}
