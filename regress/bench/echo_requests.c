/* SPDX-License-Identifier: ISC */
/*
 * echo_requests rounds targets first
 *
 * An echo request to each of so many addresses from the first on, once a
 * second, by one socket that lets no answer in: what the kernel's part of a
 * probe costs, whoever probes.
 */
#include <sys/socket.h>

#include <linux/icmp.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prober/icmp.h"

static void
send_all(int s, const struct icmp_echo *first, uint32_t targets)
{
	struct icmp_echo e = *first;
	struct sockaddr_in sin;
	uint8_t request[ICMP_LEN];
	uint32_t i;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	for (i = 0; i < targets; i++) {
		e.dst.v4.s_addr = htonl(ntohl(first->dst.v4.s_addr) + i);
		sin.sin_addr = e.dst.v4;
		icmp_build(&e, request);
		if (sendto(s, request, sizeof(request), 0,
			(struct sockaddr *)&sin, sizeof(sin)) == -1)
			warn("send");
	}
}

int
main(int argc, char *argv[])
{
	const struct icmp_filter none = { ~0U };
	struct icmp_echo e;
	uint32_t rounds, targets;
	const char *bad_rounds, *bad_targets;
	int s;

	if (argc != 4)
		errx(1, "rounds targets first");
	rounds = (uint32_t)strtonum(argv[1], 1, 3600, &bad_rounds);
	targets = (uint32_t)strtonum(argv[2], 1, 65536, &bad_targets);
	memset(&e, 0, sizeof(e));
	if (bad_rounds != NULL || bad_targets != NULL ||
	    addr_parse(argv[3], &e.dst) == -1 || e.dst.family != AF_INET)
		errx(1, "%s %s %s: no rounds, targets and first address",
		    argv[1], argv[2], argv[3]);
	e.src.family = AF_INET;
	if ((s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) == -1 ||
	    setsockopt(s, SOL_RAW, ICMP_FILTER, &none, sizeof(none)) == -1)
		err(1, "socket");
	while (rounds-- > 0) {
		send_all(s, &e, targets);
		sleep(1);
	}
	return 0;
}
