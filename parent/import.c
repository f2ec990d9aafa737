/* SPDX-License-Identifier: ISC */
/*
 * What both kinds of import share.  The files are anybody's: a line is
 * bounded and printable, and no value gets into a comment, since nobody knows
 * which of them is a secret.
 */
#include <sys/types.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"
#include "parent/import_int.h"

void
import_open(struct import *i, const struct import_source *s)
{
	i->name = s->name;
	i->rest = s->text;
	i->line = 0;
}

int
import_fail(struct import *i, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (i->line > 0)
		snprintf(i->why, i->size, "%s:%d: %s", i->name, i->line, text);
	else
		snprintf(i->why, i->size, "%s: %s", i->name, text);
	return -1;
}

/* A comment ends with its line, and would go on behind a backslash. */
static void
comment(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		putc(isprint((unsigned char)*text) && *text != '\\' ? *text
								    : '?',
		    out);
}

void
import_note(struct import *i, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fputs("# ", i->out);
	comment(i->out, i->name);
	if (line > 0)
		fprintf(i->out, ":%d", line);
	fputs(": ", i->out);
	comment(i->out, text);
	putc('\n', i->out);
}

int
import_line(struct import *i, char line[IMPORT_LINE_LEN])
{
	size_t len = strcspn(i->rest, "\n"), n, blanks;
	const char *p = i->rest;

	if (*p == '\0')
		return 0;
	i->line++;
	i->rest += len + (p[len] == '\n');
	if (len > 0 && p[len - 1] == '\r')
		len--;
	for (n = 0; n < len; n++)
		if (iscntrl((unsigned char)p[n]) && p[n] != '\t')
			return import_fail(i, "not text: a control character");
	blanks = strspn(p, " \t");
	if (blanks > len)
		blanks = len;
	p += blanks;
	len -= blanks;
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len >= IMPORT_LINE_LEN)
		return import_fail(
		    i, "longer than %d characters", IMPORT_LINE_LEN - 1);
	memcpy(line, p, len);
	line[len] = '\0';
	return 1;
}

char *
import_value(char *line)
{
	char *value = strchr(line, '='), *end;

	if (value == NULL || value == line)
		return NULL;
	for (end = value; end > line && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	*end = '\0';
	value++;
	return value + strspn(value, " \t");
}

int
import_number(const char *s, uint32_t min, uint32_t max, uint32_t *n)
{
	size_t len = strlen(s);
	unsigned long v;

	if (len == 0 || len > 9 || strspn(s, "0123456789") != len)
		return -1;
	v = strtoul(s, NULL, 10);
	if (v < min || v > max)
		return -1;
	*n = (uint32_t)v;
	return 0;
}

/* Punctuation is for people: a modem does not need it. */
void
import_phone(struct import *i, struct import_modem *m, int line,
    const char *prefix, const char *number)
{
	char dialled[CONF_PHONE_LEN + 1];
	const char *part[] = { prefix, number }, *p;
	size_t n = 0, k;

	for (k = 0; k < 2; k++)
		for (p = part[k]; *p != '\0' && n < CONF_PHONE_LEN; p++)
			if (strchr(" \t-()./", *p) == NULL)
				dialled[n++] = (char)toupper((unsigned char)*p);
	dialled[n] = '\0';
	if (!conf_phone_valid(dialled))
		import_note(i, line,
		    "not a number that is dialled here: at most %d of 0-9 * # "
		    "+ , W T P",
		    CONF_PHONE_LEN - 1);
	else if (m->modem.nphones == CONF_PHONES_MAX)
		import_note(
		    i, line, "more than %d numbers: left out", CONF_PHONES_MAX);
	else
		(void)strlcpy(m->modem.phone[m->modem.nphones++], dialled,
		    CONF_PHONE_LEN);
}

void
import_account(
    struct import *i, struct import_modem *m, int line, const char *value)
{
	if (*value != '\0' && strchr(value, '\t') == NULL &&
	    strlcpy(m->account, value, sizeof(m->account)) < sizeof(m->account))
		return;
	m->account[0] = '\0';
	import_note(i, line,
	    "the account is empty, has a tab, or is longer than %d: left out",
	    CONF_ACCOUNT_LEN - 1);
}

void
import_password(
    struct import *i, struct import_modem *m, int line, const char *value)
{
	if (*value != '\0' && strlcpy(m->password, value, sizeof(m->password)) <
				  sizeof(m->password))
		return;
	m->password[0] = '\0';
	import_note(i, line,
	    "the password is empty, or longer than %d: left out",
	    IMPORT_VALUE_LEN - 1);
}

void
import_quoted(struct import *i, const char *s)
{
	putc('"', i->out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', i->out);
		putc(*s, i->out);
	}
	putc('"', i->out);
}

/* Its path to out, its value to where the caller writes it from. */
static int
secret(
    struct import *i, const char *label, const char *suffix, const char *value)
{
	struct import_secrets *all = i->secrets;
	struct import_secret *s = &all->secret[all->n];
	char path[PATH_MAX];

	snprintf(s->name, sizeof(s->name), "%s%s", label, suffix);
	(void)strlcpy(s->value, value, sizeof(s->value));
	all->n++;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", all->directory,
		s->name) >= sizeof(path))
		return import_fail(i, "the directory's name is too long");
	fputs(" file ", i->out);
	import_quoted(i, path);
	return 0;
}

static int
account(struct import *i, const struct import_modem *m)
{
	int result;

	if (m->account[0] == '\0' && m->password[0] == '\0')
		return 0;
	if (m->account[0] == '\0' || m->password[0] == '\0') {
		fprintf(i->out,
		    "\t# CHANGE: an account needs a name and a secret\n");
		return 0;
	}
	fputs("\taccount ", i->out);
	import_quoted(i, m->account);
	fputs(" secret", i->out);
	result = secret(i, m->label, "", m->password);
	putc('\n', i->out);
	return result;
}

static void
strings(
    struct import *i, const char *word, const char *s, size_t size, uint32_t n)
{
	uint32_t k;

	if (n == 0)
		return;
	fprintf(i->out, "\t%s", word);
	for (k = 0; k < n; k++) {
		putc(' ', i->out);
		import_quoted(i, s + k * size);
	}
	putc('\n', i->out);
}

static int
packet(struct import *i, const struct import_modem *m)
{
	int result;

	if (m->modem.apn[0] != '\0') {
		fputs("\tapn ", i->out);
		import_quoted(i, m->modem.apn);
		if (m->modem.pdp != CONF_PDP_INET)
			fprintf(
			    i->out, " pdp %s", conf_pdp_words[m->modem.pdp]);
		putc('\n', i->out);
	}
	if (m->pin[0] == '\0')
		return 0;
	fputs("\tpin", i->out);
	result = secret(i, m->label, ".pin", m->pin);
	putc('\n', i->out);
	return result;
}

int
import_backup(struct import *i, const struct import_modem *m)
{
	const struct conf_modem *c = &m->modem;

	fputs("\nbackup ", i->out);
	import_quoted(i, m->label);
	fputs(" {\n\tmodem ", i->out);
	import_quoted(i, m->tty);
	if (c->speed != 0)
		fprintf(i->out, " speed %u", c->speed);
	putc('\n', i->out);
	strings(i, "init", c->init[0], sizeof(c->init[0]), c->ninits);
	if (packet(i, m) == -1)
		return -1;
	strings(i, "phone", c->phone[0], sizeof(c->phone[0]), c->nphones);
	if (account(i, m) == -1)
		return -1;
	if (m->timeout_s != 0 || m->redial != 0) {
		fputs("\tdial {", i->out);
		if (m->timeout_s != 0)
			fprintf(i->out, " timeout %us", m->timeout_s);
		if (m->redial != 0)
			fprintf(i->out, " redial %u", m->redial);
		fputs(" }\n", i->out);
	}
	fputs("}\n", i->out);
	return 0;
}

int
import_print(const struct import_source *config,
    const struct import_source *script, struct import_secrets *secrets,
    FILE *out, char *why, size_t size)
{
	struct import i = {
		.secrets = secrets, .out = out, .why = why, .size = size
	};

	secrets->n = 0;
	fputs("# dialfail.conf(5), from ", out);
	comment(out, config->name);
	if (script != NULL) {
		fputs(" and ", out);
		comment(out, script->name);
	}
	fputs(".\n# Look for CHANGE, then check it with dialfaild -nv.\n", out);
	if (!import_is_wvdial(config->text))
		return import_seed(&i, config, script);
	import_open(&i, config);
	if (script != NULL)
		return import_fail(&i, "wvdial.conf needs no second file");
	return import_wvdial(&i, config);
}
