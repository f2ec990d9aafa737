/* SPDX-License-Identifier: ISC */
/*
 * Other marks for flows that are there.  The kernel keeps the bits that the
 * request's mask does not name (ctnetlink_change_mark()).
 */
#include <sys/types.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/linux/nl.h"

int
ct_marks_decode(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[CTA_MAX + 1];
	struct ct_marks *c = arg;
	const struct net_marks *m = c->marks;
	uint32_t mark;
	size_t i;
	int flow;

	if ((flow = ct_is_flow(h, tb)) != 1)
		return flow;
	if (tb[CTA_MARK] == NULL)
		return 0;
	if (nl_u32(tb[CTA_MARK], &mark) == -1)
		return -1;
	for (i = 0; i < m->n; i++)
		if ((ntohl(mark) & m->was_mask) == m->mark[i].was)
			return ct_request(
			    &c->list, h, tb, m->mark[i].is, c->mask);
	return 0;
}

static int
collect(struct nl *nl, const struct net_marks *m, uint32_t mask,
    struct ct_list *list)
{
	struct ct_marks c = { m, mask, { 0 } };
	int error;

	ct_begin(nl, CT(GET), NLM_F_DUMP, 0, 0); /* any mark */
	error = nl_request(nl, ct_marks_decode, &c);
	*list = c.list;
	return error;
}

/*
 * Bits that are apart from the old ones come beside them first, so that every
 * flow has a mark whatever is in force meanwhile.  Else a new mark may look
 * like an old one: the flows are noted first, and changed in the end.
 */
int
ct_marks(struct nl *nl, const struct net_marks *m, int end, uint32_t *n)
{
	static struct ct_list noted;
	struct ct_list list;
	int apart = (m->was_mask & m->mask) == 0, error = 0;

	*n = 0;
	if (!apart && !end) {
		free(noted.requests);
		return collect(nl, m, m->was_mask | m->mask, &noted);
	}
	if (apart)
		error = collect(
		    nl, m, end ? m->was_mask | m->mask : m->mask, &list);
	else {
		list = noted;
		memset(&noted, 0, sizeof(noted));
	}
	if (error == 0)
		error = ct_send(nl, &list);
	if (error == 0)
		*n = list.n;
	free(list.requests);
	return error;
}
