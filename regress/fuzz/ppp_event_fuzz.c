/* SPDX-License-Identifier: ISC */
/* Any datagram: what is taken is in range and said again it is the same. */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netconf/ppp_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ppp_event e, again;
	char text[PPP_EVENT_MAX];
	int n;

	if (ppp_event_parse((const char *)data, size, &e) == -1)
		return 0;
	n = snprintf(text, sizeof(text), "%s %s %d",
	    e.kind == PPP_EVENT_UP ? "up" : "down", e.linkname, (int)e.pid);
	if (e.kind == PPP_EVENT_DOWN)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    " %llu %llu %llu", (unsigned long long)e.seconds,
		    (unsigned long long)e.sent, (unsigned long long)e.received);
	if (e.pid < 2 || ppp_event_parse(text, (size_t)n, &again) == -1 ||
	    strcmp(e.linkname, again.linkname) != 0 || e.pid != again.pid ||
	    e.received != again.received)
		abort();
	return 0;
}
