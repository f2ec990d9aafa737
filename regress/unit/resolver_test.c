/* SPDX-License-Identifier: ISC */
/*
 * Resolvers on a backup: what is written, who is told, and that the file is
 * given back whatever happened to it or to us in between.  In a mount
 * namespace of its own, with its own /etc, /run and /usr/local.
 */
#include <sys/types.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <event.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#undef RUNDIR
#define RUNDIR "/run/dialfail"
#include "common/monotime.h"
#include "netconf/resolver_file.c"
#include "netconf/resolver_set.c"

#define OLD                                          \
	"# by hand\nsearch example.net\nnameserver " \
	"192.0.2.53\n\tnameserver 192.0.2.54\noptions edns0"
#define NEW                                             \
	"# by dialfail, while traffic is on a backup\n" \
	"nameserver 203.0.113.53\nnameserver 2001:db8::53\n"
#define NEW_FILE                                                    \
	NEW "# by hand\nsearch example.net\n#dialfail: nameserver " \
	    "192.0.2.53\n#dialfail: \tnameserver 192.0.2.54\noptions edns0"

static int may_not;
static struct conf conf;
static char told[1024];
static struct addr modem_dns[2];
static uint32_t nmodem_dns;

/* ---- what resolvers need of netconf ---- */

const struct conf *
config_current(void)
{
	return &conf;
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	const struct msg_net_step *m = data;

	assert_int_equal(type, IMSG_NET_STEP);
	assert_int_equal(fd, -1);
	assert_int_equal(len, sizeof(*m));
	assert_int_equal(msg_net_step_valid(m), 1);
	strlcat(told, m->text, sizeof(told));
	strlcat(told, "\n", sizeof(told));
}

uint32_t
ppp_dns(uint32_t uplink, struct addr *dns)
{
	assert_int_equal(uplink, 2);
	memcpy(dns, modem_dns, sizeof(modem_dns));
	return nmodem_dns;
}

const char *
ppp_interface(uint32_t uplink)
{
	assert_int_equal(uplink, 2);
	return nmodem_dns > 0 ? "ppp0" : "";
}

/* ---- */

static int
setup(void **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", "/etc", "tmpfs", 0, "mode=755") == -1 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == -1 ||
	    mount("tmpfs", "/usr/local", "tmpfs", 0, "mode=755") == -1)
		may_not = 1;
	umask(022);
	conf.nuplinks = 3;
	conf.uplink[1].role = conf.uplink[2].role = CONF_BACKUP;
	conf.uplink[2].kind = CONF_MODEM;
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
	conf.private[1].ndns = 2;
	addr_parse("203.0.113.53", &conf.private[1].dns[0]);
	addr_parse("2001:db8::53", &conf.private[1].dns[1]);
	addr_parse("100.71.0.1", &modem_dns[0]);
	event_init();
	child_init();
	evtimer_set(&again, on_again, NULL);
	return 0;
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int
fresh(void **arg)
{
	(void)arg;
	if (may_not)
		skip();
	memset(&now, 0, sizeof(now));
	memset(&want, 0, sizeof(want));
	memset(&left, 0, sizeof(left));
	seen = refused = 0;
	not_failed();
	told[0] = '\0';
	conf.dns = CONF_DNS_FOLLOW;
	nmodem_dns = 1;
	assert_int_equal(system("umount /etc/resolv.conf 2>/dev/null;"
				"rm -rf /run/* /etc/* /usr/local/*;"
				"mkdir -p /usr/local/sbin /run/dialfail"),
	    0);
	put("/etc/resolv.conf", OLD, 0640);
	return 0;
}

static const char *
content(const char *path)
{
	static char text[RESOLVER_TEXT_MAX];

	if (resolver_file_read(path, text, sizeof(text)) == -1)
		return strerror(errno);
	return text;
}

/* As kill -9 and a new start. */
static void
restart(void)
{
	memset(&now, 0, sizeof(now));
	memset(&want, 0, sizeof(want));
	memset(&left, 0, sizeof(left));
	seen = refused = 0;
	not_failed();
	told[0] = '\0';
	resolver_open();
}

static void
nothing_left(void)
{
	assert_int_equal(system("test -z \"$(ls /run/dialfail)\" && "
				"test ! -e /etc/resolv.conf.dialfail"),
	    0);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & (S_IFMT | 07777);
}

static void
wait_idle(void)
{
	while (resolver_busy())
		event_loop(EVLOOP_ONCE);
}

/* The moment has come at which it is tried again. */
static void
time_passes(void)
{
	struct timeval at_once = { 0, 0 };

	assert_true(evtimer_pending(&again, NULL));
	evtimer_add(&again, &at_once);
	event_loop(EVLOOP_ONCE);
	wait_idle();
}

/* ---- the core ---- */

static void
test_text(void **arg)
{
	struct resolver r = { .n = 1 };
	char buf[256];

	(void)arg;
	addr_parse("192.0.2.1", &r.server[0]);
	assert_int_equal(resolver_text(&r, "", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "# by dialfail, while traffic is on a backup\n"
				 "nameserver 192.0.2.1\n");
	assert_int_equal(resolver_text(&r, "nameservers x\nnameserver\t1\n;a\n",
			     buf, sizeof(buf)),
	    0);
	assert_string_equal(strstr(buf, "192.0.2.1\n"),
	    "192.0.2.1\nnameservers x\n#dialfail: nameserver\t1\n;a\n");
	assert_int_equal(resolver_text(&r, "options edns0\n", buf, 79), -1);
}

static void
test_record(void **arg)
{
	struct resolver r = { .how = RESOLVER_FILE,
		.n = 2,
		.ifname = "ppp0",
		.path = "/etc/a b" },
			got;
	static const char *const wrong[] = { "", "file", "file ppp0 1.2.3.4",
		"file ppp0 1.2.3.4 -", "file ppp0 1.2.3.4 etc/x",
		"resolved ppp0 1.2.3.4 /etc/x", "none ppp0 1.2.3.4 -",
		"file ppp0 1.2.3 /x", "file ppp0  /x", "file  1.2.3.4 /x",
		"file ppp0 1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4 /x",
		"file an-interface-too-long 1.2.3.4 /x" };
	char line[512];
	size_t i;

	(void)arg;
	addr_parse("192.0.2.1", &r.server[0]);
	addr_parse("2001:db8::1", &r.server[1]);
	resolver_format(&r, line, sizeof(line));
	assert_string_equal(line, "file ppp0 192.0.2.1,2001:db8::1 /etc/a b\n");
	assert_int_equal(resolver_parse(line, &got), 0);
	assert_true(resolver_same(&r, &got));
	assert_string_equal(got.path, r.path);
	assert_int_equal(got.how, RESOLVER_FILE);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(resolver_parse(wrong[i], &got), -1);
}

/* ---- the file ---- */

static void
test_there_and_back(void **arg)
{
	(void)arg;
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), NEW_FILE);
	assert_int_equal(mode_of("/etc/resolv.conf"), S_IFREG | 0640);
	assert_string_equal(
	    told, "resolvers: 203.0.113.53 2001:db8::53 by /etc/resolv.conf\n");
	resolver_follow(1);
	resolver_follow(0);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	assert_int_equal(mode_of("/etc/resolv.conf"), S_IFREG | 0640);
	assert_non_null(strstr(told, "/etc/resolv.conf is as it was\n"));
	nothing_left();
}

static void
test_only_if_wanted(void **arg)
{
	(void)arg;
	conf.dns = CONF_DNS_KEEP;
	resolver_follow(1);
	conf.dns = CONF_DNS_FOLLOW;
	resolver_follow(0);
	nmodem_dns = 0;
	resolver_follow(2);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	assert_string_equal(told, "");
	nothing_left();
}

/* From one backup to another, the one being a modem. */
static void
test_next_backup(void **arg)
{
	(void)arg;
	resolver_follow(2);
	assert_non_null(
	    strstr(content("/etc/resolv.conf"), "nameserver 100.71.0.1\n#"));
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), NEW_FILE);
	resolver_clear();
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	nothing_left();
}

static void
test_link(void **arg)
{
	(void)arg;
	put("/run/real", OLD, 0644);
	assert_int_equal(unlink("/etc/resolv.conf"), 0);
	assert_int_equal(symlink("/run/real", "/etc/resolv.conf"), 0);
	resolver_follow(1);
	assert_int_equal(mode_of("/etc/resolv.conf") & S_IFMT, S_IFLNK);
	assert_string_equal(content("/run/real"), NEW_FILE);
	/* others may have put another link in its place */
	assert_int_equal(unlink("/etc/resolv.conf"), 0);
	resolver_follow(0);
	assert_string_equal(content("/run/real"), OLD);
	nothing_left();
}

static void
test_none_before(void **arg)
{
	(void)arg;
	assert_int_equal(unlink("/etc/resolv.conf"), 0);
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), NEW);
	assert_int_equal(mode_of("/etc/resolv.conf"), S_IFREG | 0644);
	restart();
	resolver_follow(0);
	assert_int_equal(access("/etc/resolv.conf", F_OK), -1);
	/* a link that leads nowhere may be somebody's who is to come */
	assert_int_equal(symlink("/run/nothing", "/etc/resolv.conf"), 0);
	resolver_follow(1);
	assert_int_equal(access("/run/nothing", F_OK), -1);
	resolver_follow(0);
	nothing_left();
}

/* Containers: the file cannot be renamed over, the directory read only. */
static void
test_mounted(void **arg)
{
	(void)arg;
	put("/run/real", OLD, 0644);
	assert_int_equal(
	    mount("/run/real", "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
	resolver_follow(1);
	assert_string_equal(content("/run/real"), NEW_FILE);
	assert_int_equal(
	    mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	resolver_follow(0);
	assert_int_equal(mount(NULL, "/etc", NULL, MS_REMOUNT, NULL), 0);
	assert_string_equal(content("/run/real"), OLD);
	nothing_left();
}

static void
test_changed_by_others(void **arg)
{
	(void)arg;
	resolver_follow(1);
	put("/etc/resolv.conf", "nameserver 192.0.2.99\n", 0644);
	resolver_follow(0);
	assert_string_equal(
	    content("/etc/resolv.conf"), "nameserver 192.0.2.99\n");
	assert_non_null(strstr(told, "changed by others: left alone"));
	nothing_left();
	/* while on the backup: told once, and not fought for */
	resolver_follow(1);
	put("/etc/resolv.conf", "nameserver 192.0.2.98\n", 0644);
	told[0] = '\0';
	resolver_follow(1);
	resolver_follow(1);
	assert_string_equal(told,
	    "resolvers: /etc/resolv.conf was changed by others: left alone\n");
	assert_string_equal(
	    content("/etc/resolv.conf"), "nameserver 192.0.2.98\n");
	resolver_follow(0);
	resolver_follow(1);
	assert_non_null(strstr(content("/etc/resolv.conf"), "203.0.113.53"));
	resolver_follow(0);
}

/* What cannot be given back now is kept, and given back later. */
static void
test_not_yet(void **arg)
{
	(void)arg;
	resolver_follow(1);
	assert_int_equal(mount("/etc", "/etc", NULL, MS_BIND, NULL), 0);
	assert_int_equal(
	    mount(NULL, "/etc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL),
	    0);
	resolver_follow(0);
	assert_non_null(strstr(told, "cannot be given back: Read-only"));
	resolver_follow(2);
	assert_int_equal(umount("/etc"), 0);
	assert_string_equal(content("/etc/resolv.conf"), NEW_FILE);
	restart();
	resolver_follow(0);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	nothing_left();
}

/* Power is lost on the backup: of RUNDIR nothing is left, of /etc all. */
static void
test_boot(void **arg)
{
	static const char *const old[] = { OLD, "", "nameserver 192.0.2.1\n\n",
		"options edns0\nnameserver x" };
	char back[RESOLVER_TEXT_MAX];
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		put("/etc/resolv.conf", old[i], 0640);
		resolver_follow(1);
		assert_int_equal(system("rm -rf /run/dialfail/*"), 0);
		restart();
		if (old[i][0] == '\0')
			assert_int_equal(access("/etc/resolv.conf", F_OK), -1);
		else
			assert_string_equal(
			    content("/etc/resolv.conf"), old[i]);
		nothing_left();
	}
	assert_int_equal(mode_of("/etc/resolv.conf"), S_IFREG | 0640);
	assert_int_equal(resolver_old(NEW_FILE, back, strlen(OLD)), -1);
	assert_int_equal(resolver_old("# by others\n", back, 64), -1);
}

static void
test_killed(void **arg)
{
	char saved[RESOLVER_TEXT_MAX];

	(void)arg;
	resolver_follow(1);
	restart();
	resolver_follow(1);
	assert_string_equal(told, "");
	restart();
	resolver_follow(0);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	nothing_left();
	/* after the record, before the file */
	resolver_follow(1);
	strlcpy(saved, content("/etc/resolv.conf"), sizeof(saved));
	put("/etc/resolv.conf", OLD, 0640);
	restart();
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), saved);
	put("/etc/resolv.conf", OLD, 0640);
	restart();
	resolver_follow(0);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	assert_string_equal(told, "");
	nothing_left();
	put(RECORD, "nonsense\n", 0600);
	restart();
	resolver_follow(0);
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	unlink(RECORD);
}

static char shown[256];
static int different;

static void
on_shown(const char *text, int differs, void *arg)
{
	(void)arg;
	strlcpy(shown, text, sizeof(shown));
	different = differs;
}

static void
test_show(void **arg)
{
	(void)arg;
	shown[0] = '\0';
	resolver_show(on_shown, NULL);
	assert_string_equal(shown, "");
	resolver_follow(1);
	resolver_show(on_shown, NULL);
	assert_string_equal(
	    shown, "resolvers 203.0.113.53 2001:db8::53 by /etc/resolv.conf");
	assert_int_equal(different, 0);
	put("/etc/resolv.conf", "", 0644);
	resolver_show(on_shown, NULL);
	assert_non_null(strstr(shown, ": changed by others"));
	assert_int_equal(different, 1);
	resolver_follow(1);
	resolver_show(on_shown, NULL);
	assert_non_null(strstr(shown, ": wanted, but not set"));
}

/* ---- programs ---- */

static void
program(const char *name, const char *more)
{
	char path[64], script[256];

	snprintf(path, sizeof(path), "/usr/local/sbin/%s", name);
	snprintf(script, sizeof(script),
	    "#!/bin/sh\necho \"$*\" >>/run/log\ncat >>/run/log\n%s\n", more);
	put(path, script, 0755);
}

static void
test_resolvconf(void **arg)
{
	(void)arg;
	program("resolvconf", "");
	resolver_follow(1);
	assert_true(resolver_busy());
	wait_idle();
	assert_string_equal(content("/run/log"),
	    "-a wan2.dialfail\n"
	    "nameserver 203.0.113.53\nnameserver 2001:db8::53\n");
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	assert_non_null(strstr(told, "by resolvconf\n"));
	unlink("/run/log");
	restart();
	resolver_follow(1); /* it may not have come so far */
	wait_idle();
	assert_non_null(strstr(content("/run/log"), "-a wan2.dialfail\n"));
	unlink("/run/log");
	resolver_follow(0);
	wait_idle();
	assert_string_equal(content("/run/log"), "-d wan2.dialfail\n");
	nothing_left();
}

/* It is asked one thing after the other, whatever comes in between. */
static void
test_back_while_it_runs(void **arg)
{
	(void)arg;
	program("resolvconf", "sleep 0.2");
	resolver_follow(1);
	resolver_follow(2);
	resolver_follow(0);
	wait_idle();
	assert_null(strstr(content("/run/log"), "ppp0"));
	assert_non_null(strstr(content("/run/log"), "-d wan2.dialfail\n"));
	nothing_left();
}

static void
test_program_fails(void **arg)
{
	(void)arg;
	program("resolvconf", "echo out of order >&2; exit 3");
	resolver_follow(1);
	wait_idle();
	assert_non_null(strstr(told,
	    "resolvers: /usr/local/sbin/resolvconf -a: exit 3: out of order"));
	resolver_follow(0);
	wait_idle();
	/* known until it could be given back, also by the next process */
	resolver_show(on_shown, NULL);
	assert_non_null(strstr(shown, "by resolvconf: not wanted"));
	restart();
	program("resolvconf", "");
	resolver_follow(0);
	wait_idle();
	assert_non_null(strstr(told, "resolvconf has none of wan2 any more"));
	nothing_left();
	assert_int_equal(chmod("/usr/local/sbin/resolvconf", 0757), 0);
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), NEW_FILE);
	resolver_follow(0);
}

/* It is tried again, without a word until it works. */
static void
test_program_works_again(void **arg)
{
	(void)arg;
	program("resolvconf", "exit 3");
	resolver_follow(1);
	wait_idle();
	resolver_show(on_shown, NULL);
	assert_non_null(strstr(shown, "by resolvconf: wanted, but refused"));
	told[0] = '\0';
	time_passes();
	resolver_follow(1); /* the same wish changes nothing of it */
	assert_string_equal(told, "");
	program("resolvconf", "");
	time_passes();
	assert_string_equal(told, "resolvers: resolvconf has them now\n");
	assert_false(evtimer_pending(&again, NULL));
	/* and so is giving back */
	program("resolvconf", "exit 3");
	resolver_follow(0);
	wait_idle();
	program("resolvconf", "");
	time_passes();
	assert_non_null(strstr(told, "resolvconf has none of wan2 any more"));
	assert_false(evtimer_pending(&again, NULL));
	nothing_left();
}

/* Longer and shorter than what was there, and where there is no room. */
static void
test_written_over(void **arg)
{
	static char text[RESOLVER_TEXT_MAX], more[RESOLVER_TEXT_MAX];

	(void)arg;
	assert_int_equal(system("mkdir -p /run/small && mount -t tmpfs -o "
				"size=4096 tmpfs /run/small"),
	    0);
	memset(text, 'x', 4000);
	put("/run/small/real", "short\n", 0644);
	assert_int_equal(write_over("/run/small/real", text), 0);
	assert_string_equal(content("/run/small/real"), text);
	assert_int_equal(write_over("/run/small/real", "short\n"), 0);
	assert_string_equal(content("/run/small/real"), "short\n");
	memset(more, 'y', 8000);
	assert_int_equal(write_over("/run/small/real", more), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(content("/run/small/real"), "short\n");
	assert_int_equal(umount("/run/small"), 0);
}

static void
test_resolved(void **arg)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
		.sun_path = RESOLVED };
	int fd;

	(void)arg;
	program("resolvectl", "");
	assert_int_equal(
	    symlink("resolvectl", "/usr/local/sbin/resolvconf"), 0);
	assert_int_equal(system("mkdir -p /run/systemd/resolve"), 0);
	strlcpy(conf.uplink[1].ifname, "lo", IFNAMSIZ);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	/* nobody listens: what is there was left behind */
	resolver_follow(1);
	assert_string_equal(content("/etc/resolv.conf"), NEW_FILE);
	resolver_follow(0);
	assert_int_equal(listen(fd, 8), 0);
	resolver_follow(1);
	wait_idle();
	assert_string_equal(content("/run/log"),
	    "dns lo 203.0.113.53 2001:db8::53\n"
	    "domain lo ~.\ndefault-route lo yes\n");
	assert_string_equal(content("/etc/resolv.conf"), OLD);
	unlink("/run/log");
	resolver_follow(0);
	wait_idle();
	assert_string_equal(content("/run/log"), "revert lo\n");
	nothing_left();
	/* its interface is gone, and with it what was set for it */
	unlink("/run/log");
	strlcpy(conf.uplink[1].ifname, "nosuchif", IFNAMSIZ);
	resolver_follow(1);
	wait_idle();
	unlink("/run/log");
	resolver_follow(0);
	wait_idle();
	assert_int_equal(access("/run/log", F_OK), -1);
	nothing_left();
	close(fd);
	strlcpy(conf.uplink[1].ifname, "wan2", IFNAMSIZ);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_record),
		cmocka_unit_test_setup(test_there_and_back, fresh),
		cmocka_unit_test_setup(test_only_if_wanted, fresh),
		cmocka_unit_test_setup(test_next_backup, fresh),
		cmocka_unit_test_setup(test_link, fresh),
		cmocka_unit_test_setup(test_none_before, fresh),
		cmocka_unit_test_setup(test_mounted, fresh),
		cmocka_unit_test_setup(test_changed_by_others, fresh),
		cmocka_unit_test_setup(test_not_yet, fresh),
		cmocka_unit_test_setup(test_boot, fresh),
		cmocka_unit_test_setup(test_killed, fresh),
		cmocka_unit_test_setup(test_show, fresh),
		cmocka_unit_test_setup(test_resolvconf, fresh),
		cmocka_unit_test_setup(test_back_while_it_runs, fresh),
		cmocka_unit_test_setup(test_program_fails, fresh),
		cmocka_unit_test_setup(test_program_works_again, fresh),
		cmocka_unit_test_setup(test_written_over, fresh),
		cmocka_unit_test_setup(test_resolved, fresh),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
