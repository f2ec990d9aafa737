/* SPDX-License-Identifier: ISC */
/*
 * A second port, where anything may be said at any time: what is made of it
 * can be told to the parent, and only questions go out.
 */
#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/watch.h"

#define LATER   0x80 /* the deadline is reached */
#define NEED(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
look(const struct watch *w, const struct watch_out *out)
{
	const struct radio *r = &w->radio;
	struct msg_radio m;
	struct msg_sim s = { .uplink = 1, .tries = r->tries };
	size_t i;

	memset(&m, 0, sizeof(m));
	m.uplink = m.second = 1;
	radio_tell(r, &m);
	NEED(msg_radio_valid(&m));
	memcpy(s.iccid, r->iccid, sizeof(s.iccid));
	NEED(msg_sim_valid(&s));
	NEED(radio_stat_text(m.stat) != NULL && radio_tech_text(m.tech) &&
	     radio_sim_text(m.sim) && radio_signal_text(m.dbm, m.rsrp));
	NEED(radio_registered(r) == RADIO_DOMAINS ||
	     radio_denied(r) == RADIO_DOMAINS);
	NEED(out->len < sizeof(out->data));
	if (out->len > 0)
		NEED(memcmp(out->data, "AT", 2) == 0 &&
		     out->data[out->len - 1] == '\r');
	for (i = 0; i + 1 < out->len; i++)
		NEED(out->data[i] >= 0x20 && out->data[i] <= 0x7e);
	NEED(monotime_valid(w->deadline));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct monotime now = monotime_from_ns(1000000000);
	struct watch_out out;
	struct watch w;
	size_t i;

	watch_begin(&w, now, &out);
	look(&w, &out);
	for (i = 0; i < size; i++) {
		if (data[i] == LATER) {
			now = w.deadline;
			watch_timeout(&w, now, &out);
		} else
			watch_input(&w, data[i], now, &out);
		look(&w, &out);
	}
	return 0;
}
