/* SPDX-License-Identifier: ISC */
/*
 * Lines of 3GPP TS 27.007 (numbers of sections are its).  Spaces behind
 * colons and commas and quotes around values come and go with vendors, so
 * neither counts.
 */
#include <sys/types.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/radio.h"

#define FIELDS_MAX 12
#define FIELD_LEN  48

struct fields {
	size_t n;
	char text[FIELDS_MAX][FIELD_LEN];
	int quoted[FIELDS_MAX];
};

const char *const radio_ask_iccid[] = { "AT+CCID", "AT+ICCID", "AT+QCCID",
	"AT^ICCID?", "AT#CCID", "AT!ICCID?", "AT+CRSM=176,12258,0,0,10", NULL };

void
radio_reset(struct radio *r)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	r->tries = r->tech = r->function = RADIO_UNKNOWN;
	for (i = 0; i < RADIO_DOMAINS; i++)
		r->stat[i] = RADIO_UNKNOWN;
}

/* One field from s on, cut to its length; what stands behind it. */
static const char *
field(const char *s, char *text, int *quoted)
{
	size_t len = 0;

	s += strspn(s, " ");
	*quoted = *s == '"';
	if (*quoted)
		s++;
	for (; *s != '\0' && *s != (*quoted ? '"' : ','); s++)
		if (len < FIELD_LEN - 1)
			text[len++] = *s;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	return s + strcspn(s, ",");
}

static void
split(const char *s, struct fields *f)
{
	memset(f, 0, sizeof(*f));
	for (;;) {
		s = field(s, f->text[f->n], &f->quoted[f->n]);
		if (++f->n == FIELDS_MAX || *s == '\0')
			return;
		s++;
	}
}

/* A field as a number of at most four digits, or RADIO_UNKNOWN. */
static uint32_t
number(const struct fields *f, size_t i)
{
	size_t len;

	if (i >= f->n)
		return RADIO_UNKNOWN;
	len = strlen(f->text[i]);
	if (len == 0 || len > 4 || strspn(f->text[i], "0123456789") != len)
		return RADIO_UNKNOWN;
	return (uint32_t)strtoul(f->text[i], NULL, 10);
}

/* --- each kind of line ---------------------------------------------------- */

/* 8.3 */
static enum radio_told
sim(struct radio *r, const struct fields *f, size_t which)
{
	static const struct {
		const char *text;
		enum radio_sim sim;
	} states[] = {
		{ "READY", RADIO_SIM_READY },
		{ "SIM PIN2", RADIO_SIM_READY }, /* keeps nothing from data */
		{ "SIM PUK2", RADIO_SIM_READY }, { "SIM PIN", RADIO_SIM_PIN },
		{ "SIM PUK", RADIO_SIM_PUK },
		{ "NOT INSERTED", RADIO_SIM_NONE },
		{ "SIM not inserted", RADIO_SIM_NONE },
		{ "NOT READY", RADIO_SIM_BUSY },
		{ "SIM FAILURE", RADIO_SIM_BROKEN },
		{ "PH-", RADIO_SIM_LOCKED }, /* PH-SIM PIN, PH-NET PIN, ... */
	};
	size_t i;

	(void)which;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(f->text[0], states[i].text,
			strlen(states[i].text)) == 0) {
			r->sim = states[i].sim;
			return RADIO_TOLD_SIM;
		}
	return RADIO_TOLD_NOTHING;
}

/*
 * 7.2, 10.1.20, 10.1.22: "<n>,<stat>[,...]" answers a question, "<stat>[,
 * <lac>,...]" comes by itself.  A location has four digits and more.
 */
static enum radio_told
registration(struct radio *r, const struct fields *f, size_t domain)
{
	size_t at;
	uint32_t stat;

	at = f->n > 1 && !f->quoted[1] && strlen(f->text[1]) <= 2 &&
	     number(f, 1) != RADIO_UNKNOWN;
	if ((stat = number(f, at)) >= RADIO_STAT_MAX)
		return RADIO_TOLD_NOTHING;
	r->stat[domain] = stat;
	if (number(f, at + 3) != RADIO_UNKNOWN && !f->quoted[at + 3])
		r->tech = number(f, at + 3);
	return RADIO_TOLD_STAT;
}

/* 8.5; from 100 on TD-SCDMA's RSCP, as vendors have added it. */
static enum radio_told
quality(struct radio *r, const struct fields *f, size_t which)
{
	uint32_t rssi = number(f, 0);

	(void)which;
	if (r->rsrp)
		return RADIO_TOLD_NOTHING; /* a better figure */
	if (rssi <= 31)
		r->dbm = -113 + 2 * (int32_t)rssi;
	else if (rssi >= 100 && rssi <= 191)
		r->dbm = -116 + ((int32_t)rssi - 100);
	else if (rssi == 99 || rssi == 199)
		r->dbm = 0;
	else
		return RADIO_TOLD_NOTHING;
	return RADIO_TOLD_SIGNAL;
}

/* 8.69: rxlev, ber, rscp, ecno, rsrq, rsrp[, ss_rsrq, ss_rsrp, ss_sinr] */
static enum radio_told
extended_quality(struct radio *r, const struct fields *f, size_t which)
{
	uint32_t rxlev = number(f, 0), rscp = number(f, 2), rsrp = number(f, 5);
	uint32_t nr = number(f, 7);

	(void)which;
	if (rxlev == RADIO_UNKNOWN || rsrp == RADIO_UNKNOWN)
		return RADIO_TOLD_NOTHING;
	r->rsrp = rsrp <= 97 || nr <= 126;
	if (rsrp <= 97)
		r->dbm = -141 + (int32_t)rsrp;
	else if (nr <= 126)
		r->dbm = -157 + (int32_t)nr;
	else if (rscp <= 96)
		r->dbm = -121 + (int32_t)rscp;
	else if (rxlev <= 63)
		r->dbm = -111 + (int32_t)rxlev;
	else
		return RADIO_TOLD_NOTHING; /* +CSQ may know it */
	return RADIO_TOLD_SIGNAL;
}

/* 7.3: <mode>[,<format>,<oper>[,<AcT>]].  Networks choose their names. */
static enum radio_told
operator(struct radio *r, const struct fields *f, size_t which) {
	size_t i, len = 0;

	(void)which;
	if (number(f, 0) == RADIO_UNKNOWN) return RADIO_TOLD_NOTHING;
	memset(r->operator, 0, sizeof(r->operator));
	for (i = 0; f->text[2][i] != '\0' && len < sizeof(r->operator) - 1;
	     i++) if (isprint((unsigned char)f->text[2][i]))
	    r->
	    operator[len++] = f->text[2][i];
	if (number(f, 3) != RADIO_UNKNOWN) r->tech = number(f, 3);
	return RADIO_TOLD_OPERATOR;
}

/* 10.1.0: IPv6 as sixteen numbers with dots, unless +CGPIAF says otherwise */
static int
dotted16(const char *s, struct addr *a)
{
	char text[ADDR_STRLEN];
	unsigned long octet[16];
	char *end;
	size_t i;

	for (i = 0; i < 16; i++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		octet[i] = strtoul(s, &end, 10);
		if (octet[i] > 255 || *end != (i < 15 ? '.' : '\0'))
			return -1;
		s = end + 1;
	}
	for (i = 0; i < 8; i++)
		snprintf(text + 5 * i, sizeof(text) - 5 * i, "%02lx%02lx%s",
		    octet[2 * i], octet[2 * i + 1], i < 7 ? ":" : "");
	return addr_parse(text, a);
}

/* 10.1.14: <cid>,<address>[,<address>]; the first that is one */
static enum radio_told
address(struct radio *r, const struct fields *f, size_t which)
{
	struct addr a;
	size_t i;

	(void)which;
	memset(&r->address, 0, sizeof(r->address));
	for (i = 1; i < f->n && i < 3; i++)
		if ((addr_parse(f->text[i], &a) == 0 ||
			dotted16(f->text[i], &a) == 0) &&
		    !addr_is_any(&a)) {
			r->address = a;
			break;
		}
	return RADIO_TOLD_ADDRESS;
}

/*
 * ITU-T E.118: begins with 89.  Some hand out the file as it is on the card,
 * with each two digits swapped (3GPP TS 31.102, 4.2.2: EF ICCID) and filled
 * up with F.
 */
static enum radio_told
iccid_text(struct radio *r, const char *s)
{
	char id[MSG_ICCID_LEN];
	size_t i, len = strlen(s);

	if (len < 18 || len >= sizeof(id) ||
	    strspn(s, "0123456789ABCDEFabcdef") != len)
		return RADIO_TOLD_NOTHING;
	memset(id, 0, sizeof(id));
	memcpy(id, s, len);
	if (strncmp(id, "98", 2) == 0 && len % 2 == 0)
		for (i = 0; i < len; i += 2) {
			id[i] = s[i + 1];
			id[i + 1] = s[i];
		}
	for (i = 0; i < len; i++)
		id[i] = (char)toupper((unsigned char)id[i]);
	while (len > 0 && id[len - 1] == 'F')
		id[--len] = '\0';
	if (strncmp(id, "89", 2) != 0)
		return RADIO_TOLD_NOTHING;
	memcpy(r->iccid, id, sizeof(id));
	return RADIO_TOLD_ICCID;
}

static enum radio_told
iccid(struct radio *r, const struct fields *f, size_t which)
{
	(void)which;
	return iccid_text(r, f->text[0]);
}

/* 8.18: <sw1>,<sw2>,<response>: EF ICCID, read as any modem can */
static enum radio_told
iccid_file(struct radio *r, const struct fields *f, size_t which)
{
	(void)which;
	return number(f, 0) == 144 ? iccid_text(r, f->text[2])
				   : RADIO_TOLD_NOTHING;
}

static enum radio_told
tries(struct radio *r, uint32_t n)
{
	if (n > MSG_TRIES_MAX)
		return RADIO_TOLD_NOTHING;
	r->tries = n;
	return RADIO_TOLD_TRIES;
}

/* Vendors' lists of numbers: the PIN's is the one at a place of theirs. */
static enum radio_told
tries_at(struct radio *r, const struct fields *f, size_t place)
{
	return tries(r, number(f, place));
}

/* 8.65: <code>,<retries>[,<default>], a line for each code; Quectel's, too */
static enum radio_told
tries_of(struct radio *r, const struct fields *f, size_t which)
{
	(void)which;
	if (strcmp(f->text[0], "SIM PIN") != 0 && strcmp(f->text[0], "SC") != 0)
		return RADIO_TOLD_NOTHING;
	return tries(r, number(f, 1));
}

/* 8.2 */
static enum radio_told
function(struct radio *r, const struct fields *f, size_t which)
{
	uint32_t fun = number(f, 0);

	(void)which;
	if (fun == RADIO_UNKNOWN)
		return RADIO_TOLD_NOTHING;
	r->function = fun;
	return RADIO_TOLD_FUNCTION;
}

static const struct {
	const char *prefix;
	enum radio_told (*read)(struct radio *, const struct fields *, size_t);
	size_t arg;
} lines[] = { { "+CPIN:", sim, 0 }, { "+CREG:", registration, RADIO_CS },
	{ "+CGREG:", registration, RADIO_PS },
	{ "+CEREG:", registration, RADIO_EPS },
	{ "+C5GREG:", registration, RADIO_5GS }, { "+CSQ:", quality, 0 },
	{ "+CESQ:", extended_quality, 0 },
	{
	    "+COPS:", operator, 0 }, { "+CGPADDR:", address, 0 },
	    { "+CFUN:", function, 0 },
	    { "+CCID:", iccid, 0 }, /* u-blox, SIMCom */
	    { "+ICCID:", iccid, 0 }, /* SIMCom */
	    { "ICCID:", iccid, 0 }, { "^ICCID:", iccid, 0 }, /* Huawei */
	    { "+QCCID:", iccid, 0 }, /* Quectel */
	    { "#CCID:", iccid, 0 }, /* Telit */
	    { "!ICCID:", iccid, 0 }, /* Sierra */
	    { "+CRSM:", iccid_file, 0 }, { "+CPINR:", tries_of, 0 },
	    { "+QPINC:", tries_of, 0 }, /* Quectel */
	    { "^CPIN:", tries_at,
		3 }, /* Huawei: code,times,puk,pin,puk2,pin2 */
	    { "+CPINC:", tries_at, 0 }, /* Sierra: pin,pin2,puk,puk2 */
	    { "#PCT:", tries_at, 0 }, /* Telit: of what is asked for now */
	    { "+SPIC:", tries_at, 0 }, /* SIMCom: pin,puk,pin2,puk2 */
	    { "^SPIC:", tries_at, 0 }, /* Cinterion: of what is asked for now */
	    { "+UPINCNT:", tries_at, 0 }, /* u-blox: pin,pin2,puk,puk2 */
};

enum radio_told
radio_line(struct radio *r, const char *line)
{
	struct fields f;
	size_t i, len;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		len = strlen(lines[i].prefix);
		if (strncasecmp(line, lines[i].prefix, len) != 0)
			continue;
		split(line + len, &f);
		return lines[i].read(r, &f, lines[i].arg);
	}
	/* SIM800 and others answer AT+CCID with the bare number */
	return iccid_text(r, line);
}

void
radio_tell(const struct radio *r, struct msg_radio *m)
{
	size_t len = strlen(r->iccid);

	m->sim = r->sim;
	m->tries = r->tries;
	m->stat = radio_stat(r);
	m->tech = r->tech;
	m->dbm = r->dbm;
	m->rsrp = r->rsrp;
	m->address = r->address;
	strlcpy(m->operator, r->operator, sizeof(m->operator));
	if (len >= MSG_CARD_LEN)
		strlcpy(m->card, r->iccid + len - (MSG_CARD_LEN - 1),
		    sizeof(m->card));
}
