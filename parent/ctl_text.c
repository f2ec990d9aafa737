/* SPDX-License-Identifier: ISC */
/*
 * Answers as text for people: the verdict first, 80 columns, colours only on
 * a terminal.  dialfailctl(8) explains each column.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "parent/ctl_output.h"

#define WIDTH 79

int ctl_colours;

/* Nothing from the daemon may move a terminal's cursor. */
static void
put(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text,
		    f);
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
state_colour(const char *state)
{
	if (strcmp(state, "primary") == 0)
		return "32";
	if (strcmp(state, "stranded") == 0 || strcmp(state, "dialing") == 0)
		return "31";
	return "33";
}

static void
wall(FILE *f, int64_t ns, const char *format)
{
	char text[40] = "unknown";
	struct tm tm;
	time_t t = (time_t)(ns / 1000000000);

	if (ns != 0 && localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), format, &tm);
	fputs(text, f);
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
	else
		snprintf(buf, size, "%.1f", (double)ns / 1e6);
}

static void
loss(char *buf, size_t size, uint32_t sent, uint32_t lost)
{
	if (sent == 0)
		strlcpy(buf, "-", size);
	else
		snprintf(buf, size, "%.1f %%", 100.0 * lost / sent);
}

static void
uplinks(FILE *f, const struct ctl_answer *a)
{
	char name[64], addr[ADDR_STRLEN], l[16], rtt[16], note[MSG_TEXT_LEN];
	size_t i;

	fprintf(f, "%-16s %-11s %-15s %8s %8s  %s\n", "UPLINK", "STATE",
	    "ADDRESS", "LOSS 5m", "RTT ms", "NOTE");
	for (i = 0; i < a->nuplinks; i++) {
		const struct ctl_uplink *u = &a->uplinks[i];
		char gateway[ADDR_STRLEN];

		strlcpy(name, u->name, sizeof(name));
		if (u->ifname[0] != '\0' && strcmp(u->ifname, u->name) != 0)
			snprintf(
			    name, sizeof(name), "%s (%s)", u->name, u->ifname);
		address(addr, sizeof(addr), &u->address);
		loss(l, sizeof(l), u->recent_sent, u->recent_lost);
		ms(rtt, sizeof(rtt), u->rtt_ns);
		note[0] = '\0';
		if (u->cause[0] != '\0')
			strlcpy(note, u->cause, sizeof(note));
		else if (u->note[0] != '\0')
			strlcpy(note, u->note, sizeof(note));
		else if (u->last_error[0] != '\0')
			strlcpy(note, u->last_error, sizeof(note));
		else if (u->gateway.family != AF_UNSPEC) {
			address(gateway, sizeof(gateway), &u->gateway);
			snprintf(note, sizeof(note), "gateway %s", gateway);
		}
		if (u->next_s > 0) {
			char next[32];

			snprintf(next, sizeof(next), "; next try in %u s",
			    u->next_s);
			strlcat(note, next, sizeof(note));
		}
		fprintf(f, "%-16s ", name);
		coloured(
		    f, u->active ? "1" : "0", u->active ? "ACTIVE" : u->status);
		fprintf(f, "%*s %-15s %8s %8s  ",
		    (int)(11 - strlen(u->active ? "ACTIVE" : u->status)), "",
		    addr, l, rtt);
		put(f, note);
		fputc('\n', f);
	}
}

static void
targets(FILE *f, const struct ctl_answer *a)
{
	char addr[ADDR_STRLEN], l[16], rtt[3][16], times[64];
	size_t i;

	fprintf(f, "%-16s %-10s %-5s %-8s %8s  %s\n", "TARGET", "VIA", "HOW",
	    "STATE", "LOSS 5m", "RTT last/avg/max ms");
	for (i = 0; i < a->ntargets; i++) {
		const struct ctl_target *t = &a->targets[i];
		const struct msg_stats *s = &t->stats;

		if (!s->known && a->has_summary && s->sent == 0 &&
		    t->uplink != 0)
			continue; /* a backup at rest is not probed */
		address(addr, sizeof(addr), &t->address);
		loss(l, sizeof(l), s->recent_sent, s->recent_lost);
		ms(rtt[0], sizeof(rtt[0]), s->rtt_last_ns);
		ms(rtt[1], sizeof(rtt[1]), s->rtt_avg_ns);
		ms(rtt[2], sizeof(rtt[2]), s->rtt_max_ns);
		snprintf(
		    times, sizeof(times), "%s/%s/%s", rtt[0], rtt[1], rtt[2]);
		fprintf(f, "%-16s %-10s %-5s %-8s %8s  %s%s\n", addr, t->via,
		    "icmp",
		    !s->known ? "unknown"
		    : s->up   ? "up"
			      : "down",
		    l, times, t->near ? "  near" : "");
	}
}

static void
event_line(FILE *f, const char *head, const struct ctl_event *e)
{
	fprintf(f, "%s%s ", head, e->id);
	wall(f, e->began_ns, "%Y-%m-%d %H:%M:%S");
	fputc(' ', f);
	put(f, e->cause);
	if (e->backup[0] != '\0') {
		fputs(", on ", f);
		put(f, e->backup);
	}
	if (e->ended)
		fprintf(f, ", %u:%02u:%02u, %s", e->duration_s / 3600,
		    e->duration_s / 60 % 60, e->duration_s % 60,
		    e->clean ? "back clean" : "over");
	else
		fputs(", still open", f);
	fputc('\n', f);
}

/* Long text under a head, folded at blanks. */
static void
folded(FILE *f, const char *head, const char *text)
{
	int column, indent = (int)strlen(head);
	const char *end;

	fputs(head, f);
	column = indent;
	while (*text != '\0') {
		end = strchr(text, ' ');
		if (end == NULL)
			end = text + strlen(text);
		if (column > indent && column + 1 + (int)(end - text) > WIDTH) {
			fprintf(f, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', f);
			column++;
		}
		for (; text < end; text++, column++)
			fputc((unsigned char)*text < ' ' ? '?' : *text, f);
		while (*text == ' ')
			text++;
	}
	fputc('\n', f);
}

static void
summary_lines(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;
	size_t i;

	if (s->fallback_text[0] != '\0')
		folded(f, "Return    ", s->fallback_text);
	fprintf(f, "Network   %s\n",
	    !s->network_known ? "not known yet"
	    : s->network_ok   ? "as wanted"
			      : "DIFFERENT, see show network");
	fprintf(f, "Switches  %" PRIu64 " failovers, %" PRIu64 " fallbacks",
	    s->failovers, s->fallbacks);
	if (s->detect_ms > 0)
		fprintf(f,
		    "; last: detected in %u ms, dialled in %u ms, "
		    "switched in %.1f ms",
		    s->detect_ms, s->dial_ms, (double)s->apply_us / 1000);
	fputc('\n', f);
	if (a->nevents > 0)
		event_line(f, "Last      ", &a->events[a->nevents - 1]);
	fprintf(f, "Config    %02x%02x%02x%02x loaded ", s->sha256[0],
	    s->sha256[1], s->sha256[2], s->sha256[3]);
	wall(f, s->loaded_ns, "%Y-%m-%d %H:%M");
	if (s->confirm_due)
		fprintf(f, "; NOT CONFIRMED, goes back in %u s", s->confirm_s);
	fputc('\n', f);
	if (s->alarms_waiting > 0)
		fprintf(f, "Alarms    %u waiting for %u s\n", s->alarms_waiting,
		    s->alarm_oldest_s);
	else
		fputs("Alarms    none waiting\n", f);
	if (!s->clock_sane)
		fputs("Clock     not set: times are unknown\n", f);
	for (i = 0; i < a->nprocesses; i++) {
		char head[48];

		snprintf(head, sizeof(head), "%-9s %-7u ", a->processes[i].name,
		    a->processes[i].pid);
		folded(f, head, a->processes[i].sandbox);
	}
}

static void
summary(FILE *f, const struct ctl_answer *a)
{
	const struct ctl_summary *s = &a->summary;

	put(f, s->host);
	fputs("  ", f);
	coloured(f, state_colour(s->state), s->verdict);
	fputc('\n', f);
	if (s->event[0] != '\0') {
		fprintf(f, "event %s: ", s->event);
		put(f, s->event_text);
		fputc('\n', f);
	}
	if (s->held) {
		if (s->hold_s == CTL_FOREVER)
			fputs("HELD until released\n", f);
		else
			fprintf(f, "HELD for another %u s\n", s->hold_s);
	}
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
	wall(f, l->time_ns, "%H:%M:%S");
	if (l->time_ns != 0)
		fprintf(f, ".%03d", (int)(l->time_ns / 1000000 % 1000));
	if (l->event[0] != '\0')
		fprintf(f, " %+10.3f  ", (double)l->offset_ms / 1000);
	else
		fprintf(f, " %10s  ", "");
	fprintf(f, "%-8s ", l->who);
	put(f, l->text);
	fputc('\n', f);
}

static void
network(FILE *f, const struct ctl_answer *a)
{
	size_t i;
	int different = 0;

	for (i = 0; i < a->nlines; i++) {
		fputs(a->lines[i].different ? "! " : "  ", f);
		put(f, a->lines[i].text);
		fputc('\n', f);
		different |= a->lines[i].different != 0;
	}
	fputs(different ? "found and wanted differ where marked\n"
			: "as wanted\n",
	    f);
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
		targets(f, a);
		break;
	case CTL_SHOW_BACKUP:
		uplinks(f, a);
		break;
	case CTL_SHOW_NETWORK:
		network(f, a);
		break;
	case CTL_SHOW_HISTORY:
		for (i = 0; i < a->nevents; i++)
			event_line(f, "", &a->events[i]);
		if (a->nevents == 0)
			fputs("no event yet\n", f);
		break;
	case CTL_SHOW_EVENT:
		if (a->nevents > 0)
			event_line(f, "event ", &a->events[0]);
		for (i = 0; i < a->nlines; i++)
			story_line(f, &a->lines[i]);
		break;
	case CTL_SHOW_CONFIG:
		if (a->text != NULL)
			fputs(a->text, f);
		break;
	}
}

static void
result(FILE *f, const struct ctl_result *r)
{
	put(f, r->text);
	fputc('\n', f);
}

const struct ctl_output ctl_text = { show, story_line, result };
