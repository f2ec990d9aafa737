/* SPDX-License-Identifier: ISC */
/*
 * Files of captured frames; see capture.h.  The state directory, where they
 * are by default, is written by the processes without privileges: so what
 * stands at the path is believed only if it is a directory of root's own.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/monotime.h"
#include "netconf/capture.h"
#include "netconf/run.h"
#include "prober/ring.h"

#define SUFFIX     ".pcap"
#define ID_MIN     4 /* digits, as history.c counts */
#define ID_MAX     8
#define REMOVE_MAX 4096 /* at once */
#define EXPIRE_MS  (60 * 60 * 1000)

/* All of it that is ours. */
struct found {
	uint64_t size;
	char oldest[CAPTURE_NAME_LEN]; /* empty: none is there */
	time_t written; /* the oldest one */
};

static int
id_length(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return n >= ID_MIN && n <= ID_MAX ? (int)n : -1;
}

int
capture_name(const char *event, char name[CAPTURE_NAME_LEN])
{
	int n = id_length(event);

	if (n == -1 || event[n] != '\0')
		return -1;
	snprintf(name, CAPTURE_NAME_LEN, "%.*s" SUFFIX, ID_MAX, event);
	return 0;
}

static int
is_ours(const char *name)
{
	int n = id_length(name);

	return n != -1 && strcmp(name + n, SUFFIX) == 0;
}

static int
failed(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s: %s", what, strerror(errno));
	return -1;
}

int
capture_directory(const char *path, char *why, size_t size)
{
	struct stat st;
	int fd;

	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		return failed(why, size, path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return failed(why, size, path);
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	snprintf(why, size, "%s: others can write there", path);
	close(fd);
	return -1;
}

static void
look_at(int dir, const char *name, struct found *f)
{
	struct stat st;

	if (!is_ours(name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	f->size += (uint64_t)st.st_size;
	if (f->oldest[0] != '\0' && st.st_mtime >= f->written)
		return;
	strlcpy(f->oldest, name, sizeof(f->oldest));
	f->written = st.st_mtime;
}

/* fdopendir(3) takes its descriptor, so it is given another one. */
static int
look(int dir, struct found *f)
{
	struct dirent *d;
	DIR *all;
	int fd;

	memset(f, 0, sizeof(*f));
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((all = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	while ((d = readdir(all)) != NULL)
		look_at(dir, d->d_name, f);
	closedir(all);
	return 0;
}

int
capture_make_room(
    int dir, const struct capture_bounds *b, time_t now, char *why, size_t size)
{
	struct found f;
	int i;

	if (b->size < b->largest) {
		snprintf(why, size,
		    "a capture may have %llu octets, and all "
		    "together only %llu",
		    (unsigned long long)b->largest,
		    (unsigned long long)b->size);
		return -1;
	}
	for (i = 0; i < REMOVE_MAX; i++) {
		if (look(dir, &f) == -1)
			return failed(why, size, "look for old captures");
		if (f.oldest[0] == '\0' || (f.size <= b->size - b->largest &&
					       now - f.written <= b->keep_s))
			return 0;
		if (unlinkat(dir, f.oldest, 0) == -1)
			return failed(why, size, f.oldest);
		log_debug("capture %s removed", f.oldest);
	}
	strlcpy(why, "too many old captures", size);
	return -1;
}

/* Ids begin again when history is lost; the newest of a name is the right. */
int
capture_create(int dir, const char *name, char *why, size_t size)
{
	int fd;

	if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
		return failed(why, size, name);
	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	return fd == -1 ? failed(why, size, name) : fd;
}

/* The directory, with room in it; or -1 and why. */
static int
room(const struct conf *conf, uint64_t largest, char *why, size_t size)
{
	const struct capture_bounds b = { conf->capture_size, largest,
		conf->capture_keep_ms / 1000 };
	int dir;

	if ((dir = capture_directory(conf->capture, why, size)) == -1)
		return -1;
	if (capture_make_room(dir, &b, time(NULL), why, size) == 0)
		return dir;
	close(dir);
	return -1;
}

/* A descriptor, or -1 and why. */
static int
new_file(const struct conf *conf, const char *name, char *why, size_t size)
{
	int dir, fd;

	if ((dir = room(conf, RING_FILE_MAX, why, size)) == -1)
		return -1;
	fd = capture_create(dir, name, why, size);
	close(dir);
	return fd;
}

/* Nobody may ask for a new one for months. */
static void
expire(void)
{
	const struct conf *conf = config_current();
	char why[MSG_TEXT_LEN];
	int dir;

	if (conf->capture[0] == '\0' || access(conf->capture, F_OK) == -1)
		return;
	if ((dir = room(conf, 0, why, sizeof(why))) == -1)
		log_warnx("captures: %s", why);
	else
		close(dir);
}

static void
on_hour(int fd, short what, void *arg)
{
	struct timeval tv = monotime_ms(EXPIRE_MS);

	(void)fd;
	(void)what;
	evtimer_add(arg, &tv);
	expire();
}

void
capture_reloaded(void)
{
	static struct event hour;

	if (!event_initialized(&hour))
		evtimer_set(&hour, on_hour, &hour);
	on_hour(-1, EV_TIMEOUT, &hour);
}

void
capture_file(const struct msg_capture *m)
{
	const struct conf *conf = config_current();
	struct msg_capture out = *m;
	struct msg_capture_done no;
	char name[CAPTURE_NAME_LEN];
	int fd = -1;

	memset(&no, 0, sizeof(no));
	strlcpy(no.event, m->event, sizeof(no.event));
	if (conf->capture[0] == '\0')
		strlcpy(no.text, "no directory is configured", sizeof(no.text));
	else if (capture_name(m->event, name) == -1)
		strlcpy(no.text, "no event has this id", sizeof(no.text));
	else
		fd = new_file(conf, name, no.text, sizeof(no.text));
	if (fd == -1) {
		netconf_send(IMSG_CAPTURE_DONE, -1, &no, sizeof(no));
		return;
	}
	/* for people: a longer one is cut */
	strlcpy(out.path, conf->capture, sizeof(out.path));
	strlcat(out.path, "/", sizeof(out.path));
	strlcat(out.path, name, sizeof(out.path));
	netconf_send(IMSG_CAPTURE_FILE, fd, &out, sizeof(out));
}
