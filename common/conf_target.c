/* SPDX-License-Identifier: ISC */
/*
 * What is probed: gateways and targets from the words of the file, and what
 * can only be told of all of them together: which are near, whether those
 * that decide are enough, and which of them prove a backup.
 */
#include <ctype.h>
#include <string.h>

#include "common/conf_int.h"

#define DNS_PORT 53

#define FAR_NEEDED                                                 \
	"no far target: at least one beyond the provider's first " \
	"router is needed"

#define NEAR_FOR_A_BACKUP "a near target proves nothing of a backup"

static const char *const family_example[] = { "198.51.100.7", "2001:db8::7" };

/*
 * RFC 1035 2.3.1 and 2.3.4, with the leading digits of RFC 1123 2.1 and the
 * underscores that are in use (RFC 8552).  Its last label is no number, or
 * it would be an address.
 */
int
conf_query_valid(const char *name)
{
	const char *label = name, *p;
	int alpha = 0;

	if (strlen(name) >= CONF_QUERY_LEN)
		return 0;
	for (p = name;; p++) {
		if (*p == '.' || *p == '\0') {
			if (p == label || p - label > 63 || *label == '-' ||
			    p[-1] == '-')
				return 0;
			if (*p == '\0')
				return alpha;
			label = p + 1;
			alpha = 0;
		} else if (isalpha((unsigned char)*p)) {
			alpha = 1;
		} else if (!isdigit((unsigned char)*p) && *p != '-' &&
			   *p != '_') {
			return 0;
		}
	}
}

static int
parse_address(
    struct conf_build *b, struct addr *a, const struct conf_text *text)
{
	if (addr_parse(text->s, a) == 0)
		return 0;
	conf_src_error(b->src, text,
	    "\"%s\" is not an address, such as 198.51.100.7", text->s);
	return -1;
}

static int
target_address(
    struct conf_build *b, struct addr *a, const struct conf_text *text)
{
	if (parse_address(b, a, text) == -1)
		return -1;
	if (a->family == AF_INET6 && addr_is_linklocal(a))
		conf_src_error(b->src, text,
		    "\"%s\" is link-local: its answer says nothing of what "
		    "lies beyond the link",
		    text->s);
	else if (!conf_address_valid(a))
		conf_src_error(b->src, text,
		    "\"%s\" is not the address of a host", text->s);
	else
		return 0;
	return -1;
}

/* One for each family; auto (no text) speaks for the rest, so not of both. */
void
conf_build_gateway(struct conf_build *b, const struct conf_text *word,
    const struct conf_text *text)
{
	struct conf_uplink_build *ub = &b->uplink[b->now];
	struct conf_uplink *u = conf_build_uplink(b);
	enum family family;
	struct addr a;

	if (ub->gateway.s == NULL)
		ub->gateway = *word;
	if (text == NULL) {
		if (ub->gateway_auto++ || ub->ngateways == FAMILIES)
			conf_src_error(
			    b->src, word, "\"gateway\" is written twice");
		return;
	}
	if (strchr(text->s, '%') != NULL) {
		conf_src_error(b->src, text,
		    "\"%s\": the link is the uplink's own, without %%",
		    text->s);
		return;
	}
	if (parse_address(b, &a, text) == -1)
		return;
	family = addr_family(&a);
	if (!conf_gateway_valid(&a, family)) {
		conf_src_error(b->src, text,
		    "\"%s\" is not the address of a host", text->s);
		return;
	}
	ub->ngateways++;
	if (u->gateway[family].family != AF_UNSPEC ||
	    (ub->gateway_auto && ub->ngateways == FAMILIES))
		conf_src_error(b->src, word, "\"gateway\" is written twice");
	u->gateway[family] = a;
}

/* A new target at the end, or NULL: it is one too many. */
static struct conf_target *
new_target(struct conf_build *b, struct conf_uplink *u,
    const struct conf_text *where, enum conf_method method)
{
	struct conf_target *t;

	if (u->ntargets == CONF_TARGETS_MAX) {
		conf_src_error(
		    b->src, where, "more than %d targets", CONF_TARGETS_MAX);
		return NULL;
	}
	t = &u->target[u->ntargets];
	memset(t, 0, sizeof(*t));
	t->id = u->ntargets;
	t->method = method;
	return t;
}

/* A name that ends in the root's dot is the same without. */
static int
target_query(
    struct conf_build *b, struct conf_target *t, const struct conf_text *text)
{
	char name[CONF_QUERY_LEN + 1];
	size_t len = strlcpy(name, text->s, sizeof(name));

	if (len > 1 && len < sizeof(name) && name[len - 1] == '.')
		name[len - 1] = '\0';
	if (conf_query_valid(name)) {
		(void)strlcpy(t->query, name, sizeof(t->query));
		return 0;
	}
	conf_src_error(b->src, text,
	    "\"%s\" is not a domain name: labels hold at most 63 letters, "
	    "digits, - and _, all together %d characters",
	    text->s, CONF_QUERY_LEN - 1);
	return -1;
}

/* What may lie is what is asked for, so any address can be the answer. */
static int
target_dns(struct conf_build *b, struct conf_target *t,
    const struct conf_target_words *w)
{
	t->port = DNS_PORT;
	if (w->query.s == NULL) {
		conf_src_error(b->src, &w->address,
		    "target dns %s needs a name: query \"NAME\"", w->address.s);
		return -1;
	}
	if (target_query(b, t, &w->query) == -1)
		return -1;
	return w->answer.s == NULL ? 0
				   : parse_address(b, &t->answer, &w->answer);
}

static int
target_words(struct conf_build *b, struct conf_target *t,
    const struct conf_target_words *w)
{
	int errors = conf_src_errors(b->src);

	t->near = w->near;
	if (target_address(b, &t->address, &w->address) == -1 ||
	    (w->method == CONF_METHOD_DNS && target_dns(b, t, w) == -1))
		return -1;
	if (w->port.s != NULL)
		conf_build_number(b, CONF_F_PORT, &t->port, &w->port);
	else if (w->method == CONF_METHOD_TCP)
		conf_src_error(b->src, &w->address,
		    "target tcp %s needs a port: port NUMBER", w->address.s);
	return conf_src_errors(b->src) > errors ? -1 : 0;
}

void
conf_build_target(struct conf_build *b, const struct conf_target_words *w)
{
	struct conf_uplink *u = conf_build_uplink(b);
	struct conf_target *t;
	uint32_t i;

	if (w->near && u->role == CONF_BACKUP) {
		conf_src_error(b->src, &w->address, NEAR_FOR_A_BACKUP);
		return;
	}
	if ((t = new_target(b, u, &w->address, w->method)) == NULL ||
	    target_words(b, t, w) == -1)
		return;
	for (i = 0; i < u->ntargets; i++)
		if (conf_target_same(&u->target[i], t)) {
			conf_src_error(b->src, &w->address,
			    "target %s is written twice", w->address.s);
			return;
		}
	b->uplink[b->now].target[u->ntargets++] = w->address;
}

/* Of which families there is a gateway to ask is known at the end. */
void
conf_build_target_gateway(struct conf_build *b, const struct conf_text *word)
{
	struct conf_uplink_build *ub = &b->uplink[b->now];

	if (conf_build_uplink(b)->role == CONF_BACKUP)
		conf_src_error(b->src, word, NEAR_FOR_A_BACKUP);
	else if (ub->target_gateway.s != NULL)
		conf_src_error(b->src, word, "target gateway is written twice");
	ub->target_gateway = *word;
}

/* The gateway's own answer says nothing of what lies behind it. */
static int
is_gateway(const struct conf_uplink *u, const struct conf_target *t)
{
	return addr_cmp(&t->address, &u->gateway[addr_family(&t->address)]) ==
	       0;
}

static void
mark_gateways(struct conf_uplink *u)
{
	uint32_t i;

	for (i = 0; i < u->ntargets; i++)
		if (is_gateway(u, &u->target[i]))
			u->target[i].near = 1;
}

/* Of a target that is the primary's the backup's file says the gateway. */
static void
refuse_gateways(struct conf_build *b, uint32_t id, int own)
{
	const struct conf_uplink *u = &b->conf->uplink[id];
	const struct conf_uplink_build *ub = &b->uplink[id];
	char text[ADDR_STRLEN];
	uint32_t i;

	for (i = 0; i < u->ntargets; i++)
		if (is_gateway(u, &u->target[i]))
			conf_src_error(b->src,
			    own ? &ub->target[i] : &ub->gateway,
			    "target %s is its gateway: " NEAR_FOR_A_BACKUP,
			    addr_format(
				&u->target[i].address, text, sizeof(text)));
}

static void
add_gateways(struct conf_build *b)
{
	static const int af[FAMILIES] = { AF_INET, AF_INET6 };
	struct conf_uplink *u = &b->conf->uplink[0];
	const struct conf_text *where = &b->uplink[0].target_gateway;
	struct conf_target *t;
	uint32_t i;

	if (where->s == NULL)
		return;
	for (i = 0; i < FAMILIES; i++) {
		if (conf_far_targets(u, i) == 0)
			continue;
		if ((t = new_target(b, u, where, CONF_METHOD_GATEWAY)) == NULL)
			return;
		t->address.family = (uint32_t)af[i];
		t->near = 1;
		u->ntargets++;
	}
}

/*
 * Each family that decides must have something to decide by.  The words of
 * decide begin with the families.
 */
static void
check_decide(struct conf_build *b, uint32_t id)
{
	const struct conf_uplink *u = &b->conf->uplink[id];
	const struct conf_text *where = &b->uplink[id].where;
	uint32_t i;

	for (i = 0; i < FAMILIES; i++) {
		if (!conf_family_decides(u, i) || conf_far_targets(u, i) > 0)
			continue;
		if (conf_far_targets(u, FAMILIES - 1 - i) == 0) {
			conf_src_error(b->src, where, FAR_NEEDED);
			return;
		}
		conf_src_error(b->src, where,
		    id == 0 ? "\"decide %s\" needs a far %s target: such as "
			      "\"target %s\", or write \"decide %s\""
			    : "\"decide %s\" needs a far %s target here, too: "
			      "such as \"target %s\"",
		    conf_decide_words[u->decide], conf_family_names[i],
		    family_example[i], conf_decide_words[FAMILIES - 1 - i]);
	}
}

static void
check_quorums(struct conf_build *b)
{
	const struct conf_uplink *u = &b->conf->uplink[0];
	const struct conf_text *where = &b->uplink[0].where;
	const struct conf_probe *p = &u->probe;
	uint32_t far, i;

	for (i = 0; i < FAMILIES; i++) {
		far = conf_far_targets(u, i);
		if (conf_family_decides(u, i) && far > 0 &&
		    p->require.kind == CONF_QUORUM_NUMBER &&
		    p->require.number > far)
			conf_src_error(b->src, where,
			    "require %u can never be met by %u far %s "
			    "target%s",
			    p->require.number, far, conf_family_names[i],
			    far == 1 ? "" : "s");
	}
	if (p->success.kind == CONF_QUORUM_NUMBER &&
	    p->success.number > p->count)
		conf_src_error(b->src, where,
		    "success %u can never be met by %u probe%s",
		    p->success.number, p->count, p->count == 1 ? "" : "s");
}

/* Rounds that are further apart than any delay may be prove nothing. */
static int
check_budget(struct conf_build *b, uint32_t id)
{
	const struct conf_uplink *u = &b->conf->uplink[id];
	char given[CONF_SIZE_LEN], least[CONF_SIZE_LEN];
	uint32_t i, max = conf_range[CONF_F_DELAY].max;

	for (i = 0; i < FAMILIES; i++)
		if (conf_delay_ms(u, i) > max) {
			conf_src_error(b->src, &b->uplink[id].where,
			    "a budget of %s is too small for these targets: "
			    "%s at least",
			    conf_size(u->probe.budget, given),
			    conf_size(conf_budget_least(u, max), least));
			return -1;
		}
	return 0;
}

/* A backup without targets is proved by the far ones of the primary. */
static void
inherit(const struct conf_uplink *primary, struct conf_uplink *u)
{
	uint32_t i;

	u->probe = primary->probe;
	u->decide = primary->decide;
	if (u->ntargets > 0)
		return;
	for (i = 0; i < primary->ntargets; i++)
		if (!primary->target[i].near) {
			u->target[u->ntargets] = primary->target[i];
			u->target[u->ntargets].id = u->ntargets;
			u->ntargets++;
		}
}

void
conf_build_targets_finish(struct conf_build *b)
{
	struct conf *conf = b->conf;
	int told = !b->have_primary || b->uplink[0].broken, own;
	uint32_t i;

	if (!told) {
		mark_gateways(&conf->uplink[0]);
		add_gateways(b);
		check_decide(b, 0);
		check_quorums(b);
		told = check_budget(b, 0) == -1;
	}
	for (i = 1; i < conf->nuplinks; i++) {
		own = conf->uplink[i].ntargets > 0;
		inherit(&conf->uplink[0], &conf->uplink[i]);
		if (told || b->uplink[i].broken)
			continue;
		refuse_gateways(b, i, own);
		if (own)
			check_decide(b, i);
		(void)check_budget(b, i);
	}
}
