/* SPDX-License-Identifier: ISC */
/* IPv4 packets as a raw socket delivers them. */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "prober/icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t request[ICMP_IP_LEN];
	struct icmp_echo e;

	memset(&e, 0, sizeof(e));
	if (icmp_parse_ip(data, len, &e) == -1)
		return 0;
	/* what was taken was all there, and can be asked again */
	if (len < ICMP_IP_LEN || e.src.family != AF_INET ||
	    e.dst.family != AF_INET)
		abort();
	icmp_build_ip(&e, request);
	if (icmp_parse_ip(request, sizeof(request), &e) == 0)
		abort(); /* a request is no reply */
	return 0;
}
