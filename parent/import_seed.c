/* SPDX-License-Identifier: ISC */
/*
 * From the files of dialbkup (US 2001/0056503 A1): DialBkup.cfg, which says
 * how the primary is polled [0103-0107], and the shell script ppp-on, which
 * holds number and account of the provider [0109-0111].  As there, what is
 * missing or wrong is an error.
 */
#include <sys/types.h>

#include <string.h>

#include "common/conf_int.h"
#include "parent/import_int.h"

enum { DELAY, ADDRESS_1, ADDRESS_2, RETRY, FREQUENCY, SETTINGS };

/* The patent writes the two addresses' names in two ways. */
static const struct {
	const char *key;
	uint32_t setting;
} keys[] = { { "Delay", DELAY }, { "Idaddr1", ADDRESS_1 },
	{ "Iaddr1", ADDRESS_1 }, { "Idaddr2", ADDRESS_2 },
	{ "Iaddr2", ADDRESS_2 }, { "Retry", RETRY },
	{ "Frequency", FREQUENCY } };

static const struct {
	const char *name;
	uint32_t min;
	uint32_t max;
} settings[SETTINGS] = { [DELAY] = { "Delay", 0, 3600 },
	[ADDRESS_1] = { "Idaddr1", 0, 0 },
	[ADDRESS_2] = { "Idaddr2", 0, 0 },
	[RETRY] = { "Retry", 0, 100 },
	[FREQUENCY] = { "Frequency", 1, 100 } };

struct polling {
	int line[SETTINGS]; /* 0: not there */
	uint32_t number[SETTINGS];
	struct addr address[SETTINGS];
};

static int
setting(struct import *i, struct polling *p, uint32_t s, const char *value)
{
	struct addr *a = &p->address[s];

	if (p->line[s] != 0)
		return import_fail(i, "%s is written twice, first in line %d",
		    settings[s].name, p->line[s]);
	p->line[s] = i->line;
	if (s == ADDRESS_1 || s == ADDRESS_2)
		return addr_parse(value, a) == 0 && a->family == AF_INET &&
			       conf_address_valid(a)
			   ? 0
			   : import_fail(i,
				 "%s is not the address of a host, such as "
				 "198.51.100.7",
				 settings[s].name);
	if (import_number(
		value, settings[s].min, settings[s].max, &p->number[s]) == 0)
		return 0;
	return import_fail(i, "%s is not a number from %u to %u",
	    settings[s].name, settings[s].min, settings[s].max);
}

static int
polling_line(struct import *i, struct polling *p, char *line)
{
	char *value = import_value(line);
	size_t k;

	if (value == NULL)
		return import_fail(i, "not NAME=VALUE");
	for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		if (strcasecmp(line, keys[k].key) == 0)
			return setting(i, p, keys[k].setting, value);
	import_note(i, i->line, "%s: unknown, left out", line);
	return 0;
}

static int
read_polling(struct import *i, struct polling *p)
{
	char line[IMPORT_LINE_LEN];
	uint32_t s;
	int more;

	while ((more = import_line(i, line)) == 1)
		if (line[0] != '\0' && line[0] != '#' &&
		    polling_line(i, p, line) == -1)
			return -1;
	i->line = 0;
	for (s = 0; more == 0 && s < SETTINGS; s++)
		if (p->line[s] == 0)
			return import_fail(
			    i, "%s is missing", settings[s].name);
	return more;
}

/*
 * One word as a shell reads it, in place: quotes are taken off.  -1 if a
 * shell would have to work it out.
 */
static int
unquote(char *s)
{
	char quote = '\0', *to = s;

	for (; *s != '\0'; s++) {
		if (quote != '\'' && strchr("$`\\", *s) != NULL)
			return -1;
		if (quote == '\0' && (*s == '\'' || *s == '"'))
			quote = *s;
		else if (quote == *s)
			quote = '\0';
		else if (quote == '\0' && strchr(" \t;#&|<>()", *s) != NULL)
			break;
		else
			*to++ = *s;
	}
	*to = '\0';
	return quote == '\0' ? 0 : -1;
}

static void
import_telephone(
    struct import *i, struct import_modem *m, int line, const char *value)
{
	import_phone(i, m, line, "", value);
}

/* NAME=..., or NULL: another command. */
static char *
assignment(char *line)
{
	size_t len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (len == 0 || line[len] != '=')
		return NULL;
	line[len] = '\0';
	return line + len + 1;
}

/* pppd's port, and its speed if that is the word behind. */
static void
pppd_words(struct import_modem *m, char *line)
{
	uint32_t speed;
	char *word;

	while ((word = strsep(&line, " \t")) != NULL) {
		if (strncmp(word, "/dev/tty", 8) != 0 ||
		    strlcpy(m->tty, word, sizeof(m->tty)) >= sizeof(m->tty))
			continue;
		if (line != NULL)
			line += strspn(line, " \t");
		word = strsep(&line, " \t");
		if (word != NULL &&
		    import_number(word, 0, UINT32_MAX, &speed) == 0 &&
		    conf_speed_valid(speed))
			m->modem.speed = speed;
	}
}

static int
script_value(
    struct import *i, struct import_modem *m, const char *name, char *value)
{
	static const struct {
		const char *name;
		void (*take)(struct import *, struct import_modem *, int line,
		    const char *value);
	} values[] = { { "ACCOUNT", import_account },
		{ "PASSWORD", import_password },
		{ "TELEPHONE", import_telephone } };
	size_t k;

	for (k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
		if (strcmp(name, values[k].name) != 0)
			continue;
		if (unquote(value) == -1)
			return import_fail(i,
			    "%s is not a plain or quoted word: write out what "
			    "it is",
			    name);
		values[k].take(i, m, i->line, value);
		return 0;
	}
	if (strncmp(value, "/dev/tty", 8) == 0)
		pppd_words(m, value);
	else
		import_note(i, i->line, "%s: unknown, left out", name);
	return 0;
}

static int
script_line(struct import *i, struct import_modem *m, char *line)
{
	char *value;

	if (strncmp(line, "export ", 7) == 0)
		line += 7;
	if ((value = assignment(line)) != NULL)
		return script_value(i, m, line, value);
	if (strstr(line, "pppd") != NULL)
		import_note(i, i->line,
		    "of pppd's options only port and speed are taken");
	pppd_words(m, line);
	return 0;
}

static int
read_script(struct import *i, struct import_modem *m)
{
	char line[IMPORT_LINE_LEN];
	int more;

	while ((more = import_line(i, line)) == 1)
		if (line[0] != '\0' && line[0] != '#' &&
		    script_line(i, m, line) == -1)
			break;
	explicit_bzero(line, sizeof(line));
	if (more != 0)
		return -1;
	i->line = 0;
	if (m->modem.nphones == 0)
		return import_fail(
		    i, "no number: TELEPHONE=5551234 is missing");
	if (m->tty[0] == '\0') {
		import_note(i, 0, "no /dev/tty...: COM1, as dialbkup has it");
		(void)strlcpy(m->tty, "/dev/ttyS0", sizeof(m->tty));
	}
	return 0;
}

static void
print_primary(struct import *i, const struct polling *p)
{
	char first[ADDR_STRLEN], second[ADDR_STRLEN];

	fputs("\nprimary eth1 {\n", i->out);
	fprintf(i->out, "\ttarget %s\n",
	    addr_format(&p->address[ADDRESS_1], first, sizeof(first)));
	addr_format(&p->address[ADDRESS_2], second, sizeof(second));
	if (strcmp(first, second) != 0)
		fprintf(i->out, "\ttarget %s\n", second);
	fprintf(i->out, "\tprobe {\n\t\tcount %u\n", p->number[FREQUENCY]);
	if (p->number[DELAY] > 0)
		fprintf(i->out, "\t\tdelay %us\n", p->number[DELAY]);
	else
		fputs("\t\tdelay 10ms\n", i->out);
	fprintf(i->out,
	    "\t\tretry %u\n"
	    "\t\tsuccess most\t# or all, as dialbkup was built\n"
	    "\t\trequire all\t# one dead target is an outage: any is calmer\n"
	    "\t}\n"
	    "\tshutdown yes\n"
	    "\t#companion sps0\t# a security driver on eth1\n"
	    "}\n",
	    p->number[RETRY]);
}

static int
print_seed(struct import *i, const struct polling *p,
    const struct import_modem *m, int known)
{
	print_primary(i, p);
	if (!known)
		fputs("\n# CHANGE: without ppp-on number and account are not "
		      "known\nbackup ppp0\n",
		    i->out);
	else if (import_backup(i, m) == -1)
		return -1;
	fputs("\nfallback automatic\t# manual, if dialbkup ran without it\n"
	      "masquerade from eth0:network\t# leave it out if it was off\n"
	      "#alarm \"/etc/dialfail/alarm\"\n",
	    i->out);
	return 0;
}

int
import_seed(struct import *i, const struct import_source *config,
    const struct import_source *script)
{
	struct import_modem m = { .label = "isp" };
	struct polling p = { 0 };
	int result;

	import_open(i, config);
	result = read_polling(i, &p);
	if (result == 0 && script != NULL) {
		import_open(i, script);
		result = read_script(i, &m);
	}
	if (result == 0)
		result = print_seed(i, &p, &m, script != NULL);
	explicit_bzero(&m, sizeof(m));
	return result;
}
