/* SPDX-License-Identifier: ISC */
/*
 * netconf and the configuration: what the parent gets to see of a file, good
 * or bad, which one is in force, and which one is "the one before".
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/advice.h"
#include "netconf/pppoe.h"
#include "netconf/run.h"
#include "regress/unit/clock.h"

#define SENT_MAX 256

static char dir[] = "/tmp/config_test.XXXXXX";
static char path[64];

static struct {
	uint32_t type;
	size_t len;
	char data[sizeof(struct conf_uplink)];
} sent[SENT_MAX];
static size_t nsent;
static int reloads;
static int in_turn;
static int fits; /* of what advice_reload() says */

/* ---- what config.c calls ---- */

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(fd, -1);
	assert_true(nsent < SENT_MAX);
	assert_true(len > 0 && len <= sizeof(sent[0].data));
	sent[nsent].type = type;
	sent[nsent].len = len;
	memcpy(sent[nsent++].data, data, len);
}

void
tty_reloaded(void)
{
	assert_non_null(config_current());
}

void
ppp_reloaded(void)
{
	assert_non_null(config_current());
}

void
pppoe_reloaded(void)
{
	assert_non_null(config_current());
}

void
net_reloaded(void)
{
	reloads++;
}

int
net_in_turn(void)
{
	return in_turn;
}

uint32_t
net_draining(void)
{
	return 3;
}

static int looks; /* at all of the network */

uint32_t
net_differences(void)
{
	assert_int_equal(in_turn, 0);
	looks++;
	return 4;
}

uint32_t
net_repairs(void)
{
	return 5;
}

void
capture_reloaded(void)
{
	assert_non_null(config_current());
}

int
advice_reload(
    const struct conf *conf, const struct conf *old, plan_line *line, void *arg)
{
	assert_ptr_equal(old, config_current());
	assert_ptr_not_equal(conf, old);
	line("there is no interface eth9 now", 0, arg);
	return fits;
}

/* ---- */

static int
setup(void **arg)
{
	(void)arg;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/dialfail.conf", dir);
	config_open(path, NULL);
	return 0;
}

static int
teardown(void **arg)
{
	(void)arg;
	unlink(path);
	return rmdir(dir);
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static void
load(uint32_t gen, uint32_t source)
{
	struct msg_conf_load m = { gen, source, 0 };

	nsent = 0;
	config_load(&m);
	assert_true(nsent > 0);
}

static size_t
count(uint32_t type)
{
	size_t i, n = 0;

	for (i = 0; i < nsent; i++)
		n += sent[i].type == type;
	return n;
}

static void
assert_last(uint32_t type, uint32_t gen)
{
	uint32_t got;

	assert_string_equal(msg_name(sent[nsent - 1].type), msg_name(type));
	assert_int_equal(sent[nsent - 1].len, sizeof(got));
	memcpy(&got, sent[nsent - 1].data, sizeof(got));
	assert_int_equal(got, gen);
}

#define ONE                                      \
	"primary eth1 { target 198.51.100.7 }\n" \
	"backup wwan0\n"
#define TWO ONE "backup wwan1\n"

/* Only root's files are taken, so only root can try this. */
static void
need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void
test_good(void **arg)
{
	struct msg_conf_begin b;
	struct conf_uplink u;
	size_t i, n = 0;

	(void)arg;
	need_root();
	put(ONE);
	load(1, MSG_CONF_FILE);
	assert_int_equal(sent[0].type, IMSG_CONF_BEGIN);
	assert_int_equal(sent[0].len, sizeof(b));
	memcpy(&b, sent[0].data, sizeof(b));
	assert_int_equal(b.gen, 1);
	assert_int_equal(b.nuplinks, 2);
	assert_int_equal(count(IMSG_CONF_GLOBAL), 1);
	for (i = 0; i < nsent; i++) {
		if (sent[i].type != IMSG_CONF_UPLINK)
			continue;
		assert_int_equal(sent[i].len, sizeof(u));
		memcpy(&u, sent[i].data, sizeof(u));
		assert_int_equal(u.id, n++);
		assert_int_equal(conf_uplink_valid(&u), 1);
	}
	assert_int_equal(n, 2);
	assert_last(IMSG_CONF_END, 1);
	/* offered is not in force */
	assert_int_equal(config_uplink("wwan0"), MSG_UPLINK_NONE);
	config_commit(1);
	assert_int_equal(config_uplink("wwan0"), 1);
	assert_int_equal(config_uplink("nosuch"), MSG_UPLINK_NONE);
	assert_int_equal(reloads, 1);
}

static void
test_bad(void **arg)
{
	char text[sizeof(sent[0].data) + 1];

	(void)arg;
	need_root();
	put("primary eth1 {\n\ttarget 198.51.100.7\n\tcolour red\n}\n"
	    "backup wwan0 { target nonsense }\n");
	load(2, MSG_CONF_FILE);
	assert_int_equal(count(IMSG_CONF_BEGIN), 0);
	assert_true(count(IMSG_CONF_ERROR) >= 2);
	memcpy(text, sent[0].data, sent[0].len);
	text[sent[0].len] = '\0';
	assert_int_equal(strncmp(text, path, strlen(path)), 0);
	assert_int_equal(strncmp(text + strlen(path), ":3: ", 4), 0);
	assert_last(IMSG_CONF_FAILED, 2);
	config_forget(2);
	assert_int_equal(config_uplink("wwan0"), 1);
	assert_int_equal(chmod(path, 0622), 0);
	load(3, MSG_CONF_FILE);
	assert_last(IMSG_CONF_FAILED, 3);
	assert_int_equal(unlink(path), 0);
	load(4, MSG_CONF_FILE);
	assert_true(count(IMSG_CONF_ERROR) == 1);
	assert_last(IMSG_CONF_FAILED, 4);
}

static void
assert_text(size_t n, const char *text)
{
	assert_int_equal(sent[n].type, IMSG_CONF_ERROR);
	assert_int_equal(sent[n].len, strlen(text));
	assert_memory_equal(sent[n].data, text, sent[n].len);
}

/* It is in force all the same; but no primary is left for nothing. */
static void
test_absent(void **arg)
{
	char text[256];

	(void)arg;
	need_root();
	put("primary eth9 { target 198.51.100.7 }\nbackup wwan0\n");
	load(5, MSG_CONF_FILE);
	assert_text(0, "warning: there is no interface eth9 now");
	assert_last(IMSG_CONF_END, 5);
	config_forget(5);
	fits = -1;
	load(6, MSG_CONF_FILE);
	snprintf(text, sizeof(text),
	    "%s: traffic would leave eth1, which is there, for eth9, which is "
	    "not",
	    path);
	assert_text(1, text);
	assert_last(IMSG_CONF_FAILED, 6);
	fits = 0;
}

/* When it may be looked at again. */
static const struct msg_glance *
glance(void)
{
	static struct msg_glance g;

	clock_ahead_ms += 3600 * 1000;
	nsent = 0;
	config_glance(9);
	assert_int_equal(nsent, 1);
	assert_int_equal(sent[0].type, IMSG_GLANCED);
	assert_int_equal(sent[0].len, sizeof(g));
	memcpy(&g, sent[0].data, sizeof(g));
	assert_int_equal(msg_glance_valid(&g), 1);
	assert_int_equal(g.asker, 9);
	assert_int_equal(g.draining, 3);
	assert_int_equal(g.differences, 4);
	assert_int_equal(g.repairs, 5);
	return &g;
}

/* What is on disk, beside what runs; no word of it, but where it is wrong. */
static void
test_glance(void **arg)
{
	struct msg_glance g = { 0 };
	char where[80];
	int i;

	(void)arg;
	need_root();
	put(ONE);
	assert_int_equal(glance()->file, MSG_FILE_SAME);
	put(TWO);
	in_turn = 1; /* not now */
	assert_int_equal(glance()->file, MSG_FILE_SAME);
	in_turn = 0;
	assert_int_equal(glance()->file, MSG_FILE_OTHER);
	put("nothing = \"used\"\n" ONE "secret hunter2\nbackup wwan0\n");
	assert_int_equal(glance()->file, MSG_FILE_BAD);
	snprintf(where, sizeof(where), "%s:4", path);
	assert_string_equal(glance()->where, where);
	assert_int_equal(glance()->errors, 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(glance()->errors, 1);
	/* too soon for another look, unless this machine is so busy */
	for (i = 0; i < 20 && g.file != MSG_FILE_SAME; i++) {
		put(ONE);
		assert_int_equal(glance()->file, MSG_FILE_SAME);
		unlink(path);
		looks = 0;
		config_glance(9);
		memcpy(&g, sent[1].data, sizeof(g));
	}
	assert_int_equal(g.file, MSG_FILE_SAME);
	assert_int_equal(looks, 0);
	put(ONE);
}

static void
test_previous(void **arg)
{
	(void)arg;
	need_root();
	load(5, MSG_CONF_PREVIOUS);
	assert_int_equal(count(IMSG_CONF_ERROR), 1);
	assert_last(IMSG_CONF_FAILED, 5);
	put(TWO);
	load(6, MSG_CONF_FILE);
	assert_last(IMSG_CONF_END, 6);
	config_commit(6);
	assert_int_equal(config_uplink("wwan1"), 2);
	/* it comes from memory: the file is of no interest */
	put("nonsense\n");
	load(7, MSG_CONF_PREVIOUS);
	assert_last(IMSG_CONF_END, 7);
	config_forget(7);
	load(8, MSG_CONF_PREVIOUS);
	config_commit(8);
	assert_int_equal(config_uplink("wwan1"), MSG_UPLINK_NONE);
	assert_int_equal(config_uplink("wwan0"), 1);
	/* and back again */
	load(9, MSG_CONF_PREVIOUS);
	config_commit(9);
	assert_int_equal(config_uplink("wwan1"), 2);
}

/* Superseded before anybody took it. */
static void
test_superseded(void **arg)
{
	(void)arg;
	need_root();
	put(ONE);
	load(10, MSG_CONF_FILE);
	load(11, MSG_CONF_PREVIOUS);
	load(12, MSG_CONF_FILE);
	config_forget(11); /* a late one: not this */
	config_commit(12);
	assert_int_equal(config_uplink("wwan1"), MSG_UPLINK_NONE);
}

/* What is in force, in pieces that make the text that parses again. */
static void
test_shown(void **arg)
{
	struct msg_conf_text m;
	char text[4 * sizeof(m.text)], peer[64], *printed = NULL;
	size_t i, len;
	FILE *f;

	(void)arg;
	need_root();
	strlcpy(text, ONE, sizeof(text));
	for (i = 0; i < 100; i++) { /* more than goes into one message */
		snprintf(
		    peer, sizeof(peer), "peer b%zu { tunnel t%zu }\n", i, i);
		strlcat(text, peer, sizeof(text));
	}
	put(text);
	text[0] = '\0';
	load(13, MSG_CONF_FILE);
	config_commit(13);
	f = open_memstream(&printed, &len);
	assert_non_null(f);
	conf_print(config_current(), f);
	assert_int_equal(fclose(f), 0);
	assert_true(len > sizeof(m.text) && len < sizeof(text));
	nsent = 0;
	config_show(7);
	assert_int_equal(
	    nsent - 1, (len + sizeof(m.text) - 2) / (sizeof(m.text) - 1));
	for (i = 0; i + 1 < nsent; i++) {
		assert_int_equal(sent[i].type, IMSG_CONF_TEXT);
		assert_int_equal(sent[i].len, sizeof(m));
		memcpy(&m, sent[i].data, sizeof(m));
		assert_int_equal(m.asker, 7);
		assert_int_equal(msg_conf_text_valid(&m), 1);
		strlcat(text, m.text, sizeof(text));
	}
	assert_string_equal(text, printed);
	free(printed);
	assert_last(IMSG_CONF_TEXT_END, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_glance),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_previous),
		cmocka_unit_test(test_superseded),
		cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
