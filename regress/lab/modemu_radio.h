/* SPDX-License-Identifier: ISC */
/*
 * The card and the network of an emulated packet modem, in one file of words
 * (modemu -n): "KEY VALUE" a line.  It is read before each command, so a test
 * may change it at any time; the tries that are left are written back.
 *
 *	pin 1234	the card asks for it; none: it does not
 *	tries 3		that are left; 0: it asks for a PUK
 *	card DIGITS	its number; none: there is no card
 *	register MS	so long after the card is ready; never
 *	denied 1	by the network
 *	operator NAME
 *	signal N	of +CSQ
 *	rsrp N		of +CESQ
 *	apn NAME	that the network knows; none: any
 *
 * Answers are those of 3GPP TS 27.007.
 */
#ifndef REGRESS_LAB_MODEMU_RADIO_H
#define REGRESS_LAB_MODEMU_RADIO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RADIO_NEVER INT64_MAX
#define RADIO_WORD  64

enum radio_answer { RADIO_NOT_MINE, RADIO_OK, RADIO_ERROR, RADIO_TOLD };

static struct {
	const char *path; /* NULL: no packet modem */
	char pin[RADIO_WORD], card[RADIO_WORD], operator[RADIO_WORD];
	char apn[RADIO_WORD];
	int tries, denied, signal, rsrp;
	int64_t register_ms;
	/* until the modem is started again */
	int unlocked;
	int64_t ready_at;
	int numbers; /* +CEREG=2 */
	char context[RADIO_WORD]; /* as set by +CGDCONT */
	char type[RADIO_WORD];
	void (*put)(const char *); /* to whoever has asked */
} radio = { .type = "IP" };

static void
radio_load(void)
{
	char key[RADIO_WORD], value[RADIO_WORD];
	FILE *f;

	radio.pin[0] = radio.card[0] = radio.apn[0] = '\0';
	radio.denied = 0;
	radio.tries = 3;
	radio.register_ms = 0;
	radio.signal = 99;
	radio.rsrp = 255;
	strlcpy(radio.operator, "Example", sizeof(radio.operator));
	if ((f = fopen(radio.path, "r")) == NULL)
		return;
	while (fscanf(f, "%63s %63s", key, value) == 2) {
		if (strcmp(key, "pin") == 0)
			strlcpy(radio.pin, value, sizeof(radio.pin));
		else if (strcmp(key, "card") == 0)
			strlcpy(radio.card, value, sizeof(radio.card));
		else if (strcmp(key, "operator") == 0)
			strlcpy(radio.operator, value, sizeof(radio.operator));
		else if (strcmp(key, "apn") == 0)
			strlcpy(radio.apn, value, sizeof(radio.apn));
		else if (strcmp(key, "tries") == 0)
			radio.tries = atoi(value);
		else if (strcmp(key, "denied") == 0)
			radio.denied = atoi(value);
		else if (strcmp(key, "signal") == 0)
			radio.signal = atoi(value);
		else if (strcmp(key, "rsrp") == 0)
			radio.rsrp = atoi(value);
		else if (strcmp(key, "register") == 0)
			radio.register_ms = strcmp(value, "never") == 0
						? RADIO_NEVER
						: atoi(value);
	}
	fclose(f);
}

/* The card's own memory: appended, since the last word of a key counts. */
static void
radio_keep_tries(int n)
{
	FILE *f;

	radio.tries = n;
	if ((f = fopen(radio.path, "a")) == NULL)
		return;
	fprintf(f, "tries %d\n", n);
	fclose(f);
}

static int
radio_locked(void)
{
	return radio.pin[0] != '\0' && !radio.unlocked;
}

static int
radio_registered(int64_t now)
{
	if (radio.card[0] == '\0' || radio_locked() || radio.denied ||
	    radio.register_ms == RADIO_NEVER)
		return 0;
	if (radio.ready_at == 0)
		radio.ready_at = now;
	return now - radio.ready_at >= radio.register_ms;
}

static int
radio_stat(int64_t now)
{
	return radio.card[0] == '\0' || radio_locked() ? 0
	       : radio.denied                          ? 3
	       : radio_registered(now)                 ? 1
						       : 2;
}

/* May ATD*99# be?  0: it ends in NO CARRIER. */
static int
radio_carries(int64_t now)
{
	if (radio.path == NULL)
		return 1;
	radio_load();
	return radio_registered(now) &&
	       (radio.apn[0] == '\0' ||
		   strcasecmp(radio.apn, radio.context) == 0);
}

static enum radio_answer
radio_say(const char *fmt, const char *word)
{
	char text[128];

	snprintf(text, sizeof(text), fmt, word);
	radio.put(text);
	return RADIO_OK;
}

static enum radio_answer
radio_cme(int code)
{
	char text[64];

	snprintf(text, sizeof(text), "\r\n+CME ERROR: %d\r\n", code);
	radio.put(text);
	return RADIO_TOLD;
}

static enum radio_answer
radio_pin(const char *s)
{
	if (strlen(s) < 6 || s[0] != '"')
		return RADIO_ERROR;
	if (!radio_locked() || radio.tries == 0)
		return radio_cme(3);
	if (strncmp(s + 1, radio.pin, strlen(radio.pin)) == 0 &&
	    s[1 + strlen(radio.pin)] == '"') {
		radio.unlocked = 1;
		radio_keep_tries(3);
		return RADIO_OK;
	}
	radio_keep_tries(radio.tries - 1);
	return radio_cme(radio.tries == 0 ? 12 : 16);
}

static enum radio_answer
radio_reg(const char *name, const char *rest, int64_t now)
{
	char text[96];
	int stat = radio_stat(now);

	if (rest[0] == '=') {
		radio.numbers = rest[1] == '2';
		return RADIO_OK;
	}
	if (rest[0] != '?')
		return RADIO_ERROR;
	snprintf(text, sizeof(text), "\r\n%s: %d,%d%s\r\n", name,
	    radio.numbers ? 2 : 0, stat,
	    radio.numbers && stat == 1 ? ",\"1A2B\",\"01A2B3C4\",7" : "");
	radio.put(text);
	return RADIO_OK;
}

static enum radio_answer
radio_context(const char *s)
{
	char text[192];

	if (s[0] == '?') {
		snprintf(text, sizeof(text),
		    "\r\n+CGDCONT: 1,\"%s\",\"%s\",\"0.0.0.0\",0,0\r\n",
		    radio.type, radio.context);
		radio.put(text);
		return RADIO_OK;
	}
	if (sscanf(s, "=1,\"%15[A-Z0-9]\",\"%63[^\"]\"", radio.type,
		radio.context) != 2)
		return RADIO_ERROR;
	return RADIO_OK;
}

static enum radio_answer
radio_card_number(void)
{
	return radio.card[0] == '\0'
		   ? radio_cme(10)
		   : radio_say("\r\n+CCID: %s\r\n", radio.card);
}

static enum radio_answer
radio_operator(int64_t now)
{
	return radio_registered(now)
		   ? radio_say("\r\n+COPS: 0,0,\"%s\",7\r\n", radio.operator)
		   : radio_say("\r\n+COPS: 0%s\r\n", "");
}

static enum radio_answer
radio_number(const char *fmt, int n)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", n);
	return radio_say(fmt, word);
}

/* A command without its AT. */
static enum radio_answer
radio_command(const char *s, int64_t now)
{
	if (radio.path == NULL)
		return RADIO_NOT_MINE;
	radio_load();
	if (strcasecmp(s, "+CPIN?") == 0)
		return radio.card[0] == '\0' ? radio_cme(10)
		       : radio_locked()
			   ? radio_say("\r\n+CPIN: %s\r\n",
				 radio.tries > 0 ? "SIM PIN" : "SIM PUK")
			   : radio_say("\r\n+CPIN: %s\r\n", "READY");
	if (strncasecmp(s, "+CPIN=", 6) == 0)
		return radio_pin(s + 6);
	if (strcasecmp(s, "+CCID") == 0)
		return radio_card_number();
	if (strcasecmp(s, "+CPINR") == 0)
		return radio_number(
		    "\r\n+CPINR: SIM PIN,%s,3\r\n", radio.tries);
	if (strncasecmp(s, "+CREG", 5) == 0)
		return radio_reg("+CREG", s + 5, now);
	if (strncasecmp(s, "+CGREG", 6) == 0)
		return radio_reg("+CGREG", s + 6, now);
	if (strncasecmp(s, "+CEREG", 6) == 0)
		return radio_reg("+CEREG", s + 6, now);
	if (strcasecmp(s, "+CSQ") == 0)
		return radio_number("\r\n+CSQ: %s,99\r\n", radio.signal);
	if (strcasecmp(s, "+CESQ") == 0)
		return radio_number(
		    "\r\n+CESQ: 99,99,255,255,20,%s\r\n", radio.rsrp);
	if (strcasecmp(s, "+COPS?") == 0)
		return radio_operator(now);
	if (strncasecmp(s, "+CGDCONT", 8) == 0)
		return radio_context(s + 8);
	if (strcasecmp(s, "+CGATT?") == 0)
		return radio_number(
		    "\r\n+CGATT: %s\r\n", radio_registered(now));
	if (strcasecmp(s, "+CFUN?") == 0)
		return radio_say("\r\n+CFUN: %s\r\n", "1");
	if (strncasecmp(s, "+CGATT=", 7) == 0 ||
	    strncasecmp(s, "+CMEE=", 6) == 0 ||
	    strncasecmp(s, "+COPS=", 6) == 0)
		return RADIO_OK;
	return RADIO_ERROR;
}

#endif
