/* SPDX-License-Identifier: ISC */
/* Hooks that are owed; see hook_record.h. */
#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf_int.h"
#include "common/keep.h"
#include "common/log.h"
#include "netconf/hook_record.h"

#define FILE_PATH RUNDIR "/hooks"
#define LINE_LEN  (2 * CONF_LABEL_LEN + MSG_EVENT_LEN + CONF_HOOK_LEN + 16)
#define FILE_MAX  ((1 + CONF_UPLINKS_MAX + HOOK_GROUPS_MAX) * LINE_LEN)

static struct hook_record record;

/* The last word of all, or not; - becomes an empty one. */
static int
end_or_more(const char *line, int end, char *word)
{
	if (strcmp(word, "-") == 0)
		word[0] = '\0';
	return (*line == '\0') == end ? 0 : -1;
}

static int
parse_switch(const char *line, struct hook_record *r)
{
	if (r->label[0] != '\0' ||
	    keep_word(&line, r->label, sizeof(r->label)) == -1 ||
	    !conf_name_valid(r->label) ||
	    keep_word(&line, r->from, sizeof(r->from)) == -1 ||
	    !conf_name_valid(r->from) ||
	    keep_word(&line, r->event, sizeof(r->event)) == -1 ||
	    end_or_more(line, 0, r->event) == -1 ||
	    keep_word(&line, r->hook, sizeof(r->hook)) == -1 ||
	    end_or_more(line, 1, r->hook) == -1)
		return -1;
	return r->hook[0] == '\0' || conf_hook_valid(r->hook) ? 0 : -1;
}

static int
parse_link(const char *line, struct hook_record *r)
{
	if (r->nlinks == CONF_UPLINKS_MAX ||
	    keep_word(&line, r->link[r->nlinks], CONF_LABEL_LEN) == -1 ||
	    !conf_name_valid(r->link[r->nlinks]) || *line != '\0')
		return -1;
	r->nlinks++;
	return 0;
}

static int
parse_group(const char *line, struct hook_record *r)
{
	struct hook_group *g = &r->group[r->ngroups];
	const char *error;
	char text[24];
	uint32_t pid;

	if (r->ngroups == HOOK_GROUPS_MAX ||
	    keep_number(&line, 2, INT_MAX, &pid) == -1 ||
	    keep_word(&line, text, sizeof(text)) == -1 || *line != '\0')
		return -1;
	g->pid = (pid_t)pid;
	g->started = (uint64_t)strtonum(text, 0, INT64_MAX, &error);
	r->ngroups++;
	return error == NULL ? 0 : -1;
}

static int
parse_line(const char *line, void *arg)
{
	char kind[8];

	if (keep_word(&line, kind, sizeof(kind)) == -1)
		return -1;
	if (strcmp(kind, "switch") == 0)
		return parse_switch(line, arg);
	if (strcmp(kind, "link") == 0)
		return parse_link(line, arg);
	return strcmp(kind, "group") == 0 ? parse_group(line, arg) : -1;
}

int
hook_record_parse(const char *text, struct hook_record *r)
{
	memset(r, 0, sizeof(*r));
	if (keep_lines(text, LINE_LEN, parse_line, r) == 0)
		return 0;
	memset(r, 0, sizeof(*r));
	return -1;
}

static const char *
or_none(const char *word)
{
	return word[0] == '\0' ? "-" : word;
}

static void
print(FILE *f, const void *arg)
{
	const struct hook_record *r = arg;
	uint32_t i;

	if (r->label[0] != '\0')
		fprintf(f, "switch %s %s %s %s\n", r->label, r->from,
		    or_none(r->event), or_none(r->hook));
	for (i = 0; i < r->nlinks; i++)
		fprintf(f, "link %s\n", r->link[i]);
	for (i = 0; i < r->ngroups; i++)
		fprintf(f, "group %d %" PRIu64 "\n", (int)r->group[i].pid,
		    r->group[i].started);
}

static void
save(void)
{
	int none = record.label[0] == '\0' && record.nlinks == 0 &&
		   record.ngroups == 0;

	if ((none ? keep_remove(FILE_PATH)
		  : keep_write(FILE_PATH, print, &record)) == -1)
		log_warn(FILE_PATH);
}

void
hook_record_open(void)
{
	char *text;

	memset(&record, 0, sizeof(record));
	if ((text = keep_read(FILE_PATH, FILE_MAX)) == NULL) {
		if (errno != ENOENT)
			log_warn(FILE_PATH);
		return;
	}
	if (hook_record_parse(text, &record) == -1)
		log_warnx(FILE_PATH ": ignored");
	free(text);
}

const struct hook_record *
hook_record(void)
{
	return &record;
}

void
hook_record_switch(
    const char *label, const char *from, const char *event, const char *hook)
{
	strlcpy(record.label, label, sizeof(record.label));
	strlcpy(record.from, from, sizeof(record.from));
	strlcpy(record.event, event, sizeof(record.event));
	strlcpy(record.hook, hook, sizeof(record.hook));
	save();
}

void
hook_record_no_switch(void)
{
	if (record.label[0] == '\0')
		return;
	record.label[0] = '\0';
	save();
}

/* Its place, or where the next one would be. */
static uint32_t
place(const char *label)
{
	uint32_t i;

	for (i = 0; i < record.nlinks; i++)
		if (strcmp(record.link[i], label) == 0)
			break;
	return i;
}

void
hook_record_link(const char *label, int runs)
{
	uint32_t i = place(label);

	if (runs == (i < record.nlinks) || i == CONF_UPLINKS_MAX)
		return;
	if (runs)
		strlcpy(record.link[record.nlinks++], label, CONF_LABEL_LEN);
	else
		strlcpy(record.link[i], record.link[--record.nlinks],
		    CONF_LABEL_LEN);
	save();
}

int
hook_record_has_link(const char *label)
{
	return place(label) < record.nlinks;
}

void
hook_record_group(pid_t pid, uint64_t started)
{
	if (record.ngroups == HOOK_GROUPS_MAX)
		return;
	record.group[record.ngroups++] = (struct hook_group){ pid, started };
	save();
}

void
hook_record_no_group(pid_t pid)
{
	uint32_t i;

	for (i = 0; i < record.ngroups; i++)
		if (record.group[i].pid == pid) {
			record.group[i] = record.group[--record.ngroups];
			save();
			return;
		}
}
