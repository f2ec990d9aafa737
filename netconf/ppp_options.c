/* SPDX-License-Identifier: ISC */
/*
 * What pppd is told; see ppp_options.h.
 *
 * pppd reads /etc/ppp/options first and this after it, so whatever matters
 * is said outright, also where it is pppd's own default.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include "netconf/ppp_options.h"

#define STR(x)  #x
#define TEXT(x) STR(x)

static const char *const fixed[] = {
	"pppd",
	/*
	 * On the descriptors that it is given: device mode would throw away
	 * what the peer has sent already, which costs a restart timer (3 s).
	 */
	"notty",
	"nodetach", /* else the exit status is lost */
	"nopersist", /* redialling is the parent's */
	"logfd",
	"2",
	"hide-password",
	"noauth", /* the provider does not prove itself to us */
	/* pppd lays no route and brings no address of its own */
	"nodefaultroute",
	"noproxyarp",
	"noipdefault",
	"ipcp-accept-local",
	"ipcp-accept-remote",
	"usepeerdns",
	"noipv6",
	/* no header compression, and no CCP exchange for nothing */
	"novj",
	"noccp",
	/* the default of 3 s is most of the time until IP is up, or down */
	"lcp-restart",
	"1",
	"lcp-max-terminate",
	"1",
	"ipcp-restart",
	"1",
	"pap-restart",
	"1",
	"chap-restart",
	"1",
	/* a dead peer is seen in 20 s at most */
	"lcp-echo-interval",
	"5",
	"lcp-echo-failure",
	"3",
	"idle",
	"0",
	"maxconnect",
	"0",
	"ip-up-script",
	LIBEXECDIR "/dialfail-ppp",
	"ip-down-script",
	LIBEXECDIR "/dialfail-ppp",
	/* scripts get a clean environment, but inherit descriptors */
	"set",
	("DIALFAIL_FD=" TEXT(PPP_FD_EVENT)),
};

#define NFIXED (sizeof(fixed) / sizeof(fixed[0]))
_Static_assert(NFIXED + 9 <= PPP_ARGS_MAX, "room for what varies");

void
ppp_options_args(
    struct ppp_args *a, const char *label, const char *record, int account)
{
	size_t n = NFIXED;

	snprintf(a->linkname, sizeof(a->linkname), "%s%s", PPP_LINKNAME, label);
	snprintf(a->record, sizeof(a->record), "DIALFAIL_RECORD=%s", record);
	memcpy(a->argv, fixed, sizeof(fixed));
	a->argv[n++] = "set";
	a->argv[n++] = a->record;
	a->argv[n++] = "linkname";
	a->argv[n++] = a->linkname;
	a->argv[n++] = "ipparam";
	a->argv[n++] = a->linkname;
	if (account) {
		a->argv[n++] = "file";
		a->argv[n++] = "/proc/self/fd/" TEXT(PPP_FD_OPTIONS);
	}
	a->argv[n] = NULL;
}

/*
 * A word in double quotes; inside them pppd takes a backslash and the
 * character after it for that character (pppd(8), "Options files").
 */
static int
quoted(const char *word, char *buf, size_t size)
{
	size_t n = 0;

	if (strpbrk(word, "\r\n") != NULL || size < 3)
		return -1;
	buf[n++] = '"';
	for (; *word != '\0'; word++) {
		if (n + 4 > size)
			return -1;
		if (*word == '"' || *word == '\\')
			buf[n++] = '\\';
		buf[n++] = *word;
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return 0;
}

int
ppp_options_account(
    const char *user, const char *password, char *buf, size_t size)
{
	char u[2 * CONF_ACCOUNT_LEN + 3], p[2 * PPP_SECRET_MAX + 3];
	int n = -1;

	if (quoted(user, u, sizeof(u)) == 0 &&
	    quoted(password, p, sizeof(p)) == 0)
		n = snprintf(buf, size, "user %s\npassword %s\n", u, p);
	explicit_bzero(p, sizeof(p));
	return n < 0 || (size_t)n >= size ? -1 : n;
}
