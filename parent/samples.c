/* SPDX-License-Identifier: ISC */
/* The samples of this machine on disk; see samples.h. */
#include <sys/types.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wall.h"
#include "parent/control.h"
#include "parent/disk.h"
#include "parent/grow.h"
#include "parent/parent.h"
#include "parent/sample.h"
#include "parent/samples.h"

#define FILE_NAME   "probes"
#define FILE_MAX    (192 * 1024) /* of one of the two */
#define PENDING_MAX (32 * 1024)
#define WRITE_MS    (60 * 60 * 1000)

static int dirfd_ = -1; /* -1: memory only */
static struct monotime written;

/* Lines that are not on disk yet; each part of them names its targets. */
static char pending[PENDING_MAX];
static size_t npending;
static bool named[CONF_UPLINKS_MAX];

/* Those that still grow; without rounds there is none. */
static struct sample run[CONF_UPLINKS_MAX][FAMILIES];

static void
forget_pending(void)
{
	npending = 0;
	memset(named, 0, sizeof(named));
}

/* What cannot be written waits for the next time, as long as there is room. */
static void
flush(void)
{
	static struct disk disk;

	written = monotime_now();
	if (dirfd_ != -1 && npending > 0 &&
	    disk_wrote(&disk, FILE_NAME,
		grow_append(dirfd_, FILE_NAME, FILE_MAX, pending, npending)) !=
		-1)
		forget_pending();
}

/* Its length, or 0. */
static size_t
line_of(char line[SAMPLE_LINE_MAX], void (*print)(FILE *, const void *),
    const void *what)
{
	size_t n;
	FILE *f;

	if ((f = fmemopen(line, SAMPLE_LINE_MAX, "w")) == NULL)
		return 0;
	print(f, what);
	n = (size_t)ftell(f);
	return fclose(f) == EOF || n >= SAMPLE_LINE_MAX ? 0 : n;
}

static void
put(void (*print)(FILE *, const void *), const void *what)
{
	char line[SAMPLE_LINE_MAX];
	size_t n = line_of(line, print, what);

	if (npending + n > sizeof(pending))
		return;
	memcpy(pending + npending, line, n);
	npending += n;
}

static void
print_sample(FILE *f, const void *s)
{
	sample_print(f, s);
}

static void
print_target(FILE *f, const void *t)
{
	sample_print_target(f, t);
}

/* How it is named before the first sample that has it. */
static struct sample_target
target_at(const struct conf_uplink *u, uint32_t i)
{
	struct sample_target t = { .backup = u->id != 0, .target = i };

	(void)strlcpy(t.uplink, u->label, sizeof(t.uplink));
	t.family = target_family(&u->target[i]);
	t.near = u->target[i].near != 0;
	target_name(&u->target[i], t.name, sizeof(t.name));
	return t;
}

static void
name_targets(const struct conf_uplink *u)
{
	struct sample_target t;
	uint32_t i;

	for (i = 0; i < u->ntargets; i++) {
		t = target_at(u, i);
		put(print_target, &t);
	}
	named[u->id] = true;
}

/* What grows is finished. */
static void
finish(uint32_t id, uint32_t family)
{
	struct sample *s = &run[id][family];

	if (s->rounds == 0)
		return;
	if (npending > sizeof(pending) / 4 * 3) {
		flush();
		if (npending > 0) /* nowhere to write it */
			forget_pending();
	}
	if (!named[id])
		name_targets(&parent->uplink[id].conf);
	put(print_sample, s);
	s->rounds = 0;
}

static void
finish_all(void)
{
	uint32_t i, f;

	for (i = 0; i < CONF_UPLINKS_MAX; i++)
		for (f = 0; f < FAMILIES; f++)
			finish(i, f);
}

void
samples_write(void)
{
	finish_all();
	flush();
}

void
samples_open(const char *dir)
{
	written = monotime_now();
	if (dir != NULL) /* that it cannot be, history has said */
		dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
samples_round(const struct msg_round *r)
{
	struct sample *s = &run[r->uplink][r->family], one;
	int64_t began = wall_of(monotime_from_ns(r->began_ns));

	if (began == 0)
		return;
	sample_of_round(
	    &one, r, parent->uplink[r->uplink].conf.label, began / 1000000);
	if (s->rounds == 0 || !sample_merge(s, &one)) {
		finish(r->uplink, r->family);
		*s = one;
	}
	if (monotime_ms_between(written, monotime_now()) >= WRITE_MS)
		samples_write();
}

void
samples_reload(void)
{
	finish_all();
	memset(named, 0, sizeof(named));
}

static void
send_text(uint32_t ctl, char *piece, size_t n)
{
	piece[n] = '\0';
	if (n > 0 && memchr(piece, '\0', n) == NULL)
		control_record(ctl, IMSG_CTL_TEXT, piece, n + 1);
}

static void
send_file(uint32_t ctl, const char *name)
{
	char piece[CTL_PIECE_MAX];
	ssize_t n;
	int fd;

	fd = openat(
	    dirfd_, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	while ((n = read(fd, piece, sizeof(piece) - 1)) > 0)
		send_text(ctl, piece, (size_t)n);
	close(fd);
}

static void
send_line(uint32_t ctl, void (*print)(FILE *, const void *), const void *what)
{
	char line[SAMPLE_LINE_MAX];

	send_text(ctl, line, line_of(line, print, what));
}

/* What still grows, as it is: a client's question does not end it. */
static void
send_growing(uint32_t ctl, uint32_t id)
{
	const struct conf_uplink *u = &parent->uplink[id].conf;
	struct sample_target t;
	uint32_t i, f;

	for (i = 0; !named[id] && i < u->ntargets; i++) {
		t = target_at(u, i);
		send_line(ctl, print_target, &t);
	}
	for (f = 0; f < FAMILIES; f++)
		if (run[id][f].rounds > 0)
			send_line(ctl, print_sample, &run[id][f]);
}

void
samples_send(uint32_t ctl)
{
	char piece[CTL_PIECE_MAX];
	uint32_t i;
	size_t at, n;

	if (dirfd_ != -1) {
		send_file(ctl, FILE_NAME GROW_OLD);
		send_file(ctl, FILE_NAME);
	}
	for (at = 0; at < npending; at += n) {
		n = npending - at;
		if (n > sizeof(piece) - 1)
			n = sizeof(piece) - 1;
		memcpy(piece, pending + at, n);
		send_text(ctl, piece, n);
	}
	for (i = 0; i < parent->conf.nuplinks; i++)
		send_growing(ctl, i);
	control_result(ctl, CTL_OK, "done");
}
