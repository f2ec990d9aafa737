/* SPDX-License-Identifier: ISC */
/*
 * Frames as they come from the line; its seeds came from one.  Each is read
 * as it is, and once more with its ICMPv6 checksum put right, since nothing
 * behind that would ever be reached by chance.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "prober/frame.h"

#define CHECKSUM 2 /* offset in the message */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const uint8_t *data, size_t len)
{
	struct frame f;

	frame_parse(data, len, &f);
	switch (f.kind) {
	case FRAME_OTHER:
		return;
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
	if (memcmp(f.dst, data, FRAME_MAC_LEN) != 0)
		abort();
}

/* In memory of just that length, so that a sanitizer sees each octet. */
static void
check_sealed(const uint8_t *data, size_t len)
{
	const uint8_t *message;
	struct addr src, dst;
	uint8_t *copy;
	size_t n, at;
	uint16_t sum;

	if (len < FRAME_HEADER ||
	    (message = icmp_ip6_message(data + FRAME_HEADER, len - FRAME_HEADER,
		 &src, &dst, &n)) == NULL ||
	    n < CHECKSUM + sizeof(sum) || (copy = malloc(len)) == NULL)
		return;
	at = (size_t)(message - data);
	memcpy(copy, data, len);
	memset(copy + at + CHECKSUM, 0, sizeof(sum));
	sum = icmp6_checksum(&src, &dst, copy + at, n);
	copy[at + CHECKSUM] = (uint8_t)(sum >> 8);
	copy[at + CHECKSUM + 1] = (uint8_t)sum;
	check(copy, len);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check(data, len);
	check_sealed(data, len);
	return 0;
}
