/* SPDX-License-Identifier: ISC */
/*
 * The hooks of a switch: in which order, with what, and how each may end;
 * and that one that hangs takes along all it started, at its deadline or when
 * netconf ends.  As root, since only root's programs are run.
 */
#include <sys/types.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <event.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A file system of its own, and a deadline that a test can wait for. */
#define ETC "/mnt"
#undef SYSCONFDIR
#define SYSCONFDIR ETC
#undef RUNDIR
#define RUNDIR ETC
#include "netconf/hook.c"
#include "netconf/hook_record.c"
#define hook_run hook_run_in_time
static void hook_run_in_time(struct hook *, const char *,
    const struct hook_facts *, uint32_t, hook_done *, void *);
#include "netconf/hook_switch.c"
#undef hook_run

#define PATIENCE_S 30
#define HANGS_MS   1500 /* enough to begin, on a busy machine */

static int may_not;
static struct event_base *base;
static struct conf conf;
static struct msg_facts facts[2];
static struct msg_hook_done done[16];
static size_t ndone;
static uint32_t deadline_ms = PATIENCE_S * 1000;

/* ---- what the hooks call ---- */

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

const struct msg_facts *
net_facts(uint32_t uplink)
{
	return &facts[uplink];
}

void
netconf_send(uint32_t type, int fd, const void *data, size_t len)
{
	assert_int_equal(type, IMSG_HOOK_DONE);
	assert_int_equal(fd, -1);
	assert_int_equal(len, sizeof(done[0]));
	assert_true(ndone < sizeof(done) / sizeof(done[0]));
	memcpy(&done[ndone], data, len);
	assert_int_equal(msg_hook_done_valid(&done[ndone]), 1);
	ndone++;
}

static void
hook_run_in_time(struct hook *h, const char *name, const struct hook_facts *f,
    uint32_t ms, hook_done *d, void *arg)
{
	assert_int_equal(ms, SWITCH_DEADLINE_MS);
	hook_run(h, name, f, deadline_ms, d, arg);
}

/* ---- */

/* Paths from the root are needed: nobody else sees what is mounted here. */
static int
setup(void **arg)
{
	(void)arg;
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", ETC, "tmpfs", 0, "mode=755") == -1 ||
	    chdir(ETC) == -1)
		may_not = 1;
	umask(022);
	conf.nuplinks = 2;
	strlcpy(conf.uplink[0].label, "eth1", CONF_LABEL_LEN);
	strlcpy(conf.uplink[1].label, "lte", CONF_LABEL_LEN);
	conf.uplink[1].role = CONF_BACKUP;
	strlcpy(facts[0].ifname, "eth1", IFNAMSIZ);
	strlcpy(facts[1].ifname, "wwan0", IFNAMSIZ);
	addr_parse("192.0.2.2", &facts[1].family[FAMILY_INET].address);
	addr_parse("192.0.2.1", &facts[1].family[FAMILY_INET].gateway);
	addr_parse("2001:db8::2", &facts[1].family[FAMILY_INET6].address);
	base = event_init();
	child_init();
	return 0;
}

static int
fresh(void **arg)
{
	(void)arg;
	if (may_not)
		skip();
	ndone = 0;
	if (system("rm -rf * && mkdir -p dialfail/hooks/switch.d") != 0)
		return -1;
	hook_record_open();
	hook_switch_open();
	return 0;
}

/* A hook; all write to the file "out" in the test's directory. */
static void
put(const char *name, const char *script)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "dialfail/hooks/switch.d/%s", name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\nout=" ETC "/dialfail/out\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

static void
switched(uint32_t uplink)
{
	struct msg_hooks m = { uplink, 0, "20261125-1" };

	hook_switched(&m);
}

static void
wait_done(size_t n)
{
	struct monotime began = monotime_now();

	while (ndone < n) {
		assert_true(monotime_ms_between(began, monotime_now()) <
			    PATIENCE_S * 1000);
		event_loop(EVLOOP_ONCE);
	}
	assert_int_equal(ndone, n);
}

static const char *
output(void)
{
	static char buf[4096];
	int fd = open("dialfail/out", O_RDONLY);
	ssize_t n;

	assert_true(fd != -1);
	n = read(fd, buf, sizeof(buf) - 1);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	return buf;
}

static void
test_order(void **arg)
{
	(void)arg;
	put("20-b", "echo b >>$out");
	put("10-a", "sleep 0.2; echo a >>$out");
	put("30-c.sh", "echo c >>$out");
	put("40-editor~", "echo copy >>$out");
	put(".hidden", "echo hidden >>$out");
	put("README", "echo readme >>$out");
	assert_int_equal(chmod("dialfail/hooks/switch.d/README", 0644), 0);
	switched(1);
	wait_done(3);
	assert_string_equal(output(), "a\nb\nc\n");
	assert_string_equal(done[0].name, "switch.d/10-a");
	assert_string_equal(done[2].name, "switch.d/30-c.sh");
	assert_true(done[0].ms >= 200);
	assert_int_equal(done[1].ok, 1);
	assert_int_equal(done[1].uplink, 1);
	assert_string_equal(done[1].text, "");
}

static void
test_nothing_but_facts(void **arg)
{
	(void)arg;
	put("env", "{ env | sort | grep -v ^_= | grep -v ^PWD=; umask; pwd;"
		   " ls /proc/self/fd | wc -l; cat; ps -o sid= -p $$ >$out.sid;"
		   " echo $PPID >>$out.sid; } >$out");
	switched(1);
	wait_done(1);
	assert_string_equal(done[0].text, "");
	assert_string_equal(output(),
	    "DIALFAIL_ADDRESS6=2001:db8::2\n"
	    "DIALFAIL_ADDRESS=192.0.2.2\n"
	    "DIALFAIL_EVENT=20261125-1\n"
	    "DIALFAIL_FROM=eth1\n"
	    "DIALFAIL_GATEWAY6=\n"
	    "DIALFAIL_GATEWAY=192.0.2.1\n"
	    "DIALFAIL_INTERFACE=wwan0\n"
	    "DIALFAIL_KIND=failover\n"
	    "DIALFAIL_UPLINK=lte\n"
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\n"
	    "0077\n/\n4\n");
	put("env", "echo $DIALFAIL_KIND $DIALFAIL_UPLINK $DIALFAIL_FROM >$out");
	switched(0);
	wait_done(2);
	assert_string_equal(output(), "fallback eth1 lte\n");
}

static void
test_none(void **arg)
{
	(void)arg;
	switched(1);
	assert_int_equal(rmdir("dialfail/hooks/switch.d"), 0);
	switched(1);
	assert_int_equal(ndone, 0);
}

static void
test_fails(void **arg)
{
	(void)arg;
	put("1", "echo first; echo no relay >&2; exit 75");
	put("2", "kill -SEGV $$");
	put("3", "exit 0");
	switched(1);
	wait_done(3);
	assert_string_equal(done[0].text, "exit 75: no relay");
	assert_string_equal(done[1].text, "killed by signal 11");
	assert_int_equal(done[1].ok, 0);
	assert_int_equal(done[2].ok, 1);
}

static void
test_not_roots_alone(void **arg)
{
	(void)arg;
	put("1", "echo ran >>$out");
	put("2", "echo ran >>$out");
	assert_int_equal(chmod("dialfail/hooks/switch.d/1", 0775), 0);
	assert_int_equal(chown("dialfail/hooks/switch.d/2", 65534, 0), 0);
	switched(1);
	assert_string_equal(done[0].text, "others than root can write it");
	assert_string_equal(done[1].text, "others than root can write it");
	assert_int_equal(chown("dialfail/hooks/switch.d/2", 0, 0), 0);
	assert_int_equal(chmod("dialfail/hooks", 0777), 0);
	switched(1);
	assert_int_equal(ndone, 4);
	assert_string_equal(
	    done[3].text, "others than root can write /mnt/dialfail/hooks");
	assert_int_equal(access("dialfail/out", F_OK), -1);
}

/* What it leads to counts as well: whoever may replace that is root. */
static void
test_link(void **arg)
{
	static const char *const where = "dialfail/hooks/switch.d/1";

	(void)arg;
	put("../good", "echo ran >>$out");
	assert_int_equal(symlink("../good", where), 0);
	switched(1);
	wait_done(1);
	assert_string_equal(output(), "ran\n");
	assert_int_equal(mkdir("anybodys", 0755), 0);
	assert_int_equal(chmod("anybodys", 0777), 0);
	assert_int_equal(rename("dialfail/hooks/good", "anybodys/good"), 0);
	assert_int_equal(unlink(where), 0);
	assert_int_equal(symlink(ETC "/anybodys/good", where), 0);
	switched(1);
	wait_done(2);
	assert_string_equal(
	    done[1].text, "others than root can write /mnt/anybodys");
	assert_string_equal(output(), "ran\n");
}

/* Also one that does not listen, and what it has left behind. */
static void
test_hangs(void **arg)
{
	(void)arg;
	put("1", "sleep 1000 & echo $! >$out; echo slow; sleep 1000");
	put("2", "trap '' TERM; echo deaf; sleep 1000; sleep 1000");
	put("3", "exit 0");
	deadline_ms = HANGS_MS;
	switched(1);
	wait_done(3);
	deadline_ms = PATIENCE_S * 1000;
	assert_string_equal(done[0].text, "killed, it took too long: slow");
	assert_true(done[0].ms < HANGS_MS + PROGRAM_GRACE_MS);
	assert_int_equal(kill((pid_t)atoi(output()), 0), -1);
	assert_string_equal(done[1].text, "killed, it took too long: deaf");
	assert_true(done[1].ms >= HANGS_MS + PROGRAM_GRACE_MS);
	assert_int_equal(done[2].ok, 1);
}

/* It ends in peace; of those that wait only the last one counts. */
static void
test_newer_switch(void **arg)
{
	(void)arg;
	put("1", "echo $DIALFAIL_UPLINK 1 >>$out; sleep 0.3");
	put("2", "echo $DIALFAIL_UPLINK 2 $DIALFAIL_FROM >>$out");
	switched(1);
	switched(0);
	switched(1);
	assert_int_equal(ndone, 1);
	assert_string_equal(done[0].text, "skipped, a newer switch came");
	wait_done(5);
	assert_string_equal(output(), "lte 1\nlte 2 eth1\nlte 1\nlte 2 lte\n");
}

/* Removed by a reload while it waits. */
static void
test_uplink_gone(void **arg)
{
	(void)arg;
	put("1", "echo $DIALFAIL_UPLINK >>$out; sleep 0.2");
	switched(0);
	switched(1);
	conf.nuplinks = 1;
	wait_done(1);
	conf.nuplinks = 2;
	assert_string_equal(output(), "eth1\n");
	switched(0);
	wait_done(2);
	assert_string_equal(output(), "eth1\neth1\n");
}

/* ---- another netconf ---- */

/* As if the one before had left this; traffic is found on an uplink. */
static void
start(const char *text, uint32_t uplink)
{
	struct msg_hooks m = { uplink, 1, "20261125-2" };
	FILE *f = fopen("hooks", "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	hook_record_open();
	hook_switch_open();
	hook_switched(&m);
}

static const char *
on_disk(void)
{
	static char buf[256];
	FILE *f = fopen("hooks", "r");
	size_t n;

	if (f == NULL)
		return "";
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

/* What runs is written down before, and that all has run, behind it. */
static void
test_record(void **arg)
{
	(void)arg;
	put("1", "grep switch " ETC "/hooks >>$out");
	put("2", "grep switch " ETC "/hooks >>$out");
	switched(1);
	wait_done(2);
	assert_string_equal(output(), "switch lte eth1 20261125-1 1\n"
				      "switch lte eth1 20261125-1 2\n");
	assert_string_equal(on_disk(), "switch lte eth1 20261125-1 -\n");
	switched(0);
	wait_done(4);
	assert_string_equal(on_disk(), "");
}

/* That one and those behind it, with what the first was told. */
static void
test_cut_off(void **arg)
{
	(void)arg;
	put("1", "echo 1 >>$out");
	put("2", "echo 2 $DIALFAIL_FROM $DIALFAIL_EVENT >>$out");
	put("3", "echo 3 >>$out");
	start("switch lte eth1 20261125-1 2\n", 1);
	wait_done(2);
	assert_string_equal(output(), "2 eth1 20261125-1\n3\n");
	assert_string_equal(on_disk(), "switch lte eth1 20261125-1 -\n");
	start("switch eth1 lte - 3\n", 0);
	wait_done(3);
	assert_string_equal(on_disk(), "");
}

/* The switch was the last thing that the one before did. */
static void
test_not_begun(void **arg)
{
	(void)arg;
	put("1", "echo $DIALFAIL_KIND $DIALFAIL_UPLINK $DIALFAIL_FROM "
		 "$DIALFAIL_EVENT >>$out");
	start("switch lte eth1 20261125-1 -\n", 0);
	wait_done(1);
	start("", 1);
	wait_done(2);
	start("switch eth1 lte 20261125-1 1\n", 1);
	wait_done(3);
	assert_string_equal(output(), "fallback eth1 lte 20261125-2\n"
				      "failover lte eth1 20261125-2\n"
				      "failover lte eth1 20261125-2\n");
}

static void
test_nothing_owed(void **arg)
{
	(void)arg;
	put("1", "echo 1 >>$out");
	start("switch lte eth1 20261125-1 -\n", 1);
	start("", 0);
	assert_null(now.file);
	assert_int_equal(ndone, 0);
}

/* Nobody's word but ours: all of it or none. */
static void
test_record_parse(void **arg)
{
	static const char *const bad[] = { "switch lte eth1 e\n",
		"switch lte eth1 e 1 x\n", "switch lte eth1 e 1",
		"switch lte eth1 e ../1\n", "switch lte eth1 e .1\n",
		"switch lte - e 1\n", "switch  lte eth1 e 1\n",
		"switch lte eth1 e 1\nswitch lte eth1 e 1\n",
		"switch lte eth1 e2345678901234567 1\n", "link\n", "link a/b\n",
		"link lte 1\n", "Link lte\n", "group 1 2\n", "group 2\n",
		"group 2 3 4\n", "group a 3\n", "group 2 -3\n",
		"group 2147483648 3\n", "\n" };
	static const char text[] = "switch lte eth1 - 1\nlink a\nlink b\n"
				   "group 812 48213\n";
	struct hook_record r;
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (hook_record_parse(bad[i], &r) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(hook_record_parse(text, &r), 0);
	assert_string_equal(r.event, "");
	assert_int_equal(r.nlinks, 2);
	assert_int_equal(r.group[0].pid, 812);
	assert_int_equal(r.group[0].started, 48213);
	r.ngroups = 0;
	assert_int_equal(hook_record_parse("", &r), 0);
	record = r;
	hook_record_link("a", 1);
	hook_record_link("b", 1);
	hook_record_link("a", 0);
	assert_string_equal(on_disk(), "link b\n");
	assert_true(hook_record_has_link("b"));
	assert_false(hook_record_has_link("a"));
	hook_record_link("b", 0);
	assert_string_equal(on_disk(), "");
}

/* A netconf whose hook has written the number of a process that runs. */
static pid_t
netconf_in_hook(pid_t *its)
{
	pid_t pid;
	int i;

	if ((pid = fork()) == 0) {
		event_reinit(base);
		switched(1);
		event_dispatch();
		_exit(1);
	}
	for (i = 0; access("dialfail/out", F_OK) == -1; i++) {
		assert_true(i < PATIENCE_S * 100);
		usleep(10000);
	}
	*its = (pid_t)atoi(output());
	assert_int_equal(kill(*its, 0), 0);
	return pid;
}

static void
kill9(pid_t netconf)
{
	int status;

	assert_int_equal(kill(netconf, SIGKILL), 0);
	assert_int_equal(waitpid(netconf, &status, 0), netconf);
}

static void
wait_gone(pid_t pid)
{
	int i;

	for (i = 0; kill(pid, 0) == 0; i++) {
		assert_true(i < PATIENCE_S * 100);
		usleep(10000);
	}
}

/* Killed, netconf takes along what nobody would hear of any more. */
static void
test_netconf_dies(void **arg)
{
	pid_t netconf, child;

	(void)arg;
	put("1", "sleep 1000 & echo $! >$out.new; mv $out.new $out; wait");
	netconf = netconf_in_hook(&child);
	kill9(netconf);
	wait_gone(child);
}

/* If its keeper is late with that, the next netconf does it. */
static void
test_keeper_late(void **arg)
{
	pid_t netconf, keeper;

	(void)arg;
	put("1", "echo $PPID >$out.new; mv $out.new $out; sleep 1000");
	netconf = netconf_in_hook(&keeper);
	assert_non_null(strstr(on_disk(), "\ngroup "));
	assert_int_equal(kill(keeper, SIGSTOP), 0);
	kill9(netconf);
	hook_record_open();
	end_left();
	wait_gone(keeper);
	assert_string_equal(on_disk(), "switch lte eth1 20261125-1 1\n");
}

/* Not one that has got the number of what has ended. */
static void
test_anothers(void **arg)
{
	FILE *f = fopen("hooks", "w");
	pid_t pid;
	int status;

	(void)arg;
	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	fprintf(f, "group %d 1\n", (int)pid);
	fclose(f);
	hook_record_open();
	end_left();
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_string_equal(on_disk(), "");
	kill9(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, fresh),
		cmocka_unit_test_setup(test_nothing_but_facts, fresh),
		cmocka_unit_test_setup(test_none, fresh),
		cmocka_unit_test_setup(test_fails, fresh),
		cmocka_unit_test_setup(test_not_roots_alone, fresh),
		cmocka_unit_test_setup(test_link, fresh),
		cmocka_unit_test_setup(test_hangs, fresh),
		cmocka_unit_test_setup(test_newer_switch, fresh),
		cmocka_unit_test_setup(test_uplink_gone, fresh),
		cmocka_unit_test_setup(test_record, fresh),
		cmocka_unit_test_setup(test_cut_off, fresh),
		cmocka_unit_test_setup(test_not_begun, fresh),
		cmocka_unit_test_setup(test_nothing_owed, fresh),
		cmocka_unit_test_setup(test_record_parse, fresh),
		cmocka_unit_test_setup(test_netconf_dies, fresh),
		cmocka_unit_test_setup(test_keeper_late, fresh),
		cmocka_unit_test_setup(test_anothers, fresh),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
