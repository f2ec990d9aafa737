/* SPDX-License-Identifier: ISC */
/* Sockets of PPPoE, as pppd's plugin makes them. */
#include <sys/types.h>
#include <sys/socket.h>

#include <unistd.h>

#include "netconf/linux/nl.h"

int
pppoe_try(void)
{
	int fd = socket(AF_PPPOX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}
