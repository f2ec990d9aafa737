/* SPDX-License-Identifier: ISC */
/* What a switch depends on and netlink does not tell; see struct net_machine. */
#include <sys/types.h>
#include <sys/timex.h>

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- who else moves default routes ---- */

/*
 * NetworkManager keeps a file for each device that it knows; one without them
 * is older than 1.6, and may have any.
 */
static bool
nm_has(const char *run, const char *ifname)
{
	unsigned int ifindex = if_nametoindex(ifname);
	char path[PATH_MAX], line[128];
	bool managed = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/NetworkManager/devices", run);
	if (access(path, F_OK) == -1)
		return true;
	snprintf(
	    path, sizeof(path), "%s/NetworkManager/devices/%u", run, ifindex);
	if (ifindex == 0 || (f = fopen(path, "re")) == NULL)
		return false;
	while (!managed && fgets(line, sizeof(line), f) != NULL)
		managed = strcmp(line, "managed=true\n") == 0;
	fclose(f);
	return managed;
}

static bool
there(const char *run, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", run, name);
	return access(path, F_OK) == 0;
}

/* Its directory may be there even if it does not. */
static bool
runs(const char *proc, const char *name)
{
	char path[PATH_MAX], comm[20];
	bool found = false;
	struct dirent *d;
	FILE *f;
	DIR *dir;

	if ((dir = opendir(proc)) == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/comm", proc, d->d_name);
		if (!isdigit((unsigned char)d->d_name[0]) ||
		    (f = fopen(path, "re")) == NULL)
			continue;
		found = fgets(comm, sizeof(comm), f) != NULL &&
			strncmp(comm, name, strlen(name)) == 0 &&
			comm[strlen(name)] == '\n';
		fclose(f);
	}
	closedir(dir);
	return found;
}

const char *
machine_rival(const char *run, const char *proc, const struct net_uplinks *u)
{
	size_t i;

	if (there(run, "mwan3"))
		return "mwan3";
	if (runs(proc, "connmand"))
		return "connman";
	if (!runs(proc, "NetworkManager"))
		return NULL;
	for (i = 0; i < u->n; i++)
		if (u->ifname[i][0] != '\0' && nm_has(run, u->ifname[i]))
			return "NetworkManager, if its connectivity check is "
			       "on,";
	return NULL;
}

void
machine_look(struct net_machine *m, const struct net_uplinks *u)
{
	struct timex t = { .modes = 0 };

	m->forwarding[FAMILY_INET] = is_on("/proc/sys/net/ipv4/ip_forward");
	m->forwarding[FAMILY_INET6] =
	    is_on("/proc/sys/net/ipv6/conf/all/forwarding");
	m->clock_wrong = adjtimex(&t) == TIME_ERROR;
	m->rival = machine_rival("/var/run", "/proc", u);
	m->missing = nft_missing();
	m->ruleset = ruleset();
}
