/* SPDX-License-Identifier: ISC */
/*
 * Clients on the control sockets.  What they send is foreign: exact sizes,
 * one request at a time, bounded queues, and nothing they do is fatal.  The
 * second socket is for monitoring: it shows and never changes anything, and
 * those who may only look cannot take the places of those who may act, nor
 * keep netconf from a switch by what they ask.
 */
#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/log.h"
#include "common/os.h"
#include "parent/asked.h"
#include "parent/control.h"

#define ROOT_ONLY    8 /* of CONTROL_PLACES */
#define SHARE_MAX    24 /* of one user but root; of those who monitor */
#define UNREAD_MAX   4 /* long answers, to those who only look, or to one user */
#define LINES_MAX    256 /* to one that monitors and does not read */
#define IDLE_S       10 /* without a request, or half of one */
#define CLOSING_S    5 /* to read the last answer */
#define FULL_PAUSE_S 1 /* when no descriptor is left */

struct client {
	LIST_ENTRY(client) entry;
	uint32_t id;
	struct door *door;
	struct imsgbuf ibuf;
	struct event ev;
	struct event idle;
	uid_t uid;
	uint32_t type; /* of its request, and what came with that */
	union ctl_request data;
	int busy; /* the request waits for its result */
	int waits; /* and for its turn to be put to netconf */
	int monitor;
	int closing; /* as soon as what is queued has gone out */
};

/* A listening socket. */
struct door {
	int fd;
	int readonly;
	unsigned int nclients;
	struct event accept_ev, pause_ev;
};

static LIST_HEAD(, client) clients = LIST_HEAD_INITIALIZER(clients);
static struct door doors[] = { { .fd = -1 }, { .fd = -1, .readonly = 1 } };
static uint32_t last_id;
static uint32_t asking; /* the client whose question netconf has, or 0 */

#define NDOORS (sizeof(doors) / sizeof(doors[0]))

static void client_io(int, short, void *);
static void next_turn(void);

/* The payload each request must have; SIZE_MAX: it is none. */
static size_t
request_size(uint32_t type)
{
	switch (type) {
	case IMSG_CTL_SHOW:
		return sizeof(struct ctl_show);
	case IMSG_CTL_FAILOVER:
		return sizeof(struct ctl_failover);
	case IMSG_CTL_DRILL:
		return sizeof(struct ctl_name);
	case IMSG_CTL_GRANT:
		return sizeof(struct ctl_grant);
	case IMSG_CTL_PLAN:
		return sizeof(struct ctl_plan);
	case IMSG_CTL_FORGET:
		return sizeof(struct ctl_forget);
	case IMSG_CTL_HOLD:
	case IMSG_CTL_RELOAD:
		return sizeof(struct ctl_time);
	case IMSG_CTL_LOG:
		return sizeof(struct ctl_log);
	case IMSG_CTL_FALLBACK:
	case IMSG_CTL_CONFIRM:
	case IMSG_CTL_RELEASE:
	case IMSG_CTL_CLEAR:
	case IMSG_CTL_TEST:
	case IMSG_CTL_MONITOR:
		return 0;
	default:
		return SIZE_MAX;
	}
}

static void
arm(struct client *c)
{
	short what = EV_READ;

	if (imsgbuf_queuelen(&c->ibuf) > 0)
		what |= EV_WRITE;
	if (c->closing)
		what = EV_WRITE;
	event_del(&c->ev);
	event_set(&c->ev, c->ibuf.fd, what, client_io, c);
	event_add(&c->ev, NULL);
}

static void
idle_timer(struct client *c)
{
	static const struct timeval idle = { IDLE_S, 0 };
	static const struct timeval closing = { CLOSING_S, 0 };

	if (c->closing)
		evtimer_add(&c->idle, &closing);
	else if (c->busy)
		evtimer_del(&c->idle);
	else
		evtimer_add(&c->idle, &idle);
}

/* No more requests: it may read what is queued, and that is the end. */
static void
last_words(struct client *c)
{
	c->closing = 1;
	c->monitor = 0;
	idle_timer(c);
	arm(c);
}

static void
client_close(struct client *c)
{
	LIST_REMOVE(c, entry);
	c->door->nclients--;
	event_del(&c->ev);
	evtimer_del(&c->idle);
	imsgbuf_clear(&c->ibuf);
	close(c->ibuf.fd);
	free(c);
	os_memory_trim(); /* it may have been told of thousands */
}

static void
on_idle(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	client_close(arg);
	next_turn();
}

static struct client *
client_find(uint32_t id)
{
	struct client *c;

	LIST_FOREACH(c, &clients, entry)
		if (c->id == id)
			return c;
	return NULL;
}

static void
queue(struct client *c, uint32_t type, const void *data, size_t len)
{
	if (imsg_compose(&c->ibuf, type, 0, 0, -1, data, len) == -1) {
		log_warn("client %u: %s", c->id, msg_name(type));
		last_words(c);
	}
	arm(c);
}

static void
result(struct client *c, enum ctl_code code, const char *text)
{
	struct ctl_result r;

	memset(&r, 0, sizeof(r));
	r.code = code;
	strlcpy(r.text, text, sizeof(r.text));
	c->busy = 0;
	queue(c, IMSG_CTL_RESULT, &r, sizeof(r));
	idle_timer(c);
}

/* Refuse, and close when that has been read. */
static void
refuse(struct client *c, const char *text)
{
	result(c, CTL_REFUSED, text);
	last_words(c);
}

void
control_record(uint32_t ctl, uint32_t type, const void *data, size_t len)
{
	struct client *c;

	if ((c = client_find(ctl)) != NULL && c->busy && !c->closing)
		queue(c, type, data, len);
}

void
control_result(uint32_t ctl, enum ctl_code code, const char *fmt, ...)
{
	struct client *c;
	char text[MSG_TEXT_LEN];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) >= (int)sizeof(text))
		strlcpy(text + sizeof(text) - 4, "...", 4);
	va_end(ap);
	asked_result(ctl, code == CTL_OK, text);
	if ((c = client_find(ctl)) != NULL && c->busy && !c->closing)
		result(c, code, text);
	if (ctl == asking) { /* whether it is still there or not */
		asking = 0;
		next_turn();
	}
}

uid_t
control_uid(uint32_t ctl)
{
	struct client *c = client_find(ctl);

	return c != NULL ? c->uid : (uid_t)-1;
}

int
control_present(uint32_t ctl)
{
	return client_find(ctl) != NULL;
}

void
control_monitor(const struct ctl_line *l)
{
	struct client *c;

	LIST_FOREACH(c, &clients, entry) {
		if (!c->monitor || c->closing)
			continue;
		if (imsgbuf_queuelen(&c->ibuf) >= LINES_MAX)
			refuse(c, "lines are not read fast enough");
		else
			queue(c, IMSG_CTL_LINE, l, sizeof(*l));
	}
}

void
control_add_monitor(uint32_t ctl)
{
	struct client *c;

	if ((c = client_find(ctl)) != NULL)
		c->monitor = 1;
}

/* The strings in a request end inside their arrays. */
static int
strings_ok(uint32_t type, const void *data)
{
	if (type == IMSG_CTL_SHOW)
		return msg_text_valid(
		    ((const struct ctl_show *)data)->name, CTL_NAME_LEN);
	if (type == IMSG_CTL_FAILOVER)
		return msg_text_valid(
		    ((const struct ctl_failover *)data)->name, CTL_NAME_LEN);
	if (type == IMSG_CTL_DRILL)
		return msg_text_valid(
		    ((const struct ctl_name *)data)->name, CTL_NAME_LEN);
	if (type == IMSG_CTL_GRANT)
		return msg_text_valid(
		    ((const struct ctl_grant *)data)->name, CTL_NAME_LEN);
	if (type == IMSG_CTL_PLAN)
		return msg_text_valid(
		    ((const struct ctl_plan *)data)->name, CTL_NAME_LEN);
	if (type == IMSG_CTL_FORGET)
		return msg_text_valid(
		    ((const struct ctl_forget *)data)->name, CTL_NAME_LEN);
	return 1;
}

/* Of a large hub it is some 100 MB (ctl_client.c). */
static int
huge_answer(const struct client *c)
{
	return c->type == IMSG_CTL_SHOW &&
	       (c->data.show.what == CTL_SHOW_NETWORK ||
		   c->data.show.what == CTL_SHOW_CONFIG);
}

/* Its answer may be some 100 kB, or huge. */
static int
long_answer(const struct client *c)
{
	if (c->type != IMSG_CTL_SHOW)
		return 0;
	switch (c->data.show.what) {
	case CTL_SHOW_PROBES:
	case CTL_SHOW_PEERS:
	case CTL_SHOW_PEER_METRICS:
	case CTL_SHOW_PEER_PROMETHEUS:
	case CTL_SHOW_CONFIG:
	case CTL_SHOW_NETWORK:
		return 1;
	default:
		return 0;
	}
}

/*
 * What netconf must look up is put to it one question at a time, so that a
 * switch never waits for more than one, of whatever crowd; netconf ends every
 * one, whether the client still waits or not.
 */
static int
asks_netconf(const struct client *c)
{
	return c->type == IMSG_CTL_PLAN || huge_answer(c);
}

/* Huge ones are queued one at a time, of those that share what is unread. */
static int
must_wait(const struct client *asker)
{
	struct client *c;

	if (!huge_answer(asker))
		return 0;
	LIST_FOREACH(c, &clients, entry)
		if (c != asker && c->door == asker->door && huge_answer(c) &&
		    (c->door->readonly || c->uid == asker->uid) &&
		    imsgbuf_queuelen(&c->ibuf) > 0)
			return 1;
	return 0;
}

/* Those who may act first, then who came first: the list has it last. */
static struct client *
whose_turn(void)
{
	struct client *c, *first = NULL;

	LIST_FOREACH(c, &clients, entry)
		if (c->waits && !c->closing && !must_wait(c) &&
		    (first == NULL || first->door->readonly ||
			!c->door->readonly))
			first = c;
	return first;
}

static void
next_turn(void)
{
	struct client *c;

	while (asking == 0 && (c = whose_turn()) != NULL) {
		c->waits = 0;
		asking = c->id;
		verbs_request(c->id, c->type, &c->data);
	}
}

/* A long answer that is to be read, or is yet to come. */
static int
unread_answer(struct client *c)
{
	return long_answer(c) && (c->busy || imsgbuf_queuelen(&c->ibuf) > 0);
}

/*
 * Why there is no room for what it asks; NULL: there is.  Nobody who may act
 * is refused for what others do not read.
 */
static const char *
no_room(struct client *asker)
{
	struct client *c;
	unsigned int monitors = 0, unread = 0;

	LIST_FOREACH(c, &clients, entry) {
		if (c == asker || c->door != asker->door || c->closing)
			continue;
		monitors += c->monitor != 0;
		if (c->door->readonly || c->uid == asker->uid)
			unread += unread_answer(c) != 0;
	}
	if (asker->type == IMSG_CTL_MONITOR && monitors >= SHARE_MAX)
		return "too many monitor already";
	if (long_answer(asker) && unread >= UNREAD_MAX)
		return "too many such answers are not read yet";
	return NULL;
}

/* It is well-formed, and allowed. */
static void
accepted(struct client *c)
{
	const char *why = no_room(c);

	if (why != NULL) {
		refuse(c, why);
		return;
	}
	c->busy = 1;
	idle_timer(c);
	if (asks_netconf(c)) {
		c->waits = 1;
		next_turn();
	} else
		verbs_request(c->id, c->type,
		    request_size(c->type) > 0 ? &c->data : NULL);
}

static void
request(struct client *c, struct imsg *imsg)
{
	uint32_t type = imsg_get_type(imsg);
	size_t size = request_size(type);
	union ctl_request data;

	if (size == SIZE_MAX) {
		refuse(c, "not a request");
		return;
	}
	if (imsg_get_len(imsg) != size ||
	    (size > 0 && imsg_get_data(imsg, &data, size) == -1) ||
	    !strings_ok(type, &data)) {
		refuse(c, "malformed request (another version?)");
		return;
	}
	/* its last answer counts until it has been taken */
	if (c->busy || imsgbuf_queuelen(&c->ibuf) > 0) {
		refuse(c, "one request at a time");
		return;
	}
	if (c->door->readonly && !ctl_only_looks(type, &data)) {
		refuse(c, "not on the read-only socket");
		return;
	}
	c->type = type;
	c->data = data;
	accepted(c);
}

/* 0: the client is still there. */
static int
client_read(struct client *c)
{
	struct imsg imsg;
	int n;

	n = imsgbuf_read(&c->ibuf);
	if (n == -1 && errno == ERANGE) {
		refuse(c, "request of impossible length");
		return 0;
	}
	if (n != 1) {
		client_close(c);
		return -1;
	}
	while (!c->closing && (n = imsgbuf_get(&c->ibuf, &imsg)) > 0) {
		request(c, &imsg);
		imsg_free(&imsg);
	}
	return 0;
}

static void
client_serve(struct client *c, short what)
{
	if (what & EV_WRITE && imsgbuf_write(&c->ibuf) == -1) {
		client_close(c);
		return;
	}
	if (c->closing && imsgbuf_queuelen(&c->ibuf) == 0) {
		client_close(c);
		return;
	}
	if (what & EV_READ && client_read(c) == -1)
		return;
	arm(c);
}

/* What it has read, or left, another one may have waited for. */
static void
client_io(int fd, short what, void *arg)
{
	(void)fd;
	client_serve(arg, what);
	next_turn();
}

/* Why there is no place for one more; NULL: there is. */
static const char *
no_place(const struct client *newcomer)
{
	const struct door *d = newcomer->door;
	const struct client *c;
	unsigned int same = 0;

	LIST_FOREACH(c, &clients, entry)
		same +=
		    c != newcomer && c->door == d && c->uid == newcomer->uid;
	if (d->nclients > CONTROL_PLACES ||
	    (newcomer->uid != 0 && d->nclients > CONTROL_PLACES - ROOT_ONLY))
		return "too many clients";
	if (newcomer->uid != 0 && same >= SHARE_MAX)
		return "too many clients of this user";
	return NULL;
}

static void
client_new(struct door *d, int fd)
{
	struct client *c;
	const char *why;
	gid_t gid;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		close(fd);
		return;
	}
	if (imsgbuf_init(&c->ibuf, fd) == -1) {
		free(c);
		close(fd);
		return;
	}
	c->door = d;
	if (getpeereid(fd, &c->uid, &gid) == -1)
		c->uid = (uid_t)-1;
	while (++last_id == 0 || client_find(last_id) != NULL)
		;
	c->id = last_id;
	event_set(&c->ev, fd, EV_READ, client_io, c);
	evtimer_set(&c->idle, on_idle, c);
	LIST_INSERT_HEAD(&clients, c, entry);
	arm(c);
	idle_timer(c);
	d->nclients++;
	if ((why = no_place(c)) != NULL)
		refuse(c, why);
}

/* Out of descriptors or memory: what waits to be accepted waits on. */
static int
exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

static void
on_accept(int fd, short what, void *arg)
{
	static const struct timeval tv = { FULL_PAUSE_S, 0 };
	struct door *d = arg;
	int s;

	(void)what;
	s = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s == -1) {
		if (exhausted(errno)) {
			event_del(&d->accept_ev);
			evtimer_add(&d->pause_ev, &tv);
		} else if (errno != EINTR && errno != EAGAIN &&
			   errno != ECONNABORTED)
			log_warn("control: accept");
		return;
	}
	if (d->nclients >= CONTROL_PLACES + CONTROL_REFUSED) {
		close(s);
		return;
	}
	client_new(d, s);
}

static void
on_pause(int fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd;
	(void)what;
	event_add(&d->accept_ev, NULL);
}

void
control_init(int fd, int readonly_fd)
{
	size_t i;

	doors[0].fd = fd;
	doors[1].fd = readonly_fd;
	for (i = 0; i < NDOORS; i++) {
		struct door *d = &doors[i];

		event_set(
		    &d->accept_ev, d->fd, EV_READ | EV_PERSIST, on_accept, d);
		event_add(&d->accept_ev, NULL);
		evtimer_set(&d->pause_ev, on_pause, d);
	}
}

/* The last answers ("everything is out") still go out if they can. */
void
control_close(void)
{
	struct client *c;
	size_t i;

	while ((c = LIST_FIRST(&clients)) != NULL) {
		(void)imsgbuf_write(&c->ibuf);
		client_close(c);
	}
	for (i = 0; i < NDOORS; i++) {
		event_del(&doors[i].accept_ev);
		evtimer_del(&doors[i].pause_ev);
		close(doors[i].fd);
	}
}
