/* SPDX-License-Identifier: ISC */
/* A configuration in messages: all of it in order, or nothing. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/conf_recv.h"

static struct conf_uplink uplink[2];

static void
report(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static int
setup(void **state)
{
	static const char text[] =
	    "primary eth1 { target 198.51.100.7 }\nbackup eth2\n";
	char path[] = "/tmp/conf_recv_test.XXXXXX";
	struct conf *conf;
	int fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1 ||
	    write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	close(fd);
	conf = conf_parse(path, NULL, 1, report, NULL);
	unlink(path);
	if (conf == NULL)
		return -1;
	memcpy(uplink, conf->uplink, sizeof(uplink));
	conf_free(conf);
	return 0;
}

static void
begin(struct conf_recv *r)
{
	struct msg_conf_begin b = { .gen = 7, .nuplinks = 2 };

	assert_int_equal(conf_recv_begin(r, &b), 0);
}

static void
test_whole(void **state)
{
	struct conf_recv r = { 0 };

	(void)state;
	begin(&r);
	assert_int_equal(conf_recv_uplink(&r, &uplink[1]), 0);
	begin(&r); /* the one before was given up */
	assert_int_equal(conf_recv_uplink(&r, &uplink[1]), 0);
	assert_int_equal(conf_recv_end(&r, 7), -1); /* one is missing */
	assert_int_equal(conf_recv_uplink(&r, &uplink[0]), 0);
	assert_int_equal(conf_recv_end(&r, 6), -1); /* another one's end */
	assert_int_equal(conf_recv_end(&r, 7), 0);
	assert_int_equal(conf_recv_end(&r, 7), -1);
	assert_int_equal(r.nuplinks, 2);
	assert_memory_equal(r.uplink, uplink, sizeof(uplink));
}

static void
test_refused(void **state)
{
	struct msg_conf_begin b = { .nuplinks = CONF_UPLINKS_MAX + 1 };
	struct conf_recv r = { 0 };
	struct conf_uplink u = uplink[1];

	(void)state;
	assert_int_equal(conf_recv_uplink(&r, &u), -1); /* not begun */
	assert_int_equal(conf_recv_end(&r, 0), -1);
	assert_int_equal(conf_recv_begin(&r, &b), -1);
	b.nuplinks = 0;
	assert_int_equal(conf_recv_begin(&r, &b), -1);
	begin(&r);
	assert_int_equal(conf_recv_uplink(&r, &u), 0);
	assert_int_equal(conf_recv_uplink(&r, &u), -1); /* twice */
	u.id = 2;
	assert_int_equal(conf_recv_uplink(&r, &u), -1);
	u = uplink[0];
	u.probe.count = 0;
	assert_int_equal(conf_recv_uplink(&r, &u), -1);
}

static void
test_same(void **state)
{
	struct conf_uplink u = uplink[1];

	(void)state;
	u.id = 5; /* its place in the order is no change of it */
	assert_true(conf_uplink_same(&uplink[1], &u));
	u.target[0].address.octet[3]++;
	assert_false(conf_uplink_same(&uplink[1], &u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
