/* SPDX-License-Identifier: ISC */
/* What the dialer tells of a modem besides the answers to questions. */
#include <sys/types.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialer/modem.h"
#include "parent/link_int.h"

void
link_got_modem(struct imsg *imsg)
{
	struct msg_modem m;

	if (parent_get(CHILD_DIALER, imsg, &m, sizeof(m)) == -1)
		return;
	if (!msg_modem_valid(&m)) {
		parent_distrust(CHILD_DIALER, IMSG_MODEM);
		return;
	}
	if (m.uplink >= parent->conf.nuplinks ||
	    parent->uplink[m.uplink].conf.kind != CONF_MODEM)
		return;
	parent->uplink[m.uplink].link.modem = m;
	link_warm_told(&parent->uplink[m.uplink], &m);
}

static void __attribute__((__format__(printf, 3, 4)))
add(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	if (len > 0)
		len = strlcat(text, ", ", size);
	if (len >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

void
link_modem_text(const struct uplink *u, char *text, size_t size)
{
	const struct msg_modem *m = &u->link.modem;
	uint32_t i;

	text[0] = '\0';
	if (u->link.not_ready[0] != '\0')
		add(text, size, "not ready: %.100s", u->link.not_ready);
	else if (u->link.warm == LINK_WARM && m->state == MSG_MODEM_READY &&
		 m->gen == u->link.gen)
		add(text, size, "ready");
	for (i = MODEM_RUNG_AT; i < MSG_MODEM_RUNGS; i++)
		if (m->tried[i] > 0)
			add(text, size, "%s helped %u of %u times",
			    modem_rung_name(i), m->helped[i], m->tried[i]);
	if (m->closed > 0)
		add(text, size, "closed %u times", m->closed);
	if (m->lost > 0)
		add(text, size, "lost %u times", m->lost);
}
