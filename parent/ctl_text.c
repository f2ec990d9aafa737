/* SPDX-License-Identifier: ISC */
/*
 * Answers as text for people: the verdict first, 80 columns, colours only on
 * a terminal.  dialfailctl(8) explains each column.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parent/ctl_output.h"
#include "parent/length.h"
#include "parent/target.h"

#define WIDTH       79
#define NAME_WIDTH  12 /* of the column of uplinks */
#define STATE_WIDTH 11
#define ADDR_WIDTH  15
#define NOTE_WIDTH  20 /* what is left for a note beside all columns */
#define MS_TENTHS   INT64_C(10000000000) /* less is told with tenths */

int ctl_colours;

/* https://no-color.org: set, and not empty. */
bool
ctl_no_colours(void)
{
	const char *set = getenv("NO_COLOR");

	return set != NULL && set[0] != '\0';
}

/* Nothing from the daemon may move a terminal's cursor. */
static void
put_char(FILE *f, char c)
{
	fputc((unsigned char)c < ' ' || c == 0x7f ? '?' : c, f);
}

static void
put(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		put_char(f, *text);
}

static void
coloured(FILE *f, const char *colour, const char *text)
{
	if (ctl_colours)
		fprintf(f, "\033[%sm", colour);
	put(f, text);
	if (ctl_colours)
		fputs("\033[0m", f);
}

static const char *
verdict_colour(const char *verdict)
{
	if (strncmp(verdict, "OK ", 3) == 0) /* without a but */
		return "32";
	if (strncmp(verdict, "STRANDED", 8) == 0 ||
	    strncmp(verdict, "DOWN", 4) == 0)
		return "31";
	return "33";
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void
wall(char *buf, size_t size, int64_t ns, const char *format)
{
	struct tm tm;
	time_t t = (time_t)(ns / 1000000000);

	if (ns == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(buf, size, format, &tm) == 0)
		strlcpy(buf, "unknown", size);
}

/* "02:51:03.412" */
static void
wall_ms(char *buf, size_t size, int64_t ns)
{
	char milli[8];

	wall(buf, size, ns, "%H:%M:%S");
	if (ns == 0)
		return;
	snprintf(milli, sizeof(milli), ".%03d", (int)(ns / 1000000 % 1000));
	strlcat(buf, milli, size);
}

static void
address(char *buf, size_t size, const struct addr *a)
{
	if (a->family == AF_UNSPEC)
		strlcpy(buf, "-", size);
	else
		addr_format(a, buf, size);
}

static void
ms(char *buf, size_t size, int64_t ns)
{
	if (ns == 0)
		strlcpy(buf, "-", size);
	else /* of seconds the tenth of a millisecond is of no use */
		snprintf(buf, size, "%.*f", ns < MS_TENTHS ? 1 : 0,
		    (double)ns / 1e6);
}

static void
loss(char *buf, size_t size, uint32_t sent, uint32_t lost)
{
	if (sent == 0)
		strlcpy(buf, "-", size);
	else
		snprintf(buf, size, "%.1f %%", 100.0 * lost / sent);
}

/* Long text under a head, folded at blanks so that it fits the screen. */
static void
folded(FILE *f, const char *head, const char *text)
{
	int blanks, column, indent = (int)strlen(head);
	const char *end;

	put(f, head);
	column = indent;
	for (;;) {
		blanks = column > indent ? (int)strspn(text, " ") : 0;
		text += strspn(text, " ");
		if (*text == '\0')
			break;
		end = text + strcspn(text, " ");
		if (column + blanks + (int)(end - text) > WIDTH && blanks > 0) {
			fprintf(f, "\n%*s", indent, "");
			column = indent;
		} else {
			fprintf(f, "%*s", blanks, "");
			column += blanks;
		}
		for (; text < end; text++, column++) {
			if (column == WIDTH) { /* a word longer than a line */
				fprintf(f, "\n%*s", indent, "");
				column = indent;
			}
			put_char(f, *text);
		}
	}
	fputc('\n', f);
}

static void
folded_in(FILE *f, const char *colour, const char *head, const char *text)
{
	if (ctl_colours)
		fprintf(f, "\033[%sm", colour);
	folded(f, head, text);
	if (ctl_colours)
		fputs("\033[0m", f);
}

void
ctl_below(FILE *f, const char *what, const char *text)
{
	char head[WIDTH];

	snprintf(head, sizeof(head), "%*s%s", NAME_WIDTH + 1, "", what);
	folded(f, head, text);
}

/* The most important thing to know of an uplink. */
static void
uplink_note(char *note, size_t size, const struct ctl_uplink *u)
{
	const struct addr *via = &u->family[FAMILY_INET].gateway;
	char gateway[ADDR_STRLEN], next[40];

	note[0] = '\0';
	if (strcmp(u->cause, msg_cause_text(MSG_CAUSE_CONGESTED)) == 0)
		snprintf(note, size, "up, %s", u->cause);
	else if (u->cause[0] != '\0')
		strlcpy(note, u->cause, size);
	else if (u->note[0] != '\0')
		strlcpy(note, u->note, size);
	else if (u->last_error[0] != '\0')
		strlcpy(note, u->last_error, size);
	else if (via->family != AF_UNSPEC) {
		address(gateway, sizeof(gateway), via);
		snprintf(note, size, "gateway %s", gateway);
	}
	if (u->next_s > 0) {
		snprintf(next, sizeof(next), "%snext try in %u s",
		    note[0] != '\0' ? "; " : "", u->next_s);
		strlcat(note, next, size);
	}
}

/* A cell; what is longer than its column pushes the rest a line down. */
static void
cell(FILE *f, const char *text, int indent, int width)
{
	put(f, text);
	if ((int)strlen(text) > width)
		fprintf(f, "\n%*s", indent + width + 1, "");
	else
		fprintf(f, "%*s", width + 1 - (int)strlen(text), "");
}

/* The rest of an uplink's line: loss, round trip, note. */
static void
uplink_rest(FILE *f, const struct ctl_family *v, const char *note)
{
	char l[16], rtt[16];

	loss(l, sizeof(l), v->recent_sent, v->recent_lost);
	ms(rtt, sizeof(rtt), v->rtt_ns);
	fprintf(f, "%7s %7s", l, rtt);
	if (strlen(note) > NOTE_WIDTH) {
		fputc('\n', f);
		ctl_below(f, "", note);
		return;
	}
	if (note[0] != '\0')
		fputs("  ", f);
	put(f, note);
	fputc('\n', f);
}

/* "pots (ppp0)" */
static void
uplink_name(FILE *f, const struct ctl_uplink *u)
{
	char name[CTL_NAME_LEN + IFNAMSIZ + 4];

	if (u->ifname[0] != '\0' && strcmp(u->ifname, u->name) != 0)
		snprintf(name, sizeof(name), "%s (%s)", u->name, u->ifname);
	else
		strlcpy(name, u->name, sizeof(name));
	cell(f, name, 0, NAME_WIDTH);
}

/* Routers give addresses to who has no use for them. */
static int
inet6_is_probed(const struct ctl_answer *a)
{
	size_t i;

	for (i = 0; i < a->nuplinks; i++)
		if (a->uplinks[i].family[FAMILY_INET6].probed)
			return 1;
	return 0;
}

/* Below, where there is IPv6: how that is. */
static void
uplink_inet6(FILE *f, const struct ctl_uplink *u)
{
	const struct ctl_family *v = &u->family[FAMILY_INET6];
	char addr[ADDR_STRLEN], state[16];

	if (!v->probed && v->address.family == AF_UNSPEC)
		return;
	snprintf(state, sizeof(state), "IPv6%s",
	    !v->known ? ""
	    : v->good ? " up"
		      : " down");
	address(addr, sizeof(addr), &v->address);
	fprintf(f, "%*s", NAME_WIDTH + 1, "");
	cell(f, state, NAME_WIDTH + 1, STATE_WIDTH);
	cell(f, addr, NAME_WIDTH + STATE_WIDTH + 2, ADDR_WIDTH);
	uplink_rest(f, v, v->cause);
}

/* Below: how long until it would carry traffic, by its past or at most. */
static void
takes(FILE *f, const struct ctl_uplink *u)
{
	uint32_t s = (u->takes_ms + 999) / 1000;
	char text[120] = "", length[LENGTH_LEN], last[40] = "";

	if (u->takes_ms == 0)
		return;
	if (s < 120)
		snprintf(length, sizeof(length), "%u s", s);
	else
		length_text(length, s);
	if (u->last_outage_ms != 0)
		snprintf(last, sizeof(last), " (last time %.1f s)",
		    u->last_outage_ms / 1e3);
	snprintf(text, sizeof(text), "%s%s%s%s",
	    u->takes_measured ? "about " : "", length,
	    u->takes_measured ? "" : " at most", last);
	ctl_below(f, "would carry traffic in ", text);
}

/* Below: could it take over at once, if it should; else when it last could. */
static void
standby(FILE *f, const struct ctl_uplink *u)
{
	char ago[LENGTH_LEN];

	if (u->hot)
		ctl_below(f, "standby hot: ", u->standby);
	else if (u->role != CONF_PRIMARY && !u->active)
		ctl_below(f, "last proved: ",
		    u->proved_known ? length_ago(ago, u->proved_s)
				    : "not yet, as far as is known: see drill");
	takes(f, u);
}

/* Below, of a packet modem: "LTE, Example (home), -87 dBm good" */
static void
radio(FILE *f, const struct ctl_radio *r)
{
	char text[MSG_TEXT_LEN], dbm[CTL_WORD_LEN + 24] = "";

	if (r->dbm != 0)
		snprintf(dbm, sizeof(dbm), ", %d dBm %s", r->dbm, r->signal);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s; SIM %s%s%s",
	    r->technology, r->technology[0] != '\0' ? ", " : "", r->operator,
	    r->operator[0] != '\0' ? " (" : "", r->registration,
	    r->operator[0] != '\0' ? ")" : "", dbm, r->sim,
	    r->card[0] != '\0' ? " ..." : "", r->card);
	ctl_below(f, "", text);
}

static void
uplinks(FILE *f, const struct ctl_answer *a)
{
	char addr[ADDR_STRLEN], note[MSG_TEXT_LEN];
	const char *state;
	size_t i;
	int inet6 = inet6_is_probed(a);

	fprintf(f, "%-*s %-*s %-*s %7s %7s  %s\n", NAME_WIDTH, "UPLINK",
	    STATE_WIDTH, "STATE", ADDR_WIDTH, "ADDRESS", "LOSS 5m", "RTT ms",
	    "NOTE");
	for (i = 0; i < a->nuplinks; i++) {
		const struct ctl_uplink *u = &a->uplinks[i];
		const struct ctl_family *v = &u->family[FAMILY_INET];

		address(addr, sizeof(addr), &v->address);
		uplink_note(note, sizeof(note), u);
		uplink_name(f, u);
		state = u->active ? "ACTIVE" : u->status;
		coloured(f, u->active ? "1" : "0", state);
		fprintf(f, "%*s %-*s ", (int)(STATE_WIDTH - strlen(state)), "",
		    ADDR_WIDTH, addr);
		uplink_rest(f, v, note);
		standby(f, u);
		if (u->modem[0] != '\0')
			ctl_below(f, "modem: ", u->modem);
		ctl_cost_text(f, u);
		if (u->radio.known)
			radio(f, &u->radio);
		if (inet6)
			uplink_inet6(f, u);
	}
}

/* "gateway 192.0.2.1": what it is now. */
static void
put_target(FILE *f, const struct ctl_target *t, int width)
{
	char name[TARGET_NAME_LEN + ADDR_STRLEN + 1], addr[ADDR_STRLEN];

	target_name(&t->target, name, sizeof(name));
	if (t->target.method == CONF_METHOD_GATEWAY &&
	    t->gateway.family != AF_UNSPEC) {
		strlcat(name, " ", sizeof(name));
		address(addr, sizeof(addr), &t->gateway);
		strlcat(name, addr, sizeof(name));
	}
	if (strlen(name) > WIDTH) /* a domain name may be */
		strlcpy(name + WIDTH - 3, "...", 4);
	cell(f, name, 0, width);
}

static const char *
how(const struct conf_target *t)
{
	if (t->method == CONF_METHOD_GATEWAY)
		return target_family(t) == FAMILY_INET6 ? "nd" : "arp";
	return target_method(t);
}

static const char *
target_state(const struct msg_stats *s)
{
	return !s->known ? "unknown" : s->up ? "up" : "down";
}

/* As the summary has them. */
static void
targets(FILE *f, const struct ctl_answer *a)
{
	char l[16], rtt[3][16], times[64];
	size_t i;

	fprintf(f, "%-16s %-10s %-5s %-8s %8s  %s\n", "TARGET", "VIA", "HOW",
	    "STATE", "LOSS 5m", "RTT last/avg/max ms");
	for (i = 0; i < a->ntargets; i++) {
		const struct ctl_target *t = &a->targets[i];
		const struct msg_stats *s = &t->stats;

		if (!s->known && s->sent == 0 && t->uplink != 0)
			continue; /* a backup at rest is not probed */
		loss(l, sizeof(l), s->recent_sent, s->recent_lost);
		ms(rtt[0], sizeof(rtt[0]), s->rtt_last_ns);
		ms(rtt[1], sizeof(rtt[1]), s->rtt_avg_ns);
		ms(rtt[2], sizeof(rtt[2]), s->rtt_max_ns);
		snprintf(
		    times, sizeof(times), "%s/%s/%s", rtt[0], rtt[1], rtt[2]);
		put_target(f, t, 16);
		fprintf(f, "%-10.10s %-5s %-8s %8s  %s%s\n", t->via,
		    how(&t->target), target_state(s), l, times,
		    t->target.near ? "  near" : "");
	}
}

/* Everything that is known of them: two lines each. */
static void
targets_at_length(FILE *f, const struct ctl_answer *a)
{
	char l[16], time[8][16];
	size_t i, k;

	fprintf(f, "%-25s %-10s %-5s %-4s %-8s %8s %10s\n", "TARGET", "VIA",
	    "HOW", "", "STATE", "LOSS 5m", "SENT");
	fprintf(f, "  RTT ms %7s %7s %7s %7s %7s %7s %7s %7s\n", "last", "avg",
	    "min", "max", "mdev", "p50", "p95", "p99");
	for (i = 0; i < a->ntargets; i++) {
		const struct ctl_target *t = &a->targets[i];
		const struct msg_stats *s = &t->stats;
		const int64_t ns[] = { s->rtt_last_ns, s->rtt_avg_ns,
			s->rtt_min_ns, s->rtt_max_ns, s->rtt_mdev_ns,
			s->rtt_p50_ns, s->rtt_p95_ns, s->rtt_p99_ns };

		loss(l, sizeof(l), s->recent_sent, s->recent_lost);
		put_target(f, t, 25);
		fprintf(f, "%-10.10s %-5s %-4s %-8s %8s %10" PRIu64 "\n",
		    t->via, how(&t->target), t->target.near ? "near" : "far",
		    target_state(s), l, s->sent);
		fputs("         ", f);
		for (k = 0; k < 8; k++) {
			ms(time[k], sizeof(time[k]), ns[k]);
			fprintf(f, "%7s%s", time[k], k < 7 ? " " : "\n");
		}
	}
}

/* ", proved in 0.3 s", if it was. */
static void
took(char *text, size_t size, const char *what, uint32_t ms)
{
	char more[80], length[LENGTH_LEN];

	if (ms >= 60 * 1000)
		snprintf(more, sizeof(more), ", %s %s", what,
		    length_text(length, ms / 1000));
	else
		snprintf(more, sizeof(more), ", %s %.1f s", what, ms / 1e3);
	if (ms > 0)
		strlcat(text, more, size);
}

static void
event_line(FILE *f, const char *head, const struct ctl_event *e)
{
	char text[512], when[40], length[LENGTH_LEN];

	wall(when, sizeof(when), e->began_ns, "%Y-%m-%d %H:%M:%S");
	snprintf(text, sizeof(text), "%s %s %s", e->id, when, e->cause);
	took(text, sizeof(text), "outage", e->outage_ms);
	if (e->backup[0] != '\0') {
		strlcat(text, ", ", sizeof(text));
		strlcat(text, length_text(length, e->backup_s), sizeof(text));
		strlcat(text, " on ", sizeof(text));
		strlcat(text, e->backup, sizeof(text));
	}
	strlcat(text,
	    !e->ended        ? ", still open"
	    : e->end_unknown ? ", its end is not known"
	    : e->clean       ? ", back clean"
			     : ", over",
	    sizeof(text));
	folded(f, head, text);
}

static void
switches(FILE *f, const struct ctl_summary *s)
{
	char text[200], last[80];

	snprintf(text, sizeof(text),
	    "%" PRIu64 " failover%s, %" PRIu64 " fallback%s", s->failovers,
	    plural(s->failovers), s->fallbacks, plural(s->fallbacks));
	if (s->detect_ms > 0) {
		snprintf(last, sizeof(last), "; last: detected in %.1f s",
		    (double)s->detect_ms / 1000);
		strlcat(text, last, sizeof(text));
		if (s->dial_ms > 0) {
			snprintf(last, sizeof(last), ", dialled in %.1f s",
			    (double)s->dial_ms / 1000);
			strlcat(text, last, sizeof(text));
		}
		snprintf(last, sizeof(last), ", switched in %.1f ms",
		    (double)s->apply_us / 1000);
		strlcat(text, last, sizeof(text));
	}
	folded(f, "Switches ", text);
}

static void
alarms(FILE *f, const struct ctl_summary *s)
{
	char text[sizeof(s->alarm_why) + 64];

	if (s->alarms_waiting == 0) {
		fputs("Alarms   none waiting\n", f);
		return;
	}
	snprintf(text, sizeof(text), "%u waiting for %u s%s%s",
	    s->alarms_waiting, s->alarm_oldest_s,
	    s->alarm_why[0] != '\0' ? ": " : "", s->alarm_why);
	folded(f, "Alarms   ", text);
}

static void
network_line(FILE *f, const struct ctl_summary *s)
{
	char text[2 * MSG_TEXT_LEN + 80];

	if (s->network_known && !s->network_ok)
		snprintf(text, sizeof(text), "DIFFERENT, see show network: %s",
		    s->network_why);
	else
		strlcpy(text, s->network_known ? "as wanted" : "not known yet",
		    sizeof(text));
	if (s->notes.n > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "; %u NOTE%s, see show network: %s", s->notes.n,
		    s->notes.n == 1 ? "" : "S", s->notes.text);
	folded(f, "Network  ", text);
}

static void
config_line(FILE *f, const struct ctl_summary *s)
{
	char text[MSG_TEXT_LEN + 256], more[MSG_TEXT_LEN + 64], when[40];

	wall(when, sizeof(when), s->loaded_ns, "%Y-%m-%d %H:%M");
	snprintf(text, sizeof(text), "%02x%02x%02x%02x loaded %s", s->sha256[0],
	    s->sha256[1], s->sha256[2], s->sha256[3], when);
	if (s->confirm_due) {
		snprintf(more, sizeof(more),
		    "; NOT CONFIRMED, goes back in %u s", s->confirm_s);
		strlcat(text, more, sizeof(text));
	}
	if (s->conf_source == MSG_CONF_CONFIRMED)
		strlcat(text, "; THE LAST CONFIRMED ONE, not the file",
		    sizeof(text));
	if (s->file == MSG_FILE_OTHER)
		strlcat(text,
		    "; THE FILE IS ANOTHER ONE by now: dialfailctl reload",
		    sizeof(text));
	if (s->file == MSG_FILE_BAD) {
		snprintf(more, sizeof(more),
		    "; THE FILE HAS %u ERROR%s, see dialfaild -n: %s",
		    s->file_errors, s->file_errors == 1 ? "" : "S",
		    s->file_where);
		strlcat(text, more, sizeof(text));
	}
	folded(f, "Config   ", text);
}

static void
summary_lines(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;
	char head[48];
	size_t i;

	if (s->fallback_text[0] != '\0')
		folded(f, "Return   ", s->fallback_text);
	network_line(f, s);
	switches(f, s);
	for (i = a->nevents; i-- > 0;)
		event_line(f, i + 1 == a->nevents ? "Last     " : "         ",
		    &a->events[i]);
	config_line(f, s);
	if (s->peers > 0)
		fprintf(f, "Peers    %u of %u follow, %u silent\n",
		    s->peers_acknowledged, s->peers, s->peers_silent);
	alarms(f, s);
	if (!s->clock_sane)
		fputs("Clock    not set: times are unknown\n", f);
	for (i = 0; i < a->nprocesses; i++) {
		snprintf(head, sizeof(head), "%-8s %-7u ", a->processes[i].name,
		    a->processes[i].pid);
		folded(f, head, a->processes[i].sandbox);
	}
}

/* What has been going on, under the verdict. */
static void
event_head(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;
	char head[sizeof(s->host) + 3], text[MSG_TEXT_LEN + 64], when[40];

	if (s->event[0] == '\0')
		return;
	snprintf(head, sizeof(head), "%*s", (int)strlen(s->host) + 2, "");
	wall(when, sizeof(when),
	    a->nevents > 0 ? a->events[a->nevents - 1].began_ns : 0,
	    "%H:%M:%S");
	snprintf(text, sizeof(text), "event %s, %s: %s", s->event, when,
	    s->event_text);
	folded(f, head, text);
}

/* As the verdict, which it qualifies. */
static void
hold_head(FILE *f, const struct ctl_summary *s)
{
	char head[sizeof(s->host) + 3], text[64], left[LENGTH_LEN];

	if (!s->held)
		return;
	snprintf(head, sizeof(head), "%*s", (int)strlen(s->host) + 2, "");
	strlcpy(text, "HELD until released", sizeof(text));
	if (s->hold_s != CTL_FOREVER) {
		snprintf(text, sizeof(text), "HELD for another %s",
		    length_text(left, s->hold_s));
	}
	folded_in(f, "33", head, text);
}

static void
summary(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;
	char head[sizeof(s->host) + 3];

	snprintf(head, sizeof(head), "%s  ", s->host);
	folded_in(f, verdict_colour(s->verdict), head, s->verdict);
	event_head(f, a);
	hold_head(f, s);
	fputc('\n', f);
	uplinks(f, a);
	fputc('\n', f);
	targets(f, a);
	fputc('\n', f);
	summary_lines(f, a);
}

static void
story_line(FILE *f, const struct ctl_line *l)
{
	char head[120], when[40], distance[32] = "";

	wall_ms(when, sizeof(when), l->time_ns);
	if (l->event[0] != '\0')
		snprintf(distance, sizeof(distance), "%+.3f",
		    (double)l->offset_ms / 1000);
	snprintf(
	    head, sizeof(head), "%-12s %9s  %-8s ", when, distance, l->who);
	folded(f, head, l->text);
}

static void
story_head(FILE *f, const struct ctl_event *e)
{
	char head[CTL_EVENT_LEN + 8], text[256], day[40], from[40],
	    to[40] = "now";

	wall(day, sizeof(day), e->began_ns, "%Y-%m-%d");
	wall_ms(from, sizeof(from), e->began_ns);
	if (e->ended)
		wall_ms(to, sizeof(to), e->ended_ns);
	snprintf(text, sizeof(text), "%s  %s %s - %s  %s", e->cause, day, from,
	    to,
	    !e->ended        ? "still open"
	    : e->end_unknown ? "its end is not known"
	    : e->clean       ? "clean"
			     : "over");
	snprintf(head, sizeof(head), "event %s  ", e->id);
	folded(f, head, text);
}

/* Packets are not known of every octet: records of earlier versions. */
static void
carried(char *buf, size_t size, const struct ctl_event *e)
{
	double mb = (double)e->backup_octets / 1e6;

	if (e->backup_packets > 0)
		snprintf(buf, size, "%.1f MB in %llu packets", mb,
		    (unsigned long long)e->backup_packets);
	else
		snprintf(buf, size, "%.1f MB", mb);
}

/* What the backup did, and what it cost. */
static void
on_backup(char *text, size_t size, const struct ctl_event *e)
{
	char more[160], length[LENGTH_LEN];

	snprintf(more, sizeof(more), ", switched in %.1f ms",
	    (double)e->apply_us / 1000);
	strlcat(text, more, size);
	took(text, size, "all peers knew after", e->peers_ms);
	snprintf(more, sizeof(more), "; %u dial%s, %s on %s, ", e->dials,
	    plural(e->dials), length_text(length, e->backup_s), e->backup);
	strlcat(text, more, size);
	carried(more, sizeof(more), e);
	strlcat(text, more, size);
	snprintf(more, sizeof(more), "; %u flow%s cut", e->flows_cut,
	    plural(e->flows_cut));
	strlcat(text, more, size);
}

/* The figures: the outage, and what it consisted of, as far as there was. */
static void
story_end(FILE *f, const struct ctl_event *e)
{
	char text[400] = "";

	took(text, sizeof(text), "outage seen by the LAN", e->outage_ms);
	took(text, sizeof(text), "detected in", e->detect_ms);
	if (e->dials > 0)
		took(text, sizeof(text), "dialled in", e->dial_ms);
	took(text, sizeof(text), "proved in", e->prove_ms);
	if (e->backup[0] != '\0')
		on_backup(text, sizeof(text), e);
	if (text[0] != '\0')
		folded(f, "", text + strlen(", "));
}

static void
story(FILE *f, const struct ctl_answer *a)
{
	size_t i;

	if (a->nevents == 0)
		return;
	story_head(f, &a->events[0]);
	for (i = 0; i < a->nlines; i++)
		story_line(f, &a->lines[i]);
	story_end(f, &a->events[0]);
}

static void
peer_place(const struct ctl_peer *p, char *buf, size_t size)
{
	char a[ADDR_STRLEN];
	uint32_t f;

	strlcpy(buf, "", size);
	for (f = 0; f < FAMILIES; f++) {
		if (p->address[f].family == AF_UNSPEC)
			continue;
		strlcat(buf, buf[0] == '\0' ? "at " : " and ", size);
		strlcat(buf, addr_format(&p->address[f], a, sizeof(a)), size);
	}
	if (buf[0] != '\0')
		strlcat(buf, ", ", size);
}

static void
peer_heard(const struct ctl_peer *p, char *buf, size_t size)
{
	char more[80], when[LENGTH_LEN];

	strlcpy(buf, "not heard yet", size);
	if (p->heard)
		snprintf(buf, size, "heard %u s ago", p->heard_s);
	if (p->update[0] != '\0') {
		snprintf(more, sizeof(more), ", %s %s", p->update,
		    length_ago(when, p->updated_s));
		strlcat(buf, more, size);
	}
	if (p->networks > 0) {
		snprintf(more, sizeof(more), ", %u network%s", p->networks,
		    plural(p->networks));
		strlcat(buf, more, size);
	}
	if (p->unrouted > 0) {
		snprintf(more, sizeof(more), " (no route for %u)", p->unrouted);
		strlcat(buf, more, size);
	}
}

static const char *
family_words(char *buf, size_t size, uint32_t families)
{
	uint32_t f;

	buf[0] = '\0';
	for (f = 0; f < FAMILIES; f++) {
		if (!(families & 1u << f))
			continue;
		if (buf[0] != '\0')
			strlcat(buf, " and ", size);
		strlcat(buf, conf_family_names[f], size);
	}
	return buf;
}

/* By an uplink of ours; what it means before what is the matter. */
static void
peer_own_nat(FILE *f, const struct ctl_peer_nat *n)
{
	char text[CTL_NAME_LEN + 64], in[32];
	int bound = !n->active && n->bound != 0;

	family_words(in, sizeof(in), bound ? n->bound : n->families);
	if (n->active)
		snprintf(text, sizeof(text), "we are behind NAT (%s)", in);
	else if (bound)
		snprintf(text, sizeof(text),
		    "cannot follow to %s: behind NAT (%s)", n->uplink, in);
	else
		snprintf(text, sizeof(text), "by %s we are behind NAT (%s)",
		    n->uplink, in);
	folded(f, "           ", text);
}

/* hq  at ADDRESS, heard 3 s ago; acknowledged 12 s ago (84 ms) */
static void
peer(FILE *f, const struct ctl_peer *p)
{
	char head[CTL_NAME_LEN + 2], place[2 * ADDR_STRLEN + 16];
	char heard[192], text[512], ack[96];
	size_t i;

	snprintf(head, sizeof(head), "%-10s ", p->name);
	peer_place(p, place, sizeof(place));
	peer_heard(p, heard, sizeof(heard));
	if (!p->acknowledged)
		strlcpy(ack, "has not acknowledged", sizeof(ack));
	else if (p->result[0] != '\0')
		snprintf(ack, sizeof(ack), "REFUSES: %s", p->result);
	else
		snprintf(ack, sizeof(ack), "acknowledged %u s ago (%u ms)",
		    p->acknowledged_s, p->rtt_ms);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s; %s", place,
	    p->nat ? "behind NAT, " : "", p->silent ? "SILENT, " : "", heard,
	    p->answer[0] != '\0' ? ", NOT FOLLOWED: " : "", p->answer, ack);
	folded(f, head, text);
	for (i = 0; i < CONF_UPLINKS_MAX && p->own_nat[i].uplink[0] != '\0';
	     i++)
		peer_own_nat(f, &p->own_nat[i]);
}

static void
network(FILE *f, const struct ctl_answer *a)
{
	size_t i;
	int different = 0;

	for (i = 0; i < a->nlines; i++) {
		folded(
		    f, a->lines[i].different ? "! " : "  ", a->lines[i].text);
		different |= a->lines[i].different != 0;
	}
	fputs(different ? "found and wanted differ where marked\n"
			: "as wanted\n",
	    f);
}

static void
history(FILE *f, const struct ctl_answer *a)
{
	size_t i;

	for (i = 0; i < a->nevents; i++)
		event_line(f, "", &a->events[i]);
	if (a->nevents == 0)
		fputs("no event yet\n", f);
}

static void
show(FILE *f, uint32_t what, const struct ctl_answer *a)
{
	size_t i;

	switch (what) {
	case CTL_SHOW_SUMMARY:
		if (a->has_summary)
			summary(f, a);
		break;
	case CTL_SHOW_TARGETS:
		targets_at_length(f, a);
		break;
	case CTL_SHOW_BACKUP:
		uplinks(f, a);
		break;
	case CTL_SHOW_PEERS:
		for (i = 0; i < a->npeers; i++)
			peer(f, &a->peers[i]);
		break;
	case CTL_SHOW_NETWORK:
		network(f, a);
		break;
	case CTL_SHOW_HISTORY:
		history(f, a);
		break;
	case CTL_SHOW_EVENT:
		story(f, a);
		break;
	case CTL_SHOW_CONFIG:
	case CTL_SHOW_PROBES:
		if (a->text != NULL)
			fputs(a->text, f);
		break;
	case CTL_SHOW_METRICS:
	case CTL_SHOW_PROMETHEUS:
	case CTL_SHOW_PEER_METRICS:
	case CTL_SHOW_PEER_PROMETHEUS:
		ctl_metrics(f, what, a);
		break;
	}
}

static void
result(FILE *f, const struct ctl_result *r)
{
	put(f, r->text);
	fputc('\n', f);
}

/* To a backup it may cost money; no step: it is so already. */
static void
plan(FILE *f, const struct ctl_answer *a, const struct ctl_result *r)
{
	char head[24], text[MSG_TEXT_LEN + 32];
	const struct ctl_step *s;
	size_t i;

	for (i = 0; i < a->nsteps; i++) {
		s = &a->steps[i];
		snprintf(head, sizeof(head), "%3zu  ", i + 1);
		strlcpy(text, s->text, sizeof(text));
		if (s->flows != MSG_FLOWS_NONE)
			snprintf(text, sizeof(text), "%s (%u now)", s->text,
			    s->flows);
		folded(f, head, text);
	}
	if (a->nsteps == 0)
		result(f, r);
}

const struct ctl_output ctl_text = { show, plan, story_line, result };
