/* SPDX-License-Identifier: ISC */
/*
 * Lock files of ports: ours as others read it, and theirs as we do.  Only one
 * whose holder is surely dead is broken.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "netconf/tty_lock.h"
#include "regress/unit/folder.h"
#include "regress/unit/somebody.h"

#define DEVICE "/dev/pts/3"

static int
setup(void **state)
{
	struct folder *f;

	if (folder_make(state) == -1)
		return -1;
	f = *state;
	snprintf(f->file, sizeof(f->file), "%s/LCK..pts_3", f->path);
	return 0;
}

/* A number that was a process's until now. */
static pid_t
nobody(void)
{
	pid_t pid = somebody();

	somebody_ends(pid);
	return pid;
}

static void
put_text(const struct folder *f, const char *format, pid_t pid)
{
	char text[64];

	snprintf(text, sizeof(text), format, (int)pid);
	folder_put(f, text, strlen(text), 0644);
}

/* Another program's is respected: nobody else's file is made either. */
static void
assert_busy(const struct folder *f, pid_t holder)
{
	assert_int_equal(tty_lock_holder(f->path, DEVICE), holder);
	assert_int_equal(tty_lock_take(f->path, DEVICE, getpid()), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(access(f->file, F_OK), 0);
}

/* It is broken, and ours afterwards. */
static void
assert_broken(const struct folder *f)
{
	pid_t heir = somebody();

	assert_int_equal(tty_lock_holder(f->path, DEVICE), 0);
	assert_int_equal(tty_lock_take(f->path, DEVICE, heir), 0);
	assert_int_equal(tty_lock_holder(f->path, DEVICE), heir);
	tty_lock_drop(f->path, DEVICE, heir);
	assert_int_equal(access(f->file, F_OK), -1);
	somebody_ends(heir);
}

static void
test_ours(void **state)
{
	struct folder *f = *state;
	char text[16] = "", want[16];
	mode_t before = umask(077);
	struct stat st;
	FILE *file;

	assert_int_equal(tty_lock_take(f->path, DEVICE, getpid()), 0);
	umask(before);
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_non_null(file = fopen(f->file, "r"));
	assert_non_null(fgets(text, sizeof(text), file));
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	snprintf(want, sizeof(want), "%10d\n", (int)getpid());
	assert_string_equal(text, want);
	tty_lock_drop(f->path, DEVICE, getpid());
	assert_int_equal(access(f->file, F_OK), -1);
	tty_lock_drop(f->path, DEVICE, getpid()); /* there is none */
}

/* pppd's from now on, also for those who look at it. */
static void
test_hand_over(void **state)
{
	struct folder *f = *state;
	pid_t other = somebody();

	assert_int_equal(tty_lock_take(f->path, DEVICE, getpid()), 0);
	assert_int_equal(tty_lock_hand_over(f->path, DEVICE, other), 0);
	assert_busy(f, other);
	tty_lock_drop(f->path, DEVICE, getpid()); /* not ours: it stays */
	assert_busy(f, other);
	somebody_ends(other);
	assert_broken(f);
}

/* As UUCP, pppd, minicom and others write it. */
static void
test_forms(void **state)
{
	static const char *const form[] = { "%10d\n", "%d\n", "%d", "%10d",
		"%d pppd root\n", "%10d minicom root\n", "%010d\n" };
	struct folder *f = *state;
	pid_t alive = somebody(), dead = nobody();
	size_t i;

	for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		put_text(f, form[i], alive);
		assert_busy(f, alive);
		put_text(f, form[i], dead);
		assert_broken(f);
	}
	somebody_ends(alive);
}

/* Four octets are that number, whether there is such a process or not. */
static void
assert_read(const struct folder *f, const char *four, pid_t holder)
{
	folder_put(f, four, 4, 0644);
	if (kill(holder, 0) == -1 && errno == ESRCH)
		assert_broken(f);
	else
		assert_busy(f, holder);
}

/*
 * As kermit and older UUCPs write it: an int, even if it looks like the
 * digits of another number; but digits alone are digits.
 */
static void
test_binary(void **state)
{
	struct folder *f = *state;
	pid_t alive = somebody(), dead = nobody();

	folder_put(f, &alive, sizeof(alive), 0644);
	assert_busy(f, alive);
	folder_put(f, &dead, sizeof(dead), 0644);
	assert_broken(f);
	/* little-endian */
	assert_read(f, "99\0", '9' | '9' << 8);
	assert_read(f, "7157", 7157);
	assert_read(f, "715\n", 715);
	somebody_ends(alive);
}

/* Rubbish has no dead holder, so it is not ours to break. */
static void
test_rubbish(void **state)
{
	static const char *const rubbish[] = { "", "\n", "mine!\n", "-1\n",
		"         0\n", "99999999999\n", "2147483648\n", "0x10\n",
		"7157mine\n", "7157.5\n", "mine" };
	struct folder *f = *state;
	int zero = 0, negative = -7;
	size_t i;

	for (i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		put_text(f, rubbish[i], 0);
		assert_busy(f, 0);
	}
	folder_put(f, &zero, sizeof(zero), 0644);
	assert_busy(f, 0);
	folder_put(f, &negative, sizeof(negative), 0644);
	assert_busy(f, 0);
}

/* Neither a link is followed nor a pipe waited for. */
static void
test_no_file(void **state)
{
	struct folder *f = *state;

	assert_int_equal(symlink("/proc/self/stat", f->file), 0);
	assert_busy(f, 0);
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(mkfifo(f->file, 0644), 0);
	assert_busy(f, 0);
}

/* Our number in a file that we did not write: from before a boot. */
static void
test_own_number(void **state)
{
	struct folder *f = *state;

	put_text(f, "%10d\n", getpid());
	assert_broken(f);
}

/* A holder that we may not signal lives all the same. */
static void
test_other_user(void **state)
{
	struct folder *f = *state;
	pid_t pid, holder = getpid();
	int status;

	if (getuid() != 0)
		skip();
	put_text(f, "%10d\n", holder);
	assert_int_equal(chmod(f->path, 0755), 0);
	if ((pid = fork()) == 0)
		_exit(setuid(65534) == -1 || kill(holder, 0) != -1 ||
		      tty_lock_holder(f->path, DEVICE) != holder);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Nothing is left behind where nothing can be made. */
static void
test_no_folder(void **state)
{
	(void)state;
	assert_int_equal(tty_lock_take("/nonexistent", DEVICE, getpid()), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(tty_lock_holder("/nonexistent", DEVICE), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_ours, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_hand_over, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_forms, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_binary, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_rubbish, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_no_file, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_own_number, setup, folder_remove),
		cmocka_unit_test_setup_teardown(
		    test_other_user, setup, folder_remove),
		cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
