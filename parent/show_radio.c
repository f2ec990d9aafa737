/* SPDX-License-Identifier: ISC */
/* What show says of a packet modem's card and network. */
#include <sys/types.h>

#include <string.h>

#include "dialer/radio.h"
#include "parent/parent.h"

void
show_radio(struct ctl_radio *r, uint32_t id)
{
	const struct msg_radio *m;

	if ((m = link_radio(id, &r->age_s)) == NULL)
		return;
	r->known = 1;
	strlcpy(r->sim, radio_sim_text(m->sim), sizeof(r->sim));
	strlcpy(r->card, m->card, sizeof(r->card));
	r->tries = m->tries;
	strlcpy(r->operator, m->operator, sizeof(r->operator));
	r->registered = (uint32_t)radio_stat_registered(m->stat);
	strlcpy(
	    r->registration, radio_stat_text(m->stat), sizeof(r->registration));
	if (r->registered)
		strlcpy(r->technology, radio_tech_text(m->tech),
		    sizeof(r->technology));
	r->dbm = m->dbm;
	strlcpy(
	    r->signal, radio_signal_text(m->dbm, m->rsrp), sizeof(r->signal));
	r->address = m->address;
}
