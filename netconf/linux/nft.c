/* SPDX-License-Identifier: ISC */
/*
 * Our nft table.  Which one it is, is one question to the kernel; it is
 * loaded by nft(8), since its libraries are GPL.  That happens when uplinks
 * or the configuration change, never to move traffic, and may take the time
 * of a program's start, but no more than LOAD_MS: the parent takes for dead
 * who is silent for 5 s.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/monotime.h"
#include "netconf/linux/nl.h"
#include "netconf/run.h"

#define LOAD_MS 4000

/* The kernel numbers tables from 1, and never the same way again. */
static int
decode(const struct nlmsghdr *h, void *handle)
{
	const struct nlattr *tb[NFTA_TABLE_HANDLE + 1], *a;
	uint64_t n = 1; /* before 4.16 it did not tell */

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
		return 0;
	if (nl_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_TABLE_HANDLE) == -1)
		return -1;
	a = tb[NFTA_TABLE_HANDLE];
	if (a != NULL && mnl_attr_get_payload_len(a) == sizeof(n))
		memcpy(&n, mnl_attr_get_payload(a), sizeof(n));
	memcpy(handle, &n, sizeof(n));
	return 0;
}

int
nft_handle(struct nl *nl, uint64_t *handle)
{
	struct nfgenmsg *m;

	*handle = 0;
	m = nl_begin(
	    nl, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, 0, sizeof(*m));
	m->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(&nl->hdr, NFTA_TABLE_NAME, "dialfail");
	if (nl_request(nl, decode, handle) == -1 && errno != ENOENT)
		return -1;
	return 0;
}

/* ---- the program ---- */

/* The text as a file that nft can seek in, and that it cannot wait for. */
static int
text_file(const char *text)
{
	size_t len = strlen(text);
	int fd;

	if ((fd = memfd_create("dialfail.nft", MFD_CLOEXEC)) == -1)
		return -1;
	if (write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Where distributions have it. */
static const char *const paths[] = { "/usr/sbin/nft", "/sbin/nft",
	"/usr/local/sbin/nft", "/usr/bin/nft" };

const char *
nft_missing(void)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (access(paths[i], X_OK) == 0)
			return NULL;
	return "nft(8) is missing: nothing can be switched; it is in the "
	       "package nftables";
}

/* 0, or an errno. */
static int
spawn(pid_t *pid, int in, int err)
{
	char *argv[] = { "nft", "-f", "-", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int error = ENOENT;
	size_t i;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, err, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
	/* what we ignore it must not */
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	for (i = 0; error == ENOENT && i < sizeof(paths) / sizeof(*paths); i++)
		error = posix_spawn(
		    pid, paths[i], &files, &attr, argv, child_environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

/* Its first line, which is enough: file, place and what is wrong. */
static void
keep_words(int fd, char *why, size_t size, size_t *len)
{
	char buf[512];
	ssize_t n, i;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n && (*len == 0 || why[*len - 1] != '\n'); i++)
			if (*len + 1 < size)
				why[(*len)++] =
				    buf[i] == '\n' ||
					    isprint((unsigned char)buf[i])
					? buf[i]
					: '?';
	why[*len] = '\0';
}

/* Until it ends, or its time does: then it is killed. */
static void
attend(pid_t pid, int words, char *why, size_t size)
{
	struct monotime until = monotime_add_ms(monotime_now(), LOAD_MS);
	struct pollfd p[2] = { { words, POLLIN, 0 }, { -1, POLLIN, 0 } };
	size_t len = 0;
	int64_t left;

	p[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	do {
		left = monotime_ms_between(monotime_now(), until);
		if (left <= 0 || p[1].fd == -1) {
			kill(pid, SIGKILL);
			break;
		}
		(void)poll(p, 2, (int)left);
		keep_words(words, why, size, &len);
		if (p[0].revents & POLLHUP)
			p[0].fd = -1; /* or it would be told for ever */
	} while (!(p[1].revents & POLLIN));
	if (p[1].fd != -1)
		close(p[1].fd);
	why[strcspn(why, "\n")] = '\0';
}

static int
outcome(pid_t pid, char *why, size_t size)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		snprintf(
		    why, size, "nft: killed by signal %d", WTERMSIG(status));
	else if (why[0] == '\0')
		snprintf(why, size, "nft: exit %d", WEXITSTATUS(status));
	errno = EINVAL;
	return -1;
}

int
nft_load(const char *text, char *why, size_t size)
{
	int in, words[2], error;
	pid_t pid;

	why[0] = '\0';
	if ((in = text_file(text)) == -1)
		return -1;
	if (pipe2(words, O_CLOEXEC | O_NONBLOCK) == -1) {
		close(in);
		return -1;
	}
	error = spawn(&pid, in, words[1]);
	close(in);
	close(words[1]);
	if (error == 0) {
		attend(pid, words[0], why, size);
		close(words[0]);
		return outcome(pid, why, size);
	}
	close(words[0]);
	snprintf(why, size, "nft: %s", strerror(error));
	errno = error;
	return -1;
}
