/* SPDX-License-Identifier: ISC */
/*
 * Samples on disk: two files that stay bounded, of which the older one goes
 * and each can be read by itself; never half a line; and one line of rounds that
 * are alike.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "common/wall.h"
#include "parent/grow.h"
#include "parent/sample_list.h"
#include "parent/samples.h"
#include "regress/unit/folder.h"
#include "regress/unit/parent_rig.h"

#define FILE_MAX    (192 * 1024)
#define PENDING_MAX (32 * 1024)
#define ROUNDS_MAX  20000 /* more than two files and what waits hold */
#define APART_NS    INT64_C(250000000) /* 200 of them are within one line */

static const char *const site =
    "primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"
    "backup wan2\n";

static const char *path; /* of the folder */

/*
 * The nth round: no two in a row are alike, so each has a line.  They are apart
 * as true ones, by more than two clocks differ that are read in turn.
 */
static void
round_of(uint32_t n)
{
	static int64_t at;
	struct msg_round r;

	if (at == 0)
		at = monotime_now().ns;
	at += APART_NS;
	memset(&r, 0, sizeof(r));
	r.verdict = n % 2 ? MSG_BAD : MSG_GOOD;
	r.cause = n % 2 ? MSG_CAUSE_UPSTREAM : MSG_CAUSE_NONE;
	r.began_ns = at;
	r.ended_ns = r.began_ns + 1000000;
	r.ntargets = 2;
	r.target[0].sent = r.target[0].received = 3;
	r.target[0].rtt_us = 1000 + n; /* by which it is known again */
	r.target[1].sent = r.target[1].lost = 3;
	samples_round(&r);
}

static void
rounds(uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		round_of(from);
}

/* Of a file in the folder; 0: it is not there. */
static size_t
take(const char *name, char text[FILE_MAX + 2 * PENDING_MAX])
{
	char file[128];
	size_t n = 0;
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", path, name);
	if ((f = fopen(file, "r")) != NULL) {
		n = fread(text, 1, FILE_MAX + 2 * PENDING_MAX - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return n;
}

/* Every line is one, and each round has its targets: how many, which last. */
static size_t
read_back(const char *text, uint32_t *last)
{
	struct sample_list l;
	size_t i, n;

	memset(&l, 0, sizeof(l));
	sample_list_load(&l, text);
	CHECK(l.broken == 0);
	for (i = 0; i < l.n; i++) {
		CHECK(l.entry[i].series[0] != SAMPLE_NO_SERIES);
		CHECK(l.entry[i].series[1] != SAMPLE_NO_SERIES);
		*last = l.entry[i].sample.target[0].rtt_us - 1000;
	}
	n = l.n;
	sample_list_free(&l);
	return n;
}

static void
story_rotation(void)
{
	static char text[FILE_MAX + 2 * PENDING_MAX];
	uint32_t last = 0, before;
	size_t old, new;

	rig_configured(site);
	samples_open(path);
	rounds(0, ROUNDS_MAX);
	samples_write();
	old = take("probes" GROW_OLD, text);
	CHECK(old >= FILE_MAX && old <= FILE_MAX + PENDING_MAX);
	CHECK(read_back(text, &last) > 0);
	before = last;
	new = take("probes", text);
	CHECK(new > 0 && new <= FILE_MAX + PENDING_MAX);
	CHECK(read_back(text, &last) == ROUNDS_MAX - 1 - before);
	CHECK(last == ROUNDS_MAX - 1);
	/* the oldest are gone */
	CHECK(old + new < ROUNDS_MAX * 20);
}

/* A disk that is full takes no half of a line; later it takes what waited. */
static void
story_full(void)
{
	static char text[FILE_MAX + 2 * PENDING_MAX];
	struct rlimit files;
	uint32_t last = 0;
	size_t some;

	rig_configured(site);
	samples_open(path);
	rounds(0, 10);
	samples_write();
	some = take("probes", text);
	CHECK(read_back(text, &last) == 10);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &files) == 0);
	files.rlim_cur = some + 100;
	CHECK(setrlimit(RLIMIT_FSIZE, &files) == 0);
	rounds(10, 20);
	samples_write();
	CHECK(take("probes", text) == some);
	files.rlim_cur = files.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &files) == 0);
	rounds(20, 30);
	samples_write();
	CHECK(take("probes", text) > some);
	CHECK(read_back(text, &last) == 30);
	CHECK(last == 29);
}

/* Rounds that are alike are one line, which a question does not end. */
static void
story_alike(void)
{
	static char text[FILE_MAX + 2 * PENDING_MAX];
	uint32_t last = 0, i;

	rig_configured(site);
	samples_open(path);
	for (i = 0; i < 100; i++)
		round_of(0);
	samples_send(1); /* to nobody */
	for (i = 0; i < 100; i++)
		round_of(0);
	samples_write();
	CHECK(take("probes", text) > 0);
	CHECK(read_back(text, &last) == 1);
}

static int
make(void **state)
{
	if (folder_make(state) == -1)
		return -1;
	path = ((struct folder *)*state)->path;
	return 0;
}

static int
remove_all(void **state)
{
	char old[128];

	snprintf(old, sizeof(old), "%s/probes" GROW_OLD, path);
	unlink(old);
	snprintf(((struct folder *)*state)->file,
	    sizeof(((struct folder *)*state)->file), "%s/probes", path);
	return folder_remove(state);
}

#define STORY(name)                                           \
	static void test_##name(void **state)                 \
	{                                                     \
		(void)state;                                  \
		assert_int_equal(rig_story(story_##name), 0); \
	}
STORY(rotation)
STORY(full)
STORY(alike)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_rotation, make, remove_all),
		cmocka_unit_test_setup_teardown(test_full, make, remove_all),
		cmocka_unit_test_setup_teardown(test_alike, make, remove_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
