/* SPDX-License-Identifier: ISC */
/*
 * A modem that obeys V.250 but where its rules say otherwise, in virtual
 * time.  What is said to it comes in by fake_hears() and fake_dtr(); what it
 * says waits in `ready` when its moment has come (fake_run()).
 */
#ifndef REGRESS_UNIT_MODEM_FAKE_H
#define REGRESS_UNIT_MODEM_FAKE_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/monotime.h"

#define FAKE_RULES    24
#define FAKE_EVENTS   512
#define FAKE_SAY      256
#define FAKE_READY    65536
#define FAKE_HEARD    16384
#define FAKE_QUICK_MS 9 /* to answer a command */
#define FAKE_GUARD_MS 1000 /* S12 */

enum fake_mode {
	FAKE_COMMAND,
	FAKE_CALLING,
	FAKE_DATA,
	FAKE_ESCAPED /* on line, in command state */
};

enum fake_on {
	FAKE_ON_COMMAND, /* a line that begins so */
	FAKE_ON_DTR, /* falls */
	FAKE_ON_ESCAPE, /* +++ between two silences, while on line */
	FAKE_ON_ABORT, /* a byte during a call */
	FAKE_ON_CONNECT, /* it has gone on line */
	FAKE_ON_FRAME, /* something between two flags, while on line */
	FAKE_ON_OPEN, /* the port has been opened */
	FAKE_ON_TIME /* after_ms from the start, then every_ms */
};

enum fake_do { /* bits */
	FAKE_DO_DATA = 1, /* goes on line */
	FAKE_DO_COMMAND = 2, /* back to command state */
	FAKE_DO_MUTE = 4, /* says nothing any more */
	FAKE_DO_SPEAK = 8, /* it does again */
	FAKE_DO_LOOP = 16, /* the line is looped back */
	FAKE_DO_NUMERIC = 32,
	FAKE_DO_WORDS = 64,
	FAKE_DO_ECHO = 128,
	FAKE_DO_VANISH = 256, /* the port goes away, */
	FAKE_DO_RETURN = 512 /* and is back under another name */
};

struct fake_rule {
	enum fake_on on;
	char prefix[80];
	uint32_t times; /* it holds; 0: always */
	uint32_t used;
	uint32_t after_ms;
	uint32_t every_ms;
	size_t len;
	uint8_t say[FAKE_SAY];
	uint32_t does;
	uint32_t back_ms; /* with FAKE_DO_VANISH: gone for so long; 0: ever */
};

struct fake_event {
	struct monotime at;
	size_t len;
	uint8_t say[FAKE_SAY];
	uint32_t does;
	const struct fake_rule *again; /* said again after every_ms */
};

struct fake {
	enum fake_mode mode;
	int echo, numeric, mute, loop, gone;
	int dtr; /* high */
	uint32_t nrules;
	struct fake_rule rule[FAKE_RULES];
	uint32_t nevents;
	struct fake_event event[FAKE_EVENTS];
	char line[256];
	size_t len;
	uint32_t pluses;
	size_t frame; /* bytes since the last flag, which is one of them */
	struct monotime last; /* byte that came on line */
	struct monotime escape; /* +++ counts then, if nothing follows */
	uint8_t ready[FAKE_READY]; /* to be read by who has the port open */
	size_t nready;
	char heard[FAKE_HEARD]; /* commands and DTR, each ended by | */
	uint32_t dials;
	uint32_t lost; /* events for which there was no room */
};

static struct monotime
fake_earlier(struct monotime a, struct monotime b)
{
	if (!monotime_valid(a))
		return b;
	return monotime_valid(b) && monotime_cmp(b, a) < 0 ? b : a;
}

static void
fake_note(struct fake *f, const char *what)
{
	strlcat(f->heard, what, sizeof(f->heard));
	strlcat(f->heard, "|", sizeof(f->heard));
}

static struct fake_event *
fake_later(struct fake *f, struct monotime now, uint32_t ms)
{
	struct fake_event *e;

	if (f->nevents == FAKE_EVENTS) {
		f->lost++;
		return NULL;
	}
	e = &f->event[f->nevents++];
	memset(e, 0, sizeof(*e));
	e->at = monotime_add_ms(now, ms);
	return e;
}

static void
fake_say(struct fake *f, struct monotime now, const void *say, size_t len,
    uint32_t ms, uint32_t does)
{
	struct fake_event *e = fake_later(f, now, ms);

	if (e == NULL)
		return;
	e->len = len < FAKE_SAY ? len : FAKE_SAY;
	memcpy(e->say, say, e->len);
	e->does = does;
}

static void
fake_result(
    struct fake *f, struct monotime now, const char *text, uint32_t does)
{
	static const char *const digits[] = { "OK", "CONNECT", "RING",
		"NO CARRIER", "ERROR" };
	char say[FAKE_SAY];
	size_t i;

	snprintf(say, sizeof(say), "\r\n%s\r\n", text);
	for (i = 0; f->numeric && i < sizeof(digits) / sizeof(digits[0]); i++)
		if (strcmp(text, digits[i]) == 0)
			snprintf(say, sizeof(say), "%zu\r", i);
	fake_say(f, now, say, strlen(say), FAKE_QUICK_MS, does);
}

/* What its rules say to this: 1, or there is none. */
static int
fake_rules(
    struct fake *f, struct monotime now, enum fake_on on, const char *line)
{
	struct fake_event *e;
	struct fake_rule *r;
	uint32_t i;

	for (i = 0; i < f->nrules; i++) {
		r = &f->rule[i];
		if (r->on != on ||
		    strncasecmp(line, r->prefix, strlen(r->prefix)) != 0 ||
		    (r->times != 0 && r->used == r->times))
			continue;
		r->used++;
		fake_say(f, now, r->say, r->len, r->after_ms,
		    /* what is said to a call ends it */
		    f->mode == FAKE_CALLING && on == FAKE_ON_COMMAND &&
			    r->len > 0 && !(r->does & FAKE_DO_DATA)
			? r->does | FAKE_DO_COMMAND
			: r->does);
		if ((r->does & FAKE_DO_VANISH) && r->back_ms != 0 &&
		    (e = fake_later(f, now, r->after_ms + r->back_ms)) != NULL)
			e->does = FAKE_DO_RETURN;
		return 1;
	}
	return 0;
}

/* The rules of time, once at the start. */
static void
fake_begin(struct fake *f, struct monotime now)
{
	struct fake_event *e;
	uint32_t i;

	f->last = now;
	for (i = 0; i < f->nrules; i++)
		if (f->rule[i].on == FAKE_ON_TIME &&
		    (e = fake_later(f, now, f->rule[i].after_ms)) != NULL)
			e->again = &f->rule[i];
}

/* What follows AT, one letter and its number after the other. */
static void
fake_letters(struct fake *f, struct monotime now, const char *s)
{
	for (; *s != '\0'; s += 1 + strspn(s + 1, "0123456789"))
		switch (toupper((unsigned char)*s)) {
		case '&': /* the letter behind it is a command of its own */
			s += s[1] != '\0';
			break;
		case 'D':
			fake_result(f, now, "CONNECT", FAKE_DO_DATA);
			return;
		case 'E':
			f->echo = s[1] != '0';
			break;
		case 'V':
			f->numeric = s[1] == '0';
			break;
		case 'H':
			f->mode = FAKE_COMMAND;
			break;
		case 'Z':
			f->echo = 1;
			f->numeric = 0;
			f->mode = FAKE_COMMAND;
			break;
		case '+': /* extended commands, and vendors' */
		case '^':
		case '#':
		case '!':
			fake_result(f, now, "ERROR", 0);
			return;
		}
	fake_result(f, now, "OK", 0);
}

static void
fake_line(struct fake *f, struct monotime now)
{
	f->line[f->len] = '\0';
	f->len = 0;
	fake_note(f, f->line);
	if (strncasecmp(f->line, "ATD", 3) == 0) {
		f->dials++;
		f->mode = FAKE_CALLING;
	}
	if (!fake_rules(f, now, FAKE_ON_COMMAND, f->line) &&
	    strncasecmp(f->line, "AT", 2) == 0)
		fake_letters(f, now, f->line + 2);
}

/* How far it has come with a frame; a flag may end one and begin the next. */
static void
fake_frame(struct fake *f, struct monotime now, char c)
{
	if (c != '~') {
		f->frame += f->frame > 0;
		return;
	}
	if (f->frame > 1) {
		fake_note(f, "frame");
		(void)fake_rules(f, now, FAKE_ON_FRAME, "");
	}
	f->frame = 1;
}

static void
fake_byte(struct fake *f, struct monotime now, char c)
{
	switch (f->mode) {
	case FAKE_CALLING: /* V.250 5.6.1: any byte aborts */
		fake_note(f, "abort");
		if (!fake_rules(f, now, FAKE_ON_ABORT, "")) {
			f->mode = FAKE_COMMAND;
			f->nevents = 0; /* what the call was to become */
			fake_result(f, now, "NO CARRIER", 0);
		}
		break;
	case FAKE_DATA:
		if (f->loop)
			fake_say(f, now, &c, 1, 1, 0);
		fake_frame(f, now, c);
		if (c == '+' && (f->pluses > 0 || monotime_ms_between(f->last,
						      now) >= FAKE_GUARD_MS))
			f->pluses++;
		else
			f->pluses = 0;
		f->last = now;
		f->escape = f->pluses == 3 ? monotime_add_ms(now, FAKE_GUARD_MS)
					   : monotime_from_ns(0);
		break;
	default:
		if (f->echo)
			fake_say(f, now, &c, 1, 0, 0);
		if (c == '\r')
			fake_line(f, now);
		else if (f->len < sizeof(f->line) - 1)
			f->line[f->len++] = c;
		break;
	}
}

static void
fake_hears(struct fake *f, struct monotime now, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		fake_byte(f, now, bytes[i]);
}

static void
fake_dtr(struct fake *f, struct monotime now, int high)
{
	int fell = f->dtr && !high;

	f->dtr = high;
	if (!fell)
		return;
	f->len = 0;
	fake_note(f, "DTR");
	if (fake_rules(f, now, FAKE_ON_DTR, "") || f->mode == FAKE_COMMAND)
		return;
	f->mode = FAKE_COMMAND;
	f->nevents = 0;
	fake_result(f, now, "NO CARRIER", 0);
}

static void
fake_does(struct fake *f, struct monotime now, uint32_t does)
{
	if (does & FAKE_DO_MUTE)
		f->mute = 1;
	if (does & FAKE_DO_LOOP)
		f->loop = 1;
	if (does & FAKE_DO_NUMERIC)
		f->numeric = 1;
	if (does & FAKE_DO_WORDS)
		f->numeric = 0;
	if (does & FAKE_DO_ECHO)
		f->echo = 1;
	if (does & FAKE_DO_COMMAND)
		f->mode = FAKE_COMMAND;
	if (does & FAKE_DO_VANISH) {
		f->gone = 1;
		f->mode = FAKE_COMMAND;
		f->nready = 0;
	}
	if (does & FAKE_DO_RETURN)
		f->gone = f->mute = 0;
	if (does & FAKE_DO_DATA) {
		f->mode = FAKE_DATA;
		f->last = now;
		f->pluses = 0;
		f->frame = 0;
		(void)fake_rules(f, now, FAKE_ON_CONNECT, "");
	}
}

/* When something is due; never: nothing is. */
static struct monotime
fake_due(const struct fake *f)
{
	struct monotime due = f->escape;
	uint32_t i;

	for (i = 0; i < f->nevents; i++)
		due = fake_earlier(due, f->event[i].at);
	return due;
}

static void
fake_escape(struct fake *f, struct monotime now)
{
	f->escape = monotime_from_ns(0);
	f->pluses = 0;
	fake_note(f, "+++");
	if (fake_rules(f, now, FAKE_ON_ESCAPE, ""))
		return;
	f->mode = FAKE_ESCAPED;
	fake_result(f, now, "OK", 0);
}

/* The event that is due first; those of one moment in their order. */
static int
fake_next(struct fake *f, struct monotime now, struct fake_event *e)
{
	uint32_t i, first = 0;

	if (f->nevents == 0)
		return 0;
	for (i = 1; i < f->nevents; i++)
		if (monotime_cmp(f->event[i].at, f->event[first].at) < 0)
			first = i;
	if (monotime_cmp(f->event[first].at, now) > 0)
		return 0;
	*e = f->event[first];
	f->nevents--;
	memmove(&f->event[first], &f->event[first + 1],
	    (f->nevents - first) * sizeof(*e));
	return 1;
}

/* Let all happen that is due. */
static void
fake_run(struct fake *f, struct monotime now)
{
	const struct fake_rule *r;
	struct fake_event e, *again;

	if (monotime_valid(f->escape) && monotime_cmp(f->escape, now) <= 0)
		fake_escape(f, now);
	while (fake_next(f, now, &e)) {
		if ((r = e.again) != NULL) {
			e.len = r->len;
			memcpy(e.say, r->say, r->len);
			e.does = r->does;
			if (r->every_ms != 0 &&
			    (again = fake_later(f, now, r->every_ms)) != NULL)
				again->again = r;
			if ((r->does & FAKE_DO_VANISH) && r->back_ms != 0 &&
			    (again = fake_later(f, now, r->back_ms)) != NULL)
				again->does = FAKE_DO_RETURN;
		}
		if (e.does & FAKE_DO_SPEAK)
			f->mute = 0;
		if (!f->mute && !f->gone &&
		    f->nready + e.len <= sizeof(f->ready)) {
			memcpy(f->ready + f->nready, e.say, e.len);
			f->nready += e.len;
		}
		fake_does(f, now, e.does);
	}
}

#endif
