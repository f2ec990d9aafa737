/* SPDX-License-Identifier: ISC */
/*
 * The tunnels of a plan: several are moved at once, what they had of their
 * own is on disk before, and one that cannot follow holds up no site.  To
 * move one may take the kernel milliseconds, since all of its IPv6 routes are
 * looked at for each (rt6_sync_up()): time ends the plan, and it goes on
 * after a turn of the loop.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "netconf/net.h"
#include "netconf/run.h"

#define TUNNELS_FILE RUNDIR "/tunnels"
#define TELL_TUNNELS \
	8 /* of one plan, and as many refused: others are counted */

static struct undo_tunnels undo_tunnels;
static struct {
	uint32_t moved, refused;
	size_t looked; /* at so many steps: what is one's own is on disk, */
	size_t kept; /* of so many tunnels */
} of_plan;

void
move_open(void)
{
	if (undo_tunnels_read(TUNNELS_FILE, &undo_tunnels) == -1)
		log_warn("%s: ignored", TUNNELS_FILE);
}

const struct undo_tunnels *
move_undo(void)
{
	return &undo_tunnels;
}

static int
save_tunnels(void)
{
	if (undo_tunnels_write(TUNNELS_FILE, &undo_tunnels) == 0)
		return 0;
	log_warn("%s", TUNNELS_FILE);
	return -1;
}

/* What was written down of tunnels that are gone, or have it (again). */
void
move_prune(const struct net_state *s)
{
	struct undo_tunnels still = { 0, NULL };
	const struct undo_tunnel *t;
	size_t i;

	if (undo_tunnels.n == 0)
		return;
	for (i = 0; i < s->nlinks; i++) {
		t = undo_tunnel_find(&undo_tunnels, s->links[i].ifindex);
		if (t != NULL && addr_cmp(&t->local, &s->links[i].local) != 0 &&
		    undo_tunnel_put(&still, t) == -1) {
			free(still.tunnel);
			return;
		}
	}
	free(undo_tunnels.tunnel);
	i = undo_tunnels.n;
	undo_tunnels = still;
	if (i != still.n)
		(void)save_tunnels();
}

/* Before the first of them gets another one. */
static int
write_down(const struct plan *p)
{
	const struct undo_tunnel *was;
	struct undo_tunnel t;
	const struct step *st;
	size_t i;
	int n = 0;

	for (i = of_plan.looked; i < p->n; i++) {
		st = &p->step[i];
		if (st->type != STEP_TUNNEL || st->own != STEP_OWN_KEEP)
			continue;
		memset(&t, 0, sizeof(t));
		t.ifindex = st->ifindex;
		strlcpy(t.ifname, st->ifname, sizeof(t.ifname));
		t.local = st->before.local;
		t.bound = st->before.bound != st->place.bound;
		was = undo_tunnel_find(&undo_tunnels, t.ifindex);
		if (was != NULL && memcmp(was, &t, sizeof(t)) == 0)
			continue;
		if (undo_tunnel_put(&undo_tunnels, &t) == -1)
			return -1;
		n++;
	}
	return n == 0 ? 0 : save_tunnels();
}

int
move_keep(const struct plan *p, char *why, size_t size)
{
	if (of_plan.looked == p->n)
		return 0;
	if (write_down(p) == 0) {
		of_plan.looked = p->n;
		of_plan.kept = undo_tunnels.n;
		return 0;
	}
	snprintf(why, size, "%s: %s", TUNNELS_FILE, strerror(errno));
	return -1;
}

void
move_begin(void)
{
	of_plan.moved = of_plan.refused = 0;
	of_plan.looked = 0;
	of_plan.kept = undo_tunnels.n;
}

/* On the primary again, a tunnel has what is its own. */
static void
is_moved(const struct step *st, const struct net_state *s, uint32_t gen)
{
	if (of_plan.moved++ < TELL_TUNNELS && gen != 0)
		apply_tell_step(gen, st, s);
	if (st->own == STEP_OWN_DROP)
		undo_tunnel_drop(&undo_tunnels, st->ifindex);
}

static void
is_refused(const struct step *st, int error, uint32_t gen)
{
	char text[MSG_TEXT_LEN], local[ADDR_STRLEN];

	tunnel_refused(st->ifname, &st->place);
	if (of_plan.refused++ >= TELL_TUNNELS)
		return;
	snprintf(text, sizeof(text), "tunnel %s cannot have local %s: %s",
	    st->ifname, addr_format(&st->place.local, local, sizeof(local)),
	    strerror(error));
	log_warnx("%s", text);
	if (gen != 0)
		apply_tell(gen, text);
}

int
move_tunnels(
    const struct step *st, size_t n, const struct net_state *s, uint32_t gen)
{
	struct net_move m[NET_MOVES_MAX];
	int done = 0;
	size_t i;

	memset(m, 0, sizeof(m));
	for (i = 0; i < n; i++) {
		m[i].ifindex = st[i].ifindex;
		m[i].place = st[i].place;
	}
	if (netops->tunnels(m, n) == -1)
		for (i = 0; i < n; i++)
			m[i].error = errno;
	for (i = 0; i < n; i++) {
		if (m[i].error != 0)
			is_refused(&st[i], m[i].error, gen);
		else {
			is_moved(&st[i], s, gen);
			done++;
		}
	}
	return done;
}

int
move_may_wait(struct monotime until)
{
	return of_plan.moved + of_plan.refused > 0 &&
	       monotime_cmp(monotime_now(), until) >= 0;
}

static void
tell_others(uint32_t gen, uint32_t n, const char *words)
{
	char text[MSG_TEXT_LEN];

	if (n <= TELL_TUNNELS)
		return;
	snprintf(
	    text, sizeof(text), "%u more tunnels %s", n - TELL_TUNNELS, words);
	apply_tell(gen, text);
}

/* All at once: with thousands, a file for each would take its time. */
void
move_end(uint32_t gen)
{
	tell_others(gen, of_plan.moved, "alike");
	tell_others(gen, of_plan.refused, "cannot have theirs");
	if (undo_tunnels.n != of_plan.kept)
		(void)save_tunnels();
}
