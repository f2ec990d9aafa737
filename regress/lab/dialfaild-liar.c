/* SPDX-License-Identifier: ISC */
/*
 * dialfaild-liar: the daemon whose prober lies, for the lab.  It is dialfaild,
 * and the linker puts what is here around the prober's part in the peers'
 * protocol (talk.h, gate.h).  The prober holds the key of each peer's tag, so
 * it can write all but a signature.  Of each datagram that it is to pass on,
 * the parent gets
 *
 *	one with an octet altered, another one each time;
 *	the same with an address that is a lie and a later counter, tagged;
 *	one that came before, again;
 *	and then the datagram itself, but of three only two.
 *
 * To each statement that it is to send, it answers in the peer's name: with an
 * acknowledgement, and with a challenge.
 */
#include <sys/types.h>

#include <string.h>

#include "common/log.h"
#include "common/peer_tag.h"
#include "prober/gate.h"
#include "prober/talk.h"

#define LIE         "198.51.100.66"
#define KEPT        4
#define OFF_ADDRESS 48 /* of a statement, dialfail-peers(7) */
#define ACK_LEN     24
#define NONCE_LEN   16

void __real_talk_listen(
    const struct msg_peer_listen *, talk_heard *, talk_dropped *);
void __wrap_talk_listen(
    const struct msg_peer_listen *, talk_heard *, talk_dropped *);
void __real_talk_send(const struct msg_peer_packet *);
void __wrap_talk_send(const struct msg_peer_packet *);
int __real_gate_add(const struct msg_peer_known *);
int __wrap_gate_add(const struct msg_peer_known *);

static talk_heard *tell;
static struct peer_pair pair; /* of the last peer: the lab has one */
static struct msg_peer_packet kept[KEPT];
static uint32_t nheard;

/* All that the parent looks at before the signature is right. */
static void
tag(struct msg_peer_packet *p)
{
	size_t len = p->len - PEER_TAIL;

	peer_tag(p->data, len, &pair, pair.peer, pair.own, p->data + len);
}

static void
alters(const struct msg_peer_packet *p)
{
	struct msg_peer_packet other = *p;

	other.data[nheard * 7 % p->len] ^= 0x10;
	tell(&other);
}

static void
forges(const struct msg_peer_packet *p)
{
	struct msg_peer_packet other = *p;

	if (addr_parse(LIE, &other.addr) == -1)
		fatalx("%s", LIE);
	other.data[PEER_OFF_COUNTER + 4]++;
	if (other.data[PEER_OFF_TYPE] == PEER_STATEMENT)
		memcpy(other.data + OFF_ADDRESS, other.addr.octet, 4);
	tag(&other);
	tell(&other);
}

static void
on_heard(const struct msg_peer_packet *p)
{
	struct msg_peer_packet *old = &kept[nheard % KEPT];

	alters(p);
	forges(p);
	if (nheard >= KEPT)
		tell(old);
	*old = *p;
	if (nheard++ % 3 != 2)
		tell(p);
}

/* From where the statement goes to, with its counter. */
static void
answers(const struct msg_peer_packet *p, uint8_t type, const uint8_t *own,
    uint32_t len)
{
	struct msg_peer_packet m = *p;

	m.data[PEER_OFF_TYPE] = type;
	memcpy(m.data + PEER_OFF_SENDER, pair.peer, PEER_ID_LEN);
	memcpy(m.data + PEER_OFF_RECEIVER, pair.own, PEER_ID_LEN);
	memcpy(m.data + PEER_OFF_OWN, own, len);
	m.len = PEER_OFF_OWN + len + PEER_TAIL;
	tag(&m);
	tell(&m);
}

void
__wrap_talk_listen(
    const struct msg_peer_listen *l, talk_heard *user, talk_dropped *dropped)
{
	tell = user;
	memcpy(pair.own, l->key, sizeof(pair.own));
	__real_talk_listen(l, on_heard, dropped);
}

int
__wrap_gate_add(const struct msg_peer_known *k)
{
	memcpy(pair.peer, k->key, sizeof(pair.peer));
	memcpy(pair.tag_key, k->tag_key, sizeof(pair.tag_key));
	return __real_gate_add(k);
}

void
__wrap_talk_send(const struct msg_peer_packet *p)
{
	static const uint8_t ack[ACK_LEN] = { 1, 0, 0, 0 }; /* it is applied */
	static const uint8_t nonce[NONCE_LEN] = { 0x66 };

	__real_talk_send(p);
	if (p->data[PEER_OFF_TYPE] != PEER_STATEMENT)
		return;
	answers(p, PEER_ACK, ack, sizeof(ack));
	answers(p, PEER_CHALLENGE, nonce, sizeof(nonce));
}
