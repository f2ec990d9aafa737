/* SPDX-License-Identifier: ISC */
/*
 * Any octets as what a site dialled with before, two files with a NUL between
 * them: whatever is printed is a configuration, its secrets are told once,
 * and what is refused is refused with a reason.
 */
#include <sys/mman.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
report(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: %s\n", file, line, text);
}

static void
check(const char *text, size_t size)
{
	struct conf *conf;
	char path[32];
	int fd;

	if ((fd = memfd_create("conf", MFD_CLOEXEC)) == -1 ||
	    write(fd, text, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((conf = conf_parse(path, NULL, 1, report, NULL)) == NULL)
		abort();
	close(fd);
	conf_free(conf);
}

static void
check_secrets(const struct import_secrets *s)
{
	uint32_t n, m;

	for (n = 0; n < s->n; n++) {
		if (s->secret[n].value[0] == '\0' ||
		    strpbrk(s->secret[n].value, "\r\n") != NULL ||
		    strchr(s->secret[n].name, '/') != NULL)
			abort();
		for (m = 0; m < n; m++)
			if (strcmp(s->secret[n].name, s->secret[m].name) == 0)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import_secrets secrets;
	struct import_source config = { "a", NULL }, script = { "b", NULL };
	char *in, *out = NULL, why[512] = "";
	size_t n;
	FILE *f;
	int result;

	if ((in = malloc(size + 1)) == NULL ||
	    (f = open_memstream(&out, &n)) == NULL)
		abort();
	memcpy(in, data, size);
	in[size] = '\0';
	config.text = in;
	if (strlen(in) < size)
		script.text = in + strlen(in) + 1;
	secrets.directory = "/etc/dialfail/private";
	result = import_print(&config, script.text != NULL ? &script : NULL,
	    &secrets, f, why, sizeof(why));
	fclose(f);
	if (result == 0) {
		check(out, n);
		check_secrets(&secrets);
	} else if (why[0] == '\0') {
		abort();
	}
	free(in);
	free(out);
	return 0;
}
