/* SPDX-License-Identifier: ISC */
/*
 * Random conversations, in virtual time: a modem that obeys V.250 but for
 * random rules (garbage, delays, lies, silence, a port that comes and goes)
 * against the dialer's own code and netconf's ports.  Each must end in a
 * defined state within its bound, the tty left usable, no lock and no
 * descriptor left.
 *
 * MODEM_CONVERSATIONS in the environment says how many [CONVERSATIONS], and
 * MODEM_FIRST the number of the first: they are the same in each run.
 */
#include <sys/types.h>

#include <err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/modem_world.h"

#define CONVERSATIONS 1000
#define FIRST_MS      1000 /* pppd waits for the peer's first byte */

static uint64_t seed;
static const char *const site[] = { "phone \"5551234\"",
	"phone \"5551234\" \"5555678\" \"1\" init \"ATZ\" \"ATX3\"",
	"phone \"*99#\" init \"AT+CFUN=1\"", "phone \"*99***1#\"",
	"apn \"internet\" pin file \"/etc/pin\"",
	"apn \"internet\" pdp both pin file \"/etc/pin\"" };
#define NCONFS (sizeof(site) / sizeof(site[0]))
static struct conf *confs[NCONFS];

static struct {
	uint32_t connected, failed, hung_up, silent, unopened, lost, warm, cut;
	uint32_t pins, contexts;
	int64_t longest_ms;
} sum;

static uint32_t
pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* --- a random modem ------------------------------------------------------- */

static const char *const commands[] = { "", "AT", "ATE0", "AT&C1", "ATS0",
	"ATX3", "ATD", "ATD", "ATD", "ATZ", "ATH", "AT+CFUN" };
/* What a packet modem says to what only such are asked. */
static const struct {
	const char *command, *says;
} answers[] = {
	{ "AT+CPIN?", "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n" },
	{ "AT+CPIN?", "\r\n+CPIN: READY\r\n\r\nOK\r\n" },
	{ "AT+CPIN?", "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n" },
	{ "AT+CPIN?", "\r\n+CME ERROR: 14\r\n" },
	{ "AT+CPIN=", "\r\nOK\r\n" },
	{ "AT+CPIN=", "\r\n+CME ERROR: 16\r\n" },
	{ "AT+CCID", "\r\n+CCID: 8949020000012345678\r\n\r\nOK\r\n" },
	{ "AT+CEREG?", "\r\n+CEREG: 2,1\r\n\r\nOK\r\n" },
	{ "AT+CEREG?", "\r\n+CEREG: 2,2\r\n\r\nOK\r\n" },
	{ "AT+CEREG?", "\r\n+CEREG: 2,3\r\n\r\nOK\r\n" },
	{ "AT+CGDCONT?",
	    "\r\n+CGDCONT: 1,\"IP\",\"internet\",\"\",0,0\r\n\r\nOK\r\n" },
	{ "AT+CGDCONT=", "\r\nOK\r\n" },
	{ "AT+CGDCONT=", "\r\n+CME ERROR: 50\r\n" },
};
static const char *const scraps[] = { "\r\nOK\r\n", "\r\nCONNECT\r\n",
	"\r\nCONNECT 9600/ARQ\r\n", "\r\nBUSY\r\n", "\r\nNO CARRIER\r\n",
	"\r\nERROR\r\n", "\r\n+CME ERROR: 10\r\n", "\r\nNO ANSWER\r\n",
	"\r\nNO DIALTONE\r\n", "\r\nDELAYED\r\n", "\r\nBLACKLISTED\r\n",
	"\r\nRING\r\n", "\r\n+CREG: 1\r\n", "AT\r", "0\r", "1\r", "3\r", "4\r",
	"7\r", "~\377}#\300!}!}!} }4~", "\r\nlogin: ", "\r", "\n", "OK", "CONN",
	"ATD5551234\r", "+++", "\r\n^BOOT:1,0\r\n" };
static const uint32_t doings[] = { 0, 0, 0, 0, FAKE_DO_DATA, FAKE_DO_DATA,
	FAKE_DO_COMMAND, FAKE_DO_MUTE, FAKE_DO_SPEAK, FAKE_DO_LOOP,
	FAKE_DO_NUMERIC, FAKE_DO_WORDS, FAKE_DO_ECHO, FAKE_DO_VANISH };

#define SOME(a) a[pick(sizeof(a) / sizeof((a)[0]))]

static uint32_t
some_ms(void)
{
	static const uint32_t most[] = { 5, 20, 300, 1500, 6000, 70000 };

	return pick(SOME(most)) + 1;
}

static void
spoil(struct fake_rule *r)
{
	if (pick(4) == 0 && r->len > 0)
		r->say[pick((uint32_t)r->len)] = (uint8_t)pick(256);
}

static void
some_words(struct fake_rule *r)
{
	uint32_t i, n = pick(4), len;
	const char *s;

	for (i = 0; i < n; i++) {
		s = SOME(scraps);
		len = (uint32_t)strlen(s);
		if (r->len + len > sizeof(r->say))
			return;
		memcpy(r->say + r->len, s, len);
		r->len += len;
		spoil(r);
	}
}

static void
some_answer(struct fake_rule *r)
{
	uint32_t i = pick(sizeof(answers) / sizeof(answers[0]));

	r->on = FAKE_ON_COMMAND;
	strlcpy(r->prefix, answers[i].command, sizeof(r->prefix));
	r->len = strlen(answers[i].says);
	memcpy(r->say, answers[i].says, r->len);
	spoil(r);
}

static void
some_rule(struct fake_rule *r)
{
	memset(r, 0, sizeof(*r));
	if (pick(2) == 0) {
		some_answer(r);
		r->times = pick(4);
		r->after_ms = some_ms();
		return;
	}
	r->on = pick(3) == 0 ? pick(FAKE_ON_TIME + 1) : FAKE_ON_COMMAND;
	if (r->on == FAKE_ON_COMMAND)
		strlcpy(r->prefix, SOME(commands), sizeof(r->prefix));
	r->times = pick(4);
	r->after_ms = some_ms();
	if (r->on == FAKE_ON_TIME && pick(2) == 0)
		r->every_ms = 5 + some_ms();
	some_words(r);
	r->does = SOME(doings);
	if (r->does == FAKE_DO_VANISH && pick(4) > 0)
		r->back_ms = some_ms();
}

static void
some_modem(void)
{
	struct fake *f = &world.fake;
	uint32_t i;

	f->nrules = pick(16);
	for (i = 0; i < f->nrules; i++)
		some_rule(&f->rule[i]);
	f->echo = pick(3) > 0;
	if (pick(3) == 0)
		fake_does(f, world.now, SOME(doings));
	fake_begin(f, world.now);
}

/* --- a conversation ------------------------------------------------------- */

static void
needed(int good, const char *what, uint32_t i)
{
	if (!good)
		fail_msg("conversation %u: %s; told %s; heard %s", i, what,
		    world.phases, world.fake.heard);
}

/* netconf says the PIN, or why not, or nothing in time. */
static void
some_netconf(void)
{
	switch (pick(4)) {
	case 0:
		break;
	case 1:
		world.no_pin = "PIN not said: SIM changed";
		break;
	default:
		world.pin = "4711";
	}
}

/* Made ready first, for a while. */
static void
stand_by(void)
{
	struct msg_link m = { WORLD_UPLINK, world.gen };

	got_warm(&m);
	(void)world_pass(some_ms(), 1);
	sum.warm += world.modem.state == MSG_MODEM_READY;
}

static void
dial_some(uint32_t i)
{
	uint32_t limit = 500 + some_ms(), phone = pick(CONF_PHONES_MAX);
	struct msg_dial d = { WORLD_UPLINK, world.gen, phone, limit };
	int64_t ms;

	if (pick(4) == 0) { /* and in the middle of it, enough */
		world.answer = IMSG_NONE;
		got_dial(&d);
		(void)world_pass(some_ms(), 0);
		sum.cut++;
		return;
	}
	ms = world_dial(phone, limit);
	needed(ms >= 0, "the dial never ended", i);
	needed(ms <= limit + MODEM_ABORT_MS + FIRST_MS, "the dial's bound", i);
	if (ms > sum.longest_ms)
		sum.longest_ms = ms;
	if (world.result.class == MSG_LINK_OK) {
		sum.connected++;
		(void)world_pass(some_ms(), 1);
		world_spoil_tty();
	} else
		sum.failed++;
}

static void
attempt(uint32_t i)
{
	uint32_t pins = world_heard("AT+CPIN=");
	int64_t ms;

	if (world_open() == -1) {
		sum.unopened++;
		return;
	}
	if (pick(3) == 0)
		stand_by();
	if (pick(8) > 0)
		dial_some(i);
	ms = world_hang_up();
	needed(ms >= 0, "the hang-up never ended", i);
	needed(ms <= MODEM_HANGUP_MAX_MS, "the hang-up's bound", i);
	if (world.result.class == MSG_LINK_OK)
		sum.hung_up++;
	else
		sum.silent++;
	world_look_at_tty();
	world_close();
	/* a card locks itself after three wrong ones */
	needed(world_heard("AT+CPIN=") <= pins + 1, "the PIN, twice", i);
}

static void
conversation(uint32_t i)
{
	uint32_t n, attempts, before = world_descriptors();

	seed = UINT64_C(0x9e3779b97f4a7c15) * i;
	world_begin(SOME(confs));
	some_modem();
	some_netconf();
	attempts = 1 + pick(3);
	for (n = 0; n < attempts; n++) {
		attempt(i);
		(void)world_pass(some_ms(), 1);
	}
	sum.lost += world.modem.lost;
	sum.pins += world_heard("AT+CPIN=");
	sum.contexts += world_heard("AT+CGDCONT=");
	needed(world.error[0] == '\0', world.error, i);
	needed(world_port()->modem.state == MODEM_IDLE, "not at rest", i);
	world_end();
	needed(world_descriptors() == before, "descriptors", i);
}

static uint32_t
number_of(const char *name, uint32_t otherwise)
{
	const char *s = getenv(name);

	return s == NULL ? otherwise : (uint32_t)strtoul(s, NULL, 10);
}

static void
conversations(void **state)
{
	uint32_t n = number_of("MODEM_CONVERSATIONS", CONVERSATIONS);
	uint32_t i, first = number_of("MODEM_FIRST", 1);

	(void)state;
	for (i = first; i < first + n; i++)
		conversation(i);
	print_message("%u conversations: %u connected, %u failed, %u cut short,"
		      " %u port missing, %u lost, %u warm; %u PINs, %u "
		      "contexts; hang-ups: %u, %u "
		      "not answered; the longest dial took %lld s\n",
	    n, sum.connected, sum.failed, sum.cut, sum.unopened, sum.lost,
	    sum.warm, sum.pins, sum.contexts, sum.hung_up, sum.silent,
	    (long long)sum.longest_ms / 1000);
	if (n >= CONVERSATIONS) { /* all kinds were there */
		assert_true(sum.connected > n / 20 && sum.failed > n / 20);
		assert_true(sum.lost > 0 && sum.warm > 0 && sum.silent > 0);
		assert_true(sum.pins > 0 && sum.contexts > 0);
	}
}

/* --- the configurations --------------------------------------------------- */

static void
report(const char *file, int line, const char *why, void *arg)
{
	(void)file;
	(void)arg;
	fprintf(stderr, "conf:%d: %s\n", line, why);
}

static int
configure(void **state)
{
	char path[] = "/tmp/modem_campaign_test.XXXXXX";
	size_t i;
	FILE *f;
	int fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1)
		return -1;
	close(fd);
	for (i = 0; i < NCONFS; i++) {
		if ((f = fopen(path, "w")) == NULL)
			return -1;
		fprintf(f,
		    "primary eth1 { target 198.51.100.7 }\n"
		    "backup m { modem \"%s\" account \"x\" "
		    "secret file \"/etc/x\" %s }\n",
		    world.link, site[i]);
		fclose(f);
		confs[i] = conf_parse(path, NULL, 1, report, NULL);
		if (confs[i] == NULL)
			return -1;
	}
	unlink(path);
	return 0;
}

static int
deconfigure(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NCONFS; i++)
		conf_free(confs[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(conversations) };

	log_init("modems", 0, 0); /* a missing port is no news here */
	world_init();
	return cmocka_run_group_tests_name(
	    "modem campaign", tests, configure, deconfigure);
}
