/* SPDX-License-Identifier: ISC */
/* Statistics of one target; see stats.h. */
#include <sys/types.h>

#include "prober/stats.h"

void
stats_sent(struct stats *s, uint16_t seq, struct monotime now)
{
	struct stats_sample *p = &s->sample[s->next++ % STATS_SAMPLES];

	s->sent++;
	p->at = now;
	p->seq = seq;
	p->rtt_ns = 0;
}

static struct stats_sample *
find(struct stats *s, uint16_t seq)
{
	uint32_t i;

	/* the newest first: sequence numbers come round again */
	for (i = 1; i <= STATS_SAMPLES && i <= s->next; i++) {
		struct stats_sample *p =
		    &s->sample[(s->next - i) % STATS_SAMPLES];

		if (p->seq == seq)
			return p;
	}
	return NULL;
}

void
stats_forget(struct stats *s, uint16_t seq)
{
	struct stats_sample *p;

	if ((p = find(s, seq)) == NULL)
		return;
	s->sent--;
	p->at = (struct monotime){ 0 };
}

void
stats_answer(struct stats *s, uint16_t seq, int64_t rtt_ns, int in_time)
{
	struct stats_sample *p;

	if (!in_time) {
		s->late++;
		return;
	}
	s->received++;
	s->rtt_last_ns = rtt_ns;
	if ((p = find(s, seq)) != NULL)
		p->rtt_ns = rtt_ns;
}

void
stats_report(const struct stats *s, struct monotime now, int64_t open_ms,
    struct msg_stats *m)
{
	int64_t sum = 0, dev = 0, n = 0, age;
	uint32_t i;

	m->sent = s->sent;
	m->received = s->received;
	m->late = s->late;
	m->rtt_last_ns = s->rtt_last_ns;
	for (i = 0; i < STATS_SAMPLES; i++) {
		const struct stats_sample *p = &s->sample[i];

		age = monotime_ms_between(p->at, now);
		if (!monotime_valid(p->at) || age > STATS_WINDOW_MS ||
		    (p->rtt_ns == 0 && age < open_ms))
			continue;
		m->recent_sent++;
		if (p->rtt_ns == 0) {
			m->recent_lost++;
			continue;
		}
		sum += p->rtt_ns;
		n++;
		if (m->rtt_min_ns == 0 || p->rtt_ns < m->rtt_min_ns)
			m->rtt_min_ns = p->rtt_ns;
		if (p->rtt_ns > m->rtt_max_ns)
			m->rtt_max_ns = p->rtt_ns;
	}
	if (n == 0)
		return;
	m->rtt_avg_ns = sum / n;
	for (i = 0; i < STATS_SAMPLES; i++) {
		const struct stats_sample *p = &s->sample[i];

		if (p->rtt_ns > 0 &&
		    monotime_ms_between(p->at, now) <= STATS_WINDOW_MS)
			dev += p->rtt_ns > m->rtt_avg_ns
				   ? p->rtt_ns - m->rtt_avg_ns
				   : m->rtt_avg_ns - p->rtt_ns;
	}
	m->rtt_mdev_ns = dev / n;
}

void
stats_last(const struct stats *s, struct monotime now, int64_t open_ms,
    uint32_t n, uint32_t *answered, uint32_t *lost)
{
	const struct stats_sample *p;
	uint32_t i;

	*answered = *lost = 0;
	for (i = 1; i <= STATS_SAMPLES && i <= s->next; i++) {
		p = &s->sample[(s->next - i) % STATS_SAMPLES];
		if (*answered + *lost == n)
			return;
		if (!monotime_valid(p->at))
			continue;
		if (p->rtt_ns > 0)
			(*answered)++;
		else if (monotime_ms_between(p->at, now) >= open_ms)
			(*lost)++;
	}
}
