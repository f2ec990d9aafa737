/* SPDX-License-Identifier: ISC */
/* Addresses. */
#include <sys/types.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "netconf/linux/nl.h"

/*
 * IFA_LOCAL is ours.  IFA_ADDRESS is the same, but on a point-to-point link
 * the other end's; IPv6 has IFA_LOCAL only with a peer (linux/if_addr.h).
 */
static int
decode_both(const struct nlattr *local, const struct nlattr *address,
    int family, struct net_addr *a)
{
	struct addr other;

	if (local == NULL)
		local = address;
	if (local == NULL) {
		errno = EBADMSG;
		return -1;
	}
	if (nl_addr(local, family, &a->local) == -1)
		return -1;
	if (address == NULL)
		return 0;
	if (nl_addr(address, family, &other) == -1)
		return -1;
	if (addr_cmp(&other, &a->local) != 0)
		a->peer = other;
	return 0;
}

/* IPv4's secondary one and IPv6's temporary one are the same bit. */
static void
decode_flags(uint32_t flags, struct net_addr *a)
{
	if (a->local.family == AF_INET) {
		a->secondary = (flags & IFA_F_SECONDARY) != 0;
		return;
	}
	a->temporary = (flags & IFA_F_TEMPORARY) != 0;
	a->deprecated = (flags & IFA_F_DEPRECATED) != 0;
	/* an optimistic one is used while it is in question (RFC 4429) */
	a->tentative =
	    (flags & IFA_F_DADFAILED) != 0 ||
	    (flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) == IFA_F_TENTATIVE;
}

int
addr_decode(const struct nlmsghdr *h, void *state)
{
	const struct nlattr *tb[IFA_FLAGS + 1];
	struct net_state *s = state;
	const struct ifaddrmsg *m;
	struct net_addr a, *more;
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR)
		return 0;
	if (nl_attrs(h, sizeof(*m), tb, IFA_FLAGS) == -1)
		return -1;
	m = mnl_nlmsg_get_payload(h);
	if (m->ifa_family != AF_INET && m->ifa_family != AF_INET6)
		return 0;
	memset(&a, 0, sizeof(a));
	a.ifindex = m->ifa_index;
	a.prefixlen = m->ifa_prefixlen;
	flags = m->ifa_flags;
	if (decode_both(tb[IFA_LOCAL], tb[IFA_ADDRESS], m->ifa_family, &a) ==
		-1 ||
	    (tb[IFA_FLAGS] != NULL && nl_u32(tb[IFA_FLAGS], &flags) == -1))
		return -1;
	if (a.prefixlen > 8 * addr_len(&a.local)) {
		errno = EBADMSG;
		return -1;
	}
	decode_flags(flags, &a);
	if (addr_is_linklocal(&a.local) && a.local.family == AF_INET6)
		a.local.scope = a.ifindex;
	if ((more = nl_grow(&s->addrs, &s->naddrs, sizeof(*more))) == NULL)
		return -1;
	*more = a;
	return 0;
}

int
addr_dump(struct nl *nl, struct net_state *s)
{
	struct ifaddrmsg *m;

	m = nl_begin(nl, RTM_GETADDR, NLM_F_DUMP, sizeof(*m));
	m->ifa_family = AF_UNSPEC; /* of every family that there is */
	return nl_request(nl, addr_decode, s);
}
