/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a configuration: no crash, no leak, and what is accepted is
 * valid by the receivers' own checks and survives its own dump.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"
#include "parent/outlook.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
report(const char *file, int line, const char *text, void *arg)
{
	size_t *reports = arg;

	(*reports)++;
	if (file == NULL || line < 0 || *text == '\0')
		abort();
}

static struct conf *
parse(const void *data, size_t size)
{
	struct conf *conf;
	size_t reports = 0;
	char path[32];
	int fd;

	if ((fd = memfd_create("conf", MFD_CLOEXEC)) == -1)
		abort();
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf = conf_parse(path, NULL, 1, report, &reports);
	close(fd);
	if (conf == NULL && reports == 0)
		abort(); /* refused without a reason */
	return conf;
}

static char *
dump(const struct conf *conf, size_t *size)
{
	char *text = NULL;
	FILE *f;

	if ((f = open_memstream(&text, size)) == NULL)
		abort();
	conf_print(conf, f);
	conf_print_meaning(conf, f);
	outlook_print(conf, f);
	fclose(f);
	return text;
}

static void
check(const struct conf *conf)
{
	struct conf *again;
	char *first, *second;
	size_t n, m;
	uint32_t i;

	if (!conf_global_valid(&conf->global))
		abort();
	for (i = 0; i < conf->nuplinks; i++)
		if (!conf_uplink_valid(&conf->uplink[i]))
			abort();
	first = dump(conf, &n);
	if ((again = parse(first, n)) == NULL)
		abort();
	second = dump(again, &m);
	if (n != m || memcmp(first, second, n) != 0)
		abort();
	free(first);
	free(second);
	conf_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf;

	/* it would read this machine's own files, and walk through all */
	if (memmem(data, size, "include", 7) != NULL)
		return 0;
	if ((conf = parse(data, size)) != NULL) {
		check(conf);
		conf_free(conf);
	}
	return 0;
}
