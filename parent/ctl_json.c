/* SPDX-License-Identifier: ISC */
/* Answers as JSON; schema 1.  Unknown values are null, times RFC 3339. */
#include <sys/types.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "parent/ctl_output.h"
#include "parent/json.h"
#include "parent/sample_list.h"
#include "parent/target.h"

#define SCHEMA 1

static void
number_if(struct json *j, const char *key, int known, int64_t n)
{
	if (known)
		json_int(j, key, n);
	else
		json_null(j, key);
}

static void
address(struct json *j, const char *key, const struct addr *a)
{
	char text[ADDR_STRLEN];

	if (a->family == AF_UNSPEC) {
		json_null(j, key);
		return;
	}
	addr_format(a, text, sizeof(text));
	json_string(j, key, text);
}

static void
loss(struct json *j, uint32_t sent, uint32_t lost)
{
	if (sent == 0)
		json_null(j, "loss_pct");
	else
		json_tenths(j, "loss_pct", 100.0 * lost / sent);
}

/* Of a gateway the address that it has now. */
static void
what_is_asked(struct json *j, const struct ctl_target *r)
{
	const struct conf_target *t = &r->target;

	address(j, "address",
	    t->method == CONF_METHOD_GATEWAY ? &r->gateway : &t->address);
	json_string(j, "family", family_word(target_family(t)));
	json_string(j, "method", target_method(t));
	if (t->method == CONF_METHOD_TCP || t->method == CONF_METHOD_DNS)
		json_int(j, "port", t->port);
	else
		json_null(j, "port");
	json_string_or_null(j, "query", t->query);
}

static void
target(struct json *j, const char *key, const struct ctl_target *t)
{
	const struct msg_stats *s = &t->stats;

	json_open(j, key, '{');
	what_is_asked(j, t);
	json_string(j, "via", t->via);
	json_bool(j, "near", t->target.near != 0);
	json_string(j, "status", !s->known ? "unknown" : s->up ? "up" : "down");
	json_int(j, "sent", (int64_t)s->sent);
	json_int(j, "received", (int64_t)s->received);
	json_int(j, "late", (int64_t)s->late);
	loss(j, s->recent_sent, s->recent_lost);
	json_open(j, "rtt_ms", '{');
	json_ms(j, "last", s->rtt_last_ns);
	json_ms(j, "avg", s->rtt_avg_ns);
	json_ms(j, "min", s->rtt_min_ns);
	json_ms(j, "max", s->rtt_max_ns);
	json_ms(j, "mdev", s->rtt_mdev_ns);
	json_ms(j, "p50", s->rtt_p50_ns);
	json_ms(j, "p95", s->rtt_p95_ns);
	json_ms(j, "p99", s->rtt_p99_ns);
	json_close(j, '}');
	json_close(j, '}');
}

static void
targets_of(struct json *j, const struct ctl_answer *a, uint32_t uplink)
{
	size_t i;

	json_open(j, "targets", '[');
	for (i = 0; i < a->ntargets; i++)
		if (a->targets[i].uplink == uplink)
			target(j, NULL, &a->targets[i]);
	json_close(j, ']');
}

/* Null: it has none of this family and none is probed. */
static void
family(struct json *j, const struct ctl_uplink *u, enum family which)
{
	const struct ctl_family *f = &u->family[which];

	if (!f->probed && f->address.family == AF_UNSPEC) {
		json_null(j, family_word(which));
		return;
	}
	json_open(j, family_word(which), '{');
	json_string(j, "status",
	    !f->known ? "unknown"
	    : f->good ? "up"
		      : "down");
	json_string_or_null(j, "cause", f->cause);
	address(j, "address", &f->address);
	address(j, "gateway", &f->gateway);
	json_int(j, "bad_rounds", f->bad_rounds);
	loss(j, f->recent_sent, f->recent_lost);
	json_close(j, '}');
}

static void
primary(struct json *j, const struct ctl_answer *a, const struct ctl_uplink *u)
{
	json_open(j, "primary", '{');
	json_string(j, "name", u->name);
	json_string_or_null(j, "interface", u->ifname);
	json_string(j, "status", u->status);
	json_string_or_null(j, "cause", u->cause);
	json_string(j, "decide", conf_decide_words[a->summary.decide]);
	address(j, "address", &u->family[FAMILY_INET].address);
	address(j, "gateway", &u->family[FAMILY_INET].gateway);
	family(j, u, FAMILY_INET);
	family(j, u, FAMILY_INET6);
	json_int(j, "bad_rounds", u->bad_rounds);
	json_int(j, "retry", u->retry);
	json_int(j, "good_s", u->good_s);
	targets_of(j, a, u->id);
	json_close(j, '}');
}

static void
standby(struct json *j, const struct ctl_uplink *u)
{
	json_string(j, "standby", u->hot ? "hot" : "cold");
	if (!u->hot)
		json_null(j, "ready");
	else
		json_bool(j, "ready", u->ready != 0);
	if (u->proved_known)
		json_int(j, "proved_s", u->proved_s);
	else
		json_null(j, "proved_s");
	json_string_or_null(j, "not_ready", u->ready ? "" : u->standby);
	json_string_or_null(j, "cannot_take_over", u->unfit);
}

/* null: no packet modem, or it has told nothing. */
static void
radio(struct json *j, const struct ctl_radio *r)
{
	if (!r->known) {
		json_null(j, "radio");
		return;
	}
	json_open(j, "radio", '{');
	json_string(j, "sim", r->sim);
	json_string_or_null(j, "card", r->card);
	if (r->tries != MSG_TRIES_UNKNOWN)
		json_int(j, "pin_tries", r->tries);
	else
		json_null(j, "pin_tries");
	json_bool(j, "registered", r->registered != 0);
	json_string(j, "registration", r->registration);
	json_string_or_null(j, "technology", r->technology);
	json_string_or_null(j, "operator", r->operator);
	if (r->dbm != 0)
		json_int(j, "signal_dbm", r->dbm);
	else
		json_null(j, "signal_dbm");
	json_string(j, "signal", r->signal);
	address(j, "address", &r->address);
	json_int(j, "age_s", r->age_s);
	json_close(j, '}');
}

static void
backup(struct json *j, const struct ctl_uplink *u)
{
	json_open(j, NULL, '{');
	json_string(j, "name", u->name);
	json_string(j, "kind", conf_kind_words[u->kind]);
	json_string(j, "status", u->status);
	json_string_or_null(j, "interface", u->ifname);
	json_string_or_null(j, "cause", u->cause);
	address(j, "address", &u->family[FAMILY_INET].address);
	address(j, "remote", &u->family[FAMILY_INET].gateway);
	family(j, u, FAMILY_INET);
	family(j, u, FAMILY_INET6);
	standby(j, u);
	ctl_cost_json(j, u);
	number_if(j, "last_dial_ms", u->last_dial_ms != 0, u->last_dial_ms);
	number_if(j, "takes_over_ms", u->takes_ms != 0, u->takes_ms);
	json_bool(j, "takes_over_measured", u->takes_measured != 0);
	number_if(
	    j, "last_outage_ms", u->last_outage_ms != 0, u->last_outage_ms);
	radio(j, &u->radio);
	json_int(j, "dials", (int64_t)u->dials);
	if (u->next_s > 0)
		json_int(j, "next_s", u->next_s);
	else
		json_null(j, "next_s");
	json_string_or_null(j, "last_error", u->last_error);
	json_string_or_null(j, "note", u->note);
	json_string_or_null(j, "modem", u->modem);
	json_close(j, '}');
}

static void
backups(struct json *j, const char *key, const struct ctl_answer *a)
{
	size_t i;

	json_open(j, key, '[');
	for (i = 0; i < a->nuplinks; i++)
		if (a->uplinks[i].role == CONF_BACKUP)
			backup(j, &a->uplinks[i]);
	json_close(j, ']');
}

static void
active_family(struct json *j, const struct ctl_uplink *u, enum family which)
{
	const struct ctl_family *f = &u->family[which];

	if (f->address.family == AF_UNSPEC) {
		json_null(j, family_word(which));
		return;
	}
	json_open(j, family_word(which), '{');
	address(j, "address", &f->address);
	address(j, "gateway", &f->gateway);
	json_close(j, '}');
}

static void
active(struct json *j, const struct ctl_answer *a)
{
	const struct ctl_uplink *u;
	size_t i;

	for (i = 0; i < a->nuplinks; i++)
		if (a->uplinks[i].active)
			break;
	if (i == a->nuplinks) {
		json_null(j, "active");
		return;
	}
	u = &a->uplinks[i];
	json_open(j, "active", '{');
	json_string(j, "role", u->role == CONF_PRIMARY ? "primary" : "backup");
	json_string(j, "name", u->name);
	json_string_or_null(j, "interface", u->ifname);
	active_family(j, u, FAMILY_INET);
	active_family(j, u, FAMILY_INET6);
	json_close(j, '}');
}

static void
sha256(struct json *j, const uint8_t sum[32])
{
	char text[CONF_HASH_LEN];

	conf_hash(sum, text);
	json_string(j, "sha256", text);
}

static void
hold(struct json *j, const struct ctl_summary *s)
{
	if (!s->held) {
		json_null(j, "hold");
		return;
	}
	json_open(j, "hold", '{');
	number_if(j, "left_s", s->hold_s != CTL_FOREVER, s->hold_s);
	json_close(j, '}');
}

static void
summary_tail(struct json *j, const struct ctl_answer *a)
{
	static const char *const origin[] = { "file", "previous", "confirmed" };
	static const char *const file[] = { NULL, "same", "other", "errors" };
	const struct ctl_summary *s = &a->summary;
	size_t i;

	json_open(j, "fallback", '{');
	json_string(j, "mode",
	    s->fallback == CONF_FALLBACK_MANUAL ? "manual" : "automatic");
	number_if(j, "due_s", (int)s->fallback_due, s->due_s);
	json_string_or_null(j, "waits_for", s->fallback_text);
	json_close(j, '}');
	json_open(j, "peers", '{');
	json_int(j, "total", s->peers);
	json_int(j, "acknowledged", s->peers_acknowledged);
	json_int(j, "silent", s->peers_silent);
	json_close(j, '}');
	json_open(j, "config", '{');
	sha256(j, s->sha256);
	json_string(j, "source", origin[s->conf_source]);
	json_time(j, "loaded", s->loaded_ns);
	number_if(j, "confirm_s", (int)s->confirm_due, s->confirm_s);
	if (file[s->file] != NULL)
		json_string(j, "file", file[s->file]);
	else
		json_null(j, "file");
	json_int(j, "file_errors", s->file_errors);
	json_string_or_null(j, "file_error", s->file_where);
	json_close(j, '}');
	json_open(j, "alarms", '{');
	json_int(j, "waiting", s->alarms_waiting);
	number_if(j, "oldest_s", s->alarms_waiting > 0, s->alarm_oldest_s);
	json_string_or_null(j, "why", s->alarm_why);
	json_close(j, '}');
	json_string(j, "clock", s->clock_sane ? "sane" : "unknown");
	json_string(j, "network",
	    !s->network_known ? "unknown"
	    : s->network_ok   ? "as wanted"
			      : "different");
	json_string_or_null(j, "network_why", s->network_why);
	json_int(j, "network_notes", s->notes.n);
	json_string_or_null(j, "network_note", s->notes.text);
	json_int(j, "failovers", (int64_t)s->failovers);
	json_int(j, "fallbacks", (int64_t)s->fallbacks);
	json_open(j, "last_switch", '{');
	/* 0: it was asked for, or so from the start */
	number_if(j, "detect_ms", s->detect_ms != 0, s->detect_ms);
	json_int(j, "dial_ms", s->dial_ms);
	json_int(j, "moved_us", s->moved_us);
	json_int(j, "apply_us", s->apply_us);
	json_close(j, '}');
	json_open(j, "processes", '[');
	for (i = 0; i < a->nprocesses; i++) {
		json_open(j, NULL, '{');
		json_string(j, "name", a->processes[i].name);
		json_int(j, "pid", a->processes[i].pid);
		json_string(j, "sandbox", a->processes[i].sandbox);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
summary(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;
	struct json j = { f, 0 };
	size_t i;

	json_open(&j, NULL, '{');
	json_int(&j, "schema", SCHEMA);
	json_string(&j, "version", s->version);
	json_string(&j, "host", s->host);
	json_int(&j, "pid", s->pid);
	json_time(&j, "time", s->time_ns);
	json_int(&j, "uptime_s", s->uptime_s);
	json_string(&j, "verdict", s->verdict);
	json_string(&j, "state", s->state);
	json_time(&j, "since", s->since_ns);
	json_int(&j, "since_s", s->since_s);
	json_string_or_null(&j, "event", s->event);
	hold(&j, s);
	active(&j, a);
	for (i = 0; i < a->nuplinks; i++)
		if (a->uplinks[i].role == CONF_PRIMARY)
			primary(&j, a, &a->uplinks[i]);
	backups(&j, "backups", a);
	summary_tail(&j, a);
	json_close(&j, '}');
	fputc('\n', f);
}

static void
probed_target(struct json *j, const struct sample_list *l,
    const struct sample_entry *e, uint32_t i)
{
	size_t series = e->series[i];

	json_open(j, NULL, '{');
	json_string_or_null(j, "name",
	    series == SAMPLE_NO_SERIES ? "" : l->series[series].name);
	json_int(j, "received", e->sample.target[i].received);
	json_int(j, "lost", e->sample.target[i].lost);
	json_ms(j, "rtt_ms", (int64_t)e->sample.target[i].rtt_us * 1000);
	json_close(j, '}');
}

static void
probes(struct json *j, const char *text)
{
	const struct sample *s;
	struct sample_list l;
	uint32_t i;
	size_t n;

	sample_list_load(&l, text);
	json_open(j, "probes", '[');
	for (n = 0; n < l.n; n++) {
		s = &l.entry[n].sample;
		json_open(j, NULL, '{');
		json_time(j, "time", s->began_ms * 1000000);
		json_int(j, "span_ms", s->span_ms);
		json_string(j, "uplink", s->uplink);
		json_string(j, "family", family_word(s->family));
		json_string(j, "verdict", sample_verdicts[s->verdict]);
		json_string_or_null(j, "cause",
		    s->cause == MSG_CAUSE_NONE ? "" : msg_cause_text(s->cause));
		json_int(j, "rounds", s->rounds);
		json_open(j, "targets", '[');
		for (i = 0; i < s->ntargets; i++)
			probed_target(j, &l, &l.entry[n], i);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
	sample_list_free(&l);
}

static void
event(struct json *j, const char *key, const struct ctl_event *e)
{
	json_open(j, key, '{');
	json_string(j, "id", e->id);
	json_string_or_null(j, "cause", e->cause);
	json_time(j, "began", e->began_ns);
	json_time(j, "ended", e->ended_ns);
	json_bool(j, "over", e->ended != 0);
	json_bool(j, "end_unknown", e->end_unknown != 0);
	json_bool(j, "clean", e->clean != 0);
	json_int(j, "duration_s", e->duration_s);
	json_string_or_null(j, "backup", e->backup);
	json_int(j, "backup_s", e->backup_s);
	number_if(j, "outage_ms", e->outage_ms != 0, e->outage_ms);
	number_if(j, "detect_ms", e->detect_ms != 0, e->detect_ms);
	json_int(j, "dial_ms", e->dial_ms);
	number_if(j, "prove_ms", e->prove_ms != 0, e->prove_ms);
	json_int(j, "apply_us", e->apply_us);
	number_if(j, "peers_ms", e->peers_ms != 0, e->peers_ms);
	json_int(j, "dials", e->dials);
	json_int(j, "flows_cut", e->flows_cut);
	json_int(j, "backup_bytes", (int64_t)e->backup_octets);
	json_int(j, "backup_packets", (int64_t)e->backup_packets);
	json_close(j, '}');
}

static void
line(struct json *j, const char *key, const struct ctl_line *l)
{
	json_open(j, key, '{');
	json_time(j, "time", l->time_ns);
	json_string_or_null(j, "event", l->event);
	json_int(j, "offset_ms", l->offset_ms);
	json_string(j, "who", l->who);
	json_string(j, "text", l->text);
	json_close(j, '}');
}

static void
own_nat(struct json *j, const struct ctl_peer *p)
{
	const struct ctl_peer_nat *n = p->own_nat;
	size_t i;

	json_open(j, "own_nat", '[');
	for (i = 0; i < CONF_UPLINKS_MAX && n[i].uplink[0] != '\0'; i++) {
		json_open(j, NULL, '{');
		json_string(j, "uplink", n[i].uplink);
		json_bool(j, "active", n[i].active != 0);
		json_bool(j, "inet", n[i].families & 1u << FAMILY_INET);
		json_bool(j, "inet6", n[i].families & 1u << FAMILY_INET6);
		json_bool(j, "cannot_follow", n[i].bound != 0);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
peer(struct json *j, const struct ctl_peer *p)
{
	json_open(j, NULL, '{');
	json_string(j, "name", p->name);
	address(j, "inet", &p->address[FAMILY_INET]);
	address(j, "inet6", &p->address[FAMILY_INET6]);
	number_if(j, "heard_s", p->heard != 0, p->heard_s);
	json_bool(j, "silent", p->silent != 0);
	json_string_or_null(j, "update", p->update);
	number_if(j, "updated_s", p->update[0] != '\0', p->updated_s);
	json_int(j, "networks", p->networks);
	json_int(j, "unrouted", p->unrouted);
	json_bool(j, "nat", p->nat != 0);
	json_string_or_null(j, "not_followed", p->answer);
	json_bool(j, "acknowledged", p->acknowledged != 0);
	number_if(j, "acknowledged_s", p->acknowledged != 0, p->acknowledged_s);
	number_if(j, "rtt_ms", p->acknowledged != 0, p->rtt_ms);
	json_string_or_null(j, "refuses", p->result);
	own_nat(j, p);
	json_int(j, "sent", (int64_t)p->sent);
	json_int(j, "accepted", (int64_t)p->accepted);
	json_int(j, "refused", (int64_t)p->refused);
	json_int(j, "replayed", (int64_t)p->replayed);
	json_close(j, '}');
}

static void
network(struct json *j, const struct ctl_answer *a)
{
	size_t i;
	int different = 0;

	json_open(j, "lines", '[');
	for (i = 0; i < a->nlines; i++) {
		json_open(j, NULL, '{');
		json_bool(j, "different", a->lines[i].different != 0);
		json_string(j, "text", a->lines[i].text);
		json_close(j, '}');
		different |= a->lines[i].different != 0;
	}
	json_close(j, ']');
	json_bool(j, "as_wanted", !different);
}

/* They have formats of their own: one string. */
static void
metrics(struct json *j, uint32_t what, const struct ctl_answer *a)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		err(1, NULL);
	ctl_metrics(f, what, a);
	if (fclose(f) == EOF)
		err(1, NULL);
	json_string(j, "metrics", text);
	free(text);
}

static void
show(FILE *f, uint32_t what, const struct ctl_answer *a)
{
	struct json j = { f, 0 };
	size_t i;

	if (what == CTL_SHOW_SUMMARY) {
		summary(f, a);
		return;
	}
	json_open(&j, NULL, '{');
	json_int(&j, "schema", SCHEMA);
	switch (what) {
	case CTL_SHOW_TARGETS:
		json_open(&j, "targets", '[');
		for (i = 0; i < a->ntargets; i++)
			target(&j, NULL, &a->targets[i]);
		json_close(&j, ']');
		break;
	case CTL_SHOW_BACKUP:
		backups(&j, "backups", a);
		break;
	case CTL_SHOW_PEERS:
		json_open(&j, "peers", '[');
		for (i = 0; i < a->npeers; i++)
			peer(&j, &a->peers[i]);
		json_close(&j, ']');
		break;
	case CTL_SHOW_NETWORK:
		network(&j, a);
		break;
	case CTL_SHOW_HISTORY:
		json_open(&j, "events", '[');
		for (i = 0; i < a->nevents; i++)
			event(&j, NULL, &a->events[i]);
		json_close(&j, ']');
		break;
	case CTL_SHOW_EVENT:
		if (a->nevents > 0)
			event(&j, "event", &a->events[0]);
		json_open(&j, "lines", '[');
		for (i = 0; i < a->nlines; i++)
			line(&j, NULL, &a->lines[i]);
		json_close(&j, ']');
		break;
	case CTL_SHOW_CONFIG:
		json_string(&j, "config", a->text != NULL ? a->text : "");
		break;
	case CTL_SHOW_PROBES:
		probes(&j, a->text != NULL ? a->text : "");
		break;
	case CTL_SHOW_METRICS:
	case CTL_SHOW_PROMETHEUS:
	case CTL_SHOW_PEER_METRICS:
	case CTL_SHOW_PEER_PROMETHEUS:
		metrics(&j, what, a);
		break;
	}
	json_close(&j, '}');
	fputc('\n', f);
}

static void
one_line(FILE *f, const struct ctl_line *l)
{
	struct json j = { f, 0 };

	line(&j, NULL, l);
	fputc('\n', f);
}

static void
result(FILE *f, const struct ctl_result *r)
{
	static const char *const words[] = { [CTL_OK] = "done",
		[CTL_REFUSED] = "refused",
		[CTL_FAILED] = "failed" };
	struct json j = { f, 0 };

	json_open(&j, NULL, '{');
	json_int(&j, "schema", SCHEMA);
	json_string(&j, "result", words[r->code]);
	json_string(&j, "text", r->text);
	json_close(&j, '}');
	fputc('\n', f);
}

static void
plan(FILE *f, const struct ctl_answer *a, const struct ctl_result *r)
{
	struct json j = { f, 0 };
	const struct ctl_step *s;
	size_t i;

	(void)r;
	json_open(&j, NULL, '{');
	json_int(&j, "schema", SCHEMA);
	json_string(&j, "kind",
	    a->plan.kind == CTL_PLAN_FALLBACK ? "fallback" : "failover");
	json_string(&j, "uplink", a->plan.name);
	json_open(&j, "steps", '[');
	for (i = 0; i < a->nsteps; i++) {
		s = &a->steps[i];
		json_open(&j, NULL, '{');
		json_int(&j, "n", (int64_t)i + 1);
		json_string(&j, "what", s->what);
		json_string(&j, "text", s->text);
		if (s->flows != MSG_FLOWS_NONE)
			json_int(&j, "flows", s->flows);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	fputc('\n', f);
}

const struct ctl_output ctl_json = { show, plan, one_line, result };
