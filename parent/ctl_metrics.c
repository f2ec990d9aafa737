/* SPDX-License-Identifier: ISC */
/*
 * Answers as metrics: OpenMetrics 1.0, or the Prometheus text format 0.0.4,
 * which node_exporter's textfile collector reads and which knows neither
 * info nor stateset.  Only what is known is told: a value that would have to
 * be guessed has no line.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "parent/ctl_output.h"
#include "parent/sample.h"
#include "parent/target.h"

#define PREFIX "dialfail_"

#define RTT_BOUNDS 8 /* 3 s: a probe has a second [timeout], or little more */

struct out {
	FILE *f;
	int prometheus;
	const char *name; /* of the present family, without prefix */
};

struct labels {
	char text[2 * TARGET_NAME_LEN + 256];
};

/* As both formats quote; they are UTF-8, and what is ours is ASCII. */
static struct labels *
label(struct labels *l, const char *name, const char *value)
{
	char one[3] = "";

	strlcat(l->text, l->text[0] == '\0' ? "" : ",", sizeof(l->text));
	strlcat(l->text, name, sizeof(l->text));
	strlcat(l->text, "=\"", sizeof(l->text));
	for (; *value != '\0'; value++) {
		one[0] = *value < ' ' || *value > '~' ? '?' : *value;
		one[1] = '\0';
		if (*value == '"' || *value == '\\')
			strlcpy(
			    one, *value == '"' ? "\\\"" : "\\\\", sizeof(one));
		strlcat(l->text, one, sizeof(l->text));
	}
	strlcat(l->text, "\"", sizeof(l->text));
	return l;
}

static const char *
old_type(const char *type)
{
	if (strcmp(type, "info") == 0 || strcmp(type, "stateset") == 0)
		return "gauge";
	return type;
}

/* The suffix that a family's samples have; 0.0.4 has it in its name, too. */
static const char *
suffix_of(const char *type)
{
	if (strcmp(type, "counter") == 0)
		return "_total";
	return strcmp(type, "info") == 0 ? "_info" : "";
}

/* A family begins.  unit is the end of its name, or NULL. */
static void
family(struct out *o, const char *name, const char *type, const char *unit,
    const char *help)
{
	const char *suffix = o->prometheus ? suffix_of(type) : "";

	o->name = name;
	fprintf(o->f, "# HELP " PREFIX "%s%s %s\n", name, suffix, help);
	fprintf(o->f, "# TYPE " PREFIX "%s%s %s\n", name, suffix,
	    o->prometheus ? old_type(type) : type);
	if (unit != NULL && !o->prometheus)
		fprintf(o->f, "# UNIT " PREFIX "%s %s\n", name, unit);
}

static void
begin(struct out *o, const char *suffix, const struct labels *l)
{
	fprintf(o->f, PREFIX "%s%s", o->name, suffix);
	if (l != NULL && l->text[0] != '\0')
		fprintf(o->f, "{%s}", l->text);
}

static void
number(struct out *o, const char *suffix, const struct labels *l, uint64_t n)
{
	begin(o, suffix, l);
	fprintf(o->f, " %" PRIu64 "\n", n);
}

static void
seconds(struct out *o, const char *suffix, const struct labels *l, int64_t ns)
{
	begin(o, suffix, l);
	fprintf(o->f, " %" PRId64 ".%09" PRId64 "\n", ns / 1000000000,
	    ns % 1000000000);
}

static void
gauge(struct out *o, const char *name, const char *help, uint64_t n)
{
	family(o, name, "gauge", NULL, help);
	number(o, "", NULL, n);
}

static void
counter(struct out *o, const char *name, const char *help, uint64_t n)
{
	family(o, name, "counter", NULL, help);
	number(o, "_total", NULL, n);
}

static void
timestamp(struct out *o, const char *name, const char *help, int64_t ns)
{
	if (ns <= 0)
		return;
	family(o, name, "gauge", "seconds", help);
	seconds(o, "", NULL, ns);
}

static void
info(struct out *o, const char *name, const char *key, const char *value,
    const char *help)
{
	struct labels l = { "" };

	family(o, name, "info", NULL, help);
	number(o, "_info", label(&l, key, value), 1);
}

static void
daemon_metrics(struct out *o, const struct ctl_summary *s)
{
	char sum[CONF_HASH_LEN];

	conf_hash(s->sha256, sum);
	info(o, "build", "version", s->version, "The version that runs.");
	info(o, "config", "sha256", sum, "The configuration in force.");
	timestamp(
	    o, "start_time_seconds", "Start of the daemon.", s->started_ns);
	timestamp(o, "config_last_reload_success_timestamp_seconds",
	    "When the configuration in force was loaded.", s->loaded_ns);
	gauge(o, "config_last_reload_successful",
	    "Whether the last reload succeeded.", !s->reload_failed);
	gauge(o, "config_confirm_pending",
	    "Whether a reload goes back unless it is confirmed.",
	    s->confirm_due);
	gauge(o, "peers", "Peers with a key.", s->peers);
	gauge(o, "peers_silent", "Peers not heard for too long.",
	    s->peers_silent);
	gauge(o, "peers_unacknowledged", "Peers that do not follow us.",
	    s->peers - s->peers_acknowledged);
	if (s->network_known)
		gauge(o, "network_differences",
		    "Rules, routes and flags that are not as wanted.",
		    s->network_differences);
	counter(o, "network_repairs", "Times that what is ours was laid again.",
	    s->network_repairs);
	counter(o, "hook_failures", "Hooks that failed.", s->hook_failures);
	gauge(o, "alarms_waiting", "Alarms not taken by the program yet.",
	    s->alarms_waiting);
	timestamp(o, "alarm_oldest_timestamp_seconds",
	    "Since when the oldest of them waits.", s->alarm_oldest_ns);
	timestamp(o, "hold_until_timestamp_seconds", "When the hold ends.",
	    s->hold_until_ns);
}

static void
state(struct out *o, const struct ctl_summary *s)
{
	static const char *const states[] = { "starting", "primary", "suspect",
		"dialing", "backup", "returning", "stranded" };
	size_t i;

	family(o, "state", "stateset", NULL, "What is being done.");
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct labels l = { "" };

		/* a state set's label has its own name */
		label(&l, o->prometheus ? "state" : PREFIX "state", states[i]);
		number(o, "", &l, strcmp(states[i], s->state) == 0);
	}
}

static struct labels *
uplink_labels(struct labels *l, const struct ctl_uplink *u)
{
	label(l, "uplink", u->name);
	return label(l, "role", u->role == CONF_PRIMARY ? "primary" : "backup");
}

/* One line for each family of each uplink that is probed. */
static void
families(struct out *o, const struct ctl_answer *a, int known)
{
	size_t i;
	uint32_t f;

	for (i = 0; i < a->nuplinks; i++)
		for (f = 0; f < FAMILIES; f++) {
			const struct ctl_family *v = &a->uplinks[i].family[f];
			struct labels l = { "" };

			if (!v->probed || (!known && !v->known))
				continue;
			uplink_labels(&l, &a->uplinks[i]);
			label(&l, "family", family_word(f));
			number(o, "", &l, known ? v->known : v->good);
		}
}

static void
rounds(struct out *o, const struct ctl_answer *a)
{
	size_t i;
	uint32_t f, r;

	family(o, "rounds", "counter", NULL, "Rounds of probes.");
	for (i = 0; i < a->nuplinks; i++)
		for (f = 0; f < FAMILIES; f++) {
			const struct ctl_family *v = &a->uplinks[i].family[f];

			for (r = 0; v->probed && r <= MSG_VOID; r++) {
				struct labels l = { "" };

				label(&l, "uplink", a->uplinks[i].name);
				label(&l, "family", family_word(f));
				label(&l, "result", sample_verdicts[r]);
				number(o, "_total", &l, v->rounds[r]);
			}
		}
}

static void
octets(struct out *o, const struct ctl_answer *a, const char *name,
    const char *help, size_t offset)
{
	size_t i;

	family(o, name, "counter", "bytes", help);
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };
		uint64_t n;

		if (!a->uplinks[i].octets_known)
			continue;
		memcpy(&n, (const char *)&a->uplinks[i] + offset, sizeof(n));
		number(o, "_total", label(&l, "uplink", a->uplinks[i].name), n);
	}
}

static void
uplinks(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	family(o, "uplink_known", "gauge", NULL,
	    "Whether the uplink is probed and a round has counted.");
	families(o, a, 1);
	family(o, "uplink_up", "gauge", NULL,
	    "Whether its last round was good; only of known ones.");
	families(o, a, 0);
	family(
	    o, "uplink_active", "gauge", NULL, "Whether it carries traffic.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		number(o, "", uplink_labels(&l, &a->uplinks[i]),
		    a->uplinks[i].active);
	}
	family(o, "uplink_carrier", "gauge", NULL,
	    "Whether its interface is up and has carrier.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].facts_known)
			number(o, "", uplink_labels(&l, &a->uplinks[i]),
			    a->uplinks[i].carrier);
	}
	rounds(o, a);
	octets(o, a, "uplink_receive_bytes",
	    "Octets received since its interface came to be.",
	    offsetof(struct ctl_uplink, received));
	octets(o, a, "uplink_transmit_bytes",
	    "Octets sent since its interface came to be.",
	    offsetof(struct ctl_uplink, sent));
}

/* So many bounds of it are told; what is beyond them is in the last bucket. */
static void
histogram(struct out *o, const struct labels *l, int bounds,
    const struct histogram *h)
{
	static const char *const le[HISTOGRAM_BOUNDS + 1] = { "0.001", "0.003",
		"0.01", "0.03", "0.1", "0.3", "1.0", "3.0", "10.0", "30.0",
		"100.0", "+Inf" };
	uint64_t n = 0;
	int i;

	for (i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		struct labels one = *l;

		n += h->bucket[i];
		if (i < bounds || i == HISTOGRAM_BOUNDS)
			number(o, "_bucket", label(&one, "le", le[i]), n);
	}
	number(o, "_count", l, n);
	seconds(o, "_sum", l, (int64_t)h->sum_us * 1000);
}

static struct labels *
target_labels(struct labels *l, const struct ctl_target *t)
{
	char name[TARGET_NAME_LEN];

	label(l, "uplink", t->via);
	return label(l, "target", target_name(&t->target, name, sizeof(name)));
}

static void
probes(struct out *o, const struct ctl_answer *a, const char *name,
    const char *help, size_t offset)
{
	size_t i;

	family(o, name, "counter", NULL, help);
	for (i = 0; i < a->ntargets; i++) {
		const struct ctl_target *t = &a->targets[i];
		struct labels l = { "" };
		uint64_t n;

		memcpy(&n, (const char *)&t->stats + offset, sizeof(n));
		target_labels(&l, t);
		label(&l, "method", target_method(&t->target));
		number(o, "_total", &l, n);
	}
}

static void
targets(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	probes(o, a, "probes_sent", "Probes sent.",
	    offsetof(struct msg_stats, sent));
	probes(o, a, "probes_answered", "Probes answered in time.",
	    offsetof(struct msg_stats, received));
	probes(o, a, "probes_late", "Probes answered too late.",
	    offsetof(struct msg_stats, late));
	family(o, "probe_rtt_seconds", "histogram", "seconds",
	    "Round trips, those that came too late as well.");
	for (i = 0; i < a->ntargets; i++) {
		struct labels l = { "" };

		target_labels(&l, &a->targets[i]);
		histogram(o, &l, RTT_BOUNDS, &a->targets[i].stats.rtt);
	}
}

static void
switched(struct out *o, const char *name, const char *help,
    const uint64_t by[CTL_CAUSES])
{
	uint32_t c;

	family(o, name, "counter", NULL, help);
	for (c = 0; c < CTL_CAUSES; c++) {
		struct labels l = { "" };

		label(&l, "cause",
		    c == CTL_CAUSE_ASKED  ? "asked for"
		    : c == MSG_CAUSE_NONE ? "unknown"
					  : msg_cause_text(c));
		number(o, "_total", &l, by[c]);
	}
}

static void
switches(struct out *o, const struct ctl_summary *s)
{
	static const char *const phases[] = { "detect", "dial", "prove",
		"apply", "peers" };
	uint32_t i;

	switched(o, "failovers", "Failovers since the start.", s->failovers_by);
	switched(o, "fallbacks",
	    "Fallbacks since the start, by the cause "
	    "of their event.",
	    s->fallbacks_by);
	family(o, "failover_phase_seconds", "histogram", "seconds",
	    "How long each step of a failover took.");
	for (i = 0; i < CTL_PHASES; i++) {
		struct labels l = { "" };

		histogram(o, label(&l, "phase", phases[i]), HISTOGRAM_BOUNDS,
		    &s->phase[i]);
	}
}

static void
peering(struct out *o, const struct ctl_summary *s)
{
	static const char *const reasons[CTL_REFUSALS] = { "malformed",
		"stranger", "forged", "limited", "replayed", "address", "nat",
		"moves", "failed" };
	const struct ctl_peering *c = &s->peering;
	const struct labels none = { "" };
	uint32_t i;

	if (s->peers == 0)
		return;
	counter(o, "peer_updates_sent",
	    "Statements of ours, repeated ones as well.", c->sent);
	counter(o, "peer_updates_accepted",
	    "Statements of peers that were believed.", c->accepted);
	family(o, "peer_updates_refused", "counter", NULL,
	    "Datagrams that were not passed on or believed, and statements "
	    "that were not followed.");
	for (i = 0; i < CTL_REFUSALS; i++) {
		struct labels l = { "" };

		number(o, "_total", label(&l, "reason", reasons[i]),
		    c->refused[i]);
	}
	family(o, "peer_acknowledge_seconds", "histogram", "seconds",
	    "From a switch to a peer's acknowledgement.");
	histogram(o, &none, HISTOGRAM_BOUNDS, &c->acknowledge);
}

static void
dials(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	family(o, "dials", "counter", NULL,
	    "Dials that have ended, by a modem, pppd or a start hook.");
	for (i = 0; i < a->nuplinks; i++) {
		const struct ctl_uplink *u = &a->uplinks[i];
		struct labels up = { "" }, failed = { "" };

		if (!u->dialled)
			continue;
		label(label(&up, "uplink", u->name), "result", "up");
		label(label(&failed, "uplink", u->name), "result", "failed");
		number(o, "_total", &up, u->dialed);
		number(o, "_total", &failed, u->failed);
	}
}

static void
budget_limits(struct out *o, const struct ctl_answer *a, const char *name,
    const char *unit, enum conf_cost cost, const char *help)
{
	size_t i;

	family(o, name, "gauge", unit, help);
	for (i = 0; i < a->nuplinks; i++) {
		const struct ctl_budget *b = &a->uplinks[i].budget;
		struct labels l = { "" };

		if (b->limit[cost] == 0)
			continue;
		label(&l, "uplink", a->uplinks[i].name);
		if (cost == CONF_COST_TIME)
			seconds(o, "", &l, (int64_t)b->limit[cost] * 1000000);
		else
			number(o, "", &l, b->limit[cost]);
	}
}

static void
budgets(struct out *o, const struct ctl_answer *a)
{
	size_t i;
	uint32_t c;

	family(o, "budget_used_ratio", "gauge", "ratio",
	    "What is used of a budget in this period, of 1.");
	for (i = 0; i < a->nuplinks; i++)
		for (c = 0; c < CONF_COSTS; c++) {
			const struct ctl_budget *b = &a->uplinks[i].budget;
			struct labels l = { "" };

			if (b->limit[c] == 0)
				continue;
			label(&l, "uplink", a->uplinks[i].name);
			begin(o, "", label(&l, "resource", conf_cost_words[c]));
			fprintf(o->f, " %.6f\n",
			    (double)b->used[c] / (double)b->limit[c]);
		}
	budget_limits(o, a, "budget_limit_seconds", "seconds", CONF_COST_TIME,
	    "Connected time of this period, with what was granted.");
	budget_limits(o, a, "budget_limit_bytes", "bytes", CONF_COST_BYTES,
	    "Octets of this period, both ways.");
	budget_limits(o, a, "budget_limit_dials", NULL, CONF_COST_DIALS,
	    "Calls of this period.");
}

static void
drill_quantile(
    struct out *o, const struct ctl_uplink *u, const char *q, uint32_t ms)
{
	struct labels l = { "" };

	label(&l, "uplink", u->name);
	seconds(o, "", label(&l, "quantile", q), (int64_t)ms * 1000000);
}

static void
drills(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	family(o, "drill_ready_seconds", "summary", "seconds",
	    "From the begin of a drill to its proof, of the last good ones.");
	for (i = 0; i < a->nuplinks; i++) {
		const struct ctl_uplink *u = &a->uplinks[i];

		if (u->drill.samples == 0)
			continue;
		drill_quantile(o, u, "0.5", u->drill.p50_ms);
		drill_quantile(o, u, "0.95", u->drill.p95_ms);
	}
}

static void
backups(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	dials(o, a);
	family(o, "backup_active_seconds", "counter", "seconds",
	    "Time with traffic on a backup.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].role == CONF_BACKUP)
			seconds(o, "_total",
			    label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].active_ms * 1000000);
	}
	family(o, "backup_unfit", "gauge", NULL,
	    "Whether it is known that a backup could not take over.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].role == CONF_BACKUP)
			number(o, "", label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].unfit[0] != '\0');
	}
	family(o, "backup_ready", "gauge", NULL,
	    "Whether a hot backup could take over at once, or is in use.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].hot)
			number(o, "", label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].ready);
	}
	budgets(o, a);
	family(o, "drill_success", "gauge", NULL,
	    "Whether the last drill of a backup was good.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].drill.done)
			number(o, "", label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].drill.ok);
	}
	drills(o, a);
	family(o, "backup_proved_timestamp_seconds", "gauge", "seconds",
	    "When a backup was last proved.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].proved_ns > 0)
			seconds(o, "", label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].proved_ns);
	}
}

static void
dbm(struct out *o, const struct labels *l, int32_t n)
{
	begin(o, "", l);
	fprintf(o->f, " %d\n", n);
}

static void
radios(struct out *o, const struct ctl_answer *a)
{
	size_t i;

	family(o, "modem_registered", "gauge", NULL,
	    "Whether a packet modem is registered with its network.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].radio.known)
			number(o, "", label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].radio.registered);
	}
	family(o, "modem_signal_dbm", "gauge", NULL,
	    "What a packet modem receives.");
	for (i = 0; i < a->nuplinks; i++) {
		struct labels l = { "" };

		if (a->uplinks[i].radio.dbm != 0)
			dbm(o, label(&l, "uplink", a->uplinks[i].name),
			    a->uplinks[i].radio.dbm);
	}
}

static void
summary(struct out *o, const struct ctl_answer *a)
{
	daemon_metrics(o, &a->summary);
	state(o, &a->summary);
	uplinks(o, a);
	targets(o, a);
	switches(o, &a->summary);
	backups(o, a);
	peering(o, &a->summary);
	radios(o, a);
}

/* Apart from the rest, since there may be thousands of them. */
static void
each_peer(struct out *o, const struct ctl_answer *a, const char *suffix,
    int (*value)(const struct ctl_peer *, uint64_t *))
{
	size_t i;

	for (i = 0; i < a->npeers; i++) {
		struct labels l = { "" };
		uint64_t n;

		if (value(&a->peers[i], &n) == -1)
			continue;
		number(o, suffix, label(&l, "peer", a->peers[i].name), n);
	}
}

static int
peer_silent(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->silent != 0;
	return 0;
}

static int
peer_acknowledged(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->acknowledged && p->result[0] == '\0';
	return 0;
}

static int
peer_heard(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->heard_s;
	return p->heard ? 0 : -1;
}

static int
peer_sent(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->sent;
	return 0;
}

static int
peer_accepted(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->accepted;
	return 0;
}

static int
peer_refused(const struct ctl_peer *p, uint64_t *n)
{
	*n = p->refused + p->replayed;
	return 0;
}

static void
every_peer(struct out *o, const struct ctl_answer *a)
{
	family(o, "peer_silent", "gauge", NULL,
	    "Whether a peer was not heard for too long.");
	each_peer(o, a, "", peer_silent);
	family(o, "peer_acknowledged", "gauge", NULL,
	    "Whether it knows where we are, and follows.");
	each_peer(o, a, "", peer_acknowledged);
	family(o, "peer_heard_seconds", "gauge", "seconds",
	    "Since its last new statement.");
	each_peer(o, a, "", peer_heard);
	family(o, "peer_statements_sent", "counter", NULL,
	    "Statements to it, repeated ones as well.");
	each_peer(o, a, "_total", peer_sent);
	family(o, "peer_statements_accepted", "counter", NULL,
	    "Statements of it that were believed.");
	each_peer(o, a, "_total", peer_accepted);
	family(o, "peer_statements_refused", "counter", NULL,
	    "Statements of it that were not believed or followed.");
	each_peer(o, a, "_total", peer_refused);
}

void
ctl_metrics(FILE *f, uint32_t what, const struct ctl_answer *a)
{
	struct out o = { f,
		what == CTL_SHOW_PROMETHEUS || what == CTL_SHOW_PEER_PROMETHEUS,
		NULL };

	if (what == CTL_SHOW_METRICS || what == CTL_SHOW_PROMETHEUS)
		summary(&o, a);
	else
		every_peer(&o, a);
	if (!o.prometheus)
		fputs("# EOF\n", f);
}
