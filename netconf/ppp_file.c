/* SPDX-License-Identifier: ISC */
/*
 * The records of running pppds, on disk.  They change by rename only, so
 * that a reader sees the old one or the new one.  The folder is root's.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "netconf/ppp_file.h"

void
ppp_file_path(const char *label, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", PPP_DIR, label);
}

static int
make_dir(void)
{
	if (mkdir(RUNDIR, 0755) == -1 && errno != EEXIST)
		return -1;
	if (mkdir(PPP_DIR, 0700) == -1 && errno != EEXIST)
		return -1;
	return 0;
}

int
ppp_file_write(const struct ppp_record *r)
{
	char path[PATH_MAX], new[PATH_MAX + 1], text[PPP_RECORD_MAX];
	ssize_t done;
	int fd, n;

	if ((n = ppp_record_format(r, text, sizeof(text))) == -1) {
		errno = EMSGSIZE;
		return -1;
	}
	ppp_file_path(r->label, path, sizeof(path));
	/* no label holds a tilde */
	snprintf(new, sizeof(new), "%s~", path);
	if (make_dir() == -1 ||
	    (fd = open(new,
		 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		 0600)) == -1)
		return -1;
	done = write(fd, text, (size_t)n);
	if (close(fd) == -1 || done != n) {
		unlink(new);
		return -1;
	}
	return rename(new, path);
}

int
ppp_file_read(const char *label, struct ppp_record *r)
{
	char path[PATH_MAX], text[PPP_RECORD_MAX];
	ssize_t n;
	int fd;

	ppp_file_path(label, path, sizeof(path));
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) ==
	    -1)
		return -1;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n == -1)
		return -1;
	if ((size_t)n == sizeof(text) ||
	    ppp_record_parse(text, (size_t)n, r) == -1 ||
	    strcmp(r->label, label) != 0) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

void
ppp_file_remove(const char *label)
{
	char path[PATH_MAX];

	ppp_file_path(label, path, sizeof(path));
	if (unlink(path) == -1 && errno != ENOENT)
		log_warn("%s", path);
}

void
ppp_file_each(void (*one)(const char *))
{
	struct dirent *d;
	DIR *dir;

	if ((dir = opendir(PPP_DIR)) == NULL)
		return; /* nothing was ever dialled since the boot */
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			one(d->d_name);
	closedir(dir);
}
