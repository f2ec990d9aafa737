/* SPDX-License-Identifier: ISC */
/*
 * From the words of the file to the structs: the grammar's actions come here
 * with a piece of text and the place it stands at.  Values are checked as
 * they are read; what is missing, doubled or contradictory is found at the
 * end of a block or of the file, where the defaults are filled in, too.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"

#define SPARE CONF_UPLINKS_MAX /* index of an uplink too many */

#define UNSET UINT32_MAX

static void
uplink_defaults(struct conf_uplink *u, enum conf_role role)
{
	memset(u, 0, sizeof(*u));
	u->role = role;
	u->carrier = CONF_CARRIER_ITSELF;
	u->probe.count = conf_range[CONF_F_COUNT].value;
	u->probe.interval_ms = conf_range[CONF_F_INTERVAL].value;
	u->probe.timeout_ms = conf_range[CONF_F_TIMEOUT].value;
	u->probe.delay_ms = conf_range[CONF_F_DELAY].value;
	u->probe.retry = conf_range[CONF_F_RETRY].value;
	u->probe.success.kind = CONF_QUORUM_MOST;
	u->probe.require.kind = CONF_QUORUM_ANY;
	u->probe.budget = conf_size_range[CONF_S_BUDGET].value;
	u->decide = CONF_DECIDE_INET;
	u->dial.after_ms = conf_range[CONF_F_DIAL_AFTER].value;
	u->dial.timeout_ms = conf_range[CONF_F_DIAL_TIMEOUT].value;
	u->dial.redial = conf_range[CONF_F_REDIAL].value;
	u->dial.backoff_ms = conf_range[CONF_F_BACKOFF].value;
	u->dial.backoff_max_ms = conf_range[CONF_F_BACKOFF_MAX].value;
}

void
conf_build_init(struct conf_build *b, struct conf_src *src, struct conf *conf)
{
	struct conf_global *g = &conf->global;

	b->src = src;
	b->conf = conf;
	g->fallback = CONF_FALLBACK_AUTOMATIC;
	g->after_ms = conf_range[CONF_F_AFTER].value;
	g->stable_ms = conf_range[CONF_F_STABLE].value;
	g->drain_ms = conf_range[CONF_F_DRAIN].value;
	g->flap_failovers = conf_range[CONF_F_FAILOVERS].value;
	g->flap_every_ms = conf_range[CONF_F_EVERY].value;
	g->flap_hold_ms = conf_range[CONF_F_HOLD].value;
	g->mark = CONF_MARK_DEFAULT;
	conf->global.alarm_repeat_ms = conf_range[CONF_F_ALARM_REPEAT].value;
	conf->global.alarm_keep_ms = conf_range[CONF_F_ALARM_KEEP].value;
	conf->alarm_timeout_ms = conf_range[CONF_F_ALARM_TIMEOUT].value;
	conf->capture_size = conf_size_range[CONF_S_CAPTURE].value;
	conf->capture_keep_ms = conf_range[CONF_F_CAPTURE_KEEP].value;
	b->capture = CONF_CAPTURE_CONTROL;
	(void)strlcpy(conf->state, STATEDIR, sizeof(conf->state));
}

struct conf_uplink *
conf_build_uplink(struct conf_build *b)
{
	return b->now == SPARE ? &b->spare : &b->conf->uplink[b->now];
}

struct conf_private *
conf_build_private(struct conf_build *b)
{
	return b->now == SPARE ? &b->spare_private : &b->conf->private[b->now];
}

static struct conf_uplink_build *
build_now(struct conf_build *b)
{
	return &b->uplink[b->now];
}

static void
begin(struct conf_build *b, uint32_t id, enum conf_role role,
    const struct conf_text *name)
{
	struct conf_uplink *u;

	b->now = id;
	b->errors_before = conf_src_errors(b->src);
	memset(build_now(b), 0, sizeof(*build_now(b)));
	build_now(b)->where = *name;
	build_now(b)->broken = 1; /* until its block has ended well */
	u = conf_build_uplink(b);
	uplink_defaults(u, role);
	u->id = id == SPARE ? 0 : id;
}

void
conf_build_primary(struct conf_build *b, const struct conf_text *name)
{
	struct conf_uplink *u;

	if (b->have_primary)
		conf_src_error(b->src, name, "more than one primary");
	begin(b, b->have_primary ? SPARE : 0, CONF_PRIMARY, name);
	b->have_primary = 1;
	u = conf_build_uplink(b);
	conf_build_ifname(b, u->ifname, name);
	(void)strlcpy(u->label, u->ifname, sizeof(u->label));
}

void
conf_build_label(struct conf_build *b, char label[CONF_LABEL_LEN],
    const struct conf_text *name)
{
	if (!conf_name_valid(name->s))
		conf_src_error(b->src, name,
		    "\"%s\" is not a name: letters, "
		    "digits and . - _ : are valid",
		    name->s);
	else if (strlen(name->s) >= CONF_LABEL_LEN)
		conf_src_error(b->src, name,
		    "\"%s\" is longer than %d "
		    "characters",
		    name->s, CONF_LABEL_LEN - 1);
	else
		(void)strlcpy(label, name->s, CONF_LABEL_LEN);
}

void
conf_build_backup(struct conf_build *b, const struct conf_text *name)
{
	uint32_t id = SPARE;

	if (b->nbackups == CONF_BACKUPS_MAX)
		conf_src_error(
		    b->src, name, "more than %d backups", CONF_BACKUPS_MAX);
	else
		id = ++b->nbackups;
	begin(b, id, CONF_BACKUP, name);
	conf_build_label(b, conf_build_uplink(b)->label, name);
}

static void
modem_end(struct conf_build *b)
{
	struct conf_uplink_build *ub = build_now(b);
	struct conf_uplink *u = conf_build_uplink(b);
	uint32_t i;

	conf_build_radio_end(b);
	if (u->modem.nphones == 0)
		conf_src_error(b->src, &ub->where,
		    "a modem needs a phone number: phone \"NUMBER\"");
	if (ub->account.s != NULL && ub->secret.s == NULL)
		conf_src_error(b->src, &ub->account,
		    "an account needs its secret: secret file \"PATH\"");
	if (ub->secret.s != NULL && ub->account.s == NULL)
		conf_src_error(b->src, &ub->secret,
		    "a secret needs its account: account \"NAME\"");
	for (i = 0; !ub->have_after && i < u->modem.nphones; i++)
		if (conf_phone_telephone(u->modem.phone[i]))
			u->dial.after_ms = CONF_DIAL_AFTER_TELEPHONE;
}

/* What only a modem has. */
static void
no_modem(struct conf_build *b)
{
	struct conf_uplink_build *ub = build_now(b);
	const struct {
		const char *word;
		const struct conf_text *text;
	} needs[] = { { "phone", &ub->phone }, { "init", &ub->init },
		{ "account", &ub->account }, { "secret", &ub->secret },
		{ "apn", &ub->apn }, { "pdp", &ub->pdp }, { "pin", &ub->pin },
		{ "status", &ub->status } };
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].text->s != NULL)
			conf_src_error(b->src, needs[i].text,
			    "\"%s\" needs a modem", needs[i].word);
}

/* By what is it reached?  One way, not none, not two. */
static void
way_end(struct conf_build *b)
{
	struct conf_uplink_build *ub = build_now(b);
	int ways;

	ways =
	    (ub->tty.s != NULL) + (ub->iface.s != NULL) + (ub->call.s != NULL);
	if (ways != 1)
		conf_src_error(b->src, &ub->where,
		    ways == 0 ? "a backup needs a modem, an interface or a call"
			      : "either modem, interface or call, not two");
	else if (ub->tty.s != NULL)
		modem_end(b);
	else {
		no_modem(b);
		if (ub->iface.s != NULL)
			conf_build_hooks_end(b);
	}
	if (conf_ppp(conf_build_uplink(b)) && ub->gateway.s != NULL)
		conf_src_error(b->src, &ub->gateway,
		    "\"gateway\" needs an interface: the other end of a modem "
		    "or call is the gateway");
	if (conf_ppp(conf_build_uplink(b)) && ub->dns.s != NULL)
		conf_src_error(b->src, &ub->dns,
		    "the resolvers of a modem or call are those that its peer "
		    "names");
}

/* block: with braces; without, a backup is an interface always there. */
void
conf_build_uplink_end(struct conf_build *b, int block)
{
	struct conf_uplink_build *ub = build_now(b);
	struct conf_uplink *u = conf_build_uplink(b);

	if (u->role == CONF_BACKUP && !block)
		conf_build_interface(b, NULL);
	if ((ub->broken = conf_src_errors(b->src) > b->errors_before))
		return;
	if (u->role == CONF_BACKUP) {
		way_end(b);
		if (!ub->have_metered)
			u->metered = conf_dialled(u);
		conf_build_cost_end(b);
	}
	if (u->dial.backoff_ms > u->dial.backoff_max_ms)
		conf_src_error(
		    b->src, &ub->where, "dial: backoff is longer than max");
	ub->broken = conf_src_errors(b->src) > b->errors_before;
}

/* A whole decimal number, nothing else; UNSET if it is not one. */
static uint64_t
digits(const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i;

	if (len == 0 || len > 10)
		return UNSET;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return UNSET;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	return n;
}

static int
duration(const struct conf_text *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "h", 3600000 }, { "d", 86400000 } };
	size_t len = strspn(text->s, "0123456789"), i;
	uint64_t n;

	if (len == 0 || len > 9)
		return -1;
	n = digits(text->s, len);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text->s + len, units[i].unit) == 0) {
			*ms = n * units[i].ms;
			return 0;
		}
	return -1;
}

static void
range_error(struct conf_build *b, const struct conf_range *r,
    const struct conf_text *text)
{
	char min[CONF_DURATION_LEN], max[CONF_DURATION_LEN];

	if (r->duration)
		conf_src_error(b->src, text, "%s %s is out of range: %s to %s",
		    r->word, text->s, conf_duration(r->min, min),
		    conf_duration(r->max, max));
	else
		conf_src_error(b->src, text, "%s %s is out of range: %u to %u",
		    r->word, text->s, r->min, r->max);
}

void
conf_build_number(struct conf_build *b, enum conf_field field, uint32_t *value,
    const struct conf_text *text)
{
	const struct conf_range *r = &conf_range[field];
	uint64_t n;

	if (r->duration) {
		if (duration(text, &n) == -1) {
			conf_src_error(b->src, text,
			    "%s \"%s\" is not a "
			    "duration, such as 200ms, 5s, 10m, 2h or 7d",
			    r->word, text->s);
			return;
		}
	} else if ((n = digits(text->s, strlen(text->s))) == UNSET) {
		conf_src_error(b->src, text, "%s \"%s\" is not a number",
		    r->word, text->s);
		return;
	}
	if (n > UINT32_MAX || !conf_in_range(field, (uint32_t)n))
		range_error(b, r, text);
	else
		*value = (uint32_t)n;
}

void
conf_build_quorum(
    struct conf_build *b, struct conf_quorum *q, const struct conf_text *text)
{
	q->kind = CONF_QUORUM_NUMBER;
	q->number = 1;
	if (digits(text->s, strlen(text->s)) == UNSET)
		conf_src_error(b->src, text,
		    "\"%s\" is not valid here: valid are all, most, any or a "
		    "number",
		    text->s);
	else
		conf_build_number(b, CONF_F_QUORUM, &q->number, text);
}

/* "10M": decimal, with a unit, as people buy volume. */
static int
size(const struct conf_text *text, uint64_t *octets)
{
	static const char units[] = "kMG";
	size_t len = strspn(text->s, "0123456789");
	const char *unit;
	uint64_t n;

	if (len == 0 || len > 9 || text->s[len] == '\0' ||
	    text->s[len + 1] != '\0' ||
	    (unit = strchr(units, text->s[len])) == NULL)
		return -1;
	for (n = digits(text->s, len); unit >= units; unit--)
		n *= 1000;
	*octets = n;
	return 0;
}

void
conf_build_size(struct conf_build *b, enum conf_size_field field,
    uint64_t *octets, const struct conf_text *text)
{
	const struct conf_size_range *r = &conf_size_range[field];
	char min[CONF_SIZE_LEN], max[CONF_SIZE_LEN];
	uint64_t n;

	if (size(text, &n) == -1)
		conf_src_error(b->src, text,
		    "%s \"%s\" is not a size, such as 500k, 10M or 1G", r->word,
		    text->s);
	else if (n < r->min || n > r->max)
		conf_src_error(b->src, text, "%s %s is out of range: %s to %s",
		    r->word, text->s, conf_size(r->min, min),
		    conf_size(r->max, max));
	else
		*octets = n;
}

void
conf_build_ifname(
    struct conf_build *b, char ifname[IFNAMSIZ], const struct conf_text *text)
{
	if (!conf_name_valid(text->s))
		conf_src_error(b->src, text,
		    "\"%s\" is not the name of an interface", text->s);
	else if (strlen(text->s) >= IFNAMSIZ)
		conf_src_error(b->src, text,
		    "\"%s\" is too long for the name "
		    "of an interface",
		    text->s);
	else
		(void)strlcpy(ifname, text->s, IFNAMSIZ);
}

void
conf_build_companion(struct conf_build *b, const struct conf_text *text)
{
	struct conf_uplink *u = conf_build_uplink(b);
	uint32_t i;

	for (i = 0; i < u->ncompanions; i++)
		if (strcmp(u->companion[i], text->s) == 0) {
			conf_src_error(b->src, text,
			    "companion %s is written twice", text->s);
			return;
		}
	if (u->ncompanions == CONF_COMPANIONS_MAX) {
		conf_src_error(b->src, text, "more than %d companions",
		    CONF_COMPANIONS_MAX);
		return;
	}
	conf_build_ifname(b, u->companion[u->ncompanions], text);
	if (u->companion[u->ncompanions][0] != '\0')
		u->ncompanions++;
}

/* Without a name the uplink's own is the interface's. */
void
conf_build_interface(struct conf_build *b, const struct conf_text *name)
{
	struct conf_uplink_build *ub = build_now(b);

	if (name == NULL)
		name = &ub->where;
	ub->iface = *name;
	conf_build_uplink(b)->kind = CONF_INTERFACE;
	conf_build_ifname(b, conf_build_uplink(b)->ifname, name);
}

void
conf_build_modem(struct conf_build *b, const struct conf_text *tty,
    const struct conf_text *speed)
{
	struct conf_uplink *u = conf_build_uplink(b);
	uint64_t n = CONF_SPEED_DEFAULT;

	build_now(b)->tty = *tty;
	u->kind = CONF_MODEM;
	conf_build_path(b, conf_build_private(b)->tty, tty, "modem");
	if (speed != NULL)
		n = digits(speed->s, strlen(speed->s));
	if (n > UINT32_MAX || !conf_speed_valid((uint32_t)n))
		conf_src_error(b->src, speed,
		    "speed \"%s\" is not one of 300, "
		    "600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, "
		    "230400, 460800, 921600",
		    speed->s);
	else
		u->modem.speed = (uint32_t)n;
}

void
conf_build_init_string(struct conf_build *b, const struct conf_text *text)
{
	struct conf_modem *m = &conf_build_uplink(b)->modem;

	build_now(b)->init = *text;
	if (m->ninits == CONF_INITS_MAX)
		conf_src_error(
		    b->src, text, "more than %d init strings", CONF_INITS_MAX);
	else if (!conf_init_valid(text->s))
		conf_src_error(b->src, text,
		    "init strings begin with AT and "
		    "hold at most %d printable characters",
		    CONF_INIT_LEN - 1);
	else
		(void)strlcpy(m->init[m->ninits++], text->s, CONF_INIT_LEN);
}

void
conf_build_phone(struct conf_build *b, const struct conf_text *text)
{
	struct conf_modem *m = &conf_build_uplink(b)->modem;

	build_now(b)->phone = *text;
	if (m->nphones == CONF_PHONES_MAX)
		conf_src_error(b->src, text, "more than %d phone numbers",
		    CONF_PHONES_MAX);
	else if (!conf_phone_valid(text->s))
		conf_src_error(b->src, text,
		    "\"%s\" is not a phone number: at "
		    "most %d of 0-9 * # + , W T P",
		    text->s, CONF_PHONE_LEN - 1);
	else
		(void)strlcpy(m->phone[m->nphones++], text->s, CONF_PHONE_LEN);
}

void
conf_build_account(struct conf_build *b, const struct conf_text *text)
{
	struct conf_private *p = conf_build_private(b);

	build_now(b)->account = *text;
	if (text->s[0] == '\0')
		conf_src_error(b->src, text, "the account's name is empty");
	else if (strlcpy(p->account, text->s, sizeof(p->account)) >=
		 sizeof(p->account))
		conf_src_error(b->src, text,
		    "the account's name is longer "
		    "than %d characters",
		    CONF_ACCOUNT_LEN - 1);
}

void
conf_build_where(struct conf_where *w, const struct conf_text *text)
{
	(void)strlcpy(w->file, text->file, sizeof(w->file));
	w->line = text->line;
}

void
conf_build_secret(struct conf_build *b, const struct conf_text *text)
{
	build_now(b)->secret = *text;
	conf_build_path(b, conf_build_private(b)->secret, text, "secret file");
	if (b->now != SPARE)
		conf_build_where(&b->conf->secret_where[b->now], text);
}

void
conf_build_metered(struct conf_build *b, uint32_t metered)
{
	build_now(b)->have_metered = 1;
	conf_build_uplink(b)->metered = metered;
}

void
conf_build_dns(struct conf_build *b, const struct conf_text *text)
{
	struct conf_private *p = conf_build_private(b);
	struct addr a;

	build_now(b)->dns = *text;
	if (p->ndns == CONF_DNS_MAX)
		conf_src_error(
		    b->src, text, "more than %d resolvers", CONF_DNS_MAX);
	else if (addr_parse(text->s, &a) == -1 || !conf_address_valid(&a))
		conf_src_error(b->src, text,
		    "\"%s\" is not the address of a resolver", text->s);
	else
		p->dns[p->ndns++] = a;
}

void
conf_build_follow(struct conf_build *b, const struct conf_text *text)
{
	struct conf_global *g = &b->conf->global;

	if (g->nfollow == CONF_NETS_MAX)
		conf_src_error(
		    b->src, text, "more than %d networks", CONF_NETS_MAX);
	else if (prefix_parse(text->s, &g->follow[g->nfollow]) == -1)
		conf_src_error(
		    b->src, text, "\"%s\" is not a network", text->s);
	else
		g->nfollow++;
}

void
conf_build_alarm(struct conf_build *b, const struct conf_text *text)
{
	conf_build_path(b, b->conf->alarm, text, "alarm");
	conf_build_where(&b->conf->alarm_where, text);
}

void
conf_build_capture(struct conf_build *b, const struct conf_text *text)
{
	conf_build_path(b, b->conf->capture, text, "capture");
	conf_build_where(&b->conf->capture_where, text);
}

void
conf_build_path(struct conf_build *b, char path[PATH_MAX],
    const struct conf_text *text, const char *what)
{
	if (text->s[0] != '/')
		/* it is not repeated: people write passwords here */
		conf_src_error(
		    b->src, text, "%s: a path from the root is needed", what);
	else if (strlcpy(path, text->s, PATH_MAX) >= PATH_MAX)
		conf_src_error(b->src, text, "%s: path too long", what);
}

static void
check_doubles(struct conf_build *b, uint32_t i)
{
	const struct conf_uplink *u = &b->conf->uplink[i], *o;
	uint32_t j;

	for (j = 0; j < i; j++) {
		o = &b->conf->uplink[j];
		if (o->label[0] == '\0' || u->label[0] == '\0')
			continue; /* told already */
		if (strcmp(o->label, u->label) == 0)
			conf_src_error(b->src, &b->uplink[i].where,
			    "uplink \"%s\" is written twice", u->label);
		else if (u->ifname[0] != '\0' &&
			 strcmp(o->ifname, u->ifname) == 0)
			conf_src_error(b->src, &b->uplink[i].where,
			    "interface %s belongs to uplink \"%s\" already",
			    u->ifname, o->label);
	}
	o = &b->conf->uplink[0];
	for (j = 0; j < o->ncompanions; j++)
		if (strcmp(o->companion[j], u->ifname) == 0)
			conf_src_error(b->src, &b->uplink[0].where,
			    "companion %s is itself an uplink", u->ifname);
}

/*
 * A hub may have nowhere to go, and its peers tell it where they are, at least
 * one of them.  Who calls each of its peers at an address is rather a branch
 * that forgets its backup.
 */
static void
check_backups(struct conf_build *b, const struct conf_text *file)
{
	const struct conf *conf = b->conf;
	const char *name = "";
	uint32_t i;

	if (b->nbackups > 0 || conf_src_errors(b->src) > 0)
		return;
	if (conf->nkeyed == 0) {
		conf_src_error(b->src, file,
		    "no backup: backup INTERFACE, or backup NAME { ... }, or "
		    "peers with a key");
		return;
	}
	for (i = 0; i < conf->npeers; i++) {
		if (!conf->peer[i].keyed)
			continue;
		if (conf->peer[i].naddresses == 0)
			return;
		name = conf->peer[i].name;
	}
	conf_src_warn(b->src, file,
	    "no backup, and peer %s has an address: an outage only alarms",
	    name);
}

void
conf_build_finish(struct conf_build *b)
{
	struct conf_text file = { NULL, b->conf->path, 0 };
	struct conf *conf = b->conf;
	uint32_t i;

	conf->nuplinks = b->nbackups + 1;
	for (i = 0; i < conf->nuplinks; i++)
		check_doubles(b, i);
	conf_build_nat_finish(b);
	if (conf->capture[0] != '\0')
		conf->uplink[0].capture = b->capture;
	conf_build_targets_finish(b);
	conf_build_peers_finish(b);
	/* after a syntax error they may have been skipped */
	if (!b->have_primary && conf_src_errors(b->src) == 0)
		conf_src_error(b->src, &file,
		    "no primary: primary INTERFACE { target ADDRESS }");
	check_backups(b, &file);
}
