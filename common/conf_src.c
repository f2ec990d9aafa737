/* SPDX-License-Identifier: ISC */
/*
 * Where the grammar's characters come from: a stack of files (include) and
 * the macro being expanded, and where its errors go.  Each file is opened
 * once; owner, mode, contents and hash are of that one descriptor, so nobody
 * can swap the file between the check and the reading.  Everything kept of
 * the text lives until conf_src_free, so that no path of the parser can leak,
 * and is bounded by what may be read.
 */
#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf_int.h"

#define FILE_MAX   (4 * 1024 * 1024)
#define CHARS_MAX  (16 * 1024 * 1024) /* given out, expansions included */
#define KEPT_MAX   (32 * 1024 * 1024)
#define FILES_MAX  20000
#define MACROS_MAX 1000 /* looked up in a list */
#define DEPTH_MAX  16
#define ERRORS_MAX 100

struct kept {
	SLIST_ENTRY(kept) entry;
	char s[];
};

struct macro {
	SLIST_ENTRY(macro) entry;
	struct conf_text name;
	const char *value;
	int persist; /* from the command line: stronger than the file */
	int used;
};

struct file {
	SLIST_ENTRY(file) entry;
	char *name;
	struct conf_text from; /* the include that asked for it */
	int loaded;
	dev_t dev;
	ino_t ino;
	char *buf;
	size_t len;
	size_t pos;
	int line;
};

struct conf_src {
	conf_report *report;
	void *arg;
	int check_only;
	int errors;
	int gave_up; /* nothing more is read or reported */
	SLIST_HEAD(, file) files;
	SLIST_HEAD(, macro) macros;
	SLIST_HEAD(, kept) kept;
	size_t chars;
	size_t kept_size;
	uint32_t nfiles;
	uint32_t nmacros;
	uint32_t depth; /* loaded files on the stack */
	const char *expand; /* rest of a macro's value */
	SHA2_CTX sha;
};

struct conf_src *
conf_src_new(int check_only, conf_report *report, void *arg)
{
	struct conf_src *src;

	if ((src = calloc(1, sizeof(*src))) == NULL)
		return NULL;
	src->report = report;
	src->arg = arg;
	src->check_only = check_only;
	SLIST_INIT(&src->files);
	SLIST_INIT(&src->macros);
	SLIST_INIT(&src->kept);
	SHA256Init(&src->sha);
	return src;
}

static void
file_pop(struct conf_src *src)
{
	struct file *file = SLIST_FIRST(&src->files);

	SLIST_REMOVE_HEAD(&src->files, entry);
	if (file->loaded)
		src->depth--;
	free(file->buf);
	free(file);
}

void
conf_src_free(struct conf_src *src)
{
	struct kept *kept;
	struct macro *macro;

	if (src == NULL)
		return;
	while (!SLIST_EMPTY(&src->files))
		file_pop(src);
	while ((macro = SLIST_FIRST(&src->macros)) != NULL) {
		SLIST_REMOVE_HEAD(&src->macros, entry);
		free(macro);
	}
	while ((kept = SLIST_FIRST(&src->kept)) != NULL) {
		SLIST_REMOVE_HEAD(&src->kept, entry);
		free(kept);
	}
	free(src);
}

static void __attribute__((__format__(printf, 4, 0)))
report(struct conf_src *src, const struct conf_text *where,
    const char *severity, const char *fmt, va_list ap)
{
	char text[1024];
	int n;

	if (src->gave_up)
		return;
	n = snprintf(text, sizeof(text), "%s", severity);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	src->report(where->file != NULL ? where->file : "-", where->line, text,
	    src->arg);
}

void
conf_src_error(
    struct conf_src *src, const struct conf_text *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(src, where, "", fmt, ap);
	va_end(ap);
	if (++src->errors == ERRORS_MAX) {
		src->report(
		    where->file, where->line, "too many errors", src->arg);
		src->gave_up = 1;
	}
}

void
conf_src_warn(
    struct conf_src *src, const struct conf_text *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(src, where, "warning: ", fmt, ap);
	va_end(ap);
}

int
conf_src_errors(struct conf_src *src)
{
	return src->errors;
}

/* Out of memory or of bounds: say so once and read no further. */
static void
give_up(struct conf_src *src, const char *why)
{
	struct conf_text here;

	conf_src_here(src, &here);
	conf_src_error(src, &here, "%s", why);
	src->gave_up = 1;
}

char *
conf_src_keep(struct conf_src *src, const char *s, size_t len)
{
	static char nothing[1];
	struct kept *kept;

	src->kept_size += sizeof(*kept) + len + 1;
	if (src->kept_size > KEPT_MAX) {
		give_up(src, "the configuration is too large");
		return nothing;
	}
	if ((kept = malloc(sizeof(*kept) + len + 1)) == NULL) {
		give_up(src, "out of memory");
		return nothing;
	}
	memcpy(kept->s, s, len);
	kept->s[len] = '\0';
	SLIST_INSERT_HEAD(&src->kept, kept, entry);
	return kept->s;
}

void
conf_src_here(struct conf_src *src, struct conf_text *text)
{
	struct file *file = SLIST_FIRST(&src->files);

	text->s = NULL;
	text->file = file != NULL ? file->name : "-";
	text->line = file != NULL ? file->line : 0;
}

/*
 * A file that others can write is a way to become root.  Checking only,
 * this is told but does not matter.
 */
static int
check_mode(struct conf_src *src, const struct file *file, const struct stat *st,
    const struct conf_text *blame)
{
	const char *fault;

	if (st->st_uid != 0)
		fault = "not owned by root";
	else if (st->st_mode & (S_IWGRP | S_IWOTH))
		fault = "writable by group or others";
	else
		return 0;
	if (src->check_only) {
		conf_src_warn(src, blame,
		    "\"%s\" is %s: the daemon will refuse it", file->name,
		    fault);
		return 0;
	}
	conf_src_error(src, blame, "\"%s\" is %s", file->name, fault);
	return -1;
}

static int
read_all(struct file *file, int fd, size_t size)
{
	ssize_t n;

	/* one more than needed: an empty file has a buffer, too */
	if ((file->buf = malloc(size + 1)) == NULL)
		return -1;
	while (file->len < size) {
		n = read(fd, file->buf + file->len, size - file->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		file->len += (size_t)n;
	}
	return 0;
}

static int
read_checked(struct conf_src *src, struct file *file, int fd,
    const struct conf_text *blame)
{
	const struct file *other;
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		conf_src_error(src, blame, "\"%s\" is not a file", file->name);
		return -1;
	}
	SLIST_FOREACH(other, &src->files, entry)
		if (other->loaded && other->dev == st.st_dev &&
		    other->ino == st.st_ino) {
			conf_src_error(src, blame,
			    "include loop: \"%s\" is being read already",
			    file->name);
			return -1;
		}
	if (check_mode(src, file, &st, blame) == -1)
		return -1;
	if (st.st_size > FILE_MAX) {
		conf_src_error(src, blame, "\"%s\" is larger than %d bytes",
		    file->name, FILE_MAX);
		return -1;
	}
	if (read_all(file, fd, (size_t)st.st_size) == -1) {
		conf_src_error(src, blame, "cannot read \"%s\": %s", file->name,
		    strerror(errno));
		return -1;
	}
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	return 0;
}

/* Files wait on the stack unopened; one that cannot be read is empty. */
static void
file_load(struct conf_src *src, struct file *file)
{
	struct conf_text self = { NULL, file->name, 0 };
	const struct conf_text *blame;
	int fd;

	blame = file->from.file != NULL ? &file->from : &self;
	if (src->depth >= DEPTH_MAX) {
		conf_src_error(src, blame, "includes are nested deeper than %d",
		    DEPTH_MAX);
	} else if ((fd = open(file->name,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1) {
		conf_src_error(src, blame, "cannot open \"%s\": %s", file->name,
		    strerror(errno));
	} else {
		if (read_checked(src, file, fd, blame) == -1)
			file->len = 0;
		close(fd);
	}
	file->loaded = 1;
	src->depth++;
	if (file->len > 0)
		SHA256Update(&src->sha, (const uint8_t *)file->buf, file->len);
}

static void
file_push(struct conf_src *src, const char *name, const struct conf_text *from)
{
	struct file *file;

	if (++src->nfiles > FILES_MAX) {
		give_up(src, "too many files");
		return;
	}
	if ((file = calloc(1, sizeof(*file))) == NULL) {
		give_up(src, "out of memory");
		return;
	}
	file->name = conf_src_keep(src, name, strlen(name));
	file->from = *from;
	file->line = 1;
	SLIST_INSERT_HEAD(&src->files, file, entry);
}

/* The first file: its name is taken as it is. */
void
conf_src_open(struct conf_src *src, const struct conf_text *path)
{
	file_push(src, path->s, path);
}

/* A relative name is sought beside the file that includes it. */
static int
resolve(const struct conf_text *path, char full[PATH_MAX])
{
	const char *slash;
	int dir = 0;

	if (path->s[0] != '/' && path->file != NULL &&
	    (slash = strrchr(path->file, '/')) != NULL)
		dir = (int)(slash - path->file) + 1;
	return snprintf(full, PATH_MAX, "%.*s%s", dir,
		   dir > 0 ? path->file : "", path->s) < PATH_MAX;
}

void
conf_src_include(struct conf_src *src, const struct conf_text *path)
{
	char full[PATH_MAX];
	glob_t g;
	size_t i;

	if (!resolve(path, full)) {
		conf_src_error(src, path, "path too long");
		return;
	}
	/* without wildcards a missing file is an error when it is opened */
	if (strpbrk(path->s, "*?[") == NULL) {
		file_push(src, full, path);
		return;
	}
	memset(&g, 0, sizeof(g));
	switch (glob(full, GLOB_ERR, NULL, &g)) {
	case 0:
	case GLOB_NOMATCH:
		break;
	default:
		conf_src_error(
		    src, path, "cannot read what \"%s\" names", path->s);
	}
	/* sorted by glob(3); a stack wants the last one first */
	for (i = g.gl_pathc; i > 0; i--)
		file_push(src, g.gl_pathv[i - 1], path);
	globfree(&g);
}

int
conf_src_peek(struct conf_src *src)
{
	struct file *file = SLIST_FIRST(&src->files);

	if (src->gave_up)
		return CONF_SRC_EOF;
	if (src->expand != NULL && *src->expand != '\0')
		return (unsigned char)*src->expand;
	if (file == NULL)
		return CONF_SRC_EOF;
	if (!file->loaded)
		file_load(src, file);
	if (src->gave_up || file->pos == file->len)
		return CONF_SRC_EOF;
	return (unsigned char)file->buf[file->pos];
}

int
conf_src_getc(struct conf_src *src)
{
	struct file *file = SLIST_FIRST(&src->files);
	int c;

	if ((c = conf_src_peek(src)) == CONF_SRC_EOF) {
		src->expand = NULL;
		return c;
	}
	if (++src->chars > CHARS_MAX) {
		give_up(src, "the configuration is too large");
		return CONF_SRC_EOF;
	}
	if (src->expand != NULL && *src->expand != '\0') {
		src->expand++;
		return c;
	}
	src->expand = NULL;
	file->pos++;
	if (c == '\n')
		file->line++;
	return c;
}

int
conf_src_next_file(struct conf_src *src)
{
	if (src->gave_up || SLIST_EMPTY(&src->files))
		return 0;
	file_pop(src);
	return !SLIST_EMPTY(&src->files);
}

static struct macro *
macro_find(struct conf_src *src, const char *name)
{
	struct macro *macro;

	SLIST_FOREACH(macro, &src->macros, entry)
		if (strcmp(macro->name.s, name) == 0)
			return macro;
	return NULL;
}

void
conf_src_macro(struct conf_src *src, const struct conf_text *name,
    const char *value, int persist)
{
	struct macro *macro;

	if ((macro = macro_find(src, name->s)) != NULL && macro->persist)
		return;
	if (macro == NULL) {
		if (++src->nmacros > MACROS_MAX) {
			give_up(src, "too many macros");
			return;
		}
		if ((macro = calloc(1, sizeof(*macro))) == NULL) {
			give_up(src, "out of memory");
			return;
		}
		SLIST_INSERT_HEAD(&src->macros, macro, entry);
	}
	macro->name = *name;
	macro->value = conf_src_keep(src, value, strlen(value));
	macro->persist = persist;
}

int
conf_src_expanding(struct conf_src *src)
{
	return src->expand != NULL && *src->expand != '\0';
}

void
conf_src_expand(struct conf_src *src, const struct conf_text *name)
{
	struct macro *macro;

	if ((macro = macro_find(src, name->s)) == NULL) {
		conf_src_error(
		    src, name, "macro \"%s\" is not defined", name->s);
		return;
	}
	macro->used = 1;
	src->expand = macro->value;
}

void
conf_src_unused(struct conf_src *src)
{
	const struct macro *macro;

	SLIST_FOREACH(macro, &src->macros, entry)
		if (!macro->used && !macro->persist)
			conf_src_warn(src, &macro->name,
			    "macro \"%s\" is not used", macro->name.s);
}

void
conf_src_sha256(struct conf_src *src, uint8_t digest[32])
{
	SHA256Final(digest, &src->sha);
}
