/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl's words: tables, unique prefixes, and the list of what would
 * be valid for a word that is not.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parent/ctl_parse.h"

#define WAIT_TEST_S   1300 /* alarm { timeout 10m }, twice */
#define WAIT_RELOAD_S 70 /* a backup being dialled is waited for */
#define WAIT_SWITCH_S 600 /* dial, proof and switch */

struct word {
	const char *name;
	uint32_t value;
	const char *help;
};

static const struct word verbs[] = { { "show", IMSG_CTL_SHOW,
					 "what is going on" },
	{ "monitor", IMSG_CTL_MONITOR, "events as they happen" },
	{ "top", IMSG_CTL_TOP, "a live view, until q is pressed" },
	{ "plan", IMSG_CTL_PLAN, "failover [name]|fallback: the steps, first" },
	{ "failover", IMSG_CTL_FAILOVER, "[name] [for time]: to a backup" },
	{ "fallback", IMSG_CTL_FALLBACK,
	    "to the primary, now; again: end its drain" },
	{ "confirm", IMSG_CTL_CONFIRM, "a failover or reload stays" },
	{ "hold", IMSG_CTL_HOLD, "for time|forever: switch nothing" },
	{ "release", IMSG_CTL_RELEASE, "end a hold" },
	{ "drill", IMSG_CTL_DRILL, "[name]: test a backup, moving nothing" },
	{ "grant", IMSG_CTL_GRANT,
	    "name time|bytes|dials amount: more, in this period" },
	{ "forget", IMSG_CTL_FORGET,
	    "peer: what it said before counts no more" },
	{ "reload", IMSG_CTL_RELOAD, "[for time]: read the configuration" },
	{ "test", IMSG_CTL_TEST, "alarm: run the alarm program" },
	{ "clear", IMSG_CTL_CLEAR, "everything out of the kernel, and end" },
	{ "log", IMSG_CTL_LOG, "brief|verbose" },
	{ "report", IMSG_CTL_REPORT,
	    "[id] | --since time|date: a page for a browser" },
	{ "replay", IMSG_CTL_REPLAY,
	    "file|history [-f file]: what a configuration would have done" },
	{ "import", IMSG_CTL_IMPORT,
	    "file [ppp-on] [secrets directory]: from wvdial.conf, "
	    "DialBkup.cfg" },
	{ "keygen", IMSG_CTL_KEYGEN, "file: a new secret key there" },
	{ "pubkey", IMSG_CTL_PUBKEY, "file: its public key, for peers" },
	{ NULL, 0, NULL } };

static const struct word shows[] = { { "summary", CTL_SHOW_SUMMARY,
					 "one page" },
	{ "targets", CTL_SHOW_TARGETS, "probes and their answers" },
	{ "backup", CTL_SHOW_BACKUP, "the backups" },
	{ "peers", CTL_SHOW_PEERS, "[name]: who follows, and whom we do" },
	{ "network", CTL_SHOW_NETWORK, "wanted, found, the difference" },
	{ "history", CTL_SHOW_HISTORY, "past events" },
	{ "event", CTL_SHOW_EVENT, "[id]: the story of one" },
	{ "config", CTL_SHOW_CONFIG, "what is in force" },
	{ "metrics", CTL_SHOW_METRICS, "[peers] [prometheus]: for monitoring" },
	{ "probes", CTL_SHOW_PROBES, "rounds of the last days, for replay" },
	{ NULL, 0, NULL } };

static const struct word formats[] = { { "peers", CTL_SHOW_PEER_METRICS,
					   "[prometheus]: of each peer" },
	{ "prometheus", CTL_SHOW_PROMETHEUS, "text format 0.0.4" },
	{ NULL, 0, NULL } };

static const struct word texts[] = { { "prometheus", CTL_SHOW_PEER_PROMETHEUS,
					 "text format 0.0.4" },
	{ NULL, 0, NULL } };

static const struct word plans[] = {
	{ "failover", CTL_PLAN_FAILOVER, "[name]: to a backup" },
	{ "fallback", CTL_PLAN_FALLBACK, "to the primary" }, { NULL, 0, NULL }
};

static const struct word tests[] = { { "alarm", 0, "the alarm program" },
	{ NULL, 0, NULL } };

static const struct word costs[] = { { "time", CONF_COST_TIME, "as 90s 5m 2h" },
	{ "bytes", CONF_COST_BYTES, "as 500k 10M 1G" },
	{ "dials", CONF_COST_DIALS, "a number" }, { NULL, 0, NULL } };

static const struct word logs[] = { { "brief", 0, "the usual" },
	{ "verbose", 1, "everything" }, { NULL, 0, NULL } };

struct args {
	int argc;
	char *const *argv;
	char *error;
	size_t size;
};

static int
wrong(struct args *a, const char *what, const char *text)
{
	snprintf(a->error, a->size, "%s%s%s", what, text[0] != '\0' ? ": " : "",
	    text);
	return -1;
}

static void
list(struct args *a, const struct word *w)
{
	char line[128];

	for (; w->name != NULL; w++) {
		snprintf(line, sizeof(line), "\n\t%-10s %s", w->name, w->help);
		strlcat(a->error, line, a->size);
	}
}

/*
 * The word that text is, or the only one that it begins; else NULL, and in n
 * how many it begins.
 */
static const struct word *
match(const struct word *w, const char *text, int *n)
{
	const struct word *found = NULL;

	*n = 0;
	for (; w->name != NULL; w++) {
		if (strcmp(w->name, text) == 0)
			return w;
		if (text[0] != '\0' &&
		    strncmp(w->name, text, strlen(text)) == 0) {
			found = w;
			(*n)++;
		}
	}
	return *n == 1 ? found : NULL;
}

static const struct word *
take(struct args *a, const struct word *w, const char *what)
{
	const struct word *found;
	int n;

	if (a->argc == 0) {
		snprintf(a->error, a->size, "%s is missing; valid:", what);
		list(a, w);
		return NULL;
	}
	found = match(w, a->argv[0], &n);
	if (found == NULL) {
		snprintf(a->error, a->size, "%s: %s %s; valid:", a->argv[0],
		    n == 0 ? "unknown" : "ambiguous", what);
		list(a, w);
		return NULL;
	}
	a->argc--;
	a->argv++;
	return found;
}

static int
end(struct args *a)
{
	if (a->argc != 0)
		return wrong(a, "one word too many", a->argv[0]);
	return 0;
}

/* 90s 5m 2h 7d, in whole seconds. */
static int
duration(struct args *a, const char *text, uint32_t *s)
{
	static const struct {
		char unit;
		uint32_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	unsigned long n;
	char *rest;
	size_t i;

	errno = 0;
	n = strtoul(text, &rest, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (text[0] >= '0' && text[0] <= '9' && errno == 0 &&
		    rest[0] == units[i].unit && rest[1] == '\0' && n > 0 &&
		    n <= CTL_FOR_MAX / units[i].s) {
			*s = (uint32_t)n * units[i].s;
			return 0;
		}
	return wrong(a, "not a time from 1s to 7d (as 90s 5m 2h 7d)", text);
}

/* "for TIME" if it is there. */
static int
limit(struct args *a, uint32_t *s)
{
	*s = 0;
	if (a->argc == 0 || strcmp(a->argv[0], "for") != 0)
		return 0;
	if (a->argc < 2)
		return wrong(a, "for what time?", "");
	if (duration(a, a->argv[1], s) == -1)
		return -1;
	a->argc -= 2;
	a->argv += 2;
	return 0;
}

static int
name(struct args *a, char *to, size_t size)
{
	if (strlcpy(to, a->argv[0], size) >= size || !msg_text_valid(to, size))
		return wrong(a, "no such name", a->argv[0]);
	a->argc--;
	a->argv++;
	return 0;
}

/* An event's id, as it is shown: its leading zeros need not be typed. */
static int
event(struct args *a, char *to, size_t size)
{
	size_t len;

	if (name(a, to, size) == -1)
		return -1;
	len = strlen(to);
	if (len > 0 && len <= 8 && strspn(to, "0123456789abcdefABCDEF") == len)
		snprintf(to, size, "%04lx", strtoul(to, NULL, 16));
	return 0;
}

static int
parse_show(struct args *a, struct ctl_show *s)
{
	const struct word *w;

	s->what = CTL_SHOW_SUMMARY;
	if (a->argc > 0) {
		if ((w = take(a, shows, "thing to show")) == NULL)
			return -1;
		s->what = w->value;
	}
	if (s->what == CTL_SHOW_EVENT && a->argc > 0)
		return event(a, s->name, sizeof(s->name));
	if (s->what == CTL_SHOW_PEERS && a->argc > 0)
		return name(a, s->name, sizeof(s->name));
	if (s->what == CTL_SHOW_METRICS && a->argc > 0) {
		if ((w = take(a, formats, "format")) == NULL)
			return -1;
		s->what = w->value;
	}
	if (s->what == CTL_SHOW_PEER_METRICS && a->argc > 0) {
		if ((w = take(a, texts, "format")) == NULL)
			return -1;
		s->what = w->value;
	}
	return 0;
}

static int
parse_hold(struct args *a, struct ctl_time *t)
{
	if (a->argc == 1 && strcmp(a->argv[0], "forever") == 0) {
		t->for_s = CTL_FOREVER;
		a->argc--;
		return 0;
	}
	if (limit(a, &t->for_s) == -1)
		return -1;
	if (t->for_s == 0)
		return wrong(a, "hold needs \"for TIME\" or \"forever\"", "");
	return 0;
}

static int
parse_failover(struct args *a, struct ctl_failover *f)
{
	if (a->argc > 0 && strcmp(a->argv[0], "for") != 0 &&
	    name(a, f->name, sizeof(f->name)) == -1)
		return -1;
	return limit(a, &f->for_s);
}

static int
parse_plan(struct args *a, struct ctl_plan *p)
{
	const struct word *w;

	if ((w = take(a, plans, "switch")) == NULL)
		return -1;
	p->kind = w->value;
	return p->kind == CTL_PLAN_FAILOVER && a->argc > 0
		   ? name(a, p->name, sizeof(p->name))
		   : 0;
}

/* 500k 10M 1G, as they are sold; or a plain number. */
static int
quantity(struct args *a, const char *text, const char *units, uint64_t *n)
{
	const char *unit;
	unsigned long v;
	char *rest;

	errno = 0;
	v = strtoul(text, &rest, 10);
	*n = v;
	if (text[0] < '0' || text[0] > '9' || errno != 0 || v == 0 ||
	    v > 1000000 || strlen(rest) != (units[0] == '\0' ? 0 : 1) ||
	    (unit = strchr(units, rest[0])) == NULL)
		return wrong(a,
		    units[0] == '\0' ? "not a number from 1 to 1000000"
				     : "not a size as 500k 10M 1G",
		    text);
	for (; units[0] != '\0' && unit >= units; unit--)
		*n *= 1000;
	return 0;
}

static int
parse_grant(struct args *a, struct ctl_grant *g)
{
	const struct word *w;
	uint32_t s;

	if (a->argc == 0)
		return wrong(a, "to which backup?", "");
	if (name(a, g->name, sizeof(g->name)) == -1 ||
	    (w = take(a, costs, "kind of cost")) == NULL)
		return -1;
	g->cost = w->value;
	if (a->argc == 0)
		return wrong(a, "how much more?", "");
	if (g->cost != CONF_COST_TIME) {
		if (quantity(a, a->argv[0],
			g->cost == CONF_COST_BYTES ? "kMG" : "",
			&g->amount) == -1)
			return -1;
	} else {
		if (duration(a, a->argv[0], &s) == -1)
			return -1;
		g->amount = (uint64_t)s * 1000;
	}
	a->argc--;
	a->argv++;
	return 0;
}

/* A file's name, which nothing else is expected of. */
static int
file(struct args *a, const char **to)
{
	if (a->argc == 0)
		return wrong(a, "which file?", "");
	*to = a->argv[0];
	a->argc--;
	a->argv++;
	return 0;
}

static int
parse_import(struct args *a, struct ctl_command *c)
{
	c->directory = SYSCONFDIR "/dialfail/private";
	if (file(a, &c->file) == -1)
		return -1;
	if (a->argc > 0 && strcmp(a->argv[0], "secrets") != 0 &&
	    file(a, &c->script) == -1)
		return -1;
	if (a->argc == 0 || strcmp(a->argv[0], "secrets") != 0)
		return 0;
	if (a->argc < 2 || a->argv[1][0] != '/')
		return wrong(a,
		    "secrets: a directory, from the root, is "
		    "needed",
		    "");
	c->directory = a->argv[1];
	a->argc -= 2;
	a->argv += 2;
	return 0;
}

/* 2h, 2026-11-26 or 2026-11-26T14:00, by local time. */
static int
since(struct args *a, const char *text, int64_t *s)
{
	static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M" };
	struct tm tm;
	const char *end;
	uint32_t before;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		tm.tm_isdst = -1;
		end = strptime(text, forms[i], &tm);
		if (end == NULL || *end != '\0')
			continue;
		if ((*s = mktime(&tm)) <= 0)
			break;
		return 0;
	}
	if (duration(a, text, &before) == -1)
		return wrong(a,
		    "neither a time up to 7d nor a date as 2026-11-26 or "
		    "2026-11-26T14:00",
		    text);
	*s = -(int64_t)before;
	return 0;
}

/* An event's id, or from when on; without either, the last event. */
static int
parse_report(struct args *a, struct ctl_command *c)
{
	if (a->argc == 0)
		return 0;
	if (strcmp(a->argv[0], "--since") != 0)
		return event(a, c->data.show.name, sizeof(c->data.show.name));
	if (a->argc < 2)
		return wrong(a, "since when?", "");
	if (since(a, a->argv[1], &c->since) == -1)
		return -1;
	a->argc -= 2;
	a->argv += 2;
	return 0;
}

static int
parse_arguments(struct args *a, struct ctl_command *c)
{
	const struct word *w;

	switch (c->type) {
	case IMSG_CTL_SHOW:
		c->len = sizeof(c->data.show);
		return parse_show(a, &c->data.show);
	case IMSG_CTL_FAILOVER:
		c->len = sizeof(c->data.failover);
		c->wait_s = WAIT_SWITCH_S;
		return parse_failover(a, &c->data.failover);
	case IMSG_CTL_PLAN:
		c->len = sizeof(c->data.plan);
		return parse_plan(a, &c->data.plan);
	case IMSG_CTL_DRILL:
		c->len = sizeof(c->data.name);
		c->wait_s = WAIT_SWITCH_S;
		return a->argc > 0 ? name(a, c->data.name.name,
					 sizeof(c->data.name.name))
				   : 0;
	case IMSG_CTL_GRANT:
		c->len = sizeof(c->data.grant);
		return parse_grant(a, &c->data.grant);
	case IMSG_CTL_FORGET:
		c->len = sizeof(c->data.forget);
		if (a->argc == 0)
			return wrong(a, "which peer?", "");
		return name(
		    a, c->data.forget.name, sizeof(c->data.forget.name));
	case IMSG_CTL_HOLD:
		c->len = sizeof(c->data.time);
		return parse_hold(a, &c->data.time);
	case IMSG_CTL_RELOAD:
		c->len = sizeof(c->data.time);
		c->wait_s = WAIT_RELOAD_S;
		return limit(a, &c->data.time.for_s);
	case IMSG_CTL_LOG:
		c->len = sizeof(c->data.log);
		if ((w = take(a, logs, "kind of log")) == NULL)
			return -1;
		c->data.log.verbose = w->value;
		return 0;
	case IMSG_CTL_TEST:
		c->wait_s = WAIT_TEST_S;
		return take(a, tests, "thing to test") == NULL ? -1 : 0;
	case IMSG_CTL_KEYGEN:
	case IMSG_CTL_PUBKEY:
	case IMSG_CTL_REPLAY:
		return file(a, &c->file);
	case IMSG_CTL_REPORT:
		return parse_report(a, c);
	case IMSG_CTL_IMPORT:
		return parse_import(a, c);
	case IMSG_CTL_FALLBACK:
	case IMSG_CTL_CLEAR:
		c->wait_s = WAIT_SWITCH_S;
		return 0;
	case IMSG_CTL_MONITOR:
		c->wait_s = 0;
		return 0;
	default:
		return 0;
	}
}

void
ctl_verbs(char *text, size_t size)
{
	struct args a = { 0, NULL, text, size };

	list(&a, verbs);
}

int
ctl_parse(int argc, char *const argv[], struct ctl_command *c, char *error,
    size_t size)
{
	struct args a = { argc, argv, error, size };
	const struct word *verb;

	memset(c, 0, sizeof(*c));
	c->wait_s = CTL_WAIT_S;
	if ((verb = take(&a, verbs, "command")) == NULL)
		return -1;
	c->type = verb->value;
	if (parse_arguments(&a, c) == -1)
		return -1;
	return end(&a);
}
