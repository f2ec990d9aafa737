/* SPDX-License-Identifier: ISC */
/* A folder of its own for a test, with one file in it, and gone after it. */
#ifndef REGRESS_UNIT_FOLDER_H
#define REGRESS_UNIT_FOLDER_H

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct folder {
	char path[64];
	char file[96]; /* not there yet; a test may give it another name */
};

static inline int
folder_make(void **state)
{
	static struct folder f;

	strlcpy(f.path, "/tmp/dialfail_test.XXXXXX", sizeof(f.path));
	if (mkdtemp(f.path) == NULL)
		return -1;
	snprintf(f.file, sizeof(f.file), "%s/file", f.path);
	*state = &f;
	return 0;
}

static inline int
folder_remove(void **state)
{
	struct folder *f = *state;

	unlink(f->file);
	return rmdir(f->path); /* fails if anything else was left behind */
}

static inline void
folder_put(const struct folder *f, const void *text, size_t len, mode_t mode)
{
	FILE *file;

	assert_non_null(file = fopen(f->file, "w"));
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(f->file, mode), 0);
}

#endif
