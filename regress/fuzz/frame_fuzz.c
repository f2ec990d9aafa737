/* SPDX-License-Identifier: ISC */
/* Frames as they come from the line. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "prober/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct frame f;

	frame_parse(data, len, &f);
	switch (f.kind) {
	case FRAME_OTHER:
		break;
	case FRAME_ARP_REPLY:
		if (len < FRAME_ARP_LEN || f.arp_ip.family != AF_INET ||
		    f.arp_for.family != AF_INET)
			abort();
		break;
	case FRAME_ECHO_REPLY:
		if (len < FRAME_ICMP_LEN || f.echo.src.family != AF_INET)
			abort();
		break;
	}
	if (len >= FRAME_MAC_LEN && memcmp(f.dst, data, FRAME_MAC_LEN) != 0 &&
	    f.kind != FRAME_OTHER)
		abort();
	return 0;
}
