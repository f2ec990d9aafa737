/* SPDX-License-Identifier: ISC */
/*
 * A peer in a message: what comes out is what was put in but for its tunnels,
 * and nothing of another length, or out of range, is taken.
 */
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

#include "common/msg.h"

#define HEAD offsetof(struct msg_conf_peer, lists)

static struct conf *conf;
static struct msg_conf_peer m;
static struct conf_peer out;
static size_t len;

static void
report(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static int
read_conf(void **state)
{
	static const char text[] =
	    "primary eth1 { target 198.51.100.7 }\n"
	    "identity \"/etc/dialfail/private/key\"\n"
	    "peer plain { tunnel gre9 }\n"
	    "group these { accept 198.51.100.0/24 announce 10.1.0.0/16\n"
	    "peer full {\n"
	    "  key \"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\"\n"
	    "  address { 192.0.2.1, 192.0.2.2 } port 7158 hello 20s\n"
	    "  accept 2001:db8::/32 tunnel gre1 tunnel gre2\n"
	    "  route 10.7.0.0/16 via gre1 route 10.8.0.0/16 via gre2\n"
	    "}\n"
	    "peer bare {\n"
	    "  key \"VEw4gtIdr32/3NoZMJSUVhx1U4WZ8UEWZc5BCuaew/s=\"\n"
	    "  tunnel gre3\n"
	    "} }\n";
	char path[] = "/tmp/conf_peers_test.XXXXXX";
	int fd;

	(void)state;
	if ((fd = mkstemp(path)) == -1 ||
	    write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	close(fd);
	conf = conf_parse(path, NULL, 1, report, NULL);
	unlink(path);
	return conf == NULL ? -1 : 0;
}

static int
free_conf(void **state)
{
	(void)state;
	conf_free(conf);
	return 0;
}

/* Of octets that nobody wrote. */
static int
begin(void **state)
{
	(void)state;
	memset(&m, 0xa5, sizeof(m));
	memset(&out, 0xa5, sizeof(out));
	len = msg_conf_peer_encode(&m, &conf->peer[1]);
	return 0;
}

static void
a_peer_comes_out_as_it_went_in(void **state)
{
	const struct conf_peer *in = &conf->peer[1];

	(void)state;
	assert_int_equal(len, HEAD + 2 * sizeof(struct addr) +
				  3 * sizeof(struct prefix) +
				  2 * sizeof(struct conf_behind));
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), 0);
	assert_true(out.id == 1 && out.keyed == 1 && out.port == 7158);
	assert_true(out.hello_ms == 20000 && out.hello_metered_ms == 200000);
	assert_string_equal(out.name, "full");
	assert_memory_equal(out.key, in->key, sizeof(out.key));
	assert_int_equal(out.ntunnels, 0);
	assert_int_equal(out.naddresses, 2);
	assert_memory_equal(out.address, in->address, 2 * sizeof(struct addr));
	assert_int_equal(out.nannounce, 1);
	assert_memory_equal(out.announce, in->announce, sizeof(struct prefix));
	assert_int_equal(out.naccept, 2);
	assert_memory_equal(out.accept, in->accept, 2 * sizeof(struct prefix));
	assert_int_equal(out.nroutes, 2);
	assert_memory_equal(
	    out.route, in->route, 2 * sizeof(struct conf_behind));
}

static void
a_copy_is_its_own(void **state)
{
	static uint32_t room[MSG_PEER_LISTS_MAX / sizeof(uint32_t)];
	uint8_t *at = (uint8_t *)room;
	struct conf_peer copy;

	(void)state;
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), 0);
	conf_peer_copy(&copy, &out, &at);
	assert_int_equal(at - (uint8_t *)room, conf_peer_lists(&out));
	memset(&m, 0, sizeof(m));
	assert_memory_equal(
	    copy.route, conf->peer[1].route, 2 * sizeof(struct conf_behind));
	assert_ptr_equal(copy.address, room);
	assert_null(copy.tunnel);
}

static void
lists_of_all_are_announced(void **state)
{
	size_t bare = msg_conf_peer_encode(&m, &conf->peer[2]);

	(void)state;
	assert_int_equal(bare, HEAD + 2 * sizeof(struct prefix));
	/* one without a key does not go */
	assert_int_equal(msg_conf_lists(conf), len + bare - 2 * HEAD);
}

static void
another_length_is_refused(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; n <= sizeof(m); n++)
		if (n != len)
			assert_int_equal(msg_conf_peer_decode(&m, n, &out), -1);
}

/*
 * Of each list alone so many as may be, and one more: there is room for that
 * in the message, and it is as long as it says.
 */
static int
only(uint32_t *count, uint32_t n, const void *one, size_t size)
{
	uint8_t *at = (uint8_t *)m.lists;
	uint32_t i;

	(void)begin(NULL);
	m.naddresses = m.nannounce = m.naccept = m.nroutes = 0;
	*count = n;
	for (i = 0; i < n; i++, at += size)
		memcpy(at, one, size);
	return msg_conf_peer_decode(&m, HEAD + n * size, &out);
}

static void
counts_are_bounded(void **state)
{
	const struct conf_peer *c = &conf->peer[1];
	const struct {
		uint32_t *count, max;
		const void *one;
		size_t size;
	} list[] = {
		{ &m.naddresses, CONF_PEER_ADDRS_MAX, c->address,
		    sizeof(*c->address) },
		{ &m.nannounce, CONF_PEER_NETS_MAX, c->announce,
		    sizeof(*c->announce) },
		{ &m.naccept, CONF_PEER_NETS_MAX, c->accept,
		    sizeof(*c->accept) },
		{ &m.nroutes, CONF_PEER_NETS_MAX, c->route, sizeof(*c->route) },
	}, *l;

	(void)state;
	for (l = list; l < list + 4; l++) {
		assert_int_equal(only(l->count, l->max, l->one, l->size), 0);
		assert_int_equal(
		    only(l->count, l->max + 1, l->one, l->size), -1);
	}
}

static void
what_is_out_of_range_is_refused(void **state)
{
	uint32_t *word[] = { &m.id, &m.port, &m.hello_ms, &m.hello_metered_ms,
		&m.hello_nat_ms };
	struct addr *a = (struct addr *)(void *)m.lists;
	struct prefix *net = (struct prefix *)(void *)(a + 2);
	struct conf_behind *r = (struct conf_behind *)(void *)(net + 3);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(word) / sizeof(*word); i++) {
		(void)begin(NULL);
		*word[i] = UINT32_MAX;
		assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
	}
	(void)begin(NULL);
	memset(m.name, 'x', sizeof(m.name));
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
	(void)begin(NULL);
	a[1].family = 77;
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
	for (i = 0; i < 3; i++) {
		(void)begin(NULL);
		net[i].len = 129;
		assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
	}
	(void)begin(NULL);
	r[1].net.len = 129;
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
	(void)begin(NULL);
	memset(r[1].ifname, 'x', sizeof(r[1].ifname));
	assert_int_equal(msg_conf_peer_decode(&m, len, &out), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_peer_comes_out_as_it_went_in, begin),
		cmocka_unit_test_setup(a_copy_is_its_own, begin),
		cmocka_unit_test_setup(lists_of_all_are_announced, begin),
		cmocka_unit_test_setup(another_length_is_refused, begin),
		cmocka_unit_test_setup(counts_are_bounded, begin),
		cmocka_unit_test_setup(what_is_out_of_range_is_refused, begin),
	};

	return cmocka_run_group_tests(tests, read_conf, free_conf);
}
