/* SPDX-License-Identifier: ISC */
/*
 * Octets of a client on the control socket, through imsg and control.c.  The
 * first octet says which socket and where a write ends; verbs answer with
 * records, at once or never.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <event.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "parent/control.h"
#include "regress/fuzz/quiet_log.h"

int LLVMFuzzerInitialize(int *, char ***);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char path[2][64];

/* What is handed on has been checked: reading it all must be allowed. */
void
verbs_request(uint32_t ctl, uint32_t type, const void *data)
{
	struct ctl_line l;

	memset(&l, 0, sizeof(l));
	switch (type) {
	case IMSG_CTL_SHOW:
		if (strlen(((const struct ctl_show *)data)->name) >=
		    CTL_NAME_LEN)
			abort();
		control_record(ctl, IMSG_CTL_LINE, &l, sizeof(l));
		control_result(ctl, CTL_OK, "done");
		break;
	case IMSG_CTL_FAILOVER:
		if (strlen(((const struct ctl_failover *)data)->name) >=
		    CTL_NAME_LEN)
			abort();
		break;
	case IMSG_CTL_FORGET:
		if (strlen(((const struct ctl_forget *)data)->name) >=
		    CTL_NAME_LEN)
			abort();
		break;
	case IMSG_CTL_MONITOR:
		control_add_monitor(ctl);
		control_monitor(&l);
		break;
	case IMSG_CTL_HOLD:
	case IMSG_CTL_RELOAD:
	case IMSG_CTL_LOG:
		control_result(ctl, CTL_REFUSED, "%u",
		    ((const struct ctl_time *)data)->for_s);
		break;
	default:
		if (data != NULL)
			abort();
	}
}

static void
name(struct sockaddr_un *sun, int i)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	strlcpy(sun->sun_path, path[i], sizeof(sun->sun_path));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct sockaddr_un sun;
	int i, fd[2];

	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	event_init();
	for (i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "/tmp/dialfail-fuzz.%d.%d",
		    (int)getpid(), i);
		name(&sun, i);
		fd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (bind(fd[i], (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
		    listen(fd[i], 8) == -1)
			abort();
	}
	control_init(fd[0], fd[1]);
	return 0;
}

static void
run(void)
{
	int i;

	for (i = 0; i < 3; i++)
		event_loop(EVLOOP_NONBLOCK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un sun;
	size_t at, step;
	char answer[4096];
	int fd;

	if (size < 2)
		return -1;
	name(&sun, data[0] & 1);
	step = (size_t)(data[0] >> 1) + 1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		abort();
	for (at = 1; at < size; at += step) {
		if (step > size - at)
			step = size - at;
		if (write(fd, data + at, step) == -1)
			break;
		run();
	}
	while (read(fd, answer, sizeof(answer)) > 0)
		run();
	close(fd);
	run();
	return 0;
}
