/* SPDX-License-Identifier: ISC */
/*
 * Second ports of packet modems: what watch.c says goes out, what they
 * answer comes in, and the parent is told what has changed.
 */
#include <sys/types.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "dialer/run.h"
#include "dialer/tty.h"
#include "dialer/watch.h"

#define CHUNK 64

/* The uplink's number is its index. */
static struct second {
	int open;
	int fd;
	uint32_t gen;
	char label[CONF_LABEL_LEN];
	struct watch watch;
	struct msg_radio told;
	struct event readable, timer;
} seconds[CONF_UPLINKS_MAX];

static uint32_t
number(const struct second *s)
{
	return (uint32_t)(s - seconds);
}

void
status_close(uint32_t uplink)
{
	struct second *s = &seconds[uplink];

	if (!s->open)
		return;
	event_del(&s->readable);
	evtimer_del(&s->timer);
	close(s->fd);
	s->open = 0;
}

/* Unplugged: held on to, it would not come back under its name. */
static void
gone(struct second *s, int error)
{
	struct msg_link m = { number(s), s->gen };

	log_debug("%s: status: %s", s->label,
	    error == 0 ? "the port has gone away" : strerror(error));
	status_close(m.uplink);
	dialer_send(IMSG_STATUS_GONE, &m, sizeof(m));
}

static void
tell(struct second *s)
{
	struct msg_radio m;

	memset(&m, 0, sizeof(m));
	m.uplink = number(s);
	m.gen = s->gen;
	m.second = 1;
	radio_tell(&s->watch.radio, &m);
	dialer_send(IMSG_RADIO, &m, sizeof(m));
}

static void
carry_out(struct second *s, const struct watch_out *out)
{
	struct timeval tv;

	/* a full queue: its silence will tell */
	if (out->len > 0 && write(s->fd, out->data, out->len) == -1 &&
	    errno != EAGAIN && errno != EINTR) {
		gone(s, errno);
		return;
	}
	if (out->told)
		tell(s);
	tv = monotime_until(s->watch.deadline, monotime_now());
	evtimer_add(&s->timer, &tv);
}

static void
on_readable(int fd, short what, void *arg)
{
	struct second *s = arg;
	struct watch_out out;
	uint8_t buf[CHUNK];
	ssize_t i, n;

	(void)what;
	n = read(fd, buf, sizeof(buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		gone(s, n == 0 ? 0 : errno);
		return;
	}
	for (i = 0; i < n && s->open; i++) {
		watch_input(&s->watch, buf[i], monotime_now(), &out);
		carry_out(s, &out);
	}
}

static void
on_timer(int fd, short what, void *arg)
{
	struct second *s = arg;
	struct watch_out out;

	(void)fd;
	(void)what;
	watch_timeout(&s->watch, monotime_now(), &out);
	carry_out(s, &out);
}

void
status_open(const struct msg_link *m, int fd, uint32_t speed, const char *label)
{
	struct second *s = &seconds[m->uplink];
	struct watch_out out;

	status_close(m->uplink);
	s->open = 1;
	s->fd = fd;
	s->gen = m->gen;
	strlcpy(s->label, label, sizeof(s->label));
	event_set(&s->readable, fd, EV_READ | EV_PERSIST, on_readable, s);
	evtimer_set(&s->timer, on_timer, s);
	if (tty_reset(fd, speed) == -1) {
		gone(s, errno);
		return;
	}
	event_add(&s->readable, NULL);
	watch_begin(&s->watch, monotime_now(), &out);
	carry_out(s, &out);
}
