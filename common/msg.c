/* SPDX-License-Identifier: ISC */
/*
 * Names of messages and range checks of what they carry.  The parent treats
 * the prober as hostile and netconf treats the parent as fallible, so a
 * struct is used only after its function here said that it is valid.
 */
#include <sys/types.h>

#include <ctype.h>
#include <string.h>

#include "common/msg.h"

static const char *const names[] = {
#define X(name) #name,
	MSG_TYPES(X)
#undef X
};
_Static_assert(sizeof(names) / sizeof(names[0]) == IMSG_TYPE_MAX,
    "a name for each message");

static const char *const causes[] = {
#define X(name, text) text,
	MSG_CAUSES(X)
#undef X
};
_Static_assert(sizeof(causes) / sizeof(causes[0]) == MSG_CAUSE_MAX,
    "a text for each cause");

const char *
msg_name(uint32_t type)
{
	if (type >= IMSG_TYPE_MAX)
		return "unknown";
	return names[type];
}

const char *
msg_cause_text(uint32_t cause)
{
	if (cause >= MSG_CAUSE_MAX)
		return "unknown";
	return causes[cause];
}

/* A line: terminated inside its array, and nothing that moves a cursor. */
int
msg_text_valid(const char *text, size_t size)
{
	size_t i, len;

	len = strnlen(text, size);
	if (len == size)
		return 0;
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return 0;
	return 1;
}

static int
uplink_valid(uint32_t id)
{
	return id < CONF_UPLINKS_MAX;
}

static int
uplink_or_none_valid(uint32_t id)
{
	return id < CONF_UPLINKS_MAX || id == MSG_UPLINK_NONE;
}

static int
flag_valid(uint32_t flag)
{
	return flag <= 1;
}

static int
families_valid(uint32_t mask)
{
	return mask < 1u << FAMILIES;
}

static int
ifname_valid(const char name[IFNAMSIZ])
{
	return msg_text_valid(name, IFNAMSIZ) && strchr(name, '/') == NULL;
}

/* None, or of this family. */
static int
of_family(const struct addr *a, uint32_t family)
{
	return addr_valid(a) &&
	       (a->family == AF_UNSPEC || addr_family(a) == family);
}

static int
family_valid(const struct msg_family *f, uint32_t family)
{
	return of_family(&f->address, family) && of_family(&f->peer, family) &&
	       f->prefixlen <= (family == FAMILY_INET6 ? 128 : 32) &&
	       of_family(&f->gateway, family) && flag_valid(f->has_route);
}

int
msg_facts_valid(const struct msg_facts *f)
{
	uint32_t i;

	for (i = 0; i < FAMILIES; i++)
		if (!family_valid(&f->family[i], i))
			return 0;
	return uplink_valid(f->uplink) && flag_valid(f->up) &&
	       flag_valid(f->carrier) && flag_valid(f->pointopoint) &&
	       families_valid(f->refused) && ifname_valid(f->ifname);
}

int
msg_probe_valid(const struct msg_probe *p)
{
	return uplink_valid(p->uplink) && p->mode <= MSG_PROBE_BURST &&
	       (p->every_ms == 0 || (p->mode == MSG_PROBE_ROUNDS &&
					p->every_ms <= CONF_HOT_MAX_MS));
}

int
msg_round_valid(const struct msg_round *r)
{
	uint32_t i;

	if (!uplink_valid(r->uplink) || r->family >= FAMILIES ||
	    r->verdict > MSG_VOID || r->cause >= MSG_CAUSE_MAX ||
	    r->ntargets > CONF_TARGETS_MAX || r->began_ns < 0 ||
	    r->ended_ns < r->began_ns || r->ended_ns > MSG_TIME_MAX_NS ||
	    r->last_answer_ns < 0 || r->last_answer_ns > MSG_TIME_MAX_NS)
		return 0;
	for (i = 0; i < r->ntargets; i++)
		if (r->target[i].received > r->target[i].sent ||
		    r->target[i].lost > r->target[i].sent ||
		    r->target[i].rtt_us > MSG_RTT_MAX_US ||
		    r->target[i].state > MSG_TARGET_DOWN)
			return 0;
	return 1;
}

/* Sums of some stay far from overflow. */
static int
rtt_valid(int64_t ns)
{
	return ns >= 0 && ns <= INT64_C(1000) * MSG_RTT_MAX_US;
}

int
msg_stats_valid(const struct msg_stats *s)
{
	return uplink_valid(s->uplink) && s->target < CONF_TARGETS_MAX &&
	       flag_valid(s->up) && flag_valid(s->known) &&
	       s->received <= s->sent && s->recent_lost <= s->recent_sent &&
	       s->recent_sent <= UINT32_MAX / CONF_TARGETS_MAX &&
	       rtt_valid(s->rtt_last_ns) && rtt_valid(s->rtt_min_ns) &&
	       rtt_valid(s->rtt_avg_ns) && rtt_valid(s->rtt_max_ns) &&
	       rtt_valid(s->rtt_mdev_ns) && rtt_valid(s->rtt_p50_ns) &&
	       rtt_valid(s->rtt_p95_ns) && rtt_valid(s->rtt_p99_ns) &&
	       histogram_count(&s->rtt) == s->received + s->late &&
	       s->rtt.sum_us <= INT64_MAX / 1000;
}

#define MEASURE_MAX_MS 60000

int
msg_measure_valid(const struct msg_measure *m)
{
	return uplink_valid(m->uplink) && m->ms >= 1000 &&
	       m->ms <= MEASURE_MAX_MS;
}

int
msg_measured_valid(const struct msg_measured *m)
{
	return uplink_valid(m->uplink) && m->mtu <= UINT16_MAX;
}

int
msg_peer_listen_valid(const struct msg_peer_listen *l)
{
	return addr_valid(&l->address) && l->port <= UINT16_MAX &&
	       l->npeers <= CONF_PEERS_MAX;
}

int
msg_peer_packet_valid(const struct msg_peer_packet *p)
{
	return uplink_or_none_valid(p->uplink) && addr_len(&p->addr) != 0 &&
	       (p->own.family == AF_UNSPEC ||
		   p->own.family == p->addr.family) &&
	       p->port != 0 && p->port <= UINT16_MAX &&
	       p->len <= sizeof(p->data);
}

/* A family has an address, or this is the matter with it, or it has none. */
static int
peer_families_valid(const struct msg_net_peer *p)
{
	uint32_t f, has = 0;

	for (f = 0; f < FAMILIES; f++)
		if (p->address[f].family != AF_UNSPEC)
			has |= 1u << f;
	return families_valid(p->nat) && families_valid(p->barred) &&
	       (p->nat & p->barred) == 0 && (has & (p->nat | p->barred)) == 0;
}

int
msg_net_peer_valid(const struct msg_net_peer *p)
{
	return p->id < CONF_PEERS_MAX &&
	       of_family(&p->address[FAMILY_INET], FAMILY_INET) &&
	       of_family(&p->address[FAMILY_INET6], FAMILY_INET6) &&
	       peer_families_valid(p) && flag_valid(p->drains);
}

int
msg_net_peer_done_valid(const struct msg_net_peer_done *d)
{
	return d->id < CONF_PEERS_MAX && d->result <= MSG_PEER_FAILED &&
	       families_valid(d->barred) && families_valid(d->bound) &&
	       msg_text_valid(d->text, sizeof(d->text));
}

static int
event_valid(const char event[MSG_EVENT_LEN])
{
	size_t i, len = strnlen(event, MSG_EVENT_LEN);

	if (len == 0 || len == MSG_EVENT_LEN)
		return 0;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)event[i]) && event[i] != '-')
			return 0;
	return 1;
}

int
msg_capture_valid(const struct msg_capture *c)
{
	return event_valid(c->event) &&
	       msg_text_valid(c->path, sizeof(c->path));
}

int
msg_capture_done_valid(const struct msg_capture_done *d)
{
	return event_valid(d->event) && flag_valid(d->ok) &&
	       msg_text_valid(d->text, sizeof(d->text));
}

int
msg_link_valid(const struct msg_link *l)
{
	return uplink_valid(l->uplink);
}

int
msg_dial_valid(const struct msg_dial *d)
{
	return uplink_valid(d->uplink) && d->phone < CONF_PHONES_MAX;
}

int
msg_link_text_valid(const struct msg_link_text *t)
{
	return uplink_valid(t->uplink) &&
	       msg_text_valid(t->text, sizeof(t->text));
}

int
msg_link_result_valid(const struct msg_link_result *r)
{
	return uplink_valid(r->uplink) && r->class <= MSG_LINK_GIVEUP &&
	       r->phone < CONF_PHONES_MAX &&
	       msg_text_valid(r->text, sizeof(r->text));
}

static int
digits_valid(const char *text, size_t size)
{
	return msg_text_valid(text, size) &&
	       strspn(text, "0123456789ABCDEF") == strlen(text);
}

int
msg_sim_valid(const struct msg_sim *s)
{
	return uplink_valid(s->uplink) &&
	       (s->tries <= MSG_TRIES_MAX || s->tries == MSG_TRIES_UNKNOWN) &&
	       digits_valid(s->iccid, sizeof(s->iccid));
}

int
msg_radio_valid(const struct msg_radio *r)
{
	return uplink_valid(r->uplink) && flag_valid(r->second) &&
	       flag_valid(r->rsrp) && r->dbm <= 0 && r->dbm >= MSG_DBM_MIN &&
	       addr_valid(&r->address) &&
	       msg_text_valid(r->operator, sizeof(r->operator)) &&
	       digits_valid(r->card, sizeof(r->card));
}

int
msg_modem_valid(const struct msg_modem *m)
{
	return uplink_valid(m->uplink) && m->state <= MSG_MODEM_LOST &&
	       m->class <= MSG_LINK_GIVEUP &&
	       msg_text_valid(m->text, sizeof(m->text));
}

int
msg_ppp_up_valid(const struct msg_ppp_up *u)
{
	return uplink_valid(u->uplink) && flag_valid(u->adopted) &&
	       u->ifname[0] != '\0' && ifname_valid(u->ifname) &&
	       addr_valid(&u->local) && addr_valid(&u->remote) &&
	       addr_valid(&u->dns[0]) && addr_valid(&u->dns[1]);
}

int
msg_ppp_down_valid(const struct msg_ppp_down *d)
{
	return uplink_valid(d->uplink) && d->class <= MSG_LINK_GIVEUP &&
	       flag_valid(d->was_up) &&
	       msg_text_valid(d->text, sizeof(d->text));
}

int
msg_net_want_valid(const struct msg_net_want *w)
{
	return uplink_valid(w->active) && uplink_or_none_valid(w->drain) &&
	       w->drain != w->active && uplink_or_none_valid(w->flush) &&
	       flag_valid(w->shut);
}

int
msg_net_step_valid(const struct msg_net_step *s)
{
	return msg_text_valid(s->text, sizeof(s->text));
}

int
msg_net_done_valid(const struct msg_net_done *d)
{
	return flag_valid(d->ok) && d->moved_us >= 0 &&
	       d->moved_us <= d->apply_us && (d->ok || d->moved_us == 0) &&
	       msg_text_valid(d->text, sizeof(d->text));
}

int
msg_net_adopt_valid(const struct msg_net_adopt *a)
{
	return uplink_valid(a->active) && flag_valid(a->found);
}

int
msg_net_drained_valid(const struct msg_net_drained *d)
{
	return uplink_valid(d->uplink);
}

int
msg_net_notes_valid(const struct msg_net_notes *m)
{
	return msg_text_valid(m->text, sizeof(m->text)) &&
	       (m->n > 0) == (m->text[0] != '\0');
}

int
msg_net_blocked_valid(const struct msg_net_blocked *b)
{
	return uplink_valid(b->uplink) && b->tried > 0;
}

int
msg_net_proof_valid(const struct msg_net_proof *p)
{
	return p->kind <= MSG_PROOF_END &&
	       msg_text_valid(p->text, sizeof(p->text));
}

int
msg_conf_text_valid(const struct msg_conf_text *m)
{
	return strnlen(m->text, sizeof(m->text)) < sizeof(m->text);
}

int
msg_net_line_valid(const struct msg_net_line *l)
{
	return flag_valid(l->different) &&
	       msg_text_valid(l->text, sizeof(l->text));
}

/* More than this no interface carries in its life; sums do not overflow. */
#define OCTETS_MAX (UINT64_MAX / 4)

int
msg_net_counted_valid(const struct msg_net_counted *c)
{
	uint32_t i;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		if (c->uplink[i].received > OCTETS_MAX ||
		    c->uplink[i].sent > OCTETS_MAX ||
		    c->uplink[i].packets > OCTETS_MAX ||
		    !ifname_valid(c->uplink[i].ifname) ||
		    (c->uplink[i].ifindex != 0 &&
			c->uplink[i].ifname[0] == '\0'))
			return 0;
	return 1;
}

int
msg_net_plan_valid(const struct msg_net_plan *p)
{
	return flag_valid(p->undialled) && flag_valid(p->proof) &&
	       flag_valid(p->shut) && msg_net_want_valid(&p->want);
}

int
msg_net_plan_step_valid(const struct msg_net_plan_step *s)
{
	return msg_text_valid(s->what, sizeof(s->what)) &&
	       msg_text_valid(s->text, sizeof(s->text));
}

int
msg_net_plan_end_valid(const struct msg_net_plan_end *e)
{
	return flag_valid(e->ok) && msg_text_valid(e->text, sizeof(e->text));
}

int
msg_glance_valid(const struct msg_glance *g)
{
	return g->file <= MSG_FILE_BAD &&
	       (g->errors > 0) == (g->file == MSG_FILE_BAD) &&
	       msg_text_valid(g->where, sizeof(g->where));
}

int
msg_alarm_valid(const struct msg_alarm *a)
{
	return msg_text_valid(a->kind, sizeof(a->kind)) &&
	       msg_text_valid(a->event, sizeof(a->event)) &&
	       msg_text_valid(a->state, sizeof(a->state)) &&
	       msg_text_valid(a->uplink, sizeof(a->uplink)) &&
	       msg_text_valid(a->time, sizeof(a->time)) && a->count > 0 &&
	       msg_text_valid(a->text, sizeof(a->text));
}

int
msg_alarm_done_valid(const struct msg_alarm_done *d)
{
	return flag_valid(d->ok) && msg_text_valid(d->text, sizeof(d->text));
}

int
msg_hooks_valid(const struct msg_hooks *h)
{
	return uplink_valid(h->uplink) && flag_valid(h->found) &&
	       (h->event[0] == '\0' || event_valid(h->event));
}

int
msg_hook_done_valid(const struct msg_hook_done *d)
{
	return uplink_or_none_valid(d->uplink) && flag_valid(d->ok) &&
	       msg_text_valid(d->name, sizeof(d->name)) &&
	       msg_text_valid(d->text, sizeof(d->text));
}
