/* SPDX-License-Identifier: ISC */
/* What a client asks for, in words; see request.h. */
#include <stdio.h>
#include <string.h>

#include "parent/request.h"

const char *
request_word(uint32_t type)
{
	switch (type) {
	case IMSG_CTL_FAILOVER:
		return "failover";
	case IMSG_CTL_FALLBACK:
		return "fallback";
	case IMSG_CTL_CONFIRM:
		return "confirm";
	case IMSG_CTL_HOLD:
		return "hold";
	case IMSG_CTL_RELEASE:
		return "release";
	case IMSG_CTL_DRILL:
		return "drill";
	case IMSG_CTL_GRANT:
		return "grant";
	case IMSG_CTL_FORGET:
		return "forget";
	case IMSG_CTL_RELOAD:
		return "reload";
	case IMSG_CTL_CLEAR:
		return "clear";
	case IMSG_CTL_LOG:
		return "log";
	case IMSG_CTL_TEST:
		return "test alarm";
	default:
		return msg_name(type);
	}
}

/* Of a backup or a peer. */
static const char *
name_in(uint32_t type, const void *data)
{
	switch (type) {
	case IMSG_CTL_FAILOVER:
		return ((const struct ctl_failover *)data)->name;
	case IMSG_CTL_DRILL:
		return ((const struct ctl_name *)data)->name;
	case IMSG_CTL_GRANT:
		return ((const struct ctl_grant *)data)->name;
	case IMSG_CTL_FORGET:
		return ((const struct ctl_forget *)data)->name;
	default:
		return "";
	}
}

/* 0: for no time. */
static uint32_t
seconds_in(uint32_t type, const void *data)
{
	switch (type) {
	case IMSG_CTL_FAILOVER:
		return ((const struct ctl_failover *)data)->for_s;
	case IMSG_CTL_HOLD:
	case IMSG_CTL_RELOAD:
		return ((const struct ctl_time *)data)->for_s;
	default:
		return 0;
	}
}

/* Other names are not to be had behind the chroot. */
static void
who(uid_t uid, char *buf, size_t size)
{
	if (uid == (uid_t)-1)
		strlcpy(buf, "unknown", size);
	else if (uid == 0)
		strlcpy(buf, "root", size);
	else
		snprintf(buf, size, "uid %u", (unsigned int)uid);
}

void
request_text(uint32_t type, const void *data, uid_t uid, char *buf, size_t size)
{
	const char *name = name_in(type, data);
	uint32_t s = seconds_in(type, data);
	char time[24] = "", by[24];

	if (s == CTL_FOREVER)
		strlcpy(time, " forever", sizeof(time));
	else if (s != 0)
		snprintf(time, sizeof(time), " for %u s", s);
	who(uid, by, sizeof(by));
	snprintf(buf, size, "%s%s%s%s, asked by %s", request_word(type),
	    name[0] != '\0' ? " " : "", name, time, by);
}
