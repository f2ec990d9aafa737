/* SPDX-License-Identifier: ISC */
/*
 * Netlink messages as the kernel's, to every decoder of a dump: no length in
 * them is believed, and what is taken is sound.  The seeds are dumps as they
 * were recorded.
 */
#include <sys/types.h>

#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_state(const struct net_state *s)
{
	size_t i;

	for (i = 0; i < s->nlinks; i++)
		if (memchr(s->links[i].name, '\0', IFNAMSIZ) == NULL ||
		    !addr_valid(&s->links[i].local) ||
		    addr_is_any(&s->links[i].local))
			abort();
	for (i = 0; i < s->naddrs; i++)
		if (s->addrs[i].local.family == AF_UNSPEC ||
		    !addr_valid(&s->addrs[i].peer) ||
		    s->addrs[i].prefixlen > 8 * addr_len(&s->addrs[i].local))
			abort();
	for (i = 0; i < s->nrules; i++)
		if (!addr_valid(&s->rules[i].from) ||
		    memchr(s->rules[i].oif, '\0', IFNAMSIZ) == NULL)
			abort();
	for (i = 0; i < s->nelements; i++)
		if (memchr(s->elements[i].ifname, '\0', IFNAMSIZ) == NULL ||
		    !addr_valid(&s->elements[i].first) ||
		    !addr_valid(&s->elements[i].last) ||
		    addr_cmp(&s->elements[i].first, &s->elements[i].last) > 0)
			abort();
	for (i = 0; i < s->nroutes; i++)
		if (!prefix_valid(&s->routes[i].dst) ||
		    !addr_valid(&s->routes[i].gateway))
			abort();
}

/* What is written down is read again as the same. */
static void
check_saved(struct saved_list *l)
{
	char line[SAVED_LEN], again[SAVED_LEN];
	struct saved v;
	size_t i;

	for (i = 0; i < l->n; i++) {
		strlcpy(l->route[i].ifname, "eth1", IFNAMSIZ);
		if (saved_format(&l->route[i], line, sizeof(line)) == -1)
			continue;
		if (saved_parse(line, &v) == -1 ||
		    saved_format(&v, again, sizeof(again)) == -1 ||
		    strcmp(line, again) != 0)
			abort();
	}
}

static void
each(const uint8_t *data, size_t size, nl_each *decode, void *arg)
{
	const struct nlmsghdr *h = (const void *)data;
	int left = (int)size;

	for (; nl_whole(h, left); h = mnl_nlmsg_next(h, &left))
		(void)decode(h, arg);
}

static void
counters(const uint8_t *data, size_t size)
{
	uint64_t packets, octets[3];

	each(data, size, counter_decode, &packets);
	each(data, size, octets_decode, octets);
}

static void
flows(const uint8_t *data, size_t size)
{
	uint32_t count = 0;
	static const struct net_marks some = { .was_mask = 0x0f000000,
		.mask = 0x00f00000,
		.n = 2,
		.mark = { { 0, 0x00100000 }, { 0x01000000, 0 } } };
	struct ct_from from;
	static const struct net_element net[] = {
		{ .set = NET_SET_LAN,
		    .first = { .family = AF_INET },
		    .last = { .family = AF_INET, .octet = { 0x7f, 0xff } } },
		{ .set = NET_SET_LAN6,
		    .first = { .family = AF_INET6 },
		    .last = { .family = AF_INET6, .octet = { 0xff } } },
	};
	struct ct_marks marks;
	struct ct_plain plain;

	each(data, size, ct_count_decode, &count);
	each(data, size, ct_entries_decode, &count);
	memset(&from, 0, sizeof(from));
	from.address[FAMILY_INET].family = AF_INET;
	from.address[FAMILY_INET].v4.s_addr = 0x0200007f;
	each(data, size, ct_from_decode, &from);
	free(from.list.requests);
	memset(&marks, 0, sizeof(marks));
	marks.marks = &some;
	marks.mask = some.was_mask | some.mask;
	each(data, size, ct_marks_decode, &marks);
	free(marks.list.requests);
	memset(&plain, 0, sizeof(plain));
	plain.net = net;
	plain.n = 2;
	plain.mask = 0x0f000000;
	each(data, size, ct_plain_decode, &plain);
	free(plain.list.requests);
}

static void
one_line(int ours, uint32_t ifindex, const char *line, void *arg)
{
	(void)ifindex;
	(void)arg;
	if (ours < 0 || ours > 1 || line[0] == '\0')
		abort();
}

static void
others(const uint8_t *data, size_t size)
{
	struct others o = { one_line, NULL };

	each(data, size, others_rule_decode, &o);
	each(data, size, others_route_decode, &o);
	each(data, size, others_table_decode, &o);
}

static void
wireguard(const uint8_t *data, size_t size)
{
	struct wg_peers peers = { NULL, 0 };
	size_t i;

	each(data, size, wireguard_decode, &peers);
	for (i = 0; i < peers.n; i++)
		if (peers.peer[i].endpointlen > sizeof(peers.peer[i].endpoint))
			abort();
	free(peers.peer);
}

static void
elements(const uint8_t *data, size_t size, struct net_state *s)
{
	struct set_dump d;
	uint32_t i;

	for (i = 0; i < NET_SETS; i++) {
		memset(&d, 0, sizeof(d));
		d.set = i;
		d.state = s;
		each(data, size, set_decode, &d);
		if (set_networks(&d) == -1)
			abort();
		free(d.point);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct saved_list saved = { 2, NULL, 0 };
	struct net_state s;
	uint32_t value;
	uint8_t *copy;

	/* aligned, and no longer than it is */
	if (size == 0 || (copy = malloc(size)) == NULL)
		return 0;
	memcpy(copy, data, size);
	memset(&s, 0, sizeof(s));
	each(copy, size, link_decode, &s);
	each(copy, size, link_all_rp_filter, &value);
	each(copy, size, addr_decode, &s);
	each(copy, size, rule_decode, &s);
	each(copy, size, route_decode, &s);
	each(copy, size, saved_decode, &saved);
	flows(copy, size);
	counters(copy, size);
	others(copy, size);
	wireguard(copy, size);
	elements(copy, size, &s);
	check_state(&s);
	check_saved(&saved);
	net_state_free(&s);
	free(saved.route);
	free(copy);
	return 0;
}
