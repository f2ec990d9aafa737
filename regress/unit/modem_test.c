/* SPDX-License-Identifier: ISC */
/*
 * The modem engine against modems that are told by a table, in virtual time:
 * what is said to a command, how much later, and what must come of it.  Then
 * against noise: whatever the bytes, an attempt ends within its bound and
 * nothing behind CONNECT is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialer/modem.h"

#define RULES    6
#define SAID_MAX 8192
#define LIMIT_MS 120000

/* Also "DTR" (low), "+++", "CR" (alone) and "START" are commands here. */
struct rule {
	const char *on; /* how the command begins */
	const char *say; /* with a length in nsay if it holds a NUL */
	uint32_t after_ms;
	uint32_t times; /* 0: always */
	size_t nsay;
};

enum manners { SILENT, ANSWERS }; /* where no rule fits */

struct scenario {
	const char *name;
	enum manners manners;
	struct rule rule[RULES];
	const char *phone[3]; /* none: 5551234 */
	const char *init[3];
	uint32_t first; /* number to begin with */
	uint32_t limit_ms; /* 0: LIMIT_MS */
	enum modem_state hangup_in; /* if not idle */
	/* what must come of it */
	enum modem_event event;
	uint32_t class;
	uint32_t used; /* number used last */
	const char *text; /* a part of it */
	const char *sent; /* all commands, each ended by | */
	const char *unread; /* left for pppd */
	uint32_t min_ms, max_ms; /* 0: whenever */
};

#define SAYS(on, say, ms)         \
	{                         \
		on, say, ms, 0, 0 \
	}
#define TIMES(n, on, say, ms)     \
	{                         \
		on, say, ms, n, 0 \
	}
#define INIT "ATE0V1Q0X4|AT&C1&D2|ATS0=0|"
/* of a modem that says no more than OK */
#define PACKET                                              \
	"AT+CMEE=1|AT+CFUN?|AT+CPIN?|AT+CREG=2|AT+CGREG=2|" \
	"AT+CEREG=2|AT+CEREG?|AT+CGREG?|AT+CREG?|AT+CSQ|"   \
	"AT+CESQ|AT+COPS=3,0|AT+COPS?|"
#define CALL "AT|" INIT "ATD5551234|"
#define A    "5551234"
#define B    "5555678"
#define OK   "\r\nOK\r\n"
#define ATS  "AT|AT|AT|"

static const struct scenario scenarios[] = {
	/* connections */
	{ "plain", ANSWERS, .event = MODEM_EV_CONNECT, .sent = CALL,
	    .text = "CONNECT", .unread = "" },
	{ "CONNECT with a speed", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECT 115200\r\n", 500) },
	    .event = MODEM_EV_CONNECT, .text = "CONNECT 115200", .unread = "" },
	{ "the peer speaks at once", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECT\r\n~\377}#\300!}!", 500) },
	    .event = MODEM_EV_CONNECT, .unread = "~\377}#\300!}!" },
	{ "a login banner stays unread", ANSWERS,
	    { SAYS(
		"ATD", "\r\nCONNECT 33600\r\n\r\nlogin: NO CARRIER\r\n", 9) },
	    .event = MODEM_EV_CONNECT, .text = "CONNECT 33600",
	    .unread = "\r\nlogin: NO CARRIER\r\n" },
	{ "CONNECT ended by LF alone", ANSWERS,
	    { SAYS("ATD", "\nCONNECT\n~~", 9) }, .event = MODEM_EV_CONNECT,
	    .unread = "~~" },
	{ "CONNECT without LF", ANSWERS, { SAYS("ATD", "\r\nCONNECT\r", 9) },
	    .event = MODEM_EV_CONNECT, .min_ms = MODEM_LF_MS, .unread = "" },
	{ "CONNECT without LF, then PPP", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECT\r~\377}#", 9) },
	    .event = MODEM_EV_CONNECT, .unread = "\377}#" },
	{ "CONNECT with protocols", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECT/ARQ/V34\r\n", 9) },
	    .event = MODEM_EV_CONNECT, .text = "CONNECT/ARQ/V34" },
	{ "CONNECTED is no CONNECT", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECTED\r\n\r\nNO CARRIER\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .text = A ": NO CARRIER" },
	{ "service number", ANSWERS, .phone = { "*99***1#" },
	    .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT PACKET "ATD*99***1#|" },
	{ "begins with the second number", ANSWERS, .phone = { A, B },
	    .first = 1, .event = MODEM_EV_CONNECT, .used = 1,
	    .sent = "AT|" INIT "ATD" B "|" },
	{ "first number is wrapped", ANSWERS, .phone = { A, B }, .first = 6,
	    .event = MODEM_EV_CONNECT, .used = 0, .sent = CALL },
	/* ways to answer */
	{ "echo", ANSWERS,
	    { SAYS("ATD", "ATD5551234\r\r\nCONNECT\r\n", 9),
		SAYS("AT", "AT\r" OK, 9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "digits for ever", ANSWERS,
	    { SAYS("ATD", "1\r~~", 9), SAYS("AT", "0\r", 9) },
	    .event = MODEM_EV_CONNECT, .text = "CONNECT", .unread = "~~" },
	{ "digits with echo", ANSWERS,
	    { SAYS("ATD", "ATD5551234\r7\r", 9), SAYS("AT", "AT\r0\r", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .text = A ": BUSY" },
	{ "a digit among words is no result", ANSWERS,
	    { SAYS("ATD", "\r\n3\r\n\r\nCONNECT\r\n", 9) },
	    .event = MODEM_EV_CONNECT },
	{ "digits until the first init string", ANSWERS,
	    { TIMES(1, "AT", "0\r", 9) }, .event = MODEM_EV_CONNECT },
	{ "rubbish before OK", ANSWERS,
	    { TIMES(1, "AT", "\x12\x83\xff{{~" OK, 9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "rubbish in place of the first OK", ANSWERS,
	    { TIMES(1, "AT", "\xc1\xf3\xffOK\r\n", 9) },
	    .event = MODEM_EV_CONNECT, .sent = "AT|" CALL },
	{ "NUL bytes", ANSWERS, { { "AT", "\0\0\r\n\0OK\r\n\0", 9, 1, 10 } },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "a line that is too long", ANSWERS,
	    { TIMES(1, "AT",
		"OKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOK"
		"OKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOK"
		"OKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOK" OK,
		9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "autobaud: the first AT is lost", ANSWERS, { TIMES(1, "AT", "", 0) },
	    .event = MODEM_EV_CONNECT, .sent = "AT|" CALL },
	{ "autobaud: two are lost", ANSWERS, { TIMES(2, "AT", "", 0) },
	    .event = MODEM_EV_CONNECT, .sent = "AT|AT|" CALL },
	{ "late answers to AT are not the next command's", ANSWERS,
	    { TIMES(2, "AT", OK, 450), SAYS("ATE0", "", 0) }, .limit_ms = 900,
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .sent = "AT|AT|ATE0V1Q0X4|" },
	{ "ERROR once, then OK", ANSWERS,
	    { TIMES(1, "AT", "\r\nERROR\r\n", 9) }, .event = MODEM_EV_CONNECT,
	    .sent = "AT|" CALL },
	/* unsolicited */
	{ "RING and registration in between", ANSWERS,
	    { SAYS("ATD", "\r\nRING\r\n\r\n+CREG: 1\r\n^RSSI:12\r\nCONNECT\r\n",
		  9),
		SAYS("AT", "\r\nRING\r\n\r\n+CEREG: 2\r\n" OK, 9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "NO CARRIER of an older call", ANSWERS,
	    { TIMES(1, "AT", "\r\nNO CARRIER\r\n" OK, 9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "words inside of lines", ANSWERS,
	    { SAYS("ATD", "\r\nCall BUSY\r\nxERROR\r\n OK\r\nCONNECT\r\n", 9) },
	    .event = MODEM_EV_CONNECT },
	{ "OK in a call ends nothing", ANSWERS,
	    { SAYS("ATD", OK "\r\nCONNECT\r\n", 9) }, .event = MODEM_EV_CONNECT,
	    .unread = "" },
	/* init strings */
	{ "our own may fail", ANSWERS,
	    { SAYS("ATE0", "\r\nERROR\r\n", 9),
		SAYS("AT&C1", "\r\nERROR\r\n", 9),
		SAYS("ATS0", "\r\nERROR\r\n", 9) },
	    .event = MODEM_EV_CONNECT, .sent = CALL },
	{ "the user's come behind ours", ANSWERS,
	    .init = { "ATX3", "AT+CGDCONT=1,\"IP\",\"internet\"" },
	    .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT
		    "ATX3|AT+CGDCONT=1,\"IP\",\"internet\"|ATD5551234|" },
	{ "a profile undoes ours", ANSWERS, .init = { "ATZ", "ATX3" },
	    .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT "ATZ|" INIT "ATX3|ATD5551234|" },
	{ "a profile with digits", ANSWERS,
	    { TIMES(1, "at&f", "0\r", 9), SAYS("ATE0", OK, 9) },
	    .init = { "at&f" }, .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT "at&f|" INIT "ATD5551234|" },
	{ "the user's must not fail, and are not told", ANSWERS,
	    { SAYS("AT+CPIN", "\r\n+CME ERROR: 16\r\n", 9) },
	    .init = { "ATX3", "AT+CPIN=1234" }, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .text = "init string 2: +CME ERROR: 16",
	    .sent = "AT|" INIT "ATX3|AT+CPIN=1234|" },
	{ "the radio takes its time", ANSWERS, { SAYS("AT+CFUN", OK, 12000) },
	    .init = { "AT+CFUN=1" }, .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT "AT+CFUN=1|ATD5551234|" },
	{ "an init string that gets no answer", ANSWERS,
	    { TIMES(1, "ATX3", "", 0) }, .init = { "ATX3" },
	    .event = MODEM_EV_CONNECT,
	    .sent = "AT|" INIT "ATX3|DTR|AT|" INIT "ATX3|ATD5551234|" },
	{ "one that never gets one", ANSWERS, { SAYS("ATX3", "", 0) },
	    .init = { "ATX3" }, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_NEXT, .text = "no answer to init string 1",
	    .sent = "AT|" INIT "ATX3|DTR|AT|" INIT "ATX3|+++|ATH|" INIT
		    "ATX3|ATZ|" INIT "ATX3|" },
	{ "an invalid init string", ANSWERS, .init = { "AT\rATD0900" },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_GIVEUP,
	    .text = "init string 1 is invalid", .sent = "AT|" INIT },
	/* calls that come to nothing */
	{ "BUSY, then the second number", ANSWERS,
	    { SAYS("ATD" A, "\r\nBUSY\r\n", 9) }, .phone = { A, B },
	    .event = MODEM_EV_CONNECT, .used = 1, .sent = CALL "AT|ATD" B "|" },
	{ "NO CARRIER, then the second number", ANSWERS,
	    { SAYS("ATD" A, "\r\nNO CARRIER\r\n", 9) }, .phone = { A, B },
	    .event = MODEM_EV_CONNECT, .used = 1 },
	{ "BUSY everywhere", ANSWERS, { SAYS("ATD", "\r\nBUSY\r\n", 9) },
	    .phone = { A, B }, .first = 1, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .used = 0, .text = A ": BUSY",
	    .sent = "AT|" INIT "ATD" B "|AT|ATD" A "|" },
	{ "NO ANSWER", ANSWERS, { SAYS("ATD", "\r\nNO ANSWER\r\n", 30000) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .text = "NO ANSWER" },
	{ "NO DIALTONE: no other number", ANSWERS,
	    { SAYS("ATD", "\r\nNO DIALTONE\r\n", 9) }, .phone = { A, B },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT,
	    .text = "NO DIALTONE", .sent = CALL },
	{ "NO DIAL TONE", ANSWERS, { SAYS("ATD", "\r\nNO DIAL TONE\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT },
	{ "DELAYED", ANSWERS, { SAYS("ATD", "\r\nDELAYED 00:05:00\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT,
	    .text = "DELAYED 00:05:00" },
	{ "BLACKLISTED", ANSWERS, { SAYS("ATD", "\r\nBLACKLISTED\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_GIVEUP },
	{ "BLACKLISTED and BUSY: hope remains", ANSWERS,
	    { SAYS("ATD" A, "\r\nBLACKLISTED\r\n", 9),
		SAYS("ATD", "\r\nBUSY\r\n", 9) },
	    .phone = { A, B }, .event = MODEM_EV_FAILED, .used = 1,
	    .class = MSG_LINK_BACKOFF, .text = B ": BUSY" },
	{ "ERROR to the call, once", ANSWERS,
	    { TIMES(1, "ATD", "\r\nERROR\r\n", 9) }, .event = MODEM_EV_CONNECT,
	    .sent = CALL CALL },
	{ "ERROR to the call, for ever", ANSWERS,
	    { SAYS("ATD", "\r\n+CME ERROR: 3\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .text = A ": +CME ERROR: 3", .sent = CALL CALL },
	{ "a call without a result", ANSWERS,
	    { SAYS("ATD" A, "", 0), SAYS("CR", "\r\nNO CARRIER\r\n", 50) },
	    .phone = { A, B }, .event = MODEM_EV_CONNECT, .used = 1,
	    .sent = CALL "CR|AT|ATD" B "|", .min_ms = MODEM_CALL_MS },
	{ "a call that cannot be aborted either", ANSWERS,
	    { SAYS("ATD", "", 0) }, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .text = A ": no result in time",
	    .sent = CALL "CR|", .min_ms = MODEM_CALL_MS + MODEM_ABORT_MS },
	{ "a service number has less time", ANSWERS, { SAYS("ATD", "", 0) },
	    .phone = { "*99#" }, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .min_ms = MODEM_SERVICE_MS,
	    .max_ms = MODEM_SERVICE_MS + 2 * MODEM_ABORT_MS },
	{ "the limit ends a call", ANSWERS, { SAYS("ATD", "", 0) },
	    .phone = { A, B }, .limit_ms = 5000, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .text = "no connection within 5000 ms",
	    .sent = CALL "CR|", .min_ms = 5000,
	    .max_ms = 5000 + MODEM_ABORT_MS },
	{ "the limit after a number", ANSWERS,
	    { SAYS("ATD" A, "\r\nBUSY\r\n", 4000), SAYS("ATD", "", 0) },
	    .phone = { A, B }, .limit_ms = 5000, .event = MODEM_EV_FAILED,
	    .class = MSG_LINK_BACKOFF, .used = 1,
	    .text = A ": BUSY, then no time was left",
	    .sent = CALL "AT|ATD" B "|CR|" },
	{ "a number with a command in it", ANSWERS, .phone = { "5551234;+X" },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_GIVEUP,
	    .text = "phone number 1 is invalid", .sent = "AT|" INIT },
	{ "a number with a line end in it", ANSWERS, .phone = { "555\rATH" },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_GIVEUP,
	    .sent = "AT|" INIT },
	/* modems that do not listen */
	{ "silence", SILENT, .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT,
	    .text = "no answer to ATZ", .sent = ATS "DTR|" ATS "+++|ATH|ATZ|" },
	{ "silence and little time", SILENT, .limit_ms = 400,
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_BACKOFF,
	    .sent = "AT|AT|", .max_ms = 400 },
	{ "only echo", SILENT,
	    { SAYS("ATZ", "ATZ\r", 1), SAYS("ATH", "ATH\r", 1),
		SAYS("AT", "AT\r", 1) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT,
	    .text = ", only its echo" },
	{ "ERROR for ever", SILENT, { SAYS("AT", "\r\nERROR\r\n", 9) },
	    .event = MODEM_EV_FAILED, .class = MSG_LINK_NEXT,
	    .sent = ATS "DTR|" ATS "+++|ATH|ATZ|" },
	{ "DTR wakes it", ANSWERS, { TIMES(3, "AT", "", 0) },
	    .event = MODEM_EV_CONNECT, .sent = ATS "DTR|" CALL },
	{ "data mode: frames, and DTR ends it", ANSWERS,
	    { TIMES(1, "AT", "~\377}#\300!}!} }4}\"}&} } } } }%}&~", 5) },
	    .event = MODEM_EV_CONNECT, .sent = "AT|DTR|" CALL },
	{ "data mode: DTR is ignored, +++ helps", ANSWERS,
	    { TIMES(2, "AT", "~\377}#\300!~", 5), SAYS("+++", OK, 1000) },
	    .event = MODEM_EV_CONNECT,
	    .sent = "AT|DTR|AT|+++|ATH|" INIT "ATD5551234|",
	    .min_ms = 2 * MODEM_GUARD_MS },
	{ "ATH answered by NO CARRIER", ANSWERS,
	    { SAYS("ATH", "\r\nNO CARRIER\r\n", 5), TIMES(6, "AT", "", 0) },
	    .event = MODEM_EV_CONNECT,
	    .sent = ATS "DTR|" ATS "+++|ATH|" INIT "ATD5551234|" },
	{ "only ATZ helps", ANSWERS,
	    { SAYS("ATZ", OK, 3000), SAYS("ATH", "", 0),
		TIMES(6, "AT", "", 0) },
	    .event = MODEM_EV_CONNECT,
	    .sent = ATS "DTR|" ATS "+++|ATH|ATZ|" INIT "ATD5551234|" },
	/* hang-ups */
	{ "hang-up at rest", ANSWERS, .hangup_in = MODEM_ONLINE,
	    .event = MODEM_EV_HUNG_UP, .sent = CALL "DTR|ATH|AT|",
	    .max_ms = MODEM_DTR_MIN_MS + MODEM_DTR_HIGH_MS + 20 },
	{ "hang-up while syncing", SILENT, .hangup_in = MODEM_SYNC,
	    .event = MODEM_EV_HUNG_UP, .class = MSG_LINK_NEXT,
	    .sent = "AT|DTR|ATH|" ATS "+++|ATH|ATZ|" },
	{ "hang-up in an init string", ANSWERS, { SAYS("AT&C1", "", 0) },
	    .hangup_in = MODEM_STEP, .event = MODEM_EV_HUNG_UP,
	    .sent = "AT|ATE0V1Q0X4|DTR|ATH|AT|" },
	{ "hang-up while calling", ANSWERS,
	    { SAYS("ATD", "", 0), SAYS("CR", "\r\nNO CARRIER\r\n", 50) },
	    .hangup_in = MODEM_CALLING, .event = MODEM_EV_HUNG_UP,
	    .sent = CALL "CR|AT|", .max_ms = 100 },
	{ "hang-up while calling, not heard", ANSWERS, { SAYS("ATD", "", 0) },
	    .hangup_in = MODEM_CALLING, .event = MODEM_EV_HUNG_UP,
	    .sent = CALL "CR|DTR|ATH|AT|", .min_ms = MODEM_ABORT_MS },
	{ "hang-up in CONNECT's end", ANSWERS,
	    { SAYS("ATD", "\r\nCONNECT\r", 9) }, .hangup_in = MODEM_CONNECT_LF,
	    .event = MODEM_EV_HUNG_UP, .sent = CALL "DTR|ATH|AT|" },
	{ "hang-up while a call is aborted", ANSWERS, { SAYS("ATD", "", 0) },
	    .hangup_in = MODEM_ABORTING, .event = MODEM_EV_HUNG_UP,
	    .sent = CALL "CR|DTR|ATH|AT|" },
	{ "hang-up in the ladder", SILENT, .hangup_in = MODEM_ESC_WAIT,
	    .event = MODEM_EV_HUNG_UP, .class = MSG_LINK_NEXT,
	    .sent = ATS "DTR|" ATS "+++|DTR|ATH|" ATS "+++|ATH|ATZ|" },
	{ "hang-up: DTR ignored, +++ helps", ANSWERS,
	    { TIMES(4, "AT", OK, 9), SAYS("ATD", "\r\nCONNECT\r\n", 9),
		TIMES(2, "AT", "~\377}#~", 9), SAYS("+++", OK, 1000) },
	    .hangup_in = MODEM_ONLINE, .event = MODEM_EV_HUNG_UP,
	    .sent = CALL "DTR|ATH|AT|+++|ATH|" },
	{ "hang-up: nothing helps", ANSWERS,
	    { TIMES(4, "AT", OK, 9), SAYS("ATD", "\r\nCONNECT\r\n", 9),
		SAYS("AT", "", 0) },
	    .hangup_in = MODEM_ONLINE, .event = MODEM_EV_HUNG_UP,
	    .class = MSG_LINK_NEXT, .text = "no answer to ATZ",
	    .sent = CALL "DTR|ATH|" ATS "+++|ATH|ATZ|" },
};

#define NSCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* --- the modem of a scenario ---------------------------------------------- */

struct play {
	const struct scenario *s;
	struct modem m;
	struct modem_out out;
	struct monotime start, now;
	struct conf_modem conf;
	uint32_t used[RULES];
	char sent[1024];
	char partial[64]; /* a command of which the CR is still to come */
	struct {
		uint8_t byte;
		struct monotime at;
	} said[SAID_MAX];
	size_t nsaid, nread;
	int hung_up;
	uint32_t ms; /* that the last question took */
};

static void
say(struct play *p, const char *text, size_t len, uint32_t after_ms)
{
	size_t i;

	if (len == 0)
		len = strlen(text);
	for (i = 0; i < len && p->nsaid < SAID_MAX; i++) {
		p->said[p->nsaid].byte = (uint8_t)text[i];
		p->said[p->nsaid++].at = monotime_add_ms(p->now, after_ms);
	}
}

static void
heard(struct play *p, const char *cmd)
{
	const struct rule *r;
	uint32_t i;

	strlcat(p->sent, cmd, sizeof(p->sent));
	strlcat(p->sent, "|", sizeof(p->sent));
	for (i = 0; i < RULES; i++) {
		r = &p->s->rule[i];
		if (r->on == NULL || strncmp(cmd, r->on, strlen(r->on)) != 0 ||
		    (r->times != 0 && p->used[i] == r->times))
			continue;
		p->used[i]++;
		say(p, r->say, r->nsay, r->after_ms);
		return;
	}
	if (p->s->manners == ANSWERS && strncmp(cmd, "AT", 2) == 0)
		say(p, cmd[2] == 'D' ? "\r\nCONNECT\r\n" : OK, 0, 9);
}

/* Do as the dialer does, and see that it is possible. */
static void
carry_out(struct play *p)
{
	const struct modem_out *out = &p->out;
	size_t i, n;

	assert_true(out->len < sizeof(out->data));
	assert_true(memchr(out->text, '\0', sizeof(out->text)) != NULL);
	assert_true(out->class <= MSG_LINK_GIVEUP);
	assert_true(out->phone < CONF_PHONES_MAX);
	if (out->line == MODEM_LINE_LOW)
		heard(p, "DTR");
	for (i = 0; i < out->len; i++) {
		n = strlen(p->partial);
		if (out->data[i] == '\r') {
			heard(p, n == 0 ? "CR" : p->partial);
			p->partial[0] = '\0';
			continue;
		}
		assert_true(n < sizeof(p->partial) - 1);
		p->partial[n] = out->data[i];
		p->partial[n + 1] = '\0';
		if (strcmp(p->partial, "+++") == 0) {
			heard(p, "+++");
			p->partial[0] = '\0';
		}
	}
}

static int
ended(const struct play *p)
{
	return p->out.event != MODEM_EV_NONE && p->out.event != MODEM_EV_PHASE;
}

/* In the state in which the scenario hangs up, it does. */
static void
maybe_hang_up(struct play *p)
{
	if (p->s->hangup_in == MODEM_IDLE || p->hung_up ||
	    p->m.state != p->s->hangup_in)
		return;
	p->hung_up = 1;
	p->start = p->now;
	p->nread = p->nsaid; /* flushed with the line */
	modem_hangup(&p->m, p->now, &p->out);
	carry_out(p);
}

/* The next byte or the deadline, whichever is first. */
static void
advance(struct play *p)
{
	int input = p->nread < p->nsaid && modem_read_max(&p->m) > 0;

	assert_true(input || monotime_valid(p->m.deadline));
	if (p->m.state == MODEM_CALLING || p->m.state == MODEM_CONNECT_LF)
		assert_int_equal(modem_read_max(&p->m), 1);
	if (input &&
	    (!monotime_valid(p->m.deadline) ||
		monotime_cmp(p->said[p->nread].at, p->m.deadline) < 0)) {
		if (monotime_cmp(p->said[p->nread].at, p->now) > 0)
			p->now = p->said[p->nread].at;
		modem_input(&p->m, p->said[p->nread++].byte, p->now, &p->out);
	} else {
		if (monotime_cmp(p->m.deadline, p->now) > 0)
			p->now = p->m.deadline;
		modem_timeout(&p->m, p->now, &p->out);
	}
	carry_out(p);
}

static void
configure(struct play *p)
{
	const struct scenario *s = p->s;
	struct conf_modem *c = &p->conf;

	c->speed = 115200;
	for (; c->nphones < 3 && s->phone[c->nphones] != NULL; c->nphones++)
		strlcpy(
		    c->phone[c->nphones], s->phone[c->nphones], CONF_PHONE_LEN);
	if (c->nphones == 0)
		strlcpy(c->phone[c->nphones++], A, CONF_PHONE_LEN);
	for (; c->ninits < 3 && s->init[c->ninits] != NULL; c->ninits++)
		strlcpy(c->init[c->ninits], s->init[c->ninits], CONF_INIT_LEN);
}

static void
check(const struct play *p)
{
	const struct scenario *s = p->s;
	char unread[SAID_MAX];
	size_t i, n = 0;

	assert_int_equal(p->out.event, s->event);
	assert_int_equal(p->out.class, s->class);
	if (s->event != MODEM_EV_HUNG_UP)
		assert_int_equal(p->out.phone, s->used);
	if (s->text != NULL && strstr(p->out.text, s->text) == NULL)
		assert_string_equal(p->out.text, s->text);
	if (s->sent != NULL)
		assert_string_equal(p->sent, s->sent);
	for (i = p->nread; i < p->nsaid; i++)
		unread[n++] = (char)p->said[i].byte;
	unread[n] = '\0';
	if (s->unread != NULL)
		assert_string_equal(unread, s->unread);
	assert_true(p->ms >= s->min_ms);
	if (s->max_ms != 0)
		assert_true(p->ms <= s->max_ms);
}

static void
scenario(void **state)
{
	struct play *p;
	uint32_t limit, bound;
	int64_t ms;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fail();
	p->s = *state;
	p->start = p->now = monotime_from_ns(1000000000);
	limit = p->s->limit_ms != 0 ? p->s->limit_ms : LIMIT_MS;
	bound = limit + MODEM_ABORT_MS;
	configure(p);
	modem_dial(&p->m, &p->conf, p->s->first, limit, p->now, &p->out);
	assert_int_equal(p->out.line, MODEM_LINE_RESET);
	carry_out(p);
	for (;;) {
		maybe_hang_up(p);
		ms = monotime_ms_between(p->start, p->now);
		assert_true(ms <= (p->hung_up ? MODEM_HANGUP_MAX_MS : bound));
		if (ended(p) && p->hung_up == (p->s->hangup_in != MODEM_IDLE))
			break;
		advance(p);
	}
	p->ms = (uint32_t)ms;
	check(p);
	assert_int_equal(modem_read_max(&p->m), 0);
	assert_false(monotime_valid(p->m.deadline));
	free(p);
}

/* --- any bytes ------------------------------------------------------------ */

#define NOISE_RUNS 20000

static uint64_t seed;

static uint32_t
pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static const char *const scraps[] = { "OK", "CONNECT", "CONNECT 9600", "BUSY",
	"NO CARRIER", "ERROR", "+CME ERROR: 10", "NO ANSWER", "NO DIALTONE",
	"DELAYED", "BLACKLISTED", "RING", "AT", "ATD5551234", "0", "1", "3",
	"4", "7", "~\377}#", "\r", "\n", "\r\n", "\r\nOK\r\n", "\r\n" };

struct noise {
	struct modem m;
	struct modem_out out;
	struct monotime start, now;
	char tail[3]; /* the last bytes that were read */
	int hanging_up;
	uint32_t commands;
};

static void
noise_out(struct noise *n)
{
	if (n->out.len > 0)
		n->commands++;
	assert_true(n->out.len < sizeof(n->out.data));
	assert_true(memchr(n->out.text, '\0', sizeof(n->out.text)) != NULL);
	assert_true(n->out.class <= MSG_LINK_GIVEUP);
	if (n->out.event != MODEM_EV_CONNECT)
		return;
	/* its LF, its CR, or one byte where the LF should have been */
	assert_true(
	    n->tail[2] == '\n' || n->tail[2] == '\r' || n->tail[1] == '\r');
	assert_int_equal(modem_read_max(&n->m), 0);
	assert_int_equal(n->m.state, MODEM_ONLINE);
}

static void
noise_say(struct noise *n)
{
	const char *s = scraps[pick(sizeof(scraps) / sizeof(scraps[0]))];
	uint32_t i, len = (uint32_t)strlen(s);
	int own = pick(4) == 0;

	for (i = 0; i < len && modem_read_max(&n->m) > 0; i++) {
		n->tail[0] = n->tail[1];
		n->tail[1] = n->tail[2];
		n->tail[2] = own ? (char)pick(256) : s[i];
		modem_input(&n->m, (uint8_t)n->tail[2], n->now, &n->out);
		noise_out(n);
	}
}

static void
noise_run(struct noise *n, const struct conf_modem *c)
{
	uint32_t limit = 1 + pick(100000), bound = limit + MODEM_ABORT_MS;
	uint32_t hang_up = pick(200);

	n->start = n->now;
	modem_dial(&n->m, c, pick(9), limit, n->now, &n->out);
	noise_out(n);
	while (monotime_valid(n->m.deadline) || !n->hanging_up) {
		if (hang_up-- == 0 || !monotime_valid(n->m.deadline)) {
			n->hanging_up = 1;
			bound = MODEM_HANGUP_MAX_MS;
			n->start = n->now;
			modem_hangup(&n->m, n->now, &n->out);
			noise_out(n);
		}
		if (pick(3) > 0)
			noise_say(n);
		n->now = monotime_add_ms(n->now, pick(100));
		if (pick(3) == 0)
			n->now = n->m.deadline;
		if (monotime_valid(n->m.deadline) &&
		    monotime_cmp(n->m.deadline, n->now) <= 0) {
			n->now = n->m.deadline;
			modem_timeout(&n->m, n->now, &n->out);
			noise_out(n);
		}
		assert_true(monotime_ms_between(n->start, n->now) <= bound);
		assert_true(n->commands < 500);
	}
}

static void
noise(void **state)
{
	struct conf_modem c = { .speed = 115200,
		.ninits = 2,
		.nphones = 3,
		.init = { "ATZ", "ATX3" },
		.phone = { A, B, "*99#" } };
	struct noise n;
	uint32_t i;

	(void)state;
	for (i = 1; i <= NOISE_RUNS; i++) {
		memset(&n, 0, sizeof(n));
		seed = UINT64_C(0x9e3779b97f4a7c15) * i;
		n.now = monotime_from_ns(1000000000);
		noise_run(&n, &c);
		assert_int_equal(n.m.state, MODEM_IDLE);
		assert_int_equal(n.out.event, MODEM_EV_HUNG_UP);
		/* at rest it is as good as new */
		modem_hangup(&n.m, n.now, &n.out);
		assert_true(n.out.line == MODEM_LINE_LOW ||
			    (n.m.listens == 0 && n.out.len > 0));
	}
}

static void
nothing_to_dial(void **state)
{
	struct conf_modem c = { .speed = 115200 };
	struct modem_out out;
	struct modem m;

	(void)state;
	modem_dial(&m, &c, 0, 1000, monotime_from_ns(1), &out);
	assert_int_equal(out.event, MODEM_EV_FAILED);
	assert_int_equal(out.class, MSG_LINK_GIVEUP);
	assert_int_equal(modem_read_max(&m), 0);
}

/* A port that was opened only to hang up, as after a restart. */
static void
hangup_of_a_stranger(void **state)
{
	struct modem_out out;
	struct modem m;

	(void)state;
	memset(&m, 0, sizeof(m));
	modem_hangup(&m, monotime_from_ns(1), &out);
	assert_int_equal(out.line, MODEM_LINE_LOW);
	assert_int_equal(m.state, MODEM_DTR_LOW);
	/* asked again, nothing begins anew */
	modem_hangup(&m, monotime_from_ns(2), &out);
	assert_int_equal(out.line, MODEM_LINE_KEEP);
	assert_int_equal(m.state, MODEM_DTR_LOW);
}

static void
names(void **state)
{
	enum modem_state s;

	(void)state;
	for (s = MODEM_IDLE; s < MODEM_STATE_MAX; s++)
		assert_true(modem_state_name(s)[0] != '\0');
}

int
main(void)
{
	static struct CMUnitTest tests[NSCENARIOS + 4] = {
		cmocka_unit_test(noise),
		cmocka_unit_test(nothing_to_dial),
		cmocka_unit_test(hangup_of_a_stranger),
		cmocka_unit_test(names),
	};
	size_t i;

	for (i = 0; i < NSCENARIOS; i++)
		tests[4 + i] = (struct CMUnitTest){ scenarios[i].name, scenario,
			NULL, NULL, (void *)(uintptr_t)&scenarios[i] };
	return cmocka_run_group_tests_name("modem", tests, NULL, NULL);
}
