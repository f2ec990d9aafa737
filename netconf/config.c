/* SPDX-License-Identifier: ISC */
/*
 * The configuration: read here, since a path or a program that root uses
 * must not come from a process without privileges; sent to the parent in
 * pieces.  Three may be kept: the one in force, the one that is offered, and
 * the one that was in force before.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keep.h"
#include "common/log.h"
#include "common/monotime.h"
#include "common/os.h"
#include "netconf/advice.h"
#include "netconf/ppp_secret.h"
#include "netconf/pppoe.h"
#include "netconf/run.h"

#define SECRET_MAX   128 /* longer than any key */
#define KEPT_MAX     (4 * 1024 * 1024)
#define GLANCE_SHARE 20 /* the time of a glance, so often, is the pause, */
#define GLANCE_MS    500 /* which is at least that */

static const char *conf_file;
static const struct conf_macro *conf_macros;
static struct conf *current, *pending, *previous;
static uint32_t current_gen;
static struct msg_conf_load pending_load;

void
config_open(const char *path, const struct conf_macro *m)
{
	conf_file = path;
	conf_macros = m;
}

const struct conf *
config_current(void)
{
	return current;
}

uint32_t
config_gen(void)
{
	return current_gen;
}

uint32_t
config_uplink(const char *label)
{
	uint32_t i;

	for (i = 0; current != NULL && i < current->nuplinks; i++)
		if (strcmp(current->uplink[i].label, label) == 0)
			return i;
	return MSG_UPLINK_NONE;
}

static void
report(const char *path, int line, const char *text, void *arg)
{
	char error[MSG_CONF_TEXT_MAX];
	int n;

	(void)arg;
	if (line > 0)
		n = snprintf(
		    error, sizeof(error), "%s:%d: %s", path, line, text);
	else
		n = snprintf(error, sizeof(error), "%s: %s", path, text);
	if (n >= (int)sizeof(error))
		n = sizeof(error) - 1;
	if (n > 0)
		netconf_send(IMSG_CONF_ERROR, -1, error, (size_t)n);
}

/* What it was read as, in a form that parses again; to be freed. */
static char *
dump_text(const struct conf *conf, size_t *len)
{
	char *text = NULL;
	FILE *f;

	if ((f = open_memstream(&text, len)) == NULL)
		fatal(NULL);
	conf_print(conf, f);
	if (fclose(f) == EOF)
		fatal(NULL);
	return text;
}

void
config_show(uint32_t asker)
{
	struct msg_conf_text m;
	size_t len, at, n;
	char *text = dump_text(current, &len);

	for (at = 0; at < len; at += n) {
		n = len - at;
		if (n >= sizeof(m.text))
			n = sizeof(m.text) - 1;
		memset(&m, 0, sizeof(m));
		m.asker = asker;
		memcpy(m.text, text + at, n);
		netconf_send(IMSG_CONF_TEXT, -1, &m, sizeof(m));
	}
	free(text);
	netconf_send(IMSG_CONF_TEXT_END, -1, &asker, sizeof(asker));
}

/* The secret key leaves for the parent alone, which signs with it. */
static void
send_peers(const struct conf *conf, const struct msg_identity *id)
{
	struct msg_conf_peer m;
	uint32_t i;

	if (conf->nkeyed == 0)
		return;
	netconf_send(IMSG_CONF_IDENTITY, -1, id, sizeof(*id));
	for (i = 0; i < conf->npeers; i++)
		if (conf->peer[i].keyed)
			netconf_send(IMSG_CONF_PEER, -1, &m,
			    msg_conf_peer_encode(&m, &conf->peer[i]));
}

static void
send_conf(const struct conf *conf, const struct msg_identity *id, uint32_t gen)
{
	struct msg_conf_begin b;
	uint32_t i;

	memset(&b, 0, sizeof(b));
	b.gen = gen;
	b.nuplinks = conf->nuplinks;
	b.npeers = conf->nkeyed;
	b.peer_lists = msg_conf_lists(conf);
	memcpy(b.sha256, conf->sha256, sizeof(b.sha256));
	netconf_send(IMSG_CONF_BEGIN, -1, &b, sizeof(b));
	netconf_send(IMSG_CONF_GLOBAL, -1, &conf->global, sizeof(conf->global));
	for (i = 0; i < conf->nuplinks; i++)
		netconf_send(IMSG_CONF_UPLINK, -1, &conf->uplink[i],
		    sizeof(conf->uplink[i]));
	send_peers(conf, id);
	netconf_send(IMSG_CONF_END, -1, &gen, sizeof(gen));
}

static void
warn_of(const char *text, int different, void *arg)
{
	char warning[MSG_TEXT_LEN + 16];
	int n;

	(void)different;
	(void)arg;
	n = snprintf(warning, sizeof(warning), "warning: %s", text);
	netconf_send(IMSG_CONF_ERROR, -1, warning, (size_t)n);
}

/*
 * What comes while we run is compared with what is there: who mistyped a name
 * would learn it by an outage.  0, or -1 after a report.
 */
static int
look_around(const struct conf *conf)
{
	char text[128];

	if (current == NULL || pending_load.source != MSG_CONF_FILE ||
	    advice_reload(conf, current, warn_of, NULL) == 0)
		return 0;
	snprintf(text, sizeof(text),
	    "traffic would leave %s, which is there, for %s, which is not",
	    current->uplink[0].ifname, conf->uplink[0].ifname);
	report(conf->path, 0, text, NULL);
	return -1;
}

static void
drop_pending(void)
{
	if (pending != previous)
		conf_free(pending);
	pending = NULL;
}

static struct conf *
read_file(const char *path, const struct conf_macro *macros, conf_report *told,
    void *arg)
{
	struct conf *conf;

	conf = conf_parse(path, macros, 0, told, arg);
	if (conf != NULL && conf_check_system(conf, told, arg) == -1) {
		conf_free(conf);
		conf = NULL;
	}
	return conf;
}

/* 0, or -1 after a report; one that talks to nobody needs no key. */
static int
read_identity(const struct conf *conf, struct msg_identity *id)
{
	char text[SECRET_MAX];
	const char *why;
	int result = 0;

	if (conf->nkeyed == 0)
		return 0;
	if (ppp_secret_read(conf->identity, text, sizeof(text), &why) == -1)
		result = -1;
	else if (key_parse(text, id->seed) == -1) {
		why = "not a key as dialfailctl keygen writes it";
		result = -1;
	}
	explicit_bzero(text, sizeof(text));
	if (result == -1)
		report(conf->identity, 0, why, NULL);
	return result;
}

void
config_load(const struct msg_conf_load *m)
{
	struct msg_identity id = { 0 };

	drop_pending();
	pending_load = *m;
	if (m->source == MSG_CONF_FILE)
		pending = read_file(conf_file, conf_macros, report, NULL);
	else if (m->source == MSG_CONF_CONFIRMED)
		pending = read_file(CONF_CONFIRMED_FILE, NULL, report, NULL);
	else if ((pending = previous) == NULL)
		report(conf_file, 0, "no other one was in force before", NULL);
	if (pending == NULL || read_identity(pending, &id) == -1 ||
	    look_around(pending) == -1) {
		drop_pending();
		netconf_send(IMSG_CONF_FAILED, -1, &m->gen, sizeof(m->gen));
	} else
		send_conf(pending, &id, m->gen);
	explicit_bzero(&id, sizeof(id));
}

/* ---- the file as it is by now ---- */

/* Its words stay here: one of them may be a password that went astray. */
static void
note_error(const char *path, int line, const char *text, void *arg)
{
	struct msg_glance *g = arg;

	if (strncmp(text, "warning: ", 9) == 0 || g->errors++ > 0)
		return;
	g->file = MSG_FILE_BAD;
	if (line > 0)
		snprintf(g->where, sizeof(g->where), "%.220s:%d", path, line);
	else
		strlcpy(g->where, path, sizeof(g->where));
}

static void
read_disk(struct msg_glance *g)
{
	struct conf *conf;

	memset(g, 0, sizeof(*g));
	conf = read_file(conf_file, conf_macros, note_error, g);
	if (conf != NULL)
		g->file = memcmp(conf->sha256, current->sha256,
			      sizeof(conf->sha256)) == 0
			      ? MSG_FILE_SAME
			      : MSG_FILE_OTHER;
	conf_free(conf);
	os_memory_trim();
}

/*
 * A hub's thousands of peers are not read all the time, whoever asks, nor
 * compared with what is there.
 */
void
config_glance(uint32_t asker)
{
	static struct msg_glance g;
	static struct monotime next;
	static uint32_t gen;
	struct monotime now = monotime_now();
	int64_t took;

	if (gen != current_gen) {
		memset(&g, 0, sizeof(g));
		next = now;
		gen = current_gen;
	}
	if (!net_in_turn() && monotime_cmp(next, now) <= 0) {
		read_disk(&g);
		g.draining = net_draining();
		g.differences = net_differences();
		took = monotime_ms_between(now, monotime_now());
		next = monotime_add_ms(
		    now, took + GLANCE_MS + GLANCE_SHARE * took);
	}
	g.asker = asker;
	g.repairs = net_repairs();
	netconf_send(IMSG_GLANCED, -1, &g, sizeof(g));
}

/* ---- for the next start ---- */

static void
print_text(FILE *f, const void *text)
{
	fputs(text, f);
}

/* Written only if it is another one: the disk may be flash. */
static void
keep_text(const char *path, const char *text)
{
	char *kept = keep_read(path, KEPT_MAX);

	if ((kept == NULL || strcmp(kept, text) != 0) &&
	    keep_write_through(path, print_text, text) == -1)
		log_warn("%s", path);
	free(kept);
}

/* One that has to be confirmed: a start in between is no confirmation. */
static void
note_limited(void)
{
	char hash[CONF_HASH_LEN];

	if (pending_load.limited) {
		conf_hash(current->sha256, hash);
		keep_text(CONF_UNCONFIRMED_FILE, hash);
	} else if (pending_load.source == MSG_CONF_PREVIOUS)
		(void)keep_remove(CONF_UNCONFIRMED_FILE);
}

/* Other files than the usual one are somebody's trials. */
static int
is_kept(void)
{
	return strcmp(conf_file, CONF_FILE) == 0;
}

void
config_keep(uint32_t gen)
{
	char *text;
	size_t len;

	if (gen != current_gen)
		fatalx("parent: CONF_KEEP: %u is not in force", gen);
	if (!is_kept())
		return;
	text = dump_text(current, &len);
	keep_text(CONF_CONFIRMED_FILE, text);
	free(text);
	(void)keep_remove(CONF_UNCONFIRMED_FILE);
	os_memory_trim();
}

void
config_commit(uint32_t gen)
{
	if (pending == NULL || gen != pending_load.gen)
		fatalx("parent: CONF_COMMIT: %u was not offered", gen);
	if (pending != previous)
		conf_free(previous);
	previous = current;
	current = pending;
	current_gen = pending_load.gen;
	pending = NULL;
	if (is_kept())
		note_limited();
	tty_reloaded();
	ppp_reloaded();
	pppoe_reloaded();
	net_reloaded();
	capture_reloaded();
	os_memory_trim();
}

/* There may be none: what was refused was never kept. */
void
config_forget(uint32_t gen)
{
	if (gen == pending_load.gen)
		drop_pending();
}
