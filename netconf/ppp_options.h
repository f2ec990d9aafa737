/* SPDX-License-Identifier: ISC */
/*
 * What pppd is told: its arguments, which anybody may read in ps(1), and the
 * text of the options file, which holds the account.  No I/O here.
 */
#ifndef NETCONF_PPP_OPTIONS_H
#define NETCONF_PPP_OPTIONS_H

#include <limits.h>
#include <stddef.h>

#include "netconf/ppp_record.h"

#ifndef PPPD_PATH
#define PPPD_PATH "/usr/sbin/pppd"
#endif
#define PPPD_OPTIONS "/etc/ppp/options" /* there may be none */

/* Descriptors of pppd, besides the line on 0 and 1 and its log on 2. */
#define PPP_FD_EVENT   3
#define PPP_FD_OPTIONS 4

#define PPP_ARGS_MAX         64
#define PPP_SECRET_MAX       256 /* pppd.h: MAXSECRETLEN, with its NUL */
#define PPP_ACCOUNT_TEXT_MAX 1024

struct ppp_args {
	const char *argv[PPP_ARGS_MAX];
	size_t n;
	char linkname[PPP_LINKNAME_LEN];
	char record[PATH_MAX + sizeof("DIALFAIL_RECORD=")];
};

/*
 * The arguments for this backup; call: it is dialled by pppd itself, as this
 * file of its own says, else NULL; account: there is an options file as well;
 * inet6: IPv6 is negotiated, too.
 * argv ends in NULL and points into the struct, to call and to constants.
 */
void ppp_options_args(struct ppp_args *, const char *label, const char *record,
    const char *call, int account, int inet6);

/*
 * The options file with user and password, quoted as pppd(8) unquotes.
 * Its length, or -1: does not fit, or a line break inside.
 */
int ppp_options_account(
    const char *user, const char *password, char *buf, size_t size);

#endif
