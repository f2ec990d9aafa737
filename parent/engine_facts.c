/* SPDX-License-Identifier: ISC */
/*
 * What the kernel says of an uplink's interface, as netconf tells it: to the
 * prober as it is, to the machine what it means.
 */
#include <sys/types.h>

#include <string.h>

#include "parent/history.h"
#include "parent/parent.h"
#include "parent/peering.h"

/* Of one of these families. */
static int
has_address(const struct msg_facts *f, uint32_t families)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (families & 1u << i &&
		    f->family[i].address.family != AF_UNSPEC)
			return 1;
	return 0;
}

/* A way out: what hooks bring up must have one, or it was not brought up. */
static int
has_router(const struct msg_facts *f)
{
	return f->pointopoint || f->family[FAMILY_INET].has_route ||
	       f->family[FAMILY_INET6].has_route;
}

static int
has_gateway(const struct msg_facts *f, uint32_t families)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (families & 1u << i &&
		    f->family[i].gateway.family != AF_UNSPEC)
			return 1;
	return f->pointopoint != 0;
}

/* In the words of a round's cause. */
const char *
uplink_lacks(uint32_t id)
{
	const struct uplink *u = &parent->uplink[id];
	const struct msg_facts *f = &u->facts;
	uint32_t families = uplink_families(id);

	if (id == 0 || conf_dialled(&u->conf) || !u->facts_known)
		return NULL;
	return f->ifindex == 0 ? msg_cause_text(MSG_CAUSE_NO_INTERFACE)
	       : !f->up        ? msg_cause_text(MSG_CAUSE_LINK_DOWN)
	       : !f->carrier   ? msg_cause_text(MSG_CAUSE_CARRIER)
	       : !has_address(f, families)
		   ? msg_cause_text(MSG_CAUSE_NO_ADDRESS)
	       : !has_gateway(f, families) ? "no gateway known"
					   : NULL;
}

/* Nobody should learn that from the outage. */
static void
tell_lack(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];
	const char *why = uplink_lacks(id);

	if (!engine_ready() || why == u->lacks_told)
		return;
	u->lacks_told = why;
	if (parent->machine.want.active == id)
		history_line(
		    u->conf.label, "%s", why != NULL ? why : "link up");
	else
		history_detail(u->conf.label, "can%s take over%s%s",
		    why != NULL ? "not" : "", why != NULL ? ": " : " now",
		    why != NULL ? why : "");
}

/* Of an interface with hooks it is one step of several. */
static void
tell_started(struct uplink *u, int up, int told)
{
	u->told = 1;
	u->was_up = up;
	if (!told && up && u->link.phase == LINK_IDLE)
		link_found(u->conf.id);
	else
		link_seen(u->conf.id);
}

/*
 * A link as the kernel sees it: of the primary the carrier, of a backup that
 * is an interface also its address.  The machine is told of changes.
 */
void
engine_tell_link(uint32_t id)
{
	struct uplink *u = &parent->uplink[id];
	const struct msg_facts *f = &u->facts;
	struct mevent ev = { .uplink = id };
	int up, told = u->told;

	tell_lack(id);
	up = f->ifindex != 0 && f->up && f->carrier;
	if (id != 0)
		up = up && has_address(f, uplink_families(id));
	if (u->conf.start_ms != 0)
		up = up && has_router(f);
	if (!engine_ready() || !u->facts_known || (told && up == u->was_up) ||
	    u->conf.kind != CONF_INTERFACE)
		return;
	if (u->conf.start_ms != 0) {
		tell_started(u, up, told);
		return;
	}
	u->told = 1;
	u->was_up = up;
	if (up) /* of this link nothing is known yet */
		u->rounds_failed = (struct monotime){ 0 };
	if (told && id == 0)
		history_line(uplink_name(id), "%s",
		    f->ifindex == 0 ? "interface gone"
		    : !f->up        ? "interface down"
		    : up            ? "link up"
				    : "carrier lost");
	ev.up = up != 0;
	if (id == 0)
		ev.type = MEV_CARRIER;
	else
		ev.type = up ? MEV_LINK_UP : MEV_LINK_DOWN;
	engine_event(&ev);
}

/* Said before netconf changed over: the number was another uplink's. */
static int
out_of_date(const struct msg_facts *f)
{
	const struct conf_uplink *c = &parent->uplink[f->uplink].conf;

	return f->uplink >= parent->conf.nuplinks ||
	       (c->kind == CONF_INTERFACE && strcmp(c->ifname, f->ifname) != 0);
}

/* What a family said of the uplink as it was says nothing of it now. */
static void
forget_changed(struct uplink *u, const struct msg_facts *f)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (f->ifindex != u->facts.ifindex ||
		    memcmp(&f->family[i], &u->facts.family[i],
			sizeof(f->family[i])) != 0)
			decide_forget(&u->seen.decide, (enum family)i);
}

void
engine_facts(const struct msg_facts *f)
{
	struct uplink *u = &parent->uplink[f->uplink];

	if (out_of_date(f))
		return; /* netconf tells all of them again */
	forget_changed(u, f);
	u->facts = *f;
	u->facts_known = 1;
	if (!reload_changing()) /* else netconf tells all of them again */
		parent_send(CHILD_PROBER, IMSG_FACTS, -1, f, sizeof(*f));
	engine_tell_link(f->uplink);
	peering_facts();
}
