/* SPDX-License-Identifier: ISC */
/*
 * A capture as the parent sees it: asked for when the primary is down,
 * passed on, told in the event's story; few in an hour; and children that
 * say what cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parent/capture.h"
#include "regress/unit/parent_rig.h"

#define PATH "/var/lib/dialfail/capture/0001.pcap"

static const char *const site =
    "primary eth1 { target 198.51.100.7\n target 198.51.100.8 }\n"
    "backup dsl { interface eth3 }\n"
    "fallback automatic { after 0s stable 0s drain 0s }\n";

static char texts[1024];
static struct ctl_event ev;

static void
collect(const struct ctl_line *l, void *arg)
{
	(void)arg;
	if (strcmp(l->who, "capture") != 0)
		return;
	strlcat(texts, l->text, sizeof(texts));
	strlcat(texts, "|", sizeof(texts));
}

/* What the story of the last event says of captures. */
static const char *
told(void)
{
	texts[0] = '\0';
	CHECK(history_event("", &ev, collect, NULL) >= 0);
	return texts;
}

static void
home(enum conf_capture which)
{
	struct msg_conf_load load;

	rig_begin();
	rig.conf = rig_parse(site);
	rig.conf->uplink[0].capture = which;
	rig_expect(CHILD_NETCONF, IMSG_CONF_LOAD, &load, sizeof(load));
	rig_offer(rig.conf, load.gen);
	rig_accept();
	rig_facts(0, 1);
	rig_facts(1, 1);
	rig_adopt(0, 0);
	rig_apply();
	rig_round(0, MSG_GOOD, MSG_CAUSE_NONE);
	CHECK(parent->machine.state == MACHINE_ON_PRIMARY);
}

static struct msg_capture
asked(void)
{
	struct msg_capture m;

	home(CONF_CAPTURE_CONTROL);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_expect(CHILD_NETCONF, IMSG_CAPTURE, &m, sizeof(m));
	CHECK(msg_capture_valid(&m) && m.path[0] == '\0');
	CHECK(strcmp(m.event, parent->event.id) == 0);
	return m;
}

static void
send_file(const char *event, const char *path, int fd)
{
	struct msg_capture m;

	memset(&m, 0, sizeof(m));
	strlcpy(m.event, event, sizeof(m.event));
	strlcpy(m.path, path, sizeof(m.path));
	rig_send_fd(CHILD_NETCONF, IMSG_CAPTURE_FILE, fd, &m, sizeof(m));
}

static void
send_done(enum child_id from, const char *event, uint32_t ok, const char *why)
{
	struct msg_capture_done d;

	memset(&d, 0, sizeof(d));
	strlcpy(d.event, event, sizeof(d.event));
	d.ok = ok;
	d.frames = ok ? 812 : 0;
	strlcpy(d.text, why, sizeof(d.text));
	rig_send(from, IMSG_CAPTURE_DONE, &d, sizeof(d));
}

static void
written(void)
{
	struct msg_capture m = asked(), file;
	char buf[8];
	int fd[2], got;

	CHECK(pipe(fd) == 0);
	send_file(m.event, PATH, fd[1]);
	rig_expect(CHILD_PROBER, IMSG_CAPTURE_FILE, &file, sizeof(file));
	CHECK(strcmp(file.event, m.event) == 0 && file.path[0] == '\0');
	CHECK((got = imsg_get_fd(&rig.imsg)) != -1);
	CHECK(write(got, "frames", 6) == 6);
	CHECK(read(fd[0], buf, sizeof(buf)) == 6);
	close(got); /* the parent has kept none */
	CHECK(read(fd[0], buf, sizeof(buf)) == 0);
	send_done(CHILD_PROBER, m.event, 1, "");
	CHECK(strcmp(told(), "812 frames in " PATH "|") == 0);
	/* it was answered: nothing more comes of it */
	send_done(CHILD_PROBER, m.event, 1, "");
	send_file(m.event, PATH, dup(STDERR_FILENO));
	CHECK(rig_count(CHILD_PROBER, IMSG_CAPTURE_FILE) == 0);
	CHECK(strcmp(told(), "812 frames in " PATH "|") == 0);
	CHECK(!parent->quitting);
}

static void
not_opened(void)
{
	struct msg_capture m = asked();

	send_done(CHILD_NETCONF, "0099", 0, "of another event");
	send_done(CHILD_NETCONF, m.event, 0, "/x: No such file or directory");
	CHECK(strcmp(told(), "failed: /x: No such file or directory|") == 0);
	CHECK(rig_count(CHILD_PROBER, IMSG_CAPTURE_FILE) == 0);
	CHECK(!parent->quitting);
}

/* Before it has the file, the prober can have written none. */
static void
too_early(void)
{
	struct msg_capture m = asked();

	send_done(CHILD_PROBER, m.event, 1, "");
	CHECK(strcmp(told(), "") == 0);
	send_file(m.event, PATH, dup(STDERR_FILENO));
	send_done(CHILD_PROBER, m.event, 1, "");
	CHECK(strcmp(told(), "812 frames in " PATH "|") == 0);
}

static void
not_written(void)
{
	struct msg_capture m = asked();

	send_file(m.event, PATH, dup(STDERR_FILENO));
	send_done(CHILD_PROBER, m.event, 0, "write: No space left on device");
	CHECK(strcmp(told(), "failed: write: No space left on device|") == 0);
}

static void
of_another_event(void)
{
	asked();
	send_file("0099", PATH, dup(STDERR_FILENO));
	CHECK(rig_count(CHILD_PROBER, IMSG_CAPTURE_FILE) == 0);
	CHECK(!parent->quitting);
}

static void
not_configured(void)
{
	home(CONF_CAPTURE_NONE);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	rig_round(0, MSG_BAD, MSG_CAUSE_UPSTREAM);
	CHECK(parent->event.id[0] != '\0');
	CHECK(rig_count(CHILD_NETCONF, IMSG_CAPTURE) == 0);
	CHECK(strcmp(told(), "") == 0);
}

/* Nothing is wrong when an operator asks for a failover. */
static void
by_hand(void)
{
	struct mevent e = { .type = MEV_FAILOVER, .uplink = 1, .id = 1 };

	home(CONF_CAPTURE_ALL);
	engine_event(&e);
	CHECK(parent->event.id[0] != '\0');
	CHECK(rig_count(CHILD_NETCONF, IMSG_CAPTURE) == 0);
}

static void
few(void)
{
	int i;

	home(CONF_CAPTURE_ALL);
	for (i = 0; i < 100; i++)
		capture_ask("0001");
	CHECK(rig_count(CHILD_NETCONF, IMSG_CAPTURE) == 12);
}

static void
no_descriptor(void)
{
	send_file(asked().event, PATH, -1);
	CHECK(parent->quitting);
}

static void
no_id(void)
{
	asked();
	send_file("../../etc", PATH, dup(STDERR_FILENO));
	CHECK(parent->quitting);
}

static void
no_end(void)
{
	struct msg_capture_done d;

	memset(&d, 0, sizeof(d));
	strlcpy(d.event, asked().event, sizeof(d.event));
	memset(d.text, 'x', sizeof(d.text));
	rig_send(CHILD_PROBER, IMSG_CAPTURE_DONE, &d, sizeof(d));
	CHECK(parent->quitting);
}

/* netconf writes none. */
static void
by_netconf(void)
{
	send_done(CHILD_NETCONF, asked().event, 1, "");
	CHECK(parent->quitting);
}

/* And only netconf opens any. */
static void
by_prober(void)
{
	struct msg_capture m = asked();

	rig_send(CHILD_PROBER, IMSG_CAPTURE_FILE, &m, sizeof(m));
	CHECK(parent->quitting);
}

#define STORY(name)                                   \
	static void test_##name(void **state)         \
	{                                             \
		(void)state;                          \
		assert_int_equal(rig_story(name), 0); \
	}

STORY(written)
STORY(not_opened)
STORY(too_early)
STORY(not_written)
STORY(of_another_event)
STORY(not_configured)
STORY(by_hand)
STORY(few)
STORY(no_descriptor)
STORY(no_id)
STORY(no_end)
STORY(by_netconf)
STORY(by_prober)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_not_opened),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_not_written),
		cmocka_unit_test(test_of_another_event),
		cmocka_unit_test(test_not_configured),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_no_id),
		cmocka_unit_test(test_no_end),
		cmocka_unit_test(test_by_netconf),
		cmocka_unit_test(test_by_prober),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
