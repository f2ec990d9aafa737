/* SPDX-License-Identifier: ISC */
/* Statistics of one target; see stats.h. */
#include <sys/types.h>

#include <stdlib.h>

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

	histogram_add(&s->rtt, rtt_ns / 1000);
	if (!in_time) {
		s->late++;
		return;
	}
	s->received++;
	s->rtt_last_ns = rtt_ns;
	if ((p = find(s, seq)) != NULL)
		p->rtt_ns = rtt_ns;
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The nearest rank: so many of a hundred were not longer. */
static int64_t
percentile(const int64_t *rtt, size_t n, size_t percent)
{
	return rtt[(n * percent + 99) / 100 - 1];
}

/* Of at least one round-trip time. */
static void
describe(int64_t *rtt, size_t n, struct msg_stats *m)
{
	int64_t sum = 0, dev = 0;
	size_t i;

	qsort(rtt, n, sizeof(*rtt), by_size);
	for (i = 0; i < n; i++)
		sum += rtt[i];
	m->rtt_avg_ns = sum / (int64_t)n;
	for (i = 0; i < n; i++)
		dev += rtt[i] > m->rtt_avg_ns ? rtt[i] - m->rtt_avg_ns
					      : m->rtt_avg_ns - rtt[i];
	m->rtt_mdev_ns = dev / (int64_t)n;
	m->rtt_min_ns = rtt[0];
	m->rtt_max_ns = rtt[n - 1];
	m->rtt_p50_ns = percentile(rtt, n, 50);
	m->rtt_p95_ns = percentile(rtt, n, 95);
	m->rtt_p99_ns = percentile(rtt, n, 99);
}

void
stats_report(const struct stats *s, struct monotime now, int64_t open_ms,
    struct msg_stats *m)
{
	int64_t rtt[STATS_SAMPLES], age;
	const struct stats_sample *p;
	size_t n = 0;

	m->sent = s->sent;
	m->received = s->received;
	m->late = s->late;
	m->rtt_last_ns = s->rtt_last_ns;
	m->rtt = s->rtt;
	for (p = s->sample; p < &s->sample[STATS_SAMPLES]; p++) {
		age = monotime_ms_between(p->at, now);
		if (!monotime_valid(p->at) || age > STATS_WINDOW_MS ||
		    (p->rtt_ns == 0 && age < open_ms))
			continue;
		m->recent_sent++;
		if (p->rtt_ns == 0)
			m->recent_lost++;
		else
			rtt[n++] = p->rtt_ns;
	}
	if (n > 0)
		describe(rtt, n, m);
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
