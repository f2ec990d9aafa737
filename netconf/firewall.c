/* SPDX-License-Identifier: ISC */
/*
 * Tables and chains of what nft(8) prints: a table from its head in the first
 * column to its brace, its chains and sets one tab further, their rules and
 * elements two; see firewall.h.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "netconf/firewall.h"

#define RULES_MAX 10000 /* walked through; of what has more nothing is told */
#define DEPTH_MAX 16 /* the kernel's own, NFT_JUMP_STACK_SIZE */

struct walk {
	const struct firewall_table *table;
	const struct firewall_exit *exit;
	uint32_t left;
};

enum walked { FALLS_THROUGH, LEAVES, PASSES, STOPS };

const struct firewall_block *
firewall_block(const struct firewall_table *t, enum firewall_kind kind,
    const char *name, size_t len)
{
	const struct firewall_block *b = t->block;
	size_t i;

	for (i = 0; i < t->nblocks; i++, b++)
		if (b->kind == kind && b->len == len &&
		    memcmp(b->name, name, len) == 0)
			return b;
	return NULL;
}

static enum walked walk(struct walk *, const char *chain, int depth);

static enum walked
go_on_in(struct walk *w, const struct firewall_rule *r, int depth)
{
	const struct firewall_block *b =
	    firewall_block(w->table, FIREWALL_CHAIN, r->chain, r->len);

	if (b == NULL || depth == DEPTH_MAX)
		return PASSES;
	return walk(w, b->body, depth + 1);
}

/*
 * One line of a chain, if it holds.  FALLS_THROUGH: the next one follows;
 * LEAVES: none of this chain does, since nothing comes back from a goto.
 */
static enum walked
step(struct walk *w, const struct firewall_rule *r, int depth)
{
	enum walked is;

	switch (r->verdict) {
	case FIREWALL_ACCEPT:
		return PASSES;
	case FIREWALL_DROP:
		return STOPS;
	case FIREWALL_RETURN:
		return LEAVES;
	case FIREWALL_JUMP:
		return go_on_in(w, r, depth);
	case FIREWALL_GOTO:
		is = go_on_in(w, r, depth);
		return is == FALLS_THROUGH ? LEAVES : is;
	default:
		return FALLS_THROUGH;
	}
}

/*
 * Where a new connection of the LAN gets by this exit.  What may hold or not
 * is taken for letting it out: who may have left is not stopped further down.
 */
static enum walked
walk(struct walk *w, const char *chain, int depth)
{
	bool may_leave = false;
	struct firewall_rule r;
	enum walked is;
	const char *p;
	size_t n;

	for (p = chain; *p == '\t' && p[1] == '\t'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (w->left == 0)
			return PASSES;
		w->left--;
		firewall_rule(&r, w->table, w->exit, p, n);
		if (r.other)
			continue;
		is = step(w, &r, depth);
		may_leave |= is == LEAVES;
		if (is == PASSES)
			return PASSES;
		if (r.always && is != FALLS_THROUGH)
			return is == STOPS && !may_leave ? STOPS
							 : FALLS_THROUGH;
	}
	return FALLS_THROUGH;
}

struct look {
	const struct conf *conf;
	const char (*names)[IFNAMSIZ];
	firewall_found *found;
	void *arg;
};

static bool
lets_out(const struct look *l, const struct firewall_table *t,
    const char *chain, uint32_t uplink, bool drops)
{
	struct firewall_exit exit = { l->conf->uplink[uplink].ifname, l->conf };
	struct walk w = { t, &exit, RULES_MAX };
	enum walked is;

	if (exit.ifname[0] == '\0')
		exit.ifname = l->names[uplink];
	is = walk(&w, chain, 0);
	return is == PASSES || (is == FALLS_THROUGH && !drops);
}

static bool
has(const char *line, const char *text)
{
	return memmem(line, strcspn(line, "\n"), text, strlen(text)) != NULL;
}

/* Its first line says where it is hooked in, and what becomes of the rest. */
static void
chain(const struct look *l, struct firewall_table *t, const char *body)
{
	bool drops;
	uint32_t i;

	if (has(body, "\t\tcomment "))
		body += strcspn(body, "\n");
	body += *body == '\n';
	drops = has(body, "policy drop");
	if (!has(body, "hook forward") || !lets_out(l, t, body, 0, drops))
		return;
	for (i = 1; i < l->conf->nuplinks; i++) {
		if (t->told & 1u << i || lets_out(l, t, body, i, drops))
			continue;
		t->told |= 1u << i;
		l->found(t->head, t->len, i, l->arg);
	}
}

/* Of packets that are routed; ours is what the file says that runs. */
static bool
is_of_interest(const char *head, size_t len)
{
	static const char *const kinds[] = { "table inet ", "table ip ",
		"table ip6 " };
	static const char ours[] = "table inet dialfail";
	size_t i;

	if (len == sizeof(ours) - 1 && memcmp(head, ours, len) == 0)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(head, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static void
table_end(const struct look *l, struct firewall_table *t)
{
	size_t i;

	if (t->full || !is_of_interest(t->head, t->len))
		return;
	for (i = 0; i < t->nblocks; i++)
		if (t->block[i].kind == FIREWALL_CHAIN)
			chain(l, t, t->block[i].body);
}

/* "\tchain NAME {"; those that are too many are counted as one. */
static void
block(struct firewall_table *t, const char *line)
{
	static const struct {
		const char *head;
		enum firewall_kind kind;
	} heads[] = { { "\tchain ", FIREWALL_CHAIN },
		{ "\tset ", FIREWALL_SET }, { "\tmap ", FIREWALL_SET } };
	const char *body;
	struct firewall_block *b;
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (strncmp(line, heads[i].head, strlen(heads[i].head)) != 0 ||
		    (body = strstr(line, " {\n")) == NULL)
			continue;
		if (t->nblocks == FIREWALL_BLOCKS_MAX) {
			t->full = true;
			return;
		}
		b = &t->block[t->nblocks++];
		b->kind = heads[i].kind;
		b->name = line + strlen(heads[i].head);
		b->len = (size_t)(body - b->name);
		b->body = body + 3;
	}
}

static void
line(const struct look *l, struct firewall_table *t, const char *p, size_t n)
{
	const char *brace;

	if (strncmp(p, "table ", 6) == 0) {
		/* a comment may follow, as of who owns it */
		brace = memmem(p, n, " {", 2);
		t->head = p;
		t->len = brace != NULL ? (size_t)(brace - p) : n;
		t->nblocks = 0;
		t->full = false;
		t->told = 0;
	} else if (t->head != NULL && p[0] == '}') {
		table_end(l, t);
		t->head = NULL;
	} else if (t->head != NULL)
		block(t, p);
}

void
firewall_forward(const char *ruleset, const struct conf *conf,
    const char names[][IFNAMSIZ], firewall_found *found, void *arg)
{
	const struct look l = { conf, names, found, arg };
	struct firewall_table *t;
	const char *p;
	size_t n;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return;
	for (p = ruleset; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		line(&l, t, p, n);
	}
	free(t);
}
