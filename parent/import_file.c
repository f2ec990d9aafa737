/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl import: the files.  The secrets are written before the
 * configuration that names them, and are gone again when one of them cannot
 * be.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/import.h"
#include "parent/secret_file.h"

static int
fail(char *why, size_t size, const char *path, const char *reason)
{
	snprintf(why, size, "%s: %s", path, reason);
	return -1;
}

/* All of a file and a NUL behind it. */
static int
read_file(const char *path, char *text, char *why, size_t size)
{
	FILE *f;
	size_t n;
	int bad;

	if ((f = fopen(path, "re")) == NULL)
		return fail(why, size, path, strerror(errno));
	(void)setvbuf(f, NULL, _IONBF, 0); /* no copy of secrets in it */
	n = fread(text, 1, IMPORT_TEXT_MAX, f);
	bad = ferror(f) ? errno : 0;
	fclose(f);
	text[n] = '\0';
	if (bad != 0)
		return fail(why, size, path, strerror(bad));
	if (n == IMPORT_TEXT_MAX)
		return fail(why, size, path, "too long");
	if (strlen(text) != n)
		return fail(why, size, path, "not text: a NUL in it");
	return 0;
}

/* Its name in the directory; the two fit, or they were not printed. */
static const char *
secret_path(const struct import_secrets *all, uint32_t n, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", all->directory, all->secret[n].name);
	return path;
}

static void
unlink_secrets(const struct import_secrets *all, uint32_t n)
{
	char path[PATH_MAX];

	while (n-- > 0)
		(void)unlink(secret_path(all, n, path));
}

static int
write_secrets(const struct import_secrets *all, char *why, size_t size)
{
	char path[PATH_MAX], line[IMPORT_VALUE_LEN + 1];
	int result = 0, len;
	uint32_t n;

	for (n = 0; n < all->n; n++) {
		len =
		    snprintf(line, sizeof(line), "%s\n", all->secret[n].value);
		result = secret_file_create(
		    secret_path(all, n, path), line, (size_t)len, why, size);
		if (result == -1)
			break;
	}
	if (result == -1)
		unlink_secrets(all, n);
	explicit_bzero(line, sizeof(line));
	return result;
}

/* What all of it takes: nothing of it may stay in memory. */
struct work {
	char config[IMPORT_TEXT_MAX + 1];
	char script[IMPORT_TEXT_MAX + 1];
	struct import_secrets secrets;
};

static int
import(struct work *w, const char *config, const char *script, FILE *out,
    char *why, size_t size)
{
	struct import_source c = { config, w->config };
	struct import_source s = { script, w->script };

	if (read_file(config, w->config, why, size) == -1 ||
	    (script != NULL && read_file(script, w->script, why, size) == -1))
		return -1;
	if (import_print(&c, script != NULL ? &s : NULL, &w->secrets, out, why,
		size) == -1)
		return -1;
	return write_secrets(&w->secrets, why, size);
}

int
import_files(const char *config, const char *script, const char *directory,
    FILE *out, char *why, size_t size)
{
	struct work *w;
	char *text = NULL;
	size_t len;
	FILE *f;
	int result;

	w = calloc(1, sizeof(*w));
	f = open_memstream(&text, &len);
	if (w == NULL || f == NULL)
		abort(); /* 200 kB, just after the start */
	w->secrets.directory = directory;
	result = import(w, config, script, f, why, size);
	if (fclose(f) == EOF)
		abort();
	if (result == 0 &&
	    (fwrite(text, 1, len, out) != len || fflush(out) == EOF)) {
		result = fail(why, size, "output", strerror(errno));
		unlink_secrets(&w->secrets, w->secrets.n);
	}
	explicit_bzero(w, sizeof(*w));
	free(w);
	free(text);
	return result;
}
