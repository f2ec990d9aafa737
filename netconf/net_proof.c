/* SPDX-License-Identifier: ISC */
/*
 * The proof of return: a snapshot when traffic leaves the primary, and what
 * of it is different when traffic is back and the backup has drained.  It is
 * put together behind the switch, which it must not delay: of what we write
 * from what the switch itself has found before, of what is others' from a
 * look right after it.  In RUNDIR, since all of us may be killed meanwhile.
 */
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/keep.h"
#include "common/log.h"
#include "common/monotime.h"
#include "netconf/net.h"
#include "netconf/run.h"
#include "netconf/snapshot.h"

#define PROOF_FILE     RUNDIR "/snapshot"
#define PROOF_FILE_MAX (SNAPSHOT_LINES_MAX * SNAPSHOT_LINE_LEN)
#define RESOLVER_FILE  "/etc/resolv.conf"
#define RESOLVER_MAX   (64 * 1024)
#define TOLD_MAX       10 /* of each kind; the rest is a number */
#define TRIES          3 /* of a dump that changes meanwhile */

/* A link that comes and goes with a call: it says nothing of the return. */
static int
is_dialled(const char *ifname)
{
	const struct conf *conf = config_current();
	const struct net_want *w = net_wish();
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		if (conf_ppp(&conf->uplink[i]) &&
		    strcmp(w->uplink[i].ifname, ifname) == 0)
			return 1;
	return 0;
}

static int
is_uplinks(const char *ifname)
{
	const struct net_want *w = net_wish();
	uint32_t i;

	for (i = 0; i < w->nuplinks; i++)
		if (strcmp(w->uplink[i].ifname, ifname) == 0)
			return 1;
	return 0;
}

/* ---- a snapshot ---- */

struct taking {
	struct snapshot *s;
	const struct net_state *found;
	int failed;
};

static void
add(struct taking *t, enum snapshot_whose whose, const char *key,
    const char *value)
{
	if (snapshot_add(t->s, whose, key, value) == -1)
		t->failed = 1;
}

static void
link_value(
    struct taking *t, const struct net_link *l, const char *what, uint32_t n)
{
	char key[64], value[16];

	snprintf(key, sizeof(key), "link %s/%u %s", l->name, l->ifindex, what);
	snprintf(value, sizeof(value), "%u", n);
	add(t, SNAPSHOT_LINK, key, value);
}

static void
link_lines(struct taking *t, const struct net_link *l)
{
	char key[32], value[96];

	snprintf(key, sizeof(key), "link %s", l->name);
	snprintf(value, sizeof(value), "%u %s mtu %u", l->ifindex,
	    l->up ? "up" : "down", l->mtu);
	if (is_uplinks(l->name)) {
		link_value(t, l, "group", l->group);
		link_value(t, l, "rp_filter", l->rp_filter);
	} else
		snprintf(value + strlen(value), sizeof(value) - strlen(value),
		    " group %u rp_filter %u", l->group, l->rp_filter);
	add(t, SNAPSHOT_FOREIGN, key, value);
}

static void
add_other(int ours, uint32_t ifindex, const char *line, void *arg)
{
	struct taking *t = arg;
	size_t i;

	for (i = 0; ifindex != 0 && i < t->found->nlinks; i++)
		if (t->found->links[i].ifindex == ifindex &&
		    is_dialled(t->found->links[i].name))
			return;
	add(t, ours ? SNAPSHOT_OURS : SNAPSHOT_FOREIGN, line, "");
}

/* What follows the traffic is given back, and checked, by itself. */
static void
add_resolver(struct taking *t)
{
	static char text[RESOLVER_MAX];
	char value[32] = "none";
	ssize_t n = -1;
	int fd;

	if (config_current()->dns == CONF_DNS_FOLLOW)
		return;
	fd = open(RESOLVER_FILE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	if (n != -1)
		snprintf(value, sizeof(value), "%016" PRIx64,
		    snapshot_hash(text, (size_t)n));
	add(t, SNAPSHOT_FOREIGN, RESOLVER_FILE, value);
}

static int
take_once(struct snapshot *s, const struct net_state *found)
{
	struct taking t = { s, found, 0 };
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < found->nlinks; i++)
		if (!is_dialled(found->links[i].name) &&
		    !plan_is_twin(&found->links[i]))
			link_lines(&t, &found->links[i]);
	add_resolver(&t);
	if (netops->others(add_other, &t) == -1)
		return -1;
	if (t.failed) {
		errno = ENOSPC;
		return -1;
	}
	return snapshot_end(s);
}

static int
take(struct snapshot *s, const struct net_state *found)
{
	int tries = 0;

	while (take_once(s, found) == -1) {
		snapshot_free(s);
		if (errno != EINTR || ++tries == TRIES)
			return -1;
	}
	return 0;
}

void
proof_forget(void)
{
	if (keep_remove(PROOF_FILE) == -1)
		log_warn("%s", PROOF_FILE);
}

void
proof_leave(const struct net_state *was)
{
	struct monotime began = monotime_now();
	struct snapshot s;

	if (take(&s, was) == -1) {
		log_warn("no snapshot, so no proof of the return");
		proof_forget();
		return;
	}
	if (keep_write(PROOF_FILE, snapshot_print, &s) == -1)
		log_warn("%s", PROOF_FILE);
	log_debug("snapshot: %zu lines, %lld us behind the switch", s.n,
	    (long long)(monotime_sub(monotime_now(), began) / 1000));
	snapshot_free(&s);
}

/* ---- compared ---- */

struct proof {
	uint32_t n[2]; /* of ours, of others */
	char first[MSG_TEXT_LEN]; /* of ours */
};

static void
tell(uint32_t kind, uint32_t n, const char *text)
{
	struct msg_net_proof m;

	memset(&m, 0, sizeof(m));
	m.kind = kind;
	m.n = n;
	strlcpy(m.text, text, sizeof(m.text));
	netconf_send(IMSG_NET_PROOF, -1, &m, sizeof(m));
}

static void
different(enum snapshot_whose whose, const char *text, void *arg)
{
	int foreign = whose == SNAPSHOT_FOREIGN;
	struct proof *p = arg;
	uint32_t n = ++p->n[foreign];

	if (n == 1 && !foreign)
		strlcpy(p->first, text, sizeof(p->first));
	if (n <= TOLD_MAX)
		tell(foreign ? MSG_PROOF_FOREIGN : MSG_PROOF_LEFT, n, text);
}

static void
tell_more(uint32_t kind, uint32_t n)
{
	char text[32];

	if (n <= TOLD_MAX)
		return;
	snprintf(text, sizeof(text), "and %u more", n - TOLD_MAX);
	tell(kind, n, text);
}

static void
compare(const struct snapshot *was, const struct snapshot *now)
{
	struct proof p;

	memset(&p, 0, sizeof(p));
	snapshot_compare(was, now, different, &p);
	tell_more(MSG_PROOF_LEFT, p.n[0]);
	tell_more(MSG_PROOF_FOREIGN, p.n[1]);
	tell(MSG_PROOF_END, p.n[0], p.first);
}

/* Once: what is different by then is the next outage's past. */
void
proof_return(void)
{
	const struct net_state *found;
	struct snapshot was, now;
	char *text;

	if ((text = keep_read(PROOF_FILE, PROOF_FILE_MAX)) == NULL) {
		if (errno != ENOENT)
			log_warn("%s: no proof of the return", PROOF_FILE);
		return;
	}
	if (snapshot_parse(text, &was) == -1)
		log_warnx("%s: malformed", PROOF_FILE);
	else if ((found = net_look()) == NULL || take(&now, found) == -1) {
		log_warn("no proof of the return");
		snapshot_free(&was);
	} else {
		compare(&was, &now);
		snapshot_free(&was);
		snapshot_free(&now);
	}
	free(text);
	proof_forget();
}
