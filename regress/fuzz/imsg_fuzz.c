/* SPDX-License-Identifier: ISC */
/*
 * Any octets from the other end of a channel, in pieces of any size: whole
 * messages or an error, and each kind's range check reads no further than
 * its struct.
 */
#include <sys/socket.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/imsg.h"
#include "common/msg.h"

#define CHUNK_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* In a block of exactly its size, so that a sanitizer sees one octet more. */
#define CHECK(TYPE, kind)                                      \
	case IMSG_##TYPE: {                                    \
		struct msg_##kind *m_;                         \
                                                               \
		if ((m_ = malloc(sizeof(*m_))) == NULL)        \
			abort();                               \
		if (imsg_get_data(imsg, m_, sizeof(*m_)) == 0) \
			(void)msg_##kind##_valid(m_);          \
		free(m_);                                      \
		break;                                         \
	}
#define CHECK_CONF(TYPE, kind)                                 \
	case IMSG_##TYPE: {                                    \
		struct conf_##kind *m_;                        \
                                                               \
		if ((m_ = malloc(sizeof(*m_))) == NULL)        \
			abort();                               \
		if (imsg_get_data(imsg, m_, sizeof(*m_)) == 0) \
			(void)conf_##kind##_valid(m_);         \
		free(m_);                                      \
		break;                                         \
	}

static void
one(struct imsg *imsg)
{
	char text[MSG_TEXT_LEN];

	if (*msg_name(imsg_get_type(imsg)) == '\0')
		abort();
	switch (imsg_get_type(imsg)) {
		CHECK(FACTS, facts)
		CHECK(PROBE, probe)
		CHECK(ROUND, round)
		CHECK(STATS, stats)
		CHECK(TTY_OPEN, link)
		CHECK(DIAL, dial)
		CHECK(DIAL_PHASE, link_text)
		CHECK(DIAL_RESULT, link_result)
		CHECK(PPP_UP, ppp_up)
		CHECK(PPP_DOWN, ppp_down)
		CHECK(NET_WANT, net_want)
		CHECK(NET_STEP, net_step)
		CHECK(NET_DONE, net_done)
		CHECK(NET_ADOPT, net_adopt)
		CHECK(NET_DRAINED, net_drained)
		CHECK(NET_NOTES, net_notes)
		CHECK(NET_BLOCKED, net_blocked)
		CHECK(NET_PROOF, net_proof)
		CHECK(NET_LINE, net_line)
		CHECK(CONF_TEXT, conf_text)
		CHECK(NET_PLAN, net_plan)
		CHECK(NET_PLAN_STEP, net_plan_step)
		CHECK(NET_PLAN_END, net_plan_end)
		CHECK(ALARM, alarm)
		CHECK(ALARM_DONE, alarm_done)
		CHECK(HOOKS, hooks)
		CHECK(HOOK_DONE, hook_done)
		CHECK_CONF(CONF_GLOBAL, global)
		CHECK_CONF(CONF_UPLINK, uplink)
	default:
		(void)imsg_get_strbuf(imsg, text, sizeof(text));
	}
}

static int
drain(struct imsgbuf *ibuf)
{
	struct imsg imsg;
	int n;

	while ((n = imsgbuf_get(ibuf, &imsg)) == 1) {
		if (imsg_get_len(&imsg) > MAX_IMSGSIZE - IMSG_HEADER_SIZE)
			abort();
		if (imsg_get_fd(&imsg) != -1)
			abort(); /* none was sent */
		one(&imsg);
		imsg_free(&imsg);
	}
	return n;
}

/* The first octet says how large the pieces are. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imsgbuf ibuf;
	size_t n, piece;
	int fd[2];

	if (size < 1)
		return 0;
	piece = data[0] == 0 ? CHUNK_MAX : data[0];
	data++;
	size--;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == -1 ||
	    imsgbuf_init(&ibuf, fd[1]) == -1)
		abort();
	imsgbuf_allow_fdpass(&ibuf);
	for (; size > 0; data += n, size -= n) {
		n = size < piece ? size : piece;
		if (write(fd[0], data, n) != (ssize_t)n)
			abort();
		if (imsgbuf_read(&ibuf) != 1 || drain(&ibuf) != 0)
			break;
	}
	imsgbuf_clear(&ibuf);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
