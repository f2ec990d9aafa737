/* SPDX-License-Identifier: ISC */
/*
 * One capture for an event, and few in an hour: a line that goes up and down
 * all day must not wear out a flash disk, nor push the captures out that
 * show how it began.
 */
#include <sys/types.h>

#include <string.h>
#include <unistd.h>

#include "parent/capture.h"
#include "parent/history.h"
#include "parent/parent.h"

#define CAPTURES_MAX 12 /* in CAPTURES_MS */
#define CAPTURES_MS  (60 * 60 * 1000)

static struct msg_capture asked; /* empty: nothing is under way */

static int
is_asked(const char *event)
{
	return asked.event[0] != '\0' && strcmp(asked.event, event) == 0;
}

static int
too_many(struct monotime now)
{
	static struct monotime since;
	static unsigned int n;

	if (!monotime_valid(since) ||
	    monotime_ms_between(since, now) >= CAPTURES_MS) {
		since = now;
		n = 0;
	}
	return n++ >= CAPTURES_MAX;
}

void
capture_ask(const char *event)
{
	if (parent->uplink[0].conf.capture == CONF_CAPTURE_NONE)
		return;
	if (too_many(monotime_now())) {
		history_line("capture", "none: %d in this hour are enough",
		    CAPTURES_MAX);
		return;
	}
	memset(&asked, 0, sizeof(asked));
	strlcpy(asked.event, event, sizeof(asked.event));
	parent_send(CHILD_NETCONF, IMSG_CAPTURE, -1, &asked, sizeof(asked));
}

void
capture_got_file(struct imsg *imsg)
{
	struct msg_capture m;
	int fd;

	if (parent_get(CHILD_NETCONF, imsg, &m, sizeof(m)) == -1)
		return;
	if ((fd = imsg_get_fd(imsg)) == -1 || !msg_capture_valid(&m)) {
		if (fd != -1)
			close(fd);
		parent_distrust(CHILD_NETCONF, IMSG_CAPTURE_FILE);
		return;
	}
	if (!is_asked(m.event)) {
		close(fd);
		return;
	}
	asked = m;
	memset(m.path, 0, sizeof(m.path));
	parent_send(CHILD_PROBER, IMSG_CAPTURE_FILE, fd, &m, sizeof(m));
}

void
capture_got_done(enum child_id from, struct imsg *imsg)
{
	struct msg_capture_done d;

	if (parent_get(from, imsg, &d, sizeof(d)) == -1)
		return;
	if (!msg_capture_done_valid(&d) || (from == CHILD_NETCONF && d.ok)) {
		parent_distrust(from, IMSG_CAPTURE_DONE);
		return;
	}
	/* nor has the prober done anything before it was given the file */
	if (!is_asked(d.event) ||
	    (from == CHILD_PROBER && asked.path[0] == '\0'))
		return;
	if (d.ok)
		history_line("capture", "%u frame%s in %s", d.frames,
		    d.frames == 1 ? "" : "s", asked.path);
	else
		history_line("capture", "failed: %s", d.text);
	memset(&asked, 0, sizeof(asked));
}
