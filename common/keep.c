/* SPDX-License-Identifier: ISC */
/* Files that outlive us; see keep.h. */
#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/keep.h"

static char *
slurp(int fd, size_t max)
{
	struct stat st;
	ssize_t n;
	char *text;

	if (fstat(fd, &st) == -1)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & (S_IWGRP | S_IWOTH) || st.st_size > (off_t)max) {
		errno = EPERM;
		return NULL;
	}
	if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		return NULL;
	if ((n = read(fd, text, (size_t)st.st_size)) == -1 ||
	    memchr(text, '\0', (size_t)n) != NULL) {
		errno = n == -1 ? errno : EBADMSG;
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

char *
keep_read(const char *path, size_t max)
{
	char *text;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	text = slurp(fd, max);
	close(fd);
	return text;
}

static int
replace(const char *path, void (*print)(FILE *, const void *), const void *what,
    int through)
{
	char new[PATH_MAX];
	FILE *f;
	int fd, bad, saved;

	if (snprintf(new, sizeof(new), "%s~", path) >= (int)sizeof(new)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(
	    new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return -1;
	}
	print(f, what);
	bad = ferror(f) || fflush(f) == EOF ||
	      (through && fsync(fileno(f)) == -1);
	saved = errno;
	fclose(f);
	if (bad) {
		unlink(new);
		errno = saved;
		return -1;
	}
	return rename(new, path);
}

int
keep_write(
    const char *path, void (*print)(FILE *, const void *), const void *what)
{
	return replace(path, print, what, 0);
}

int
keep_write_through(
    const char *path, void (*print)(FILE *, const void *), const void *what)
{
	return replace(path, print, what, 1);
}

int
keep_remove(const char *path)
{
	return unlink(path) == -1 && errno != ENOENT ? -1 : 0;
}

int
keep_word(const char **line, char *buf, size_t size)
{
	size_t len = strcspn(*line, " ");

	if (len == 0 || len >= size)
		return -1;
	memcpy(buf, *line, len);
	buf[len] = '\0';
	*line += len;
	if (**line == '\0')
		return 0;
	(*line)++; /* and then there must be another one */
	return **line == '\0' ? -1 : 0;
}

int
keep_number(const char **line, uint32_t min, uint32_t max, uint32_t *n)
{
	const char *error;
	char text[16];

	if (keep_word(line, text, sizeof(text)) == -1 ||
	    !isdigit((unsigned char)text[0]))
		return -1;
	*n = (uint32_t)strtonum(text, min, max, &error);
	return error == NULL ? 0 : -1;
}

static int
printable(const char *line)
{
	for (; *line != '\0'; line++)
		if (!isprint((unsigned char)*line))
			return 0;
	return 1;
}

int
keep_lines(const char *text, size_t max,
    int (*one)(const char *line, void *arg), void *arg)
{
	char *line;
	size_t len;
	int bad = 0;

	if ((line = malloc(max + 1)) == NULL)
		return -1;
	for (; *text != '\0' && !bad; text += len + 1) {
		len = strcspn(text, "\n");
		if ((bad = text[len] == '\0' || len > max))
			break;
		memcpy(line, text, len);
		line[len] = '\0';
		bad = !printable(line) || one(line, arg) == -1;
	}
	free(line);
	return bad ? -1 : 0;
}
