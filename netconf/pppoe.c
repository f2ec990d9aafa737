/* SPDX-License-Identifier: ISC */
/* Calls by PPPoE; see pppoe.h. */
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keep.h"
#include "netconf/net.h"
#include "netconf/pppoe.h"
#include "netconf/run.h"

#define FILE_MAX (64 * 1024)

/* pppd(8), "Options files": words, in quotes perhaps, # to the end of line. */
int
pppoe_is(char *text)
{
	char *line, *word;
	int plugin = 0;

	while ((line = strsep(&text, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		while ((word = strsep(&line, " \t\"'")) != NULL) {
			if (word[0] == '\0')
				continue;
			if (plugin && strstr(word, "pppoe") != NULL)
				return 1;
			plugin = strcmp(word, "plugin") == 0;
		}
	}
	return 0;
}

static int
is_pppoe(const char *call)
{
	char path[PATH_MAX], *text;
	int yes;

	snprintf(path, sizeof(path), CONF_PEERS_DIR "/%s", call);
	if ((text = keep_read(path, FILE_MAX)) == NULL)
		return 0; /* pppd will say why */
	yes = pppoe_is(text);
	free(text);
	return yes;
}

static void
tell(uint32_t id, const char *why)
{
	struct msg_link_text t;

	memset(&t, 0, sizeof(t));
	t.uplink = id;
	t.gen = config_gen();
	snprintf(t.text, sizeof(t.text),
	    "%s: PPPoE is closed to this service: %s; under systemd it takes "
	    "pppoe.conf, see call in dialfail.conf(5)",
	    config_current()->uplink[id].label, why);
	netconf_send(IMSG_LINK_UNFIT, -1, &t, sizeof(t));
}

void
pppoe_reloaded(void)
{
	const struct conf *conf = config_current();
	uint32_t i;

	for (i = 0; i < conf->nuplinks; i++)
		if (conf->private[i].call[0] != '\0' &&
		    is_pppoe(conf->private[i].call) && netops->pppoe() == -1)
			tell(i, strerror(errno));
}
