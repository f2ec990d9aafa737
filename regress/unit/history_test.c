/* SPDX-License-Identifier: ISC */
/*
 * History on disk: what is written comes back, also after a crash in the
 * middle; what a broken disk makes of it is skipped; and it stays bounded.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wall.h"
#include "parent/control.h"
#include "parent/history.h"
#include "parent/history_file.h"
#include "regress/unit/clock.h"

static char dir[64];
static const char *boot = "this-one";

void
control_monitor(const struct ctl_line *l)
{
	(void)l;
}

static int
setup(void **state)
{
	(void)state;
	strlcpy(dir, "/tmp/dialfail-history.XXXXXX", sizeof(dir));
	log_init("test", 1, 0);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(in_dir("history"));
	unlink(in_dir("history.0"));
	return rmdir(dir);
}

#define CHECK(x)                                                         \
	do {                                                             \
		if (!(x)) {                                              \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
			    __LINE__, #x);                               \
			_exit(1);                                        \
		}                                                        \
	} while (0)

/* A run of the daemon, which ends without a word. */
static void
run(void (*story)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		history_open(dir, boot);
		story();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
}

static struct ctl_event ev;
static char texts[4096];

static void
collect(const struct ctl_line *l, void *arg)
{
	(void)arg;
	strlcat(texts, l->text, sizeof(texts));
	strlcat(texts, "|", sizeof(texts));
}

static void
count(const struct ctl_event *e, void *arg)
{
	(void)e;
	++*(int *)arg;
}

static void
outage(void)
{
	memset(&ev, 0, sizeof(ev));
	strlcpy(ev.cause, "eth1 upstream dead", sizeof(ev.cause));
	ev.began_ns = INT64_C(1790000000) * 1000000000;
	ev.detect_ms = 2400;
	ev.prove_ms = 289;
	ev.peers_ms = 84;
	ev.outage_ms = 10983;
	strlcpy(ev.by, "wan2", sizeof(ev.by)); /* pots came after it */
	history_line("eth1", "before it has a name");
	history_begin(&ev, monotime_add_ms(monotime_now(), -2400), NULL);
	history_line("state", "suspect -> dialing: %s", "primary down");
	history_line("pots", "a tab\tand a\nnewline");
	history_counters()->failovers++;
	strlcpy(ev.backup, "pots", sizeof(ev.backup));
	history_flush(&ev);
	history_line("pots", "not written when the power went");
}

static void
outage_ended(void)
{
	outage();
	ev.ended = 1;
	ev.clean = 1;
	history_end(&ev);
	history_line("state", "of no event");
	history_counters()->fallbacks++; /* counted late, but not lost */
	history_flush(&ev);
}

static void
all_there(void)
{
	struct ctl_event e;
	int n = 0;

	CHECK(history_counters()->failovers == 1);
	CHECK(history_counters()->fallbacks == 1);
	CHECK(history_events(count, &n) == 1 && n == 1);
	CHECK(history_last(3, count, &n) == 1 && n == 2);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(history_event("0002", &e, NULL, NULL) == -1);
	CHECK(history_event("", &e, collect, NULL) == 4);
	CHECK(strcmp(e.id, "0001") == 0 && e.ended && e.clean);
	CHECK(strcmp(e.cause, "eth1 upstream dead") == 0);
	CHECK(strcmp(e.backup, "pots") == 0);
	CHECK(e.detect_ms == 2400);
	CHECK(e.prove_ms == 289 && e.peers_ms == 84);
	CHECK(e.outage_ms == 10983 && strcmp(e.by, "wan2") == 0);
	CHECK(strcmp(texts,
		  "before it has a name|suspect -> dialing: primary down|"
		  "a tab and a newline|not written when the power went|") == 0);
}

static void
test_comes_back(void **state)
{
	(void)state;
	run(outage_ended);
	run(all_there);
}

/* Half a minute later; the clock on the wall has been set in the meantime. */
static void
goes_on(void)
{
	struct monotime began, seen;
	int64_t ms;

	clock_ahead_ms = 30000;
	clock_set_ms = INT64_C(-86400) * 1000;
	memset(&ev, 0, sizeof(ev));
	began = history_begin(&ev, monotime_now(), &seen);
	CHECK(strcmp(ev.id, "0001") == 0);
	CHECK(strcmp(ev.backup, "pots") == 0 && ev.detect_ms == 2400);
	ms = monotime_ms_between(seen, monotime_now());
	CHECK(ms >= 30000 && ms < 60000);
	ms = monotime_ms_between(began, seen);
	CHECK(ms >= 2400 && ms < 30000);
	history_line("state", "found on the backup");
	ev.ended = 1;
	history_end(&ev);
}

static void
went_on(void)
{
	struct ctl_event e;

	CHECK(history_event("", &e, collect, NULL) == 4);
	CHECK(strstr(texts, "primary down|") != NULL);
	CHECK(strstr(texts, "found on the backup|") != NULL);
	CHECK(e.ended);
}

/* Killed on the backup: the next run adopts, and so does its history. */
static void
test_over_a_crash(void **state)
{
	(void)state;
	run(outage);
	run(goes_on);
	run(went_on);
}

/* Of another boot: when it began only the clock on the wall can tell. */
static void
another_boot(void)
{
	struct monotime began, seen;
	struct ctl_event e;

	memset(&ev, 0, sizeof(ev));
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	clock_set_ms = (e.began_ns - wall_now()) / 1000000 + 7200500;
	began = history_begin(&ev, monotime_now(), &seen);
	CHECK(strcmp(ev.id, "0001") == 0);
	CHECK(!monotime_valid(seen));
	CHECK(monotime_ms_between(began, monotime_now()) / 1000 == 7200);
	CHECK(!history_overdue());
	history_flush(&ev);
}

static void
end_after_boots(void)
{
	struct ctl_event e;

	history_close_open();
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.end_unknown && e.duration_s >= 7200 && e.duration_s < 7260);
}

static void
test_another_boot(void **state)
{
	(void)state;
	run(outage);
	boot = "another";
	run(another_boot);
	boot = "this-one";
	run(end_after_boots);
}

static void
lasts(void)
{
	outage();
	CHECK(!history_overdue());
	clock_ahead_ms = 3599 * 1000;
	CHECK(!history_overdue());
	clock_ahead_ms = 3601 * 1000;
	CHECK(history_overdue());
	history_flush(&ev);
	CHECK(!history_overdue());
	clock_ahead_ms *= 2;
	CHECK(history_overdue());
	ev.ended = 1;
	history_end(&ev);
	CHECK(!history_overdue());
}

/* An account each hour of what goes on, and of nothing else. */
static void
test_overdue(void **state)
{
	(void)state;
	run(lasts);
}

static void
begins_anew(void)
{
	struct ctl_event e;

	memset(&ev, 0, sizeof(ev));
	history_begin(&ev, monotime_now(), NULL);
	CHECK(strcmp(ev.id, "0002") == 0);
	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.ended && !e.clean);
}

/* It lived at least as long as it wrote. */
static void
starts_at_home(void)
{
	struct ctl_event e;

	CHECK(history_event("0001", &e, NULL, NULL) == 0 && !e.ended);
	CHECK(e.seen_ns > e.began_ns && !e.end_unknown);
	history_close_open();
}

static void
end_is_lost(void)
{
	struct ctl_event e;

	CHECK(history_event("0001", &e, NULL, NULL) == 0);
	CHECK(e.ended && e.end_unknown && !e.clean);
	CHECK(e.ended_ns == e.seen_ns);
	CHECK(e.duration_s >= 2 && e.duration_s < 60);
	history_close_open();
	CHECK(history_event("0001", &e, NULL, NULL) == 0 &&
	      e.ended_ns == e.seen_ns);
}

/* Killed in an event, and nothing of it found: its end was the crash. */
static void
test_end_is_lost(void **state)
{
	(void)state;
	run(outage);
	run(starts_at_home);
	run(end_is_lost);
}

static void
ends_of_earlier_versions(void)
{
	struct ctl_event e;

	history_close_open();
	CHECK(history_event("0001", &e, NULL, NULL) == 0 && e.end_unknown);
	CHECK(e.ended_ns == INT64_C(1700000020000000000));
	CHECK(e.duration_s == 20);
	CHECK(history_event("0002", &e, NULL, NULL) == 0 && e.end_unknown);
	CHECK(e.ended_ns == e.began_ns && e.duration_s == 0);
}

/* Without moments of a boot; of one the clock on the wall was set back. */
static void
test_earlier_versions(void **state)
{
	(void)state;
	write_file("history",
	    "E\t0001\t1700000000000000000\t0\t0\t0\t3\t4\t5\t6\t7\t8\t0"
	    "\tpots\tcause\n"
	    "L\t0001\t1700000020000000000\t2\tpots\tthe last\n"
	    "E\t0002\t1700000000000000000\t0\t0\t0\t3\t4\t5\t6\t7\t8\t0"
	    "\tpots\tcause\t1\t2\t1600000000000000000\t0\n");
	run(ends_of_earlier_versions);
}

static void
test_not_adopted(void **state)
{
	(void)state;
	run(outage);
	run(begins_anew);
}

static void
some_left(void)
{
	struct ctl_event e;
	int n = 0;

	CHECK(history_events(count, &n) == 1);
	CHECK(history_event("000a", &e, collect, NULL) == 1);
	CHECK(strcmp(texts, "good|") == 0);
	CHECK(history_counters()->failovers == 3);
	CHECK(history_counters()->last_id == 10);
}

static void
test_broken_lines(void **state)
{
	(void)state;
	write_file("history",
	    "C\t3\t2\t9\n"
	    "E\t000a\t1\t2\t1\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause\n"
	    "E\t000b\t1\t2\t1\t1\t3\t4\t5\t6\t7\t8\t9\tpots\n" /* short */
	    "E\tNOID\t1\t2\t1\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause\n"
	    "E\t000c\t1\t2\t9\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause\n"
	    "E\t000d\t-1\t2\t1\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause\n"
	    "E\t000b\t1\t2\t1\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause\t0\t0\t0\t0"
	    "\t9\n"
	    "E\t000e\t1\t2\t0\t1\t3\t4\t5\t6\t7\t8\t9\tpots\tcause"
	    "\t1\t2\t3\t1\n" /* lost, but not over */
	    "M\t000a\tthis-one\t1\n"
	    "M\t000a\t\t1\t2\n"
	    "M\t000a\tthis-one\t2\t1\n" /* seen before it began */
	    "L\t000a\t1\t2\tpots\tgood\n"
	    "L\t000a\t1\t2\tpots\tbad \033[2J\n"
	    "L\t000a\t1\tx\tpots\tbad\n"
	    "L\t000f\t1\t2\tpots\tof no event\n"
	    "C\t-1\t0\t0\n"
	    "X\n\n\t\n"
	    "L\t000a\t1\t2\tpots\tcut sho");
	run(some_left);
}

static void
many(void)
{
	int i, k;

	for (i = 0; i < 300; i++) {
		memset(&ev, 0, sizeof(ev));
		history_begin(&ev, monotime_now(), NULL);
		for (k = 0; k < 400; k++)
			history_line("pots", "%0120d", k);
		ev.ended = 1;
		history_end(&ev);
	}
}

static void
ids(const struct ctl_event *e, void *arg)
{
	(void)arg;
	strlcat(texts, e->id, sizeof(texts));
	strlcat(texts, "|", sizeof(texts));
}

static void
few(void)
{
	struct ctl_event e;
	int n = 0;

	CHECK(history_events(count, &n) > 0 && n <= 64);
	CHECK(history_event("012c", &e, NULL, NULL) == 0); /* the last */
	CHECK(history_event("0001", &e, NULL, NULL) == -1);
	CHECK(history_counters()->last_id == 300);
	CHECK(history_last(3, ids, NULL) == 3);
	CHECK(strcmp(texts, "012a|012b|012c|") == 0);
	CHECK(history_last(0, ids, NULL) == 0);
}

static void
long_story(void)
{
	int i;

	memset(&ev, 0, sizeof(ev));
	history_begin(&ev, monotime_now(), NULL);
	for (i = 0; i < 1000; i++)
		history_line("pots", "line %d.", i);
	ev.ended = 1;
	history_end(&ev);
}

static void
its_ends(void)
{
	struct ctl_event e;
	int n;

	n = history_event("", &e, collect, NULL);
	CHECK(n > 100 && n < 1000);
	CHECK(strncmp(texts, "line 0.|line 1.|", 16) == 0);
	CHECK(strstr(texts, "line 500.|") == NULL);
	CHECK(strstr(texts, "line 998.|line 999.|") != NULL);
}

static void
one_event(const char *words)
{
	memset(&ev, 0, sizeof(ev));
	history_begin(&ev, monotime_now(), NULL);
	history_line("state", "%s", words);
	ev.ended = 1;
	history_end(&ev);
}

/* A file may grow to this by now; 0: to any size, as ever. */
static void
disk_holds(rlim_t size)
{
	struct rlimit files;

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &files) == 0);
	files.rlim_cur = size == 0 ? files.rlim_max : size;
	CHECK(setrlimit(RLIMIT_FSIZE, &files) == 0);
}

static void
disk_full(void)
{
	one_event("as ever");
	disk_holds(200); /* some of the next one */
	one_event("while it was full");
	disk_holds(0);
	one_event("when it was not any more");
}

static void
all_three_again(void)
{
	struct ctl_event e;

	CHECK(history_event("0001", &e, collect, NULL) == 1);
	CHECK(history_event("0002", &e, collect, NULL) == 1);
	CHECK(history_event("0003", &e, collect, NULL) == 1);
	CHECK(strcmp(texts, "as ever|while it was full|"
			    "when it was not any more|") == 0);
}

/* What a full disk did not take is written with the next event. */
static void
test_disk_full(void **state)
{
	(void)state;
	run(disk_full);
	run(all_three_again);
}

static void
disk_full_at_last(void)
{
	one_event("as ever");
	disk_holds(200);
	one_event("while it was full");
	disk_holds(0);
	history_flush(&ev); /* the daemon ends */
}

static void
both_there(void)
{
	struct ctl_event e;

	CHECK(history_event("0001", &e, collect, NULL) == 1);
	CHECK(history_event("0002", &e, collect, NULL) == 1 && e.ended);
	CHECK(strcmp(texts, "as ever|while it was full|") == 0);
}

/* There is no next event, but an orderly end. */
static void
test_disk_full_at_last(void **state)
{
	(void)state;
	run(disk_full_at_last);
	run(both_there);
}

static void
disk_full_for_long(void)
{
	disk_holds(100);
	many();
	disk_holds(0);
	one_event("when it was not any more");
}

static void
last_there(void)
{
	struct ctl_event e;
	int n = 0;

	CHECK(history_events(count, &n) >= 10);
	CHECK(history_event("012c", &e, collect, NULL) == 200);
	CHECK(history_event("012d", &e, NULL, NULL) == 0);
	CHECK(history_counters()->last_id == 301);
}

/* What is written then is no file that would not be read again. */
static void
test_disk_full_for_long(void **state)
{
	(void)state;
	run(disk_full_for_long);
	run(last_there);
}

/* A story that is too long is told from both its ends. */
static void
test_long_story(void **state)
{
	(void)state;
	run(long_story);
	run(its_ends);
}

static void
lossy(void)
{
	int i;

	CHECK(freopen(in_dir("log"), "w", stderr) != NULL);
	memset(&ev, 0, sizeof(ev));
	history_begin(&ev, monotime_now(), NULL);
	for (i = 0; i < 100; i++) {
		history_detail("eth1", "round bad: %d of 100.", i);
		history_line("state", "change %d.", i);
	}
	history_end(&ev);
	CHECK(history_event("", &ev, collect, NULL) == 200);
	CHECK(fflush(stderr) == 0);
}

/* The log gets some of the details and all of the rest; history has both. */
static void
test_details(void **state)
{
	char text[512];
	int details = 0, changes = 0;
	FILE *f;

	(void)state;
	run(lossy);
	assert_non_null(f = fopen(in_dir("log"), "r"));
	while (fgets(text, sizeof(text), f) != NULL) {
		details += strstr(text, "round bad") != NULL;
		changes += strstr(text, "change") != NULL;
	}
	fclose(f);
	unlink(in_dir("log"));
	assert_in_range(details, 2, 20);
	assert_int_equal(changes, 100);
}

static void
test_bounded(void **state)
{
	struct stat a, b;

	(void)state;
	run(many);
	assert_int_equal(stat(in_dir("history.0"), &a), 0);
	memset(&b, 0, sizeof(b));
	(void)stat(in_dir("history"), &b);
	assert_true(a.st_size + b.st_size < 1024 * 1024);
	run(few);
}

static void
memory_only(void)
{
	struct ctl_event e;

	memset(&ev, 0, sizeof(ev));
	history_begin(&ev, monotime_now(), NULL);
	history_line("state", "still told");
	ev.ended = 1;
	history_end(&ev);
	CHECK(history_event("", &e, collect, NULL) == 1);
}

/* What is no file of ours is left alone, and nothing waits for it. */
static void
test_not_a_file(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_dir("history.0"), 0600), 0);
	assert_int_equal(mkdir(in_dir("history"), 0700), 0);
	run(memory_only);
	assert_int_equal(rmdir(in_dir("history")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_comes_back),
		T(test_over_a_crash),
		T(test_not_adopted),
		T(test_end_is_lost),
		T(test_another_boot),
		T(test_overdue),
		T(test_earlier_versions),
		T(test_broken_lines),
		T(test_long_story),
		T(test_disk_full),
		T(test_disk_full_at_last),
		T(test_disk_full_for_long),
		T(test_details),
		T(test_bounded),
		T(test_not_a_file),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
