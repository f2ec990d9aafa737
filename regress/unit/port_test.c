/* SPDX-License-Identifier: ISC */
/* Modem ports as netconf holds them, on a pty: one is one backup's. */
#include <sys/types.h>

#include <fcntl.h>
#include <linux/tty.h> /* N_NULL */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/tty_lock.h"
#include "regress/unit/folder.h"

static const char *lock_folder;
#undef TTY_LOCK_DIR
#define TTY_LOCK_DIR lock_folder
#include "netconf/tty.c"

static struct conf conf;
static int master;

static struct {
	uint32_t type;
	int fd;
	struct msg_link_result failed;
} sent;

/* ---- what tty.c calls ---- */

const struct conf *
config_current(void)
{
	return &conf;
}

uint32_t
config_uplink(const char *label)
{
	uint32_t i;

	for (i = 0; i < conf.nuplinks; i++)
		if (strcmp(conf.uplink[i].label, label) == 0)
			return i;
	return MSG_UPLINK_NONE;
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	sent.type = type;
	sent.fd = fd;
	if (type != IMSG_TTY_FAILED)
		return;
	assert_int_equal(len, sizeof(sent.failed));
	memcpy(&sent.failed, data, len);
	assert_true(msg_link_result_valid(&sent.failed));
}

/* ---- two accounts by one modem ---- */

static void
modem(uint32_t i, const char *label, const char *tty)
{
	strlcpy(conf.uplink[i].label, label, sizeof(conf.uplink[i].label));
	conf.uplink[i].kind = CONF_MODEM;
	strlcpy(conf.private[i].tty, tty, sizeof(conf.private[i].tty));
}

static int
set_up(void **state)
{
	struct folder *f;
	char tty[24];

	if (folder_make(state) == -1)
		return -1;
	f = *state;
	lock_folder = f->path;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    ptsname_r(master, tty, sizeof(tty)) != 0)
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/LCK..pts_%s", f->path,
	    tty + strlen("/dev/pts/"));
	memset(&conf, 0, sizeof(conf));
	conf.nuplinks = 2;
	modem(0, "first", tty);
	modem(1, "second", tty);
	return 0;
}

static int
tear_down(void **state)
{
	tty_clear();
	close(master);
	return folder_remove(state);
}

static void
assert_opens(uint32_t uplink)
{
	tty_open(&(struct msg_link){ uplink, 1 });
	assert_int_equal(sent.type, IMSG_TTY);
	close(sent.fd);
}

static void
the_lock_stays_with_who_has_the_port(void **state)
{
	const struct folder *f = *state;

	assert_opens(0);
	assert_int_equal(access(f->file, F_OK), 0);
	tty_open(&(struct msg_link){ 1, 1 });
	assert_int_equal(sent.type, IMSG_TTY_FAILED);
	assert_int_equal(sent.failed.class, MSG_LINK_BACKOFF);
	assert_int_equal(access(f->file, F_OK), 0);
	assert_non_null(
	    strstr(sent.failed.text, ": busy: used by backup first"));
	/* its own once more is no other's */
	assert_opens(0);
	assert_int_equal(access(f->file, F_OK), 0);
	tty_close(&(struct msg_link){ 0, 1 });
	assert_int_equal(access(f->file, F_OK), -1);
	assert_opens(1);
}

/* As after a pppd that was killed, when the dialer cannot take it back. */
static void
what_does_not_tell_is_closed_slowly(void **state)
{
	const struct folder *f = *state;
	const char *device;
	int null = N_NULL;

	assert_opens(0);
	assert_int_equal(
	    ioctl(tty_descriptor("first", &device), TIOCSETD, &null), 0);
	tty_close(&(struct msg_link){ 0, 1 });
	assert_int_equal(access(f->file, F_OK), 0); /* the last to close has */
	assert_int_equal(tty_descriptor("first", &device), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_lock_stays_with_who_has_the_port, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_does_not_tell_is_closed_slowly, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
