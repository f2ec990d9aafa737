/* SPDX-License-Identifier: ISC */
/*
 * memgrep: is a text in the memory of processes?
 *
 *	memgrep FILE PID...
 *
 * FILE holds the text, one line, so that no command line does.  For each pid
 * one line: "PID hidden" (we may not look), "PID clean" or "PID found".
 */
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1 << 20)

static char text[256];
static size_t len;

static void
read_text(const char *path)
{
	FILE *f;

	if ((f = fopen(path, "r")) == NULL ||
	    fgets(text, sizeof(text), f) == NULL)
		err(2, "%s", path);
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	if ((len = strlen(text)) == 0)
		errx(2, "%s: empty", path);
}

/* Pieces overlap, so that none of them cuts the text. */
static int
in_range(int mem, off_t from, off_t to)
{
	static char buf[CHUNK];
	ssize_t n;

	for (; from<to; from += n>(ssize_t) len ? n - (ssize_t)len : n) {
		n = (ssize_t)(to - from < CHUNK ? to - from : CHUNK);
		if ((n = pread(mem, buf, (size_t)n, from)) <= 0)
			return 0; /* such as vvar, which nobody reads so */
		if (memmem(buf, (size_t)n, text, len) != NULL)
			return 1;
		if (n <= (ssize_t)len || from + n >= to)
			return 0;
	}
	return 0;
}

static const char *
look(const char *pid)
{
	char path[64], line[512];
	unsigned long from, to;
	const char *is = "clean";
	FILE *maps;
	char r;
	int mem;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY);
	if (maps == NULL || mem == -1) {
		if (errno == ENOENT)
			err(2, "%s", pid);
		return "hidden";
	}
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx %c", &from, &to, &r) == 3 &&
		    r == 'r' && in_range(mem, (off_t)from, (off_t)to))
			is = "found";
	fclose(maps);
	close(mem);
	return is;
}

int
main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		errx(2, "usage: memgrep FILE PID...");
	read_text(argv[1]);
	for (i = 2; i < argc; i++)
		printf("%s %s\n", argv[i], look(argv[i]));
	return 0;
}
