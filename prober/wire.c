/* SPDX-License-Identifier: ISC */
/* Choosing the way a probe takes; see wire.h. */
#include <sys/types.h>

#include <string.h>

#include "prober/wire.h"

int
wire_open(struct wire *w, const struct msg_facts *facts, wire_answer *answer,
    void *arg)
{
	const struct wire_ops *ops;

	wire_close(w);
	memset(w, 0, sizeof(*w));
	w->fd = -1;
	w->facts = *facts;
	w->answer = answer;
	w->arg = arg;
	ops = facts->pointopoint ? &wire_bound : &wire_l2;
	if (ops->open(w) == -1)
		return -1;
	w->ops = ops;
	return 0;
}

void
wire_close(struct wire *w)
{
	if (w->ops == NULL)
		return;
	event_del(&w->ev);
	w->ops->close(w);
	w->ops = NULL;
}

int
wire_is_open(const struct wire *w)
{
	return w->ops != NULL;
}
