/* SPDX-License-Identifier: ISC */
/*
 * How long an outage lasts with each backup, from the first lost packet until
 * traffic is there: the bounds of the state machine, one after the other.
 * Nothing that fails takes longer than a call that comes up at the last moment,
 * is not proved, pauses, and has to be hung up before the next one.
 */
#include <inttypes.h>
#include <string.h>

#include "parent/machine_conf.h"
#include "parent/outlook.h"

#define SPAN_LEN 40

/* In words, rounded up. */
static const char *
span(uint64_t ms, char buf[SPAN_LEN])
{
	uint64_t s = (ms + 999) / 1000, m = (s + 59) / 60;

	if (s < 120)
		snprintf(buf, SPAN_LEN, "%" PRIu64 " s", s);
	else if (s < 2 * 3600)
		snprintf(buf, SPAN_LEN, "%" PRIu64 " m %" PRIu64 " s", s / 60,
		    s % 60);
	else
		snprintf(buf, SPAN_LEN, "%" PRIu64 " h %" PRIu64 " m", m / 60,
		    m % 60);
	return buf;
}

/* Those that fail before the n-th, and the pauses after them. */
static uint64_t
failed_ms(const struct machine_uplink_conf *u, uint32_t n)
{
	uint64_t ms = 0;
	uint32_t i;

	for (i = 1; i < n; i++)
		ms += (uint64_t)u->start_ms + u->prove_ms +
		      machine_pause_ms(u, i, MACHINE_SPREAD) + MACHINE_STOP_MS;
	return ms;
}

/* The cap on failed dials ends a turn that has more. */
static uint32_t
tries(const struct machine_uplink_conf *u)
{
	if (!u->needs_dial || u->redial < 2)
		return 1;
	return u->redial > MACHINE_DIAL_CAP ? MACHINE_DIAL_CAP : u->redial;
}

/* Of what decides, whichever takes longest. */
static uint32_t
detect_ms(const struct conf_uplink *primary)
{
	struct conf_bounds b;
	uint32_t i, ms = 0;

	for (i = 0; i < FAMILIES; i++) {
		if (!conf_family_decides(primary, i) ||
		    conf_far_targets(primary, i) == 0)
			continue;
		conf_family_bounds(primary, i, &b);
		if (b.detect_max_ms > ms)
			ms = b.detect_max_ms;
	}
	return ms;
}

static void
print_tries(const struct conf_uplink *u, const struct machine_uplink_conf *mu,
    uint64_t works, FILE *f)
{
	const char *what = conf_ppp(u) ? "call" : "start";
	uint32_t n = tries(mu);
	char buf[SPAN_LEN];

	if (n == 1) {
		fprintf(f, " if the %s works", what);
		return;
	}
	fprintf(f, " if the first %s works, %s if only the %u%s does", what,
	    span(failed_ms(mu, n) + works, buf), n,
	    n == 2   ? "nd"
	    : n == 3 ? "rd"
		     : "th");
}

void
outlook_of(const struct conf_uplink *uplinks, const struct machine_conf *mc,
    uint32_t i, struct outlook *o)
{
	const struct conf_uplink *u = &uplinks[i];

	memset(o, 0, sizeof(*o));
	o->detect_ms = detect_ms(&uplinks[0]);
	o->prove_ms = mc->uplink[i].prove_ms;
	if (u->hot_ms == 0)
		o->after_ms = mc->uplink[i].dial_after_ms;
	if (conf_dialled(u))
		o->start_ms = mc->uplink[i].start_ms - LINK_GRACE_MS;
}

static void
print_backup(const struct conf *conf, uint32_t i, FILE *f)
{
	const struct conf_uplink *u = &conf->uplink[i];
	struct machine_conf mc;
	struct outlook o;
	char buf[SPAN_LEN];
	uint64_t works;

	machine_conf_of(&mc, &conf->global, conf->uplink, conf->nuplinks);
	outlook_of(conf->uplink, &mc, i, &o);
	works = (uint64_t)o.detect_ms + o.after_ms + o.start_ms + o.prove_ms;
	fprintf(f, "# with %s: an outage lasts ", u->label);
	if (u->hot_ms != 0)
		fprintf(f, "%s at most while it is ready, else ",
		    span(o.detect_ms, buf));
	fprintf(f, "%s at most", span(works, buf));
	if (conf_dialled(u))
		print_tries(u, &mc.uplink[i], works, f);
	fprintf(
	    f, "%s\n", i > 1 ? "; what those before it take comes on top" : "");
}

void
outlook_print(const struct conf *conf, FILE *f)
{
	uint32_t i;

	for (i = 1; i < conf->nuplinks; i++)
		print_backup(conf, i, f);
}
