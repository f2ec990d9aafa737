/* SPDX-License-Identifier: ISC */
/*
 * The datagram of the ip-up and ip-down program.  It only wakes netconf: what
 * is so is in the record (ppp_record.h).
 *
 *	up LINKNAME PPPD_PID
 *	down LINKNAME PPPD_PID SECONDS BYTES-SENT BYTES-RECEIVED
 */
#ifndef NETCONF_PPP_EVENT_H
#define NETCONF_PPP_EVENT_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "netconf/ppp_record.h"

#define PPP_EVENT_MAX 256 /* octets; a longer one is none */

enum ppp_event_kind { PPP_EVENT_UP, PPP_EVENT_DOWN };

struct ppp_event {
	enum ppp_event_kind kind;
	char linkname[PPP_LINKNAME_LEN];
	pid_t pid;
	uint64_t seconds; /* these with PPP_EVENT_DOWN */
	uint64_t sent;
	uint64_t received;
};

/* 0, or -1: no such datagram. */
int ppp_event_parse(const char *data, size_t len, struct ppp_event *);

#endif
