/* SPDX-License-Identifier: ISC */
/* What a switch depends on and netlink does not tell; see struct net_machine. */
#include <sys/types.h>
#include <sys/timex.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

#define RULESET_MAX (16 * 1024 * 1024) /* a longer one is not known */

static int
is_on(const char *path)
{
	int c = EOF;
	FILE *f;

	if ((f = fopen(path, "re")) != NULL) {
		c = getc(f);
		fclose(f);
	}
	return c != EOF && c != '0';
}

/* As nft(8) prints it, all of it; NULL: it cannot, or it is too long. */
static char *
ruleset(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *p;

	p = popen("PATH=/usr/sbin:/sbin:/usr/local/sbin:/usr/bin "
		  "exec nft list ruleset 2>/dev/null",
	    "re");
	if (p == NULL)
		return NULL;
	if ((text = malloc(RULESET_MAX)) != NULL) {
		n = fread(text, 1, RULESET_MAX - 1, p);
		text[n] = '\0';
	}
	/* one that was not read to its end is ended by SIGPIPE */
	if (pclose(p) != 0 || n == RULESET_MAX - 1) {
		free(text);
		return NULL;
	}
	return text;
}

void
machine_look(struct net_machine *m)
{
	static const struct {
		const char *path, *name;
	} rivals[] = { { "/run/mwan3", "mwan3" }, { "/var/run/mwan3", "mwan3" },
		{ "/run/NetworkManager",
		    "NetworkManager, if its connectivity check is on," } };
	struct timex t = { .modes = 0 };
	size_t i;

	m->forwarding[FAMILY_INET] = is_on("/proc/sys/net/ipv4/ip_forward");
	m->forwarding[FAMILY_INET6] =
	    is_on("/proc/sys/net/ipv6/conf/all/forwarding");
	m->clock_wrong = adjtimex(&t) == TIME_ERROR;
	m->rival = NULL;
	for (i = 0; m->rival == NULL && i < sizeof(rivals) / sizeof(*rivals);
	     i++)
		if (access(rivals[i].path, F_OK) == 0)
			m->rival = rivals[i].name;
	m->missing = nft_missing();
	m->ruleset = ruleset();
}
