/* SPDX-License-Identifier: ISC */
/*
 * What netconf knows of pppd without running one: what it is told, the
 * record on which adoption rests, the ip-up program's datagram, the
 * password's file, and processes' identity.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/ppp_event.h"
#include "netconf/ppp_options.h"
#include "netconf/ppp_process.h"
#include "netconf/ppp_record.h"
#include "netconf/ppp_secret.h"
#include "netconf/pppoe.h"
#include "regress/unit/folder.h"
#include "regress/unit/somebody.h"

#define FIRST_HALF                                    \
	"pid 812\nstarted 48213\n"                    \
	"boot 5f0c7a1e-0b7e-4f0e-9f57-0d6a3c1b2a90\n" \
	"tty /dev/ttyUSB2\nbackup lte\ngen 3\n"
#define SECOND_HALF                                           \
	"interface ppp0\nlocal 10.99.0.2\nremote 10.99.0.1\n" \
	"pppd 812\nlinkname dialfail-lte\n"

static int
parse(const char *text, struct ppp_record *r)
{
	return ppp_record_parse(text, strlen(text), r);
}

/* --- a site's own option file ------------------------------------------ */

static int
loads_pppoe(const char *text)
{
	char copy[128];

	strlcpy(copy, text, sizeof(copy));
	return pppoe_is(copy);
}

static void
test_pppoe(void **state)
{
	(void)state;
	assert_true(loads_pppoe("noauth\n\tplugin pppoe.so\neth1\n"));
	assert_true(loads_pppoe("plugin 'rp-pppoe.so' nic-eth1"));
	assert_true(loads_pppoe("plugin\t\"/usr/lib/pppd/2.5.1/rp-pppoe.so\""));
	assert_true(loads_pppoe("plugin # of which kind\n pppoe.so"));
	assert_false(loads_pppoe("pty \"pppoe -I eth1\"\n"));
	assert_false(loads_pppoe("# plugin pppoe.so\nplugin pptp.so\n"));
	assert_false(loads_pppoe("linkname pppoe.so\nplugin"));
	assert_false(loads_pppoe(""));
}

/* --- what pppd is told ------------------------------------------------- */

static int
has(const struct ppp_args *a, const char *word, const char *value)
{
	size_t i;

	for (i = 0; a->argv[i] != NULL; i++)
		if (strcmp(a->argv[i], word) == 0 &&
		    (value == NULL || (a->argv[i + 1] != NULL &&
					  strcmp(a->argv[i + 1], value) == 0)))
			return 1;
	return 0;
}

static void
test_args(void **state)
{
	struct ppp_args a;

	(void)state;
	ppp_options_args(&a, "lte", "/run/dialfail/ppp/lte", NULL, 1, 0);
	assert_string_equal(a.argv[0], "pppd");
	assert_true(has(&a, "notty", NULL));
	assert_true(has(&a, "receive-all", NULL));
	assert_true(has(&a, "nodetach", NULL));
	assert_true(has(&a, "noauth", NULL));
	assert_true(has(&a, "nodefaultroute", NULL));
	assert_true(has(&a, "noipv6", NULL));
	assert_true(has(&a, "lcp-echo-interval", "5"));
	assert_true(has(&a, "lcp-echo-failure", "3"));
	assert_true(has(&a, "linkname", "dialfail-lte"));
	assert_true(has(&a, "set", "DIALFAIL_RECORD=/run/dialfail/ppp/lte"));
	assert_true(has(&a, "set", "DIALFAIL_FD=3"));
	assert_true(has(&a, "file", "/proc/self/fd/4"));
	ppp_options_args(&a, "lte", "/run/dialfail/ppp/lte", NULL, 0, 1);
	assert_true(has(&a, "+ipv6", NULL));
	assert_false(has(&a, "noipv6", NULL));
	assert_false(has(&a, "file", NULL));
	assert_false(has(&a, "call", NULL));
	ppp_options_args(&a, "dsl", "/run/dialfail/ppp/dsl", "isp", 0, 0);
	/* first, so that ours count */
	assert_string_equal(a.argv[1], "call");
	assert_string_equal(a.argv[2], "isp");
	assert_false(has(&a, "notty", NULL));
	assert_true(has(&a, "nodefaultroute", NULL));
	assert_true(has(&a, "nopersist", NULL));
	assert_true(has(&a, "linkname", "dialfail-dsl"));
	assert_null(a.argv[a.n]);
}

static void
test_account(void **state)
{
	char buf[PPP_ACCOUNT_TEXT_MAX], longest[PPP_SECRET_MAX];
	const char *want = "user \"site7\"\n"
			   "password \"s3 c\\\"r\\\\e#t' $\"\n";

	(void)state;
	assert_int_equal(
	    ppp_options_account("site7", "s3 c\"r\\e#t' $", buf, sizeof(buf)),
	    strlen(want));
	assert_string_equal(buf, want);
	memset(longest, '"', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_true(ppp_options_account("a", longest, buf, sizeof(buf)) > 0);
	assert_int_equal(ppp_options_account("a", longest, buf, 100), -1);
}

/* One more line would be one more option, given by whoever wrote the file. */
static void
test_account_breaks(void **state)
{
	char buf[PPP_ACCOUNT_TEXT_MAX];

	(void)state;
	assert_int_equal(
	    ppp_options_account("a", "b\nconnect /bin/sh", buf, sizeof(buf)),
	    -1);
	assert_int_equal(
	    ppp_options_account("a\rb", "c", buf, sizeof(buf)), -1);
}

/* --- the record -------------------------------------------------------- */

static void
test_record_round(void **state)
{
	char buf[PPP_RECORD_MAX];
	struct ppp_record r, again;

	(void)state;
	assert_int_equal(parse(FIRST_HALF, &r), 0);
	assert_int_equal(r.pid, 812);
	assert_int_equal(r.started, 48213);
	assert_string_equal(r.tty, "/dev/ttyUSB2");
	assert_string_equal(r.label, "lte");
	assert_int_equal(r.gen, 3);
	assert_false(r.up);
	assert_false(ppp_record_coherent(&r));
	assert_int_equal(
	    ppp_record_format(&r, buf, sizeof(buf)), strlen(FIRST_HALF));
	assert_string_equal(buf, FIRST_HALF);
	assert_int_equal(parse(buf, &again), 0);
	assert_true(ppp_record_same(&r, &again));
	again.started++;
	assert_false(ppp_record_same(&r, &again));
	assert_int_equal(ppp_record_format(&r, buf, 40), -1);
}

static void
test_record_up(void **state)
{
	struct ppp_record r;
	char text[ADDR_STRLEN];

	(void)state;
	assert_int_equal(parse(FIRST_HALF SECOND_HALF, &r), 0);
	assert_true(r.up);
	assert_true(ppp_record_coherent(&r));
	assert_string_equal(r.ifname, "ppp0");
	assert_string_equal(
	    addr_format(&r.local, text, sizeof(text)), "10.99.0.2");
	assert_int_equal(r.dns[0].family, AF_UNSPEC);
	assert_int_equal(
	    parse(
		FIRST_HALF SECOND_HALF "dns 10.99.0.53\ndns 10.99.0.54\n", &r),
	    0);
	assert_string_equal(
	    addr_format(&r.dns[1], text, sizeof(text)), "10.99.0.54");
	r.reporter++;
	assert_false(ppp_record_coherent(&r));
}

static void
test_record_strict(void **state)
{
	static const char *const bad[] = {
		"",
		"rubbish\n",
		"pid 812\n",
		"pid 1\nstarted 48213\n",
		FIRST_HALF "\n",
		FIRST_HALF "gen 3\n",
		FIRST_HALF "interface ppp0\n",
		FIRST_HALF SECOND_HALF "dns nowhere\n",
		FIRST_HALF SECOND_HALF
		"dns 1.1.1.1\ndns 1.1.1.2\ndns 1.1.1.3\n",
		FIRST_HALF SECOND_HALF "dns 1.1.1.1", /* cut short */
		FIRST_HALF "interface ppp0123456789012\n",
		"pid +812\nstarted 1\nboot b\ntty t\nbackup l\ngen 1\n",
		"pid 812\nstarted 1\nboot b\ntty t\x01\nbackup l\ngen 1\n",
		"pid 812\nstarted 1\nboot b\ntty t\nbackup l\ngen 4294967296\n",
		"started 1\npid 812\nboot b\ntty t\nbackup l\ngen 1\n",
	};
	struct ppp_record r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i], &r), -1);
	assert_int_equal(
	    ppp_record_parse(FIRST_HALF, strlen(FIRST_HALF) - 1, &r), -1);
}

/* --- the datagram ------------------------------------------------------ */

static int
event(const char *text, struct ppp_event *e)
{
	return ppp_event_parse(text, strlen(text), e);
}

static void
test_event(void **state)
{
	struct ppp_event e;

	(void)state;
	assert_int_equal(event("up dialfail-lte 812", &e), 0);
	assert_int_equal(e.kind, PPP_EVENT_UP);
	assert_string_equal(e.linkname, "dialfail-lte");
	assert_int_equal(e.pid, 812);
	assert_int_equal(
	    event("down dialfail-lte 812 60 1000 5000000000", &e), 0);
	assert_int_equal(e.kind, PPP_EVENT_DOWN);
	assert_int_equal(e.seconds, 60);
	assert_int_equal(e.received, UINT64_C(5000000000));
}

static void
test_event_strict(void **state)
{
	static const char *const bad[] = {
		"",
		"up",
		"up dialfail-lte",
		"up dialfail-lte 1",
		"up dialfail-lte 812 more",
		"up  dialfail-lte 812",
		"up dialfail-lte 0x32c",
		"sideways dialfail-lte 812",
		"down dialfail-lte 812",
		"down dialfail-lte 812 1 2",
		"down dialfail-lte 812 1 2 -3",
		"down dialfail-lte 812 1 2 3 4",
		"up dialfail-0123456789012345678901234567890123456789 812",
	};
	char big[PPP_EVENT_MAX + 1];
	struct ppp_event e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(event(bad[i], &e), -1);
	assert_int_equal(ppp_event_parse("up dialfail-lte 812\0", 20, &e), -1);
	memset(big, 'u', sizeof(big));
	assert_int_equal(ppp_event_parse(big, sizeof(big), &e), -1);
}

/* --- files: a folder for each test ------------------------------------- */

static void
test_secret(void **state)
{
	struct folder *f = *state;
	char buf[PPP_SECRET_MAX], big[PPP_SECRET_MAX];
	const char *why;

	if (getuid() != 0)
		skip(); /* a secret belongs to root */
	folder_put(f, "s3cret\n", 7, 0600);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), 0);
	assert_string_equal(buf, "s3cret");
	folder_put(f, " x\r\n", 4, 0400);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), 0);
	assert_string_equal(buf, " x");
	folder_put(f, "a\nb\n", 4, 0600);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "more than one line");
	folder_put(f, "a\0b\n", 4, 0600);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	folder_put(f, "\n", 1, 0600);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "empty");
	memset(big, 'x', sizeof(big));
	folder_put(f, big, sizeof(big), 0600);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "too long");
	folder_put(f, "s3cret\n", 7, 0640);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "open to group or others");
}

static void
test_secret_kinds(void **state)
{
	struct folder *f = *state;
	char buf[PPP_SECRET_MAX];
	const char *why;

	if (getuid() != 0)
		skip();
	assert_int_equal(symlink("/etc/passwd", f->file), 0);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "a symbolic link");
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(mkfifo(f->file, 0600), 0);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
	assert_string_equal(why, "not a file");
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(ppp_secret_read(f->file, buf, sizeof(buf), &why), -1);
}

static void
test_process(void **state)
{
	uint64_t mine, its, n;
	char boot[PPP_BOOT_LEN];
	pid_t pid;
	int fd;

	(void)state;
	assert_int_equal(process_boot(boot, sizeof(boot)), 0);
	assert_int_equal(strlen(boot), 36);
	assert_int_equal(process_started(getpid(), &mine), 0);
	pid = somebody();
	assert_int_equal(process_started(pid, &its), 0);
	assert_true(its >= mine);
	assert_int_not_equal(fd = process_open(pid), -1);
	assert_int_equal(process_signal(fd, 0), 0);
	somebody_ends(pid);
	assert_int_equal(process_signal(fd, 0), -1);
	assert_int_equal(errno, ESRCH);
	close(fd);
	assert_int_equal(process_started(pid, &its), -1);
	assert_int_equal(process_parse_started(
			     "7 (a) b (c) R 1 7 7 0 -1 4 1 2 3 4 5 6 7 8 20 0 "
			     "1 0 99 1000 5",
			     &n),
	    0);
	assert_int_equal(n, 99);
	assert_int_equal(process_parse_started("7 (a) R 1 7", &n), -1);
	assert_int_equal(process_parse_started("", &n), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pppoe),
		cmocka_unit_test(test_args),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_account_breaks),
		cmocka_unit_test(test_record_round),
		cmocka_unit_test(test_record_up),
		cmocka_unit_test(test_record_strict),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_strict),
		cmocka_unit_test_setup_teardown(
		    test_secret, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_secret_kinds, folder_make, folder_remove),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
