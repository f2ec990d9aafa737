/* SPDX-License-Identifier: ISC */
/*
 * The hooks that bring a backup's interface up and down: sticks that are no
 * modems to us (QMI, MBIM, HiLink).
 */
#include <string.h>

#include "common/conf_int.h"

static struct conf_uplink_build *
build_now(struct conf_build *b)
{
	return &b->uplink[b->now];
}

void
conf_build_hook(struct conf_build *b, const struct conf_text *word,
    const struct conf_text *name)
{
	struct conf_private *p = conf_build_private(b);
	int start = strcmp(word->s, "start") == 0;

	if (start)
		build_now(b)->start = *word;
	else
		build_now(b)->stop = *word;
	if (!conf_hook_valid(name->s))
		conf_src_error(b->src, name,
		    "\"%s\" is not the name of a hook: a file in "
		    "hooks/, at most %d letters, digits and . - _ :",
		    name->s, CONF_HOOK_LEN - 1);
	else
		(void)strlcpy(
		    start ? p->start : p->stop, name->s, CONF_HOOK_LEN);
	if (b->now < CONF_UPLINKS_MAX)
		conf_build_where(&b->conf->hook_where[b->now], name);
}

void
conf_build_hook_timeout(struct conf_build *b, const struct conf_text *text)
{
	build_now(b)->hook_ms = conf_range[CONF_F_HOOK_TIMEOUT].value;
	conf_build_number(b, CONF_F_HOOK_TIMEOUT, &build_now(b)->hook_ms, text);
}

void
conf_build_hooks_end(struct conf_build *b)
{
	struct conf_uplink_build *ub = build_now(b);

	if (ub->start.s != NULL && ub->stop.s == NULL)
		conf_src_error(b->src, &ub->start,
		    "a start hook needs its counterpart: stop \"NAME\"");
	if (ub->start.s == NULL && ub->stop.s != NULL)
		conf_src_error(b->src, &ub->stop,
		    "a stop hook needs its counterpart: start \"NAME\"");
	if (ub->start.s == NULL && ub->stop.s == NULL && ub->hook_ms != 0)
		conf_src_error(b->src, &ub->iface,
		    "the timeout is one of hooks: start \"NAME\"");
	if (ub->start.s != NULL)
		conf_build_uplink(b)->start_ms =
		    ub->hook_ms != 0 ? ub->hook_ms
				     : conf_range[CONF_F_HOOK_TIMEOUT].value;
}
