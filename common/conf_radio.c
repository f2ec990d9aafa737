/* SPDX-License-Identifier: ISC */
/* The words of packet modems: access point, PIN, second port. */
#include <string.h>

#include "common/conf_int.h"

const char *const conf_pdp_words[] = { [CONF_PDP_INET] = "inet",
	[CONF_PDP_INET6] = "inet6",
	[CONF_PDP_BOTH] = "both" };

/*
 * Dialled when no number is given.  The first is of 3GPP TS 27.007, 10.2.1,
 * and names the context; the second is what older modems know.
 */
static const char *const services[] = { "*99***1#", "*99#" };

static struct conf_uplink_build *
build_now(struct conf_build *b)
{
	return &b->uplink[b->now];
}

/* 3GPP TS 23.003, 9.1: labels as in the DNS; nothing that ends a string. */
int
conf_apn_valid(const char *apn)
{
	size_t len = strlen(apn);

	return len < CONF_APN_LEN &&
	       strspn(apn, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == len;
}

int
conf_modem_packet(const struct conf_modem *m)
{
	uint32_t i;

	for (i = 0; i < m->nphones; i++)
		if (!conf_phone_telephone(m->phone[i]))
			return 1;
	return 0;
}

void
conf_build_apn(struct conf_build *b, const struct conf_text *text)
{
	build_now(b)->apn = *text;
	if (text->s[0] == '\0' || !conf_apn_valid(text->s))
		conf_src_error(b->src, text,
		    "\"%s\" is not the name of an access point: at "
		    "most %d letters, digits and . - _",
		    text->s, CONF_APN_LEN - 1);
	else
		(void)strlcpy(
		    conf_build_uplink(b)->modem.apn, text->s, CONF_APN_LEN);
}

void
conf_build_pdp(
    struct conf_build *b, const struct conf_text *word, enum conf_pdp pdp)
{
	build_now(b)->pdp = *word;
	conf_build_uplink(b)->modem.pdp = pdp;
}

void
conf_build_pin(struct conf_build *b, const struct conf_text *path)
{
	build_now(b)->pin = *path;
	conf_build_uplink(b)->modem.pin = 1;
	conf_build_path(b, conf_build_private(b)->pin, path, "pin file");
	if (b->now < CONF_UPLINKS_MAX)
		conf_build_where(&b->conf->pin_where[b->now], path);
}

void
conf_build_status(struct conf_build *b, const struct conf_text *path)
{
	build_now(b)->status = *path;
	conf_build_uplink(b)->modem.status = 1;
	conf_build_path(b, conf_build_private(b)->status, path, "status");
}

void
conf_build_radio_end(struct conf_build *b)
{
	const struct conf_uplink_build *ub = build_now(b);
	struct conf_modem *m = &conf_build_uplink(b)->modem;
	const struct conf_private *p = conf_build_private(b);
	const struct {
		const char *word;
		const struct conf_text *text;
	} needs[] = { { "apn", &ub->apn }, { "pin", &ub->pin },
		{ "status", &ub->status } };
	size_t i;

	if (ub->apn.s != NULL && m->nphones == 0)
		for (i = 0; i < sizeof(services) / sizeof(services[0]); i++)
			(void)strlcpy(m->phone[m->nphones++], services[i],
			    CONF_PHONE_LEN);
	for (i = 0; m->nphones > 0 && i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].text->s != NULL && !conf_modem_packet(m))
			conf_src_error(b->src, needs[i].text,
			    "\"%s\" needs a packet modem: phone \"*99#\"",
			    needs[i].word);
	if (ub->pdp.s != NULL && ub->apn.s == NULL)
		conf_src_error(b->src, &ub->pdp,
		    "pdp needs an access point: apn \"NAME\"");
	if (ub->status.s != NULL && strcmp(p->status, p->tty) == 0)
		conf_src_error(b->src, &ub->status,
		    "the port for status is another than the modem's");
}
