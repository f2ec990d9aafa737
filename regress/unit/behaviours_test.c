/* SPDX-License-Identifier: ISC */
/*
 * The conformance bed: each behaviour in regress/lab/behaviours (its README
 * has the language) against the dialer, in virtual time.
 */
#include <sys/types.h>

#include <err.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "regress/unit/behaviour_file.h"
#include "regress/unit/modem_world.h"

#define FOLDER "regress/lab/behaviours/"

/* --- a behaviour played --------------------------------------------------- */

static void
report(const char *file, int line, const char *why, void *arg)
{
	(void)file;
	(void)arg;
	fprintf(stderr, "conf:%d: %s\n", line, why);
}

/* The site's file around a backup's words. */
static struct conf *
configure(const struct behaviour *b)
{
	char path[] = "/tmp/behaviours_test.XXXXXX";
	struct conf *c;
	FILE *f;
	int fd;

	if ((fd = mkstemp(path)) == -1 || (f = fdopen(fd, "w")) == NULL)
		err(1, "%s", path);
	fprintf(f,
	    "primary eth1 { target 198.51.100.7 }\n"
	    "backup m { modem \"%s\" account \"x\" secret file \"/etc/x\"\n"
	    "%s %s }\n",
	    world.link, b->conf,
	    strstr(b->conf, "phone") == NULL && strstr(b->conf, "apn") == NULL
		? "phone \"5551234\""
		: "");
	fclose(f);
	c = conf_parse(path, NULL, 1, report, NULL);
	unlink(path);
	assert_non_null(c);
	return c;
}

static void
compare(const struct behaviour *b, const char *what, const struct outcome *o,
    int64_t ms)
{
	const struct msg_link_result *r = &world.result;
	uint32_t class =
	    world.answer == IMSG_TTY_FAILED ? CLASS_PORT : r->class;

	if (ms < 0)
		fail_msg("%s:%d: %s never ended; heard %s", b->file, b->line,
		    what, world.fake.heard);
	if (class != o->class)
		fail_msg("%s:%d: %s: %s (%s) instead of %s; heard %s", b->file,
		    b->line, what, classes[class], r->text, classes[o->class],
		    world.fake.heard);
	if (strstr(r->text, o->text) == NULL)
		fail_msg("%s:%d: %s: \"%s\" is not in \"%s\"", b->file, b->line,
		    what, o->text, r->text);
	if (o->within_ms != 0 && ms > o->within_ms)
		fail_msg("%s:%d: %s: took %lld ms, not %u; heard %s", b->file,
		    b->line, what, (long long)ms, o->within_ms,
		    world.fake.heard);
}

/* pppd's second on the line. */
static void
on_line(const struct behaviour *b, const struct expected *e)
{
	(void)world_pass(1000, 1);
	if (e->pppd_told &&
	    (world.fake.nready != e->npppd ||
		memcmp(world.fake.ready, e->pppd, e->npppd) != 0))
		fail_msg("%s:%d: %zu bytes are there for pppd: %.*s", b->file,
		    b->line, world.fake.nready, (int)world.fake.nready,
		    (const char *)world.fake.ready);
	world_spoil_tty();
}

/* One that does not become ready has lost its port. */
static void
stand_by(uint32_t ms)
{
	struct msg_link m = { WORLD_UPLINK, world.gen };

	got_warm(&m);
	(void)world_pass(ms, 1);
	if (!world_port()->open)
		world_close();
}

static void
attempt(const struct behaviour *b, uint32_t i, uint32_t *phone)
{
	const struct expected *e = &b->expected[i];
	int64_t ms;

	if (world_open() == -1) {
		compare(b, "open", &e->dial, 0);
		return;
	}
	if (e->warm_ms != 0)
		stand_by(e->warm_ms);
	ms = world_dial(*phone, b->limit_ms);
	compare(b, "dial", &e->dial, ms);
	if (ms > b->limit_ms + MODEM_ABORT_MS)
		fail_msg("%s:%d: beyond its limit", b->file, b->line);
	*phone = world.result.phone + 1;
	if (world.result.class == MSG_LINK_OK) {
		*phone = world.result.phone;
		on_line(b, e);
	}
	ms = world_hang_up();
	compare(b, "hangup", &e->hangup, ms);
	if (ms > MODEM_HANGUP_MAX_MS)
		fail_msg("%s:%d: hang-up beyond its limit", b->file, b->line);
	world_look_at_tty();
	world_close();
}

static void
look_back(const struct behaviour *b)
{
	uint32_t i, n;

	if (world.error[0] != '\0')
		fail_msg("%s:%d: %s; heard %s", b->file, b->line, world.error,
		    world.fake.heard);
	if (b->heard[0] != '\0')
		assert_string_equal(world.fake.heard, b->heard);
	n = b->dials_told ? b->dials : b->nexpected;
	if (world.fake.dials != n)
		fail_msg("%s:%d: %u dials instead of %u; heard %s", b->file,
		    b->line, world.fake.dials, n, world.fake.heard);
	for (i = 0; i < MSG_MODEM_RUNGS; i++)
		if (b->counts_told[i] &&
		    (world.modem.tried[i] != b->tried[i] ||
			world.modem.helped[i] != b->helped[i]))
			fail_msg("%s:%d: %s was tried %u and helped %u times, "
				 "not %u and %u",
			    b->file, b->line, modem_rung_name(i),
			    world.modem.tried[i], world.modem.helped[i],
			    b->tried[i], b->helped[i]);
	if (b->closed_told && world.modem.closed != b->closed)
		fail_msg("%s:%d: closed %u times, not %u", b->file, b->line,
		    world.modem.closed, b->closed);
	for (i = 0; i < b->npatterns; i++)
		if ((world_heard(b->pattern[i].text) != 0) ==
		    b->pattern[i].never)
			fail_msg("%s:%d: %s %s; heard %s", b->file, b->line,
			    b->pattern[i].never ? "never" : "says",
			    b->pattern[i].text, world.fake.heard);
}

static void
play(void **state)
{
	const struct behaviour *b = *state;
	uint32_t i, phone = 0, before;
	struct conf *c;

	before = world_descriptors();
	c = configure(b);
	world_begin(c);
	memcpy(world.fake.rule, b->rule, sizeof(b->rule));
	world.fake.nrules = b->nrules;
	world.fake.echo = !b->no_echo;
	world.pin = b->pin[0] != '\0' ? b->pin : NULL;
	world.no_pin = b->no_pin[0] != '\0' ? b->no_pin : NULL;
	fake_does(&world.fake, world.now, b->start);
	fake_begin(&world.fake, world.now);
	fake_run(&world.fake, world.now);
	world_plugged();
	for (i = 0; i < b->nexpected; i++) {
		attempt(b, i, &phone);
		/* the shortest pause that there is between two tries */
		(void)world_pass(1000, 1);
	}
	look_back(b);
	world_end();
	conf_free(c);
	if (world_descriptors() != before)
		fail_msg("%s:%d: %u descriptors, %u before", b->file, b->line,
		    world_descriptors(), before);
}

/* Whatever was left open by one that failed. */
static int
after(void **state)
{
	(void)state;
	tty_clear();
	port_close(world_port());
	world_end();
	return 0;
}

/* --- all of them ---------------------------------------------------------- */

int
main(int argc, char *argv[])
{
	struct CMUnitTest *tests;
	size_t i, n = 0;
	glob_t g;

	if (glob(FOLDER "[a-z]*", 0, NULL, &g) != 0)
		errx(1, FOLDER ": no behaviours; run this from the top");
	for (i = 0; i < g.gl_pathc; i++)
		read_file(g.gl_pathv[i]);
	globfree(&g);
	log_init("behaviours", 1, 0);
	world_init();
	if ((tests = calloc(nbehaviours, sizeof(*tests))) == NULL)
		err(1, NULL);
	for (i = 0; i < nbehaviours; i++)
		if (argc < 2 || strstr(behaviours[i].name, argv[1]) != NULL)
			tests[n++] = (struct CMUnitTest){ behaviours[i].name,
				play, NULL, after, &behaviours[i] };
	return _cmocka_run_group_tests("behaviours", tests, n, NULL, NULL);
}
