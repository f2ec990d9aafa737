/* SPDX-License-Identifier: ISC */
/* Packets of both families, as a raw socket or a frame delivers them. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "prober/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t request[ICMP_IP6_LEN];
	struct icmp_echo e;

	memset(&e, 0, sizeof(e));
	if (icmp_parse_ip(data, len, &e) == -1)
		return 0;
	/* what was taken was all there, and can be asked again */
	if (len < ICMP_IP4_LEN || addr_len(&e.src) == 0 ||
	    e.dst.family != e.src.family)
		abort();
	if (icmp_parse_ip(request, icmp_build_ip(&e, request), &e) == 0)
		abort(); /* a request is no reply */
	return 0;
}
