/* SPDX-License-Identifier: ISC */
/*
 * The metrics, against the grammar of OpenMetrics 1.0 and of the Prometheus
 * text format 0.0.4: a checker of its own, written from the two, reads each
 * line; and nothing is told that is not known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent/ctl_output.h"

#define SERIES_MAX 1024
#define LABELS_MAX 8

static struct ctl_answer a;
static struct ctl_uplink uplinks[2];
static struct ctl_target targets[4];
static struct ctl_peer peers[2];
static char text[65536];

/* The family that is being read. */
static struct {
	char name[80];
	char type[16];
	char unit[16];
	int help, ntype, samples;
	int ones; /* of a state set */
	double last_le;
	uint64_t last_bucket;
} fam;

static struct label {
	char name[64];
	char value[512];
} labels[LABELS_MAX];
static size_t nlabels;

static char *series[SERIES_MAX]; /* seen: name and labels */
static size_t nseries;
static char families[64][80]; /* ended */
static size_t nfamilies;
static int prometheus;
static const char *line;

static void __attribute__((__format__(printf, 1, 2)))
wrong(const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	fail_msg("%s: %s", what, line);
}

/* A name at p; returns what is behind it. */
static const char *
take_name(const char *p, char *to, size_t size)
{
	size_t n;

	for (n = 0; isalnum((unsigned char)p[n]) || p[n] == '_'; n++)
		;
	if (n == 0 || n >= size || isdigit((unsigned char)p[0]))
		wrong("not a name");
	memcpy(to, p, n);
	to[n] = '\0';
	return p + n;
}

static const char *
take_value(const char *p, char *to, size_t size)
{
	size_t n = 0;

	if (*p++ != '"')
		wrong("a label without quote");
	for (; *p != '"'; p++) {
		if (*p == '\0' || n + 2 > size || (unsigned char)*p < ' ')
			wrong("a label's value does not end");
		if (*p == '\\') {
			p++;
			if (*p != '\\' && *p != '"' && *p != 'n')
				wrong("no such escape");
		}
		to[n++] = *p;
	}
	to[n] = '\0';
	return p + 1;
}

static const char *
take_labels(const char *p)
{
	size_t i;

	nlabels = 0;
	if (*p != '{')
		return p;
	do {
		struct label *l = &labels[nlabels++];

		if (nlabels > LABELS_MAX)
			wrong("too many labels");
		p = take_name(p + 1, l->name, sizeof(l->name));
		if (*p++ != '=')
			wrong("a label without =");
		p = take_value(p, l->value, sizeof(l->value));
		for (i = 0; i + 1 < nlabels; i++)
			if (strcmp(labels[i].name, l->name) == 0)
				wrong("a label twice");
	} while (*p == ',');
	if (*p++ != '}')
		wrong("labels without end");
	return p;
}

static const char *
label_of(const char *name)
{
	size_t i;

	for (i = 0; i < nlabels; i++)
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].value;
	return NULL;
}

static void
end_family(void)
{
	size_t i;

	if (fam.name[0] == '\0')
		return;
	if (!fam.help || !fam.ntype)
		fail_msg("%s: no HELP or TYPE", fam.name);
	if (fam.samples > 0 && strcmp(fam.type, "stateset") == 0)
		assert_int_equal(fam.ones, 1);
	for (i = 0; i < nfamilies; i++)
		if (strcmp(families[i], fam.name) == 0)
			fail_msg("%s: not in one piece", fam.name);
	assert_true(nfamilies < 64);
	strlcpy(families[nfamilies++], fam.name, sizeof(families[0]));
	memset(&fam, 0, sizeof(fam));
}

static void
metadata(const char *p)
{
	static const char *const types[] = { "counter", "gauge", "histogram",
		"summary", "info", "stateset" };
	char word[8], name[80];
	size_t i, n;

	p = take_name(p + 2, word, sizeof(word));
	if (*p++ != ' ')
		wrong("no blank");
	p = take_name(p, name, sizeof(name));
	if (*p++ != ' ')
		wrong("no blank");
	if (strcmp(name, fam.name) != 0) {
		end_family();
		strlcpy(fam.name, name, sizeof(fam.name));
	}
	if (fam.samples > 0)
		wrong("behind the samples");
	if (strcmp(word, "HELP") == 0) {
		if (fam.help++ || p[0] == '\0')
			wrong("HELP");
	} else if (strcmp(word, "TYPE") == 0) {
		if (fam.ntype++)
			wrong("TYPE twice");
		strlcpy(fam.type, p, sizeof(fam.type));
		for (i = 0; i < (prometheus ? 4 : 6); i++)
			if (strcmp(p, types[i]) == 0)
				return;
		wrong("no such type");
	} else if (strcmp(word, "UNIT") == 0 && !prometheus) {
		n = strlen(p);
		if (n == 0 || strlen(name) <= n ||
		    strcmp(name + strlen(name) - n, p) != 0 ||
		    name[strlen(name) - n - 1] != '_')
			wrong("the name does not end in the unit");
	} else
		wrong("no such line");
}

static void
once(const char *p, const char *end)
{
	size_t i;
	char *s;

	assert_non_null(s = strndup(p, (size_t)(end - p)));
	for (i = 0; i < nseries; i++)
		if (strcmp(series[i], s) == 0)
			wrong("a series twice");
	assert_true(nseries < SERIES_MAX);
	series[nseries++] = s;
}

static void
bucket(double value)
{
	const char *le = label_of("le");
	double bound;

	if (le == NULL)
		wrong("a bucket without le");
	bound = strtod(le, NULL);
	if (!prometheus && strcmp(le, "+Inf") != 0 && strchr(le, '.') == NULL)
		wrong("le is not in its canonical form");
	if (fam.last_bucket > 0 || fam.last_le > 0)
		if (bound <= fam.last_le || value < (double)fam.last_bucket)
			wrong("buckets do not add up");
	fam.last_le = bound;
	fam.last_bucket = (uint64_t)value;
}

static void
of_type(const char *suffix, double value)
{
	const char *t = fam.type, *state, *q;

	if (strcmp(t, "counter") == 0) {
		if (strcmp(suffix, prometheus ? "" : "_total") != 0 ||
		    value < 0)
			wrong("not of a counter");
	} else if (strcmp(t, "info") == 0) {
		if (strcmp(suffix, "_info") != 0 || value != 1)
			wrong("not of an info");
	} else if (strcmp(t, "stateset") == 0) {
		state = label_of(fam.name);
		if (suffix[0] != '\0' || state == NULL ||
		    (value != 0 && value != 1))
			wrong("not of a state set");
		fam.ones += value == 1;
	} else if (strcmp(t, "histogram") == 0) {
		if (strcmp(suffix, "_bucket") == 0)
			bucket(value);
		else if (strcmp(suffix, "_count") == 0) {
			if (fam.last_le < 1e300 ||
			    value != (double)fam.last_bucket)
				wrong("+Inf is not the count");
			fam.last_le = 0;
			fam.last_bucket = 0;
		} else if (strcmp(suffix, "_sum") != 0)
			wrong("not of a histogram");
	} else if (strcmp(t, "summary") == 0) {
		q = label_of("quantile");
		if (suffix[0] != '\0' || q == NULL || strtod(q, NULL) > 1)
			wrong("not of a summary");
	} else if (suffix[0] != '\0')
		wrong("not of a gauge");
}

static void
sample(const char *p)
{
	char name[96], *rest;
	const char *end;
	double value;

	end = take_labels(take_name(p, name, sizeof(name)));
	if (strncmp(name, fam.name, strlen(fam.name)) != 0)
		wrong("of another family");
	once(p, end);
	if (*end != ' ' || !(isdigit((unsigned char)end[1]) || end[1] == '-'))
		wrong("no value");
	value = strtod(end + 1, &rest);
	if (*rest != '\0')
		wrong("not a number");
	fam.samples++;
	of_type(name + strlen(fam.name), value);
}

static void
check_text(void)
{
	char *p = text, *end;
	int eof = 0;

	end_family();
	nfamilies = 0;
	while (nseries > 0)
		free(series[--nseries]);
	for (; *p != '\0'; p = end + 1) {
		assert_non_null(end = strchr(p, '\n'));
		*end = '\0';
		line = p;
		if (eof)
			wrong("behind the end");
		if (strcmp(p, "# EOF") == 0 && !prometheus)
			eof = 1;
		else if (strncmp(p, "# ", 2) == 0)
			metadata(p);
		else
			sample(p);
		*end = '\n';
	}
	end_family();
	assert_int_equal(eof, !prometheus);
}

static void
write_as(uint32_t what, int old)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	prometheus = old;
	assert_non_null(f);
	ctl_metrics(f, what, &a);
	assert_int_equal(fclose(f), 0);
	check_text();
}

static void
write_metrics(int old)
{
	write_as(old ? CTL_SHOW_PROMETHEUS : CTL_SHOW_METRICS, old);
}

static void
has(const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void
has_not(const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" is in:\n%s", part, text);
}

static void
a_target(size_t i, uint32_t method, const char *address, uint32_t port)
{
	struct ctl_target *t = &targets[i];

	strlcpy(t->via, "eth1", sizeof(t->via));
	t->target.method = method;
	t->target.port = port;
	assert_int_equal(addr_parse(address, &t->target.address), 0);
	t->stats.known = t->stats.up = 1;
	t->stats.sent = 1000;
	t->stats.received = 990;
	t->stats.late = 2;
	t->stats.rtt.bucket[3] = 989; /* 10 to 30 ms */
	t->stats.rtt.bucket[6] = 1;
	t->stats.rtt.bucket[7] = 2;
	t->stats.rtt.sum_us = 16500000;
}

static void
site_uplinks(void)
{
	struct ctl_uplink *u = &uplinks[0];

	strlcpy(u->name, "eth1", sizeof(u->name));
	u->role = CONF_PRIMARY;
	u->active = u->facts_known = u->carrier = 1;
	u->family[FAMILY_INET].probed = u->family[FAMILY_INET6].probed = 1;
	u->family[FAMILY_INET].known = u->family[FAMILY_INET].good = 1;
	u->family[FAMILY_INET].rounds[MSG_GOOD] = 88121;
	u->octets_known = 1;
	u->received = 5000000000;
	u->sent = 700;
	u = &uplinks[1];
	u->id = 1;
	strlcpy(u->name, "a \"b\" \\ c\n", sizeof(u->name));
	u->role = CONF_BACKUP;
	u->kind = CONF_MODEM;
	u->family[FAMILY_INET].probed = 1;
	u->dialled = 1;
	u->dials = u->dialed = 3;
	u->failed = 1;
	u->active_ms = 2592500;
	u->proved_ns = INT64_C(1795575063412000000);
	u->budget.limit[CONF_COST_TIME] = 36000000;
	u->budget.limit[CONF_COST_BYTES] = 500000000;
	u->budget.limit[CONF_COST_DIALS] = 30;
	u->drill.samples = 12;
	u->drill.p50_ms = 8900;
	u->drill.p95_ms = 12100;
	u->radio.known = u->radio.registered = 1;
	u->radio.dbm = -87;
	a.uplinks = uplinks;
	a.nuplinks = 2;
}

static int
site(void **state)
{
	struct ctl_summary *s = &a.summary;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(uplinks, 0, sizeof(uplinks));
	memset(targets, 0, sizeof(targets));
	site_uplinks();
	a_target(0, CONF_METHOD_ICMP, "198.51.100.7", 0);
	a_target(1, CONF_METHOD_TCP, "198.51.100.7", 443);
	a_target(2, CONF_METHOD_DNS, "2001:db8:5::10", 53);
	strlcpy(targets[2].target.query, "probe.example.net",
	    sizeof(targets[2].target.query));
	a_target(3, CONF_METHOD_GATEWAY, "0.0.0.0", 0);
	a.targets = targets;
	a.ntargets = 4;
	a.has_summary = 1;
	s->clock_sane = 1;
	s->time_ns = INT64_C(1795575063412000000);
	s->loaded_ns = s->time_ns - INT64_C(7) * 1000000000;
	s->started_ns = s->time_ns - INT64_C(3600) * 1000000000;
	strlcpy(s->version, "0.1", sizeof(s->version));
	strlcpy(s->state, "backup", sizeof(s->state));
	s->held = 1;
	s->hold_until_ns = s->time_ns + INT64_C(60) * 1000000000;
	s->alarms_waiting = 2;
	s->alarm_oldest_ns = s->time_ns - INT64_C(90) * 1000000000;
	s->failovers_by[MSG_CAUSE_UPSTREAM] = 3;
	s->fallbacks_by[CTL_CAUSE_ASKED] = 1;
	s->confirm_due = 1;
	s->network_known = 1;
	s->network_differences = 3;
	s->network_repairs = 4;
	s->hook_failures = 5;
	a.summary.peers = 2;
	a.summary.peers_acknowledged = 1;
	a.summary.peers_silent = 1;
	a.summary.peering.sent = 12;
	a.summary.peering.accepted = 11;
	a.summary.peering.refused[CTL_REFUSAL_FORGED] = 7;
	histogram_add(&a.summary.peering.acknowledge, 84000);
	histogram_add(&s->phase[CTL_PHASE_DETECT], 2400000);
	histogram_add(&s->phase[CTL_PHASE_DETECT], 2400001);
	histogram_add(&s->phase[CTL_PHASE_DIAL], INT64_C(900000000));
	histogram_add(&s->phase[CTL_PHASE_APPLY], 900);
	histogram_add(&s->phase[CTL_PHASE_PEERS], 84000);
	return 0;
}

static void
test_openmetrics(void **state)
{
	(void)state;
	write_metrics(0);
	has("# TYPE dialfail_build info\n");
	has("dialfail_build_info{version=\"0.1\"} 1\n");
	has("dialfail_state{dialfail_state=\"backup\"} 1\n");
	has("# TYPE dialfail_rounds counter\n");
	has("dialfail_rounds_total{uplink=\"eth1\",family=\"inet\","
	    "result=\"good\"} 88121\n");
	has("# UNIT dialfail_start_time_seconds seconds\n");
	has("dialfail_start_time_seconds 1795571463.412000000\n");
	has("dialfail_probes_sent_total{uplink=\"eth1\","
	    "target=\"198.51.100.7 port 443\",method=\"tcp\"} 1000\n");
	has("dialfail_probe_rtt_seconds_bucket{uplink=\"eth1\","
	    "target=\"2001:db8:5::10 probe.example.net\",le=\"0.03\"} 989\n");
	has("dialfail_probe_rtt_seconds_bucket{uplink=\"eth1\","
	    "target=\"198.51.100.7\",le=\"1.0\"} 990\n");
	has("dialfail_probe_rtt_seconds_bucket{uplink=\"eth1\","
	    "target=\"198.51.100.7\",le=\"3.0\"} 992\n"
	    "dialfail_probe_rtt_seconds_bucket{uplink=\"eth1\","
	    "target=\"198.51.100.7\",le=\"+Inf\"} 992\n");
	has("dialfail_probe_rtt_seconds_sum{uplink=\"eth1\","
	    "target=\"198.51.100.7\"} 16.500000000\n");
	has("dialfail_failovers_total{cause=\"upstream dead\"} 3\n");
	has("dialfail_fallbacks_total{cause=\"asked for\"} 1\n");
	has("dialfail_failover_phase_seconds_bucket{phase=\"detect\","
	    "le=\"3.0\"} 2\n");
	has("dialfail_failover_phase_seconds_bucket{phase=\"dial\","
	    "le=\"100.0\"} 0\n");
	has("dialfail_failover_phase_seconds_sum{phase=\"dial\"} "
	    "900.000000000\n");
	has("dialfail_dials_total{uplink=\"a \\\"b\\\" \\\\ c?\","
	    "result=\"failed\"} 1\n");
	has("dialfail_hold_until_timestamp_seconds 1795575123.412000000\n");
	has("dialfail_alarms_waiting 2\n");
	has("dialfail_peer_updates_refused_total{reason=\"forged\"} 7\n");
	has("dialfail_peer_acknowledge_seconds_bucket{le=\"0.1\"} 1\n");
	has("dialfail_peer_acknowledge_seconds_count 1\n");
	has("dialfail_uplink_up{uplink=\"eth1\",role=\"primary\","
	    "family=\"inet\"} 1\n");
}

#define BACKUP "uplink=\"a \\\"b\\\" \\\\ c?\""

/* Those that the test above does not have. */
static void
test_the_others(void **state)
{
	(void)state;
	write_metrics(0);
	has("dialfail_config_info{sha256=\"0000");
	has("dialfail_config_last_reload_successful 1\n");
	has("dialfail_config_last_reload_success_timestamp_seconds "
	    "1795575056.412000000\n");
	has("dialfail_config_confirm_pending 1\n");
	has("dialfail_alarm_oldest_timestamp_seconds 1795574973.412000000\n");
	has("dialfail_network_differences 3\n");
	has("dialfail_network_repairs_total 4\n");
	has("dialfail_hook_failures_total 5\n");
	has("dialfail_failover_phase_seconds_bucket{phase=\"peers\","
	    "le=\"0.1\"} 1\n");
	has("dialfail_uplink_carrier{uplink=\"eth1\",role=\"primary\"} 1\n");
	has("dialfail_backup_proved_timestamp_seconds{" BACKUP "} "
	    "1795575063.412000000\n");
	has("dialfail_peers 2\n");
	has("dialfail_peers_silent 1\n");
	has("dialfail_peers_unacknowledged 1\n");
	has("dialfail_peer_updates_sent_total 12\n");
	has("dialfail_peer_updates_accepted_total 11\n");
	has("dialfail_uplink_active{uplink=\"eth1\",role=\"primary\"} 1\n");
	has("dialfail_uplink_receive_bytes_total{uplink=\"eth1\"} "
	    "5000000000\n");
	has("dialfail_uplink_transmit_bytes_total{uplink=\"eth1\"} 700\n");
	has("dialfail_probes_answered_total{uplink=\"eth1\","
	    "target=\"198.51.100.7\",method=\"icmp\"} 990\n");
	has("dialfail_probes_late_total{uplink=\"eth1\","
	    "target=\"198.51.100.7\",method=\"icmp\"} 2\n");
	has("dialfail_backup_active_seconds_total{" BACKUP "} "
	    "2592.500000000\n");
	has("dialfail_backup_unfit{" BACKUP "} 0\n");
	has_not("dialfail_backup_unfit{uplink=\"eth1\"}");
	has("dialfail_budget_limit_seconds{" BACKUP "} 36000.000000000\n");
	has("dialfail_budget_limit_bytes{" BACKUP "} 500000000\n");
	has("dialfail_budget_limit_dials{" BACKUP "} 30\n");
	has("dialfail_drill_ready_seconds{" BACKUP ",quantile=\"0.5\"} "
	    "8.900000000\n");
	has("dialfail_drill_ready_seconds{" BACKUP ",quantile=\"0.95\"} "
	    "12.100000000\n");
	has("dialfail_modem_registered{" BACKUP "} 1\n");
	has("dialfail_modem_signal_dbm{" BACKUP "} -87\n");
}

/* What hooks bring up is dialled, what is up by itself is not. */
static void
test_dials(void **state)
{
	(void)state;
	uplinks[1].kind = CONF_INTERFACE;
	write_metrics(0);
	has("dialfail_dials_total{" BACKUP ",result=\"up\"} 3\n");
	uplinks[1].dialled = 0;
	write_metrics(0);
	has_not("dialfail_dials_total{");
}

static void
a_peer(struct ctl_peer *p, const char *name)
{
	memset(p, 0, sizeof(*p));
	strlcpy(p->name, name, sizeof(p->name));
	p->acknowledged = 1;
	p->sent = 12;
	p->accepted = 11;
	p->refused = 2;
	p->replayed = 3;
}

/* Each of them, and nothing else. */
static void
test_peers(void **state)
{
	int old;

	(void)state;
	a_peer(&peers[0], "hub1");
	a_peer(&peers[1], "hub2");
	peers[0].heard = 1;
	peers[0].heard_s = 14;
	peers[1].silent = 1;
	strlcpy(peers[1].result, "nat", sizeof(peers[1].result));
	a.peers = peers;
	a.npeers = 2;
	for (old = 0; old < 2; old++) {
		write_as(old ? CTL_SHOW_PEER_PROMETHEUS : CTL_SHOW_PEER_METRICS,
		    old);
		has("dialfail_peer_silent{peer=\"hub2\"} 1\n");
		has("dialfail_peer_acknowledged{peer=\"hub1\"} 1\n");
		has("dialfail_peer_acknowledged{peer=\"hub2\"} 0\n");
		has("dialfail_peer_heard_seconds{peer=\"hub1\"} 14\n");
		has_not("dialfail_peer_heard_seconds{peer=\"hub2\"}");
		has("dialfail_peer_statements_sent_total{peer=\"hub1\"} 12\n");
		has("dialfail_peer_statements_accepted_total{peer=\"hub1\"} "
		    "11\n");
		has("dialfail_peer_statements_refused_total{peer=\"hub1\"} "
		    "5\n");
		has_not("dialfail_state");
	}
}

static void
test_prometheus(void **state)
{
	(void)state;
	write_metrics(1);
	has("# TYPE dialfail_build_info gauge\n");
	has("# TYPE dialfail_rounds_total counter\n");
	has("# TYPE dialfail_failover_phase_seconds histogram\n");
	has("dialfail_state{state=\"backup\"} 1\n");
	has_not("# UNIT");
	has_not("# EOF");
}

/* What is not known has no line. */
static void
test_nothing_invented(void **state)
{
	int old;

	(void)state;
	a.summary.started_ns = 0;
	a.summary.loaded_ns = 0;
	a.summary.hold_until_ns = 0;
	a.summary.alarm_oldest_ns = 0;
	a.summary.network_known = 0;
	uplinks[0].facts_known = 0;
	uplinks[1].proved_ns = 0;
	for (old = 0; old < 2; old++) {
		write_metrics(old);
		has_not("start_time");
		has_not("hold_until");
		has_not("alarm_oldest");
		has_not("dialfail_network_differences");
		has_not("last_reload_success_timestamp");
		has_not("dialfail_uplink_carrier{");
		has_not("dialfail_backup_proved_timestamp_seconds{");
		/* a family of which no round has come is not down */
		has_not("dialfail_uplink_up{uplink=\"eth1\",role=\"primary\","
			"family=\"inet6\"}");
		has("dialfail_uplink_known{uplink=\"eth1\",role=\"primary\","
		    "family=\"inet6\"} 0\n");
	}
	strlcpy(uplinks[1].unfit, "gave up", sizeof(uplinks[1].unfit));
	write_metrics(0);
	has("dialfail_backup_unfit{" BACKUP "} 1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_openmetrics, site),
		cmocka_unit_test_setup(test_the_others, site),
		cmocka_unit_test_setup(test_dials, site),
		cmocka_unit_test_setup(test_peers, site),
		cmocka_unit_test_setup(test_prometheus, site),
		cmocka_unit_test_setup(test_nothing_invented, site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
