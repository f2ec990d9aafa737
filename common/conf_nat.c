/* SPDX-License-Identifier: ISC */
/* Words about NAT and marks: which networks, which bits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

#define EXAMPLE "0x0f000000"

static int
is_network(struct conf_build *b, enum family family, struct conf_net *net,
    const struct conf_text *text)
{
	const char *name = conf_family_names[family];

	if (addr_family(&net->prefix.addr) != family)
		conf_src_error(b->src, text,
		    "\"%s\" is no %s network: masquerade %sfrom takes it",
		    text->s, name, family == FAMILY_INET ? "inet6 " : "");
	else if (net->prefix.len == 0)
		/* never towards these networks (netconf/nft.c) */
		conf_src_error(b->src, text,
		    "\"%s\" leaves nowhere to masquerade to: "
		    "name the networks of the LAN",
		    text->s);
	else
		return 1;
	return 0;
}

static int
is_interface(
    struct conf_build *b, struct conf_net *net, const struct conf_text *text)
{
	static const char network[] = ":network";
	struct conf_text name = *text;
	size_t len = strlen(text->s), suffix = sizeof(network) - 1;

	memset(&net->prefix, 0, sizeof(net->prefix));
	if (len > suffix && strcmp(text->s + len - suffix, network) == 0)
		name.s = conf_src_keep(b->src, text->s, len - suffix);
	/* a mistyped address, rather than such an interface */
	if (strchr(text->s, '/') != NULL ||
	    strspn(text->s, "0123456789.") == len)
		conf_src_error(
		    b->src, text, "\"%s\" is not a network", text->s);
	else
		conf_build_ifname(b, net->ifname, &name);
	return net->ifname[0] != '\0';
}

/* NET, ADDRESS, IF:network or IF, which means the same. */
void
conf_build_masquerade(
    struct conf_build *b, enum family family, const struct conf_text *text)
{
	struct conf_global *g = &b->conf->global;
	struct conf_net net;

	memset(&net, 0, sizeof(net));
	net.family = family;
	if (g->nmasq == CONF_NETS_MAX)
		conf_src_error(
		    b->src, text, "more than %d networks", CONF_NETS_MAX);
	else if (prefix_parse(text->s, &net.prefix) == 0
		     ? is_network(b, family, &net, text)
		     : is_interface(b, &net, text))
		g->masq[g->nmasq++] = net;
}

/* How many bits hold an uplink's number; 0 is for what has none. */
static uint32_t
bits_needed(uint32_t nuplinks)
{
	uint32_t n = 1;

	while (nuplinks >> n != 0)
		n++;
	return n;
}

static uint32_t
bits_in(uint32_t mask)
{
	uint32_t n = 0;

	for (; mask != 0; mask &= mask - 1)
		n++;
	return n;
}

int
conf_mark_valid(uint32_t mask, uint32_t nuplinks)
{
	uint32_t low = mask & -mask;

	/* adjoining: to add the lowest carries through to behind the last */
	return mask != 0 && ((mask + low) & mask) == 0 &&
	       bits_in(mask) >= bits_needed(nuplinks);
}

void
conf_build_mark(struct conf_build *b, const struct conf_text *text)
{
	const char *s = text->s;
	unsigned long long n;
	char *end;

	n = strtoull(s, &end, 0);
	if (!isdigit((unsigned char)s[0]) || *end != '\0' || n > UINT32_MAX ||
	    n == 0) {
		conf_src_error(b->src, text,
		    "mark \"%s\" is not a mask of bits such as %s", s, EXAMPLE);
		return;
	}
	b->conf->global.mark = (uint32_t)n;
	b->mark = *text;
}

/* Only the end of the file tells how many uplinks there are. */
void
conf_build_nat_finish(struct conf_build *b)
{
	const struct conf *c = b->conf;

	if (conf_mark_valid(c->global.mark, c->nuplinks))
		return;
	conf_src_error(b->src, &b->mark,
	    "mark %s: %u uplinks need %u bits or more that adjoin, such as "
	    "%s",
	    b->mark.s, c->nuplinks, bits_needed(c->nuplinks), EXAMPLE);
}
