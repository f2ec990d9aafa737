/* SPDX-License-Identifier: ISC */
/*
 * A backup that pppd dials by itself: call "NAME" is its own option file,
 * /etc/ppp/peers/NAME (pppd(8), "call").
 */
#include <string.h>

#include "common/conf_int.h"

void
conf_build_call(struct conf_build *b, const struct conf_text *name)
{
	conf_build_uplink(b)->kind = CONF_CALL;
	b->uplink[b->now].call = *name;
	if (!conf_call_valid(name->s))
		conf_src_error(b->src, name,
		    "\"%s\" is not the name of a file in " CONF_PEERS_DIR
		    ": at most %d letters, digits and . - _ :",
		    name->s, CONF_CALL_LEN - 1);
	else
		(void)strlcpy(
		    conf_build_private(b)->call, name->s, CONF_CALL_LEN);
	if (b->now < CONF_UPLINKS_MAX)
		conf_build_where(&b->conf->call_where[b->now], name);
}
