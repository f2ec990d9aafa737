/* SPDX-License-Identifier: ISC */
/* Frames as they come from the line; its seeds came from one. */
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
	case FRAME_NEIGHBOUR:
		if (len < FRAME_ARP_LEN || (f.neighbour.mac[0] & 1) ||
		    addr_len(&f.neighbour.ip) == 0 ||
		    f.neighbour.to.family != f.neighbour.ip.family)
			abort();
		break;
	case FRAME_ECHO_REPLY:
		if (len < FRAME_HEADER + ICMP_IP4_LEN ||
		    addr_len(&f.echo.src) == 0 ||
		    f.echo.dst.family != f.echo.src.family)
			abort();
		break;
	}
	if (len >= FRAME_MAC_LEN && memcmp(f.dst, data, FRAME_MAC_LEN) != 0 &&
	    f.kind != FRAME_OTHER)
		abort();
	return 0;
}
