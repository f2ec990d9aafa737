/* SPDX-License-Identifier: ISC */
/*
 * From wvdial.conf(5): sections of settings, of which each inherits from
 * [Dialer Defaults] and from another one that it names.  A section that says
 * a number becomes a backup; wvdial dials for others, so there is no primary
 * in it.
 */
#include <sys/types.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"
#include "parent/import_int.h"

#define ENTRIES_MAX  256
#define SECTIONS_MAX 32
#define SECTION_LEN  64
#define KEY_LEN_MAX  32
#define INHERIT_MAX  8 /* deeper is a loop */
#define DEFAULTS     0 /* always there */
#define PRIMARY      "eth1"
#define NOWHERE      SECTIONS_MAX

struct entry {
	uint32_t section;
	int line;
	char key[KEY_LEN_MAX]; /* small letters, no blanks */
	char value[IMPORT_VALUE_LEN];
};

struct wvdial {
	uint32_t nsections;
	struct {
		char name[SECTION_LEN];
		char label[CONF_LABEL_LEN]; /* if it is a backup */
		int line;
		bool used;
	} section[SECTIONS_MAX];
	uint32_t nentries;
	struct entry entry[ENTRIES_MAX];
};

/* What becomes something else, each with the way to it. */
static const struct {
	const char *key;
	const char *instead;
} elsewhere[] = {
	{ "loginprompt", "pppd authenticates itself, by PAP or CHAP" },
	{ "passwordprompt", "pppd authenticates itself, by PAP or CHAP" },
	{ "idleseconds", "it stays up while it is needed" },
	{ "autoreconnect", "it is redialled while it is needed" },
	{ "autodns", "see \"dns follow\"" },
	{ "checkdns", "targets prove the line" },
	{ "checkdefroute", "targets prove the line" },
	{ "dnstest1", "targets prove the line" },
	{ "dnstest2", "targets prove the line" },
};

static const char *const understood[] = { "inherits", "modem", "baud",
	"dialcommand", "dialprefix", "areacode", "dialattempts", "dialtimeout",
	"username", "password", "stupidmode" };

int
import_is_wvdial(const char *text)
{
	for (; *text != '\0';
	     text += strcspn(text, "\n"), text += *text == '\n')
		if (text[strspn(text, " \t")] == '[')
			return 1;
	return 0;
}

/* "Phone 1" and "phone1" are the same. */
static void
simplify(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from != '\0' && n < size - 1; from++)
		if (*from != ' ' && *from != '\t')
			to[n++] = (char)tolower((unsigned char)*from);
	to[n] = '\0';
}

/* "Dialer NAME" or NAME alone. */
static const char *
dialer_name(const char *text)
{
	if (strncasecmp(text, "dialer", 6) == 0 &&
	    (text[6] == ' ' || text[6] == '\t'))
		text += 6 + strspn(text + 6, " \t");
	return text;
}

static uint32_t
section_find(const struct wvdial *w, const char *name)
{
	uint32_t s;

	for (s = 0; s < w->nsections; s++)
		if (strcasecmp(w->section[s].name, name) == 0)
			return s;
	return NOWHERE;
}

static int
section_line(struct import *i, struct wvdial *w, char *line, uint32_t *now)
{
	const char *name;
	char *end = strchr(line, ']');

	if (end == NULL)
		return import_fail(i, "] is missing");
	*end = '\0';
	name = dialer_name(line + 1);
	if (name == line + 1) {
		import_note(i, i->line, "not [Dialer NAME]: left out");
		*now = NOWHERE;
		return 0;
	}
	if ((*now = section_find(w, name)) != NOWHERE)
		return 0;
	if (w->nsections == SECTIONS_MAX)
		return import_fail(i, "more than %d sections", SECTIONS_MAX);
	*now = w->nsections++;
	w->section[*now].line = i->line;
	if (strlcpy(w->section[*now].name, name, SECTION_LEN) >= SECTION_LEN)
		return import_fail(
		    i, "the section's name is longer than %d", SECTION_LEN - 1);
	return 0;
}

static int
entry_line(struct import *i, struct wvdial *w, char *line, uint32_t now)
{
	struct entry *e = &w->entry[w->nentries];
	char *value = import_value(line);

	if (value == NULL)
		return import_fail(i, "not NAME = VALUE, nor [Dialer NAME]");
	if (now == NOWHERE)
		return 0;
	if (w->nentries == ENTRIES_MAX)
		return import_fail(i, "more than %d settings", ENTRIES_MAX);
	e->section = now;
	e->line = i->line;
	simplify(e->key, sizeof(e->key), line);
	if (strcmp(e->key, "login") == 0) /* another word for it */
		(void)strlcpy(e->key, "username", sizeof(e->key));
	if (strlcpy(e->value, value, sizeof(e->value)) >= sizeof(e->value))
		return import_fail(
		    i, "the value is longer than %d", IMPORT_VALUE_LEN - 1);
	w->nentries++;
	return 0;
}

static int
read_sections(struct import *i, struct wvdial *w)
{
	char line[IMPORT_LINE_LEN];
	uint32_t now = NOWHERE;
	int more, result = 0;

	w->nsections = 1;
	(void)strlcpy(w->section[DEFAULTS].name, "Defaults", SECTION_LEN);
	while (result == 0 && (more = import_line(i, line)) != 0) {
		if (more == -1)
			result = -1;
		else if (line[0] == '[')
			result = section_line(i, w, line, &now);
		else if (line[0] != '\0' && line[0] != ';' && line[0] != '#')
			result = entry_line(i, w, line, now);
	}
	explicit_bzero(line, sizeof(line));
	return result;
}

/* The last one that a section itself has. */
static const struct entry *
own(const struct wvdial *w, uint32_t section, const char *key)
{
	uint32_t n;

	for (n = w->nentries; n-- > 0;)
		if (w->entry[n].section == section &&
		    strcmp(w->entry[n].key, key) == 0)
			return &w->entry[n];
	return NULL;
}

/* The section that this one names, or NOWHERE. */
static uint32_t
heir_of(const struct wvdial *w, uint32_t section)
{
	const struct entry *e = own(w, section, "inherits");

	return e == NULL ? NOWHERE : section_find(w, dialer_name(e->value));
}

static const struct entry *
inherited(const struct wvdial *w, uint32_t section, const char *key)
{
	const struct entry *e = NULL;
	int depth;

	for (depth = 0; section != NOWHERE && depth < INHERIT_MAX; depth++) {
		if ((e = own(w, section, key)) != NULL)
			return e;
		section = heir_of(w, section);
	}
	return NULL;
}

static const struct entry *
find(const struct wvdial *w, uint32_t section, const char *key)
{
	const struct entry *e = inherited(w, section, key);

	return e != NULL ? e : own(w, DEFAULTS, key);
}

static const char *
value(const struct wvdial *w, uint32_t section, const char *key)
{
	const struct entry *e = find(w, section, key);

	return e == NULL ? "" : e->value;
}

/* "Phone", "Phone1" ...: the key of number n, from 0. */
static const char *
numbered(char key[KEY_LEN_MAX], const char *word, int n)
{
	if (n == 0)
		(void)strlcpy(key, word, KEY_LEN_MAX);
	else
		snprintf(key, KEY_LEN_MAX, "%s%d", word, n);
	return key;
}

/* Each number, with all that is dialled before it. */
static void
phones(struct import *i, const struct wvdial *w, uint32_t s,
    struct import_modem *m)
{
	char prefix[2 * IMPORT_VALUE_LEN + 2], key[KEY_LEN_MAX];
	const struct entry *command = find(w, s, "dialcommand"), *e;
	const char *how = "";
	int n;

	if (command != NULL && strcasecmp(command->value, "ATDP") == 0)
		how = "P";
	else if (command != NULL && strcasecmp(command->value, "ATDT") == 0)
		how = "T";
	else if (command != NULL && strcasecmp(command->value, "ATD") != 0)
		import_note(i, command->line,
		    "dialled by ATD, which this is not: left out");
	for (n = 0; n <= 4; n++) {
		if ((e = find(w, s, numbered(key, "phone", n))) == NULL)
			continue;
		/* to a service code tone and pulse mean nothing */
		snprintf(prefix, sizeof(prefix), "%s%s%s",
		    conf_phone_telephone(e->value) ? how : "",
		    value(w, s, "dialprefix"), value(w, s, "areacode"));
		import_phone(i, m, e->line, prefix, e->value);
	}
}

/* AT+CPIN="1234": a secret among the commands (3GPP TS 27.007, 8.3). */
static void
take_pin(struct import *i, struct import_modem *m, const struct entry *e)
{
	const char *p = strchr(e->value, '=') + 1;
	size_t len;

	p += *p == '"';
	len = strspn(p, "0123456789");
	if (len < 4 || len >= sizeof(m->pin) ||
	    p[len + (p[len] == '"')] != '\0')
		import_note(i, e->line, "not AT+CPIN=\"1234\": left out");
	else
		(void)strlcpy(m->pin, p, len + 1);
}

/* AT+CGDCONT=1,"IP","internet": the context (27.007, 10.1.1). */
static void
take_context(struct import *i, struct import_modem *m, const struct entry *e)
{
	char type[16], apn[CONF_APN_LEN];
	int end = 0; /* set if the last quote is there */

	(void)sscanf(strchr(e->value, '=') + 1,
	    " 1 , \"%15[A-Za-z0-9]\" , \"%63[A-Za-z0-9._-]\"%n", type, apn,
	    &end);
	if (end == 0) {
		import_note(
		    i, e->line, "not AT+CGDCONT=1,\"IP\",\"NAME\": left out");
		return;
	}
	(void)strlcpy(m->modem.apn, apn, sizeof(m->modem.apn));
	m->modem.pdp = strcasecmp(type, "IPV6") == 0     ? CONF_PDP_INET6
		       : strcasecmp(type, "IPV4V6") == 0 ? CONF_PDP_BOTH
							 : CONF_PDP_INET;
}

/* Passwords and PINs among the commands (27.007; $QCPDPP: Qualcomm's). */
static int
secret_in(const char *command)
{
	static const char *const words[] = { "CPIN", "CGAUTH", "QCPDPP", "CPWD",
		"CLCK" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(command, words[i]) != NULL)
			return 1;
	return 0;
}

static void
take_init(struct import *i, struct import_modem *m, const struct entry *e)
{
	int pin = strcasestr(e->value, "+CPIN=") != NULL;
	int context = strcasestr(e->value, "+CGDCONT=") != NULL;

	if ((pin || context) && !conf_modem_packet(&m->modem))
		import_note(i, e->line,
		    "only for a packet modem, with the number *99#: left out");
	else if (pin)
		take_pin(i, m, e);
	else if (context)
		take_context(i, m, e);
	else if (secret_in(e->value))
		import_note(i, e->line, "it may have a secret in it: left out");
	else if (!conf_init_valid(e->value))
		import_note(i, e->line,
		    "commands begin with AT and have at most %d printable "
		    "characters: left out",
		    CONF_INIT_LEN - 1);
	else if (m->modem.ninits == CONF_INITS_MAX)
		import_note(i, e->line, "more than %d commands: left out",
		    CONF_INITS_MAX);
	else
		(void)strlcpy(
		    m->modem.init[m->modem.ninits++], e->value, CONF_INIT_LEN);
}

static void
take_number(struct import *i, const struct entry *e, enum conf_field field,
    uint32_t unit, uint32_t *n)
{
	const struct conf_range *r = &conf_range[field];

	if (e != NULL && import_number(e->value, (r->min + unit - 1) / unit,
			     r->max / unit, n) == -1)
		import_note(i, e->line, "not a number from %u to %u: left out",
		    (r->min + unit - 1) / unit, r->max / unit);
}

static void
port(struct import *i, const struct wvdial *w, uint32_t s,
    struct import_modem *m)
{
	const struct entry *tty = find(w, s, "modem"),
			   *baud = find(w, s, "baud");

	(void)strlcpy(m->tty, "/dev/modem", sizeof(m->tty)); /* its default */
	if (tty != NULL && tty->value[0] == '/' &&
	    strchr(tty->value, '\t') == NULL)
		(void)strlcpy(m->tty, tty->value, sizeof(m->tty));
	else
		import_note(i, tty == NULL ? 0 : tty->line,
		    "CHANGE: no port of the modem, as in /dev/ttyS0");
	if (baud != NULL &&
	    (import_number(baud->value, 0, UINT32_MAX, &m->modem.speed) == -1 ||
		!conf_speed_valid(m->modem.speed))) {
		m->modem.speed = 0;
		import_note(i, baud->line, "no speed of a port: left out");
	}
}

static void
fill(struct import *i, const struct wvdial *w, uint32_t s,
    struct import_modem *m)
{
	const struct entry *e;
	char key[KEY_LEN_MAX];
	int n;

	port(i, w, s, m);
	phones(i, w, s, m);
	for (n = 0; n <= 9; n++)
		if ((e = find(w, s, numbered(key, "init", n))) != NULL)
			take_init(i, m, e);
	if ((e = find(w, s, "username")) != NULL)
		import_account(i, m, e->line, e->value);
	if ((e = find(w, s, "password")) != NULL)
		import_password(i, m, e->line, e->value);
	take_number(
	    i, find(w, s, "dialattempts"), CONF_F_REDIAL, 1, &m->redial);
	take_number(i, find(w, s, "dialtimeout"), CONF_F_DIAL_TIMEOUT, 1000,
	    &m->timeout_s);
}

static int
label_taken(const struct wvdial *w, const char *label)
{
	uint32_t s;

	for (s = 0; s < w->nsections; s++)
		if (strcmp(w->section[s].label, label) == 0)
			return 1;
	return strcmp(label, PRIMARY) == 0;
}

/* A section's name as an uplink's: two may become the same. */
static const char *
label(struct wvdial *w, uint32_t s)
{
	const char *name = s == DEFAULTS ? "wvdial" : w->section[s].name;
	char base[CONF_LABEL_LEN - 4], buf[CONF_LABEL_LEN], *p;
	unsigned int n = 1;

	(void)strlcpy(base, *name != '\0' ? name : "line", sizeof(base));
	for (p = base; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p)
			 ? (char)tolower((unsigned char)*p)
			 : '_';
	(void)strlcpy(buf, base, sizeof(buf));
	while (label_taken(w, buf))
		snprintf(buf, sizeof(buf), "%s_%u", base, ++n);
	(void)strlcpy(w->section[s].label, buf, CONF_LABEL_LEN);
	return w->section[s].label;
}

static int
is_key(const char *key, const char *word)
{
	size_t len = strlen(word);

	return strncmp(key, word, len) == 0 &&
	       (key[len] == '\0' ||
		   (isdigit((unsigned char)key[len]) && key[len + 1] == '\0'));
}

static const char *
not_taken(const char *key)
{
	size_t k;

	if (is_key(key, "phone") || is_key(key, "init"))
		return NULL;
	for (k = 0; k < sizeof(understood) / sizeof(understood[0]); k++)
		if (strcmp(key, understood[k]) == 0)
			return NULL;
	for (k = 0; k < sizeof(elsewhere) / sizeof(elsewhere[0]); k++)
		if (strcmp(key, elsewhere[k].key) == 0)
			return elsewhere[k].instead;
	return "no such setting here";
}

static void
note_the_rest(struct import *i, const struct wvdial *w)
{
	const struct entry *e;
	const char *why;
	uint32_t n;

	for (n = 1; n < w->nsections; n++)
		if (!w->section[n].used)
			import_note(i, w->section[n].line,
			    "[Dialer %s] has no number: left out",
			    w->section[n].name);
	for (n = 0; n < w->nentries; n++) {
		e = &w->entry[n];
		if (w->section[e->section].used &&
		    (why = not_taken(e->key)) != NULL)
			import_note(i, e->line, "%s: %s", e->key, why);
	}
}

/* Does it dial by itself?  The defaults do if they have a number. */
static bool
is_line(struct wvdial *w, uint32_t s)
{
	uint32_t depth;
	char key[KEY_LEN_MAX];
	int n;

	for (n = 0; n <= 4; n++)
		if (inherited(w, s, numbered(key, "phone", n)) != NULL)
			break;
	if (n > 4)
		return false;
	w->section[DEFAULTS].used = true;
	for (depth = 0; s != NOWHERE && depth < INHERIT_MAX; depth++) {
		w->section[s].used = true;
		s = heir_of(w, s);
	}
	return true;
}

static int
backup(struct import *i, struct wvdial *w, uint32_t s, FILE *out, uint32_t *n)
{
	struct import_modem m = { 0 };
	FILE *notes = i->out;
	int result = 0;

	fill(i, w, s, &m);
	/* without a number a comment has said why */
	if (m.modem.nphones > 0 && (*n)++ == CONF_BACKUPS_MAX) {
		result = import_fail(
		    i, "more than %d lines to dial", CONF_BACKUPS_MAX);
	} else if (m.modem.nphones > 0) {
		(void)strlcpy(m.label, label(w, s), sizeof(m.label));
		i->out = out;
		result = import_backup(i, &m);
		i->out = notes;
	}
	explicit_bzero(&m, sizeof(m));
	return result;
}

static int
backups(struct import *i, struct wvdial *w, FILE *out)
{
	uint32_t s, n = 0;

	for (s = 0; s < w->nsections; s++)
		if (is_line(w, s) && backup(i, w, s, out, &n) == -1)
			return -1;
	return n > 0
		   ? 0
		   : import_fail(i, "no section has a Phone: nothing to dial");
}

/* Comments first, what they are about behind. */
static int
print(struct import *i, struct wvdial *w)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int result;

	if ((out = open_memstream(&text, &size)) == NULL)
		return import_fail(i, "out of memory");
	result = backups(i, w, out);
	if (fclose(out) == EOF)
		result = import_fail(i, "out of memory");
	if (result == 0) {
		note_the_rest(i, w);
		fprintf(i->out,
		    "\n# CHANGE: the uplink that is watched, and an address "
		    "beyond its\n# provider's first router.\n"
		    "primary " PRIMARY " {\n\ttarget 198.51.100.7\n}\n%s",
		    text);
	}
	free(text);
	return result;
}

int
import_wvdial(struct import *i, const struct import_source *source)
{
	struct wvdial *w;
	int result;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return import_fail(i, "out of memory");
	import_open(i, source);
	result = read_sections(i, w);
	i->line = 0;
	if (result == 0)
		result = print(i, w);
	explicit_bzero(w, sizeof(*w));
	free(w);
	return result;
}
