/* SPDX-License-Identifier: ISC */
/*
 * The language of regress/lab/behaviours, read: its README is the manual.
 * What is wrong ends the program with file:line and what would be valid.
 */
#ifndef REGRESS_UNIT_BEHAVIOUR_FILE_H
#define REGRESS_UNIT_BEHAVIOUR_FILE_H

#include <sys/types.h>

#include <err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "regress/unit/modem_fake.h"

#define EXPECT_MAX 12
#define WORDS_MAX  32
#define PATTERNS   12

enum { CLASS_PORT = MSG_LINK_GIVEUP + 1, CLASS_MAX };

static const char *const classes[CLASS_MAX] = {
	[MSG_LINK_OK] = "connect",
	[MSG_LINK_RETRY] = "retry",
	[MSG_LINK_BACKOFF] = "backoff",
	[MSG_LINK_NEXT] = "next",
	[MSG_LINK_REFUSED] = "refused",
	[MSG_LINK_GIVEUP] = "giveup",
	[CLASS_PORT] = "port",
};

struct outcome {
	uint32_t class;
	char text[128];
	uint32_t within_ms; /* 0: whenever */
};

struct expected {
	uint32_t warm_ms; /* made ready so long before; 0: cold */
	struct outcome dial, hangup;
	size_t npppd;
	uint8_t pppd[FAKE_SAY]; /* what is left for it */
	int pppd_told;
};

struct behaviour {
	char file[64];
	int line;
	char name[96];
	char conf[1024];
	char pin[16]; /* that netconf says */
	char no_pin[64]; /* or why not */
	uint32_t limit_ms;
	uint32_t warm_ms; /* of attempts that are expected from here on */
	uint32_t start; /* enum fake_do */
	int no_echo;
	uint32_t nrules;
	struct fake_rule rule[FAKE_RULES];
	uint32_t nexpected;
	struct expected expected[EXPECT_MAX];
	uint32_t dials;
	int dials_told;
	char heard[2048];
	int counts_told[MSG_MODEM_RUNGS];
	uint32_t tried[MSG_MODEM_RUNGS], helped[MSG_MODEM_RUNGS];
	int closed_told;
	uint32_t closed;
	uint32_t npatterns;
	struct {
		char text[80];
		int never;
	} pattern[PATTERNS];
};

static struct behaviour *behaviours;
static size_t nbehaviours;

/* --- words of a line ------------------------------------------------------ */

struct word {
	char text[512];
	size_t len;
	int quoted;
};

static struct word words[WORDS_MAX];
static size_t nwords, at;
static const char *file_name;
static int file_line;

static void __attribute__((__noreturn__, __format__(printf, 1, 2)))
wrong(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", file_name, file_line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static char
escaped(const char **s)
{
	unsigned int c;

	switch (*++*s) {
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x':
		if (sscanf(*s + 1, "%2x", &c) != 1)
			wrong("\\x needs two digits");
		*s += 2;
		return (char)c;
	default:
		return **s;
	}
}

static void
split(const char *s)
{
	struct word *w;

	nwords = at = 0;
	for (;;) {
		s += strspn(s, " \t\n");
		if (*s == '\0' || *s == '#')
			return;
		if (nwords == WORDS_MAX)
			wrong("too many words");
		w = &words[nwords++];
		memset(w, 0, sizeof(*w));
		w->quoted = *s == '"';
		if (w->quoted)
			s++;
		while (*s != '\0' && *s != '\n' &&
		       (w->quoted ? *s != '"' : *s != ' ' && *s != '\t')) {
			if (w->len == sizeof(w->text) - 1)
				wrong("a word is too long");
			w->text[w->len++] =
			    *s == '\\' && w->quoted ? escaped(&s) : *s;
			s++;
		}
		if (w->quoted && *s++ != '"')
			wrong("a quote is missing");
	}
}

static const struct word *
more(const char *what)
{
	if (at == nwords)
		wrong("%s is missing", what);
	return &words[at++];
}

/* The next word is this one: it is taken. */
static int
take(const char *text)
{
	if (at == nwords || words[at].quoted ||
	    strcmp(words[at].text, text) != 0)
		return 0;
	at++;
	return 1;
}

static uint32_t
amount(const char *what)
{
	return (uint32_t)strtoul(more(what)->text, NULL, 10);
}

static uint32_t
duration(void)
{
	const char *text = more("a time")->text;
	char *unit;
	unsigned long n;

	n = strtoul(text, &unit, 10);
	if (strcmp(unit, "s") == 0)
		n *= 1000;
	else if (strcmp(unit, "m") == 0)
		n *= 60000;
	else if (strcmp(unit, "ms") != 0)
		wrong("%s: times are 10ms, 3s, 2m", text);
	return (uint32_t)n;
}

/* --- stanzas -------------------------------------------------------------- */

static const struct {
	const char *word;
	uint32_t bit;
} doings[] = {
	{ "data", FAKE_DO_DATA },
	{ "command", FAKE_DO_COMMAND },
	{ "mute", FAKE_DO_MUTE },
	{ "speak", FAKE_DO_SPEAK },
	{ "loop", FAKE_DO_LOOP },
	{ "numeric", FAKE_DO_NUMERIC },
	{ "words", FAKE_DO_WORDS },
	{ "echo", FAKE_DO_ECHO },
	{ "vanish", FAKE_DO_VANISH },
};

static uint32_t
doing(void)
{
	size_t i;

	for (i = 0; i < sizeof(doings) / sizeof(doings[0]); i++)
		if (take(doings[i].word))
			return doings[i].bit;
	wrong("%s: nothing that a modem does", more("what it does")->text);
}

/* Words that stand for strings that are said often. */
static const struct {
	const char *word, *text;
} sayings[] = {
	{ "OK", "\r\nOK\r\n" },
	{ "CONNECT", "\r\nCONNECT\r\n" },
	{ "ERROR", "\r\nERROR\r\n" },
	{ "NO-CARRIER", "\r\nNO CARRIER\r\n" },
	{ "BUSY", "\r\nBUSY\r\n" },
	{ "LCP", "~\xff}#\xc0!}!}!} }4}\"}&} } } } }%}&\x10\x20\x30\x40~" },
};

/* 1: a string was there and is added. */
static int
saying(uint8_t *buf, size_t *len)
{
	const char *text = NULL;
	size_t i, n;

	for (i = 0; text == NULL && i < sizeof(sayings) / sizeof(sayings[0]);
	     i++)
		if (take(sayings[i].word))
			text = sayings[i].text;
	if (text != NULL)
		n = strlen(text);
	else if (at < nwords && words[at].quoted) {
		text = words[at].text;
		n = words[at++].len;
	} else
		return 0;
	if (*len + n > FAKE_SAY)
		wrong("too much is said at once");
	memcpy(buf + *len, text, n);
	*len += n;
	return 1;
}

static void
rule_words(struct fake_rule *r)
{
	while (at < nwords)
		if (take("times"))
			r->times = amount("a number");
		else if (take("after"))
			r->after_ms = duration();
		else if (take("every"))
			r->every_ms = duration();
		else if (take("for"))
			r->back_ms = duration();
		else if (take("say"))
			while (saying(r->say, &r->len))
				continue;
		else if (take("do"))
			do
				r->does |= doing();
			while (at < nwords &&
			       strcmp(words[at].text, "for") != 0 &&
			       strcmp(words[at].text, "say") != 0 &&
			       strcmp(words[at].text, "after") != 0);
		else
			wrong("%s: times, after, every, say, do or for",
			    words[at].text);
}

static struct fake_rule *
new_rule(struct behaviour *b)
{
	if (b->nrules == FAKE_RULES)
		wrong("too many rules");
	return &b->rule[b->nrules++];
}

static void
on_words(struct behaviour *b)
{
	static const struct {
		const char *word;
		enum fake_on on;
	} ons[] = { { "dtr", FAKE_ON_DTR }, { "escape", FAKE_ON_ESCAPE },
		{ "abort", FAKE_ON_ABORT }, { "connect", FAKE_ON_CONNECT },
		{ "frame", FAKE_ON_FRAME }, { "open", FAKE_ON_OPEN } };
	const struct word *w = more("what it answers");
	struct fake_rule *r = new_rule(b);
	size_t i;

	r->after_ms = FAKE_QUICK_MS;
	if (w->quoted)
		strlcpy(r->prefix, w->text, sizeof(r->prefix));
	else {
		for (i = 0; i < sizeof(ons) / sizeof(ons[0]) &&
			    strcmp(ons[i].word, w->text) != 0;
		     i++)
			continue;
		if (i == sizeof(ons) / sizeof(ons[0]))
			wrong("%s: a command in quotes, dtr, escape, abort, "
			      "connect, frame or open",
			    w->text);
		r->on = ons[i].on;
	}
	rule_words(r);
}

static void
outcome_words(struct outcome *o)
{
	while (at < nwords)
		if (take("within"))
			o->within_ms = duration();
		else if (words[at].quoted)
			strlcpy(o->text, words[at++].text, sizeof(o->text));
		else
			wrong(
			    "%s: a text in quotes, or within", words[at].text);
}

static uint32_t
class_of(const char *word)
{
	uint32_t class;

	for (class = 0; class < CLASS_MAX; class ++)
		if (strcmp(classes[class], word) == 0)
			return class;
	if (strcmp(word, "ok") == 0)
		return MSG_LINK_OK;
	wrong("%s: no class", word);
}

static struct expected *
last_expected(struct behaviour *b)
{
	if (b->nexpected == 0)
		wrong("expect comes before this");
	return &b->expected[b->nexpected - 1];
}

static void
pattern(struct behaviour *b, int never)
{
	if (b->npatterns == PATTERNS)
		wrong("too many patterns");
	strlcpy(b->pattern[b->npatterns].text, more("a command")->text,
	    sizeof(b->pattern[0].text));
	b->pattern[b->npatterns++].never = never;
}

static void
counts_words(struct behaviour *b)
{
	static const char *const rungs[MSG_MODEM_RUNGS] = { "at", "dtr",
		"escape", "atz", "cfun" };
	size_t i;

	for (i = 0; i < MSG_MODEM_RUNGS; i++) {
		if (!take(rungs[i]))
			continue;
		b->counts_told[i] = 1;
		b->tried[i] = amount("how often it was tried");
		b->helped[i] = amount("how often it helped");
	}
	if (take("closed")) {
		b->closed_told = 1;
		b->closed = amount("how often it was closed");
	}
}

static void
start_words(struct behaviour *b)
{
	while (at < nwords)
		if (take("no-echo"))
			b->no_echo = 1;
		else
			b->start |= doing();
}

static void
stanza_line(struct behaviour *b, const char *rest)
{
	struct outcome *o;

	if (take("conf")) {
		rest += strspn(rest, " \t") + strlen("conf");
		strlcat(b->conf, rest, sizeof(b->conf));
		at = nwords;
	} else if (take("pin"))
		strlcpy(b->pin, more("a PIN")->text, sizeof(b->pin));
	else if (take("no-pin"))
		strlcpy(b->no_pin, more("a reason")->text, sizeof(b->no_pin));
	else if (take("limit"))
		b->limit_ms = duration();
	else if (take("at-start"))
		start_words(b);
	else if (take("on"))
		on_words(b);
	else if (take("at")) {
		struct fake_rule *r = new_rule(b);

		r->on = FAKE_ON_TIME;
		r->after_ms = duration();
		rule_words(r);
	} else if (take("expect")) {
		if (b->nexpected == EXPECT_MAX)
			wrong("too many attempts");
		b->expected[b->nexpected].warm_ms = b->warm_ms;
		o = &b->expected[b->nexpected++].dial;
		o->class = class_of(more("a class")->text);
		outcome_words(o);
	} else if (take("warm"))
		b->warm_ms = duration();
	else if (take("counts"))
		counts_words(b);
	else if (take("hangup")) {
		o = &last_expected(b)->hangup;
		o->class = class_of(more("a class")->text);
		outcome_words(o);
	} else if (take("pppd")) {
		last_expected(b)->pppd_told = 1;
		while (saying(last_expected(b)->pppd, &last_expected(b)->npppd))
			continue;
	} else if (take("dials")) {
		b->dials = amount("a number");
		b->dials_told = 1;
	} else if (take("heard"))
		strlcpy(b->heard, more("commands")->text, sizeof(b->heard));
	else if (take("says"))
		pattern(b, 0);
	else if (take("never"))
		pattern(b, 1);
	else
		wrong("%s: no word of a stanza; see README", words[0].text);
}

static struct behaviour *
new_behaviour(const char *line)
{
	struct behaviour *b;

	behaviours =
	    reallocarray(behaviours, nbehaviours + 1, sizeof(*behaviours));
	if (behaviours == NULL)
		err(1, NULL);
	b = &behaviours[nbehaviours++];
	memset(b, 0, sizeof(*b));
	strlcpy(b->file, strrchr(file_name, '/') + 1, sizeof(b->file));
	b->line = file_line;
	line += strlen("behaviour ");
	strlcpy(b->name, line, sizeof(b->name));
	b->name[strcspn(b->name, "\n")] = '\0';
	b->limit_ms = 60000;
	at = nwords;
	return b;
}

static void
read_file(const char *path)
{
	struct behaviour *b = NULL;
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	file_name = path;
	file_line = 0;
	while (getline(&line, &size, f) != -1) {
		file_line++;
		split(line);
		if (nwords == 0)
			continue;
		if (take("behaviour"))
			b = new_behaviour(line);
		else if (b == NULL)
			wrong("a stanza begins with behaviour");
		else
			stanza_line(b, line);
		if (at < nwords)
			wrong("%s is too much", words[at].text);
	}
	free(line);
	fclose(f);
}

#endif
