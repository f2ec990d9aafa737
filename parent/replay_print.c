/* SPDX-License-Identifier: ISC */
/* dialfailctl replay; see replay.h. */
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parent/json.h"
#include "parent/replay.h"
#include "parent/report.h"

#define FILE_TEXT_MAX (64 * 1024 * 1024)

static void
complain(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	if (line > 0)
		warnx("%s:%d: %s", file, line, text);
	else
		warnx("%s: %s", file, text);
}

/* All of a file and a NUL behind it. */
static char *
read_text(const char *path)
{
	char *text = NULL;
	size_t n = 0, room = 0, got;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		err(CTL_EXIT_REFUSED, "%s", path);
	do {
		room += 256 * 1024;
		if (room > FILE_TEXT_MAX)
			errx(CTL_EXIT_REFUSED, "%s: too long", path);
		if ((text = realloc(text, room + 1)) == NULL)
			err(CTL_EXIT_REFUSED, NULL);
		got = fread(text + n, 1, room - n, f);
		n += got;
	} while (n == room);
	if (ferror(f))
		err(CTL_EXIT_REFUSED, "%s", path);
	fclose(f);
	text[n] = '\0';
	return text;
}

static void
load(struct sample_list *l, struct ctl_client *c, const char *file)
{
	char *text;

	if (strcmp(file, "history") == 0) {
		text = ctl_client_need(c, CTL_SHOW_PROBES, "")->text;
		sample_list_load(l, text != NULL ? text : "");
	} else {
		text = read_text(file);
		sample_list_load(l, text);
		free(text);
	}
	if (l->broken > 0)
		warnx("%s: %zu lines are not as show probes writes them", file,
		    l->broken);
}

static const char *
when(char buf[32], int64_t ms)
{
	return report_time(buf, 32, ms, "%Y-%m-%d %H:%M:%S");
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* A configuration, and what it would have done. */
struct trial {
	const char *name;
	struct conf *conf;
	struct replay r;
};

static void
print(FILE *f, const struct trial *t)
{
	const struct conf *conf = t->conf;
	const struct replay *r = &t->r;
	char time[32], target[TARGET_NAME_LEN];
	const struct replay_moment *m;
	uint32_t i;
	size_t n;

	fprintf(f, "%s: %u failover%s, %u return%s, %lld s on a backup\n",
	    t->name, r->failovers, plural(r->failovers), r->fallbacks,
	    plural(r->fallbacks), (long long)(r->backup_ms / 1000));
	for (i = 0; i < conf->uplink[0].ntargets; i++)
		if (r->unknown & 1u << i)
			fprintf(f,
			    "  %s was not probed: it counts neither "
			    "way\n",
			    target_name(&conf->uplink[0].target[i], target,
				sizeof(target)));
	for (n = 0; n < r->n; n++) {
		m = &r->moment[n];
		fprintf(f, "  %s  to %s", when(time, m->ms),
		    conf->uplink[m->uplink].label);
		if (m->uplink != 0 && m->cause != MSG_CAUSE_NONE)
			fprintf(f, ": %s %s", conf->uplink[0].label,
			    msg_cause_text(m->cause));
		putc('\n', f);
	}
}

static struct conf *
read_conf(const char *path)
{
	struct conf *conf = conf_parse(path, NULL, 1, complain, NULL);

	if (conf == NULL)
		exit(CTL_EXIT_REFUSED);
	return conf;
}

static void
json_moment(
    struct json *j, const struct conf *conf, const struct replay_moment *m)
{
	json_open(j, NULL, '{');
	json_time(j, "time", m->ms * 1000000);
	json_string(j, "to", conf->uplink[m->uplink].label);
	json_string_or_null(j, "cause",
	    m->uplink != 0 && m->cause != MSG_CAUSE_NONE
		? msg_cause_text(m->cause)
		: "");
	json_close(j, '}');
}

static void
json_trial(struct json *j, const struct trial *t)
{
	const struct conf *conf = t->conf;
	const struct replay *r = &t->r;
	char target[TARGET_NAME_LEN];
	uint32_t i;
	size_t n;

	json_open(j, NULL, '{');
	json_string(j, "config", t->name);
	json_string(j, "uplink", conf->uplink[0].label);
	json_int(j, "rounds", (int64_t)r->rounds);
	json_time(j, "from", r->from_ms * 1000000);
	json_time(j, "to", r->to_ms * 1000000);
	json_int(j, "failovers", r->failovers);
	json_int(j, "fallbacks", r->fallbacks);
	json_int(j, "backup_s", r->backup_ms / 1000);
	json_open(j, "not_probed", '[');
	for (i = 0; i < conf->uplink[0].ntargets; i++)
		if (r->unknown & 1u << i)
			json_string(j, NULL,
			    target_name(&conf->uplink[0].target[i], target,
				sizeof(target)));
	json_close(j, ']');
	json_open(j, "switches", '[');
	for (n = 0; n < r->n; n++)
		json_moment(j, conf, &r->moment[n]);
	json_close(j, ']');
	json_close(j, '}');
}

static void
run(struct trial *t, const struct sample_list *l, const char *path)
{
	t->name = path;
	t->conf = read_conf(path);
	replay_run(&t->r, l, t->conf);
	if (t->r.rounds == 0)
		errx(CTL_EXIT_REFUSED,
		    "no rounds of %s, or of no target that %s has",
		    t->conf->uplink[0].label, path);
}

static void
text(const struct trial *trial, size_t n, FILE *f)
{
	const struct trial *t;
	char from[32], to[32];

	for (t = trial; t < trial + n; t++) {
		fprintf(f, "%llu rounds of %s, %s to %s\n",
		    (unsigned long long)t->r.rounds, t->conf->uplink[0].label,
		    when(from, t->r.from_ms), when(to, t->r.to_ms));
		print(f, t);
	}
	if (n > 1)
		fprintf(f, "would have switched %u time%s instead of %u\n",
		    trial[1].r.failovers, plural(trial[1].r.failovers),
		    trial[0].r.failovers);
}

static void
json(const struct trial *trial, size_t n, FILE *f)
{
	struct json j = { .f = f };
	const struct trial *t;

	json_open(&j, NULL, '{');
	json_int(&j, "schema", 1);
	json_open(&j, "replays", '[');
	for (t = trial; t < trial + n; t++)
		json_trial(&j, t);
	json_close(&j, ']');
	json_close(&j, '}');
	putc('\n', f);
}

int
replay(struct ctl_client *c, const char *file, const char *conf,
    const char *other, int as_json, FILE *f)
{
	struct sample_list l;
	struct trial trial[2];
	size_t i, n = 0;

	load(&l, c, file);
	/* all of them before anything is written: half an answer is none */
	run(&trial[n++], &l, conf);
	if (other != NULL)
		run(&trial[n++], &l, other);
	(as_json ? json : text)(trial, n, f);
	for (i = 0; i < n; i++) {
		replay_free(&trial[i].r);
		conf_free(trial[i].conf);
	}
	sample_list_free(&l);
	ctl_client_free(c);
	return CTL_EXIT_DONE;
}
