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

/* On the line that a modem has connected. */
static const char *const on_line[] = {
	/*
	 * On the descriptors that it is given: device mode would throw away
	 * what the peer has sent already, which costs a restart timer (3 s).
	 */
	"notty",
	/*
	 * Until LCP is up pppd has bare control characters dropped as noise;
	 * a challenge that comes in one burst with the peer's last Configure-
	 * Ack has them already, and would be lost until it is sent again (3 s).
	 */
	"receive-all",
	"noauth", /* the provider does not prove itself to us */
	/* no header compression, and no CCP exchange for nothing */
	"novj",
	"noccp",
};

/* On any; they come after an option file of the site's own. */
static const char *const always[] = {
	"nodetach", /* else the exit status is lost */
	"nopersist", /* redialling is the parent's */
	"logfd",
	"2",
	"hide-password",
	/* pppd lays no route and brings no address of its own */
	"nodefaultroute",
	"noproxyarp",
	"noipdefault",
	"ipcp-accept-local",
	"ipcp-accept-remote",
	"usepeerdns",
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

/* A peer without IPv6 refuses it while IPv4 goes on. */
static const char *const inet6_too[] = {
	"+ipv6",
	/* mobile networks say which identifier is ours (3GPP TS 29.061) */
	"ipv6cp-accept-local",
	"ipv6cp-restart",
	"1",
};
static const char *const no_inet6[] = { "noipv6" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(
    COUNT(on_line) + COUNT(always) + COUNT(inet6_too) + 10 <= PPP_ARGS_MAX,
    "room for what varies");

static void
add(struct ppp_args *a, const char *const *words, size_t n)
{
	memcpy(&a->argv[a->n], words, n * sizeof(words[0]));
	a->n += n;
}

void
ppp_options_args(struct ppp_args *a, const char *label, const char *record,
    const char *call, int account, int inet6)
{
	a->n = 0;
	a->argv[a->n++] = "pppd";
	snprintf(a->linkname, sizeof(a->linkname), "%s%s", PPP_LINKNAME, label);
	snprintf(a->record, sizeof(a->record), "DIALFAIL_RECORD=%s", record);
	if (call != NULL) {
		a->argv[a->n++] = "call";
		a->argv[a->n++] = call;
	} else
		add(a, on_line, COUNT(on_line));
	add(a, always, COUNT(always));
	if (inet6)
		add(a, inet6_too, COUNT(inet6_too));
	else
		add(a, no_inet6, COUNT(no_inet6));
	a->argv[a->n++] = "set";
	a->argv[a->n++] = a->record;
	a->argv[a->n++] = "linkname";
	a->argv[a->n++] = a->linkname;
	a->argv[a->n++] = "ipparam";
	a->argv[a->n++] = a->linkname;
	if (account) {
		a->argv[a->n++] = "file";
		a->argv[a->n++] = "/proc/self/fd/" TEXT(PPP_FD_OPTIONS);
	}
	a->argv[a->n] = NULL;
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
