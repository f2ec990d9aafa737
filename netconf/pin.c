/* SPDX-License-Identifier: ISC */
/*
 * PINs of cards: read from their files when a card asks, and handed to the
 * dialer in a pipe, so that no process and no buffer in between has them.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/keep.h"
#include "common/log.h"
#include "netconf/ppp_secret.h"
#include "netconf/run.h"
#include "netconf/sim_record.h"

#define RECORD_MAX 256

static void
record_path(const char *label, char path[PATH_MAX])
{
	/* one that is cut is no file of ours, and fails */
	strlcpy(path, config_current()->state, PATH_MAX);
	strlcat(path, "/sim.", PATH_MAX);
	strlcat(path, label, PATH_MAX);
}

/* One that is damaged is as good as none: then the card's tries count. */
static void
record_read(const char *path, struct sim_record *r)
{
	char *text;

	memset(r, 0, sizeof(*r));
	if ((text = keep_read(path, RECORD_MAX)) == NULL) {
		if (errno != ENOENT)
			log_warn("%s", path);
		return;
	}
	if (sim_record_parse(text, r) == -1)
		log_warnx("%s: damaged", path);
	free(text);
}

/* 0 without a file: cards without a PIN are recorded, too. */
static int64_t
written_ns(const char *path)
{
	struct stat st;

	if (path[0] == '\0' || lstat(path, &st) == -1 || st.st_mtim.tv_sec < 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static void __attribute__((__format__(printf, 2, 3)))
refuse(const struct msg_sim *s, const char *fmt, ...)
{
	struct msg_link_result r;
	va_list ap;

	memset(&r, 0, sizeof(r));
	r.uplink = s->uplink;
	r.gen = s->gen;
	r.class = MSG_LINK_GIVEUP;
	va_start(ap, fmt);
	vsnprintf(r.text, sizeof(r.text), fmt, ap);
	va_end(ap);
	netconf_send(IMSG_PIN_REFUSED, -1, &r, sizeof(r));
}

static const char *
unfit(const char *pin)
{
	size_t len = strlen(pin);

	return len >= 4 && len < CONF_PIN_LEN &&
		       strspn(pin, "0123456789") == len
		   ? NULL
		   : "not 4 to 8 digits";
}

/* A pipe holds it, until it is read. */
static int
in_pipe(const char *pin)
{
	size_t len = strlen(pin);
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) == -1)
		fatal("pipe");
	if (write(fd[1], pin, len) != (ssize_t)len)
		fatal("pipe");
	close(fd[1]);
	return fd[0];
}

/* It is recorded before it is said, or not said. */
static void
hand_over(const struct msg_sim *s, const char *pin, int64_t ns)
{
	const struct conf_uplink *u = tty_modem(s->uplink);
	struct msg_link m = { s->uplink, s->gen };
	struct sim_record r;
	char path[PATH_MAX], why[MSG_TEXT_LEN];

	record_path(u->label, path);
	record_read(path, &r);
	if (sim_record_allows(&r, s, ns, why, sizeof(why)) == -1) {
		refuse(s, "%s", why);
		return;
	}
	sim_record_try(&r, s, ns);
	if (keep_write(path, sim_record_print, &r) == -1) {
		refuse(s, "PIN not said: %.100s: %s", path, strerror(errno));
		return;
	}
	log_info("%s: PIN for the SIM card that ends in %s", u->label,
	    sim_record_end(s->iccid));
	netconf_send(IMSG_PIN, in_pipe(pin), &m, sizeof(m));
}

void
pin_wanted(const struct msg_sim *s)
{
	const char *path, *why;
	char pin[CONF_PIN_LEN + 2]; /* its line's end */
	int64_t ns;

	if (tty_modem(s->uplink) == NULL)
		return;
	path = config_current()->private[s->uplink].pin;
	ns = written_ns(path);
	if (path[0] == '\0')
		refuse(s, "SIM card asks for a PIN, none is configured");
	else if (ppp_secret_read(path, pin, sizeof(pin), &why) == -1 ||
		 (why = unfit(pin)) != NULL)
		refuse(s, "PIN file %.100s: %s", path, why);
	else
		hand_over(s, pin, ns);
	explicit_bzero(pin, sizeof(pin));
}

void
pin_used(const struct msg_sim *s)
{
	const struct conf_uplink *u = tty_modem(s->uplink);
	struct msg_link_text t;
	struct sim_record r;
	char path[PATH_MAX];
	int other;

	if (u == NULL || s->iccid[0] == '\0')
		return;
	record_path(u->label, path);
	record_read(path, &r);
	memset(&t, 0, sizeof(t));
	t.uplink = s->uplink;
	t.gen = s->gen;
	snprintf(t.text, sizeof(t.text),
	    "SIM changed: the card ends in %s, the last one in %s",
	    sim_record_end(s->iccid), sim_record_end(r.used));
	if (!sim_record_used(&r, s,
		written_ns(config_current()->private[s->uplink].pin), &other))
		return;
	if (keep_write(path, sim_record_print, &r) == -1)
		log_warn("%s", path);
	if (other)
		netconf_send(IMSG_SIM_CHANGED, -1, &t, sizeof(t));
}
