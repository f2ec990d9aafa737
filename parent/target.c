/* SPDX-License-Identifier: ISC */
/* Targets in words; see target.h. */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "common/msg.h"
#include "parent/target.h"

#define DNS_PORT 53

static const char *const methods[] = { [CONF_METHOD_ICMP] = "icmp",
	[CONF_METHOD_GATEWAY] = "gateway",
	[CONF_METHOD_TCP] = "tcp",
	[CONF_METHOD_DNS] = "dns" };

const char *
family_word(enum family family)
{
	return family == FAMILY_INET6 ? "inet6" : "inet";
}

enum family
target_family(const struct conf_target *t)
{
	return addr_family(&t->address);
}

const char *
target_method(const struct conf_target *t)
{
	return methods[t->method];
}

char *
target_name(const struct conf_target *t, char *buf, size_t size)
{
	char a[ADDR_STRLEN], port[16] = "";

	addr_format(&t->address, a, sizeof(a));
	if (t->method == CONF_METHOD_TCP ||
	    (t->method == CONF_METHOD_DNS && t->port != DNS_PORT))
		snprintf(port, sizeof(port), " port %u", t->port);
	if (t->method == CONF_METHOD_GATEWAY)
		strlcpy(buf,
		    target_family(t) == FAMILY_INET6 ? "IPv6 gateway"
						     : "gateway",
		    size);
	else if (t->method == CONF_METHOD_DNS)
		snprintf(buf, size, "%s%s %s", a, port, t->query);
	else
		snprintf(buf, size, "%s%s", a, port);
	return buf;
}

int
target_valid(const struct conf_target *t)
{
	return t->method <= CONF_METHOD_DNS && t->near <= 1 &&
	       t->port <= UINT16_MAX && addr_valid(&t->address) &&
	       addr_valid(&t->answer) &&
	       msg_text_valid(t->query, sizeof(t->query));
}
