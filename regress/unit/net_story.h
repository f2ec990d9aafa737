/* SPDX-License-Identifier: ISC */
/*
 * Changes of all kinds, after net_rig.h: what is there, and what is asked for.
 */
#ifndef REGRESS_UNIT_NET_STORY_H
#define REGRESS_UNIT_NET_STORY_H

static inline struct msg_net_want
story_start(void)
{
	return wish(0);
}

static inline struct msg_net_want
story_dialled(void)
{
	assert_int_equal(active(0)->ok, 1);
	dial(k);
	strlcpy(ppp_ifname, "ppp0", sizeof(ppp_ifname));
	net_ppp_changed(2);
	return wish(2);
}

static inline struct msg_net_want
story_failover(void)
{
	(void)story_dialled();
	assert_int_equal(active(0)->ok, 1);
	return wish(2);
}

static inline struct msg_net_want
story_fallback(void)
{
	struct msg_net_want m = story_failover();

	assert_int_equal(ask(&m)->ok, 1);
	return wish(0);
}

/* A good primary is left: it drains. */
static inline struct msg_net_want
story_drain(void)
{
	struct msg_net_want m = wish(1);

	sim_link(k, "eth1")->rp_filter = 1;
	assert_int_equal(active(0)->ok, 1);
	m.drain = 0;
	m.drain_ms = 600 * 1000;
	return m;
}

static inline struct msg_net_want
story_shut(void)
{
	struct msg_net_want m = wish(1);

	dual(k);
	conf.uplink[0].shutdown = 1;
	net_reloaded();
	assert_int_equal(active(0)->ok, 1);
	m.shut = 1;
	return m;
}

static inline struct msg_net_want
story_up(void)
{
	struct msg_net_want m = story_shut();

	assert_int_equal(ask(&m)->ok, 1);
	return wish(0);
}

/* An uplink leaves, another address has come. */
static inline struct msg_net_want
story_reload(void)
{
	assert_int_equal(active(0)->ok, 1);
	conf.nuplinks = 1;
	add_addr(k, ETH1, "192.0.2.9", 24);
	add_addr(k, ETH1, "2001:db8::2", 64);
	net_reloaded();
	return wish(0);
}

static const struct {
	const char *name;
	struct msg_net_want (*begin)(void);
	int steps; /* at least */
	int more; /* of them, what is watched over brings some by itself */
} stories[] = {
	{ "start", story_start, 15, 0 },
	{ "dialled", story_dialled, 15, 1 },
	{ "failover", story_failover, 1, 0 },
	{ "fallback", story_fallback, 1, 0 },
	{ "drain", story_drain, 3, 0 },
	{ "shut", story_shut, 3, 0 },
	{ "up", story_up, 3, 0 },
	{ "reload", story_reload, 15, 0 },
};
#define STORIES (sizeof(stories) / sizeof(stories[0]))

#endif
