/* SPDX-License-Identifier: ISC */
/*
 * What a configuration would have done of rounds that were recorded: the
 * state machine and decide.h with the clock of the samples.  No I/O.
 *
 * It is an estimate.  Targets that were not probed count neither way, a round
 * that ended early goes on as it began, and backups always work: they are up
 * in REPLAY_DIAL_MS, if they must be dialled, and proved in REPLAY_PROVE_MS.
 * A sample's rounds are evenly spread over its time.  After an hour without
 * any it begins anew, on the primary.
 */
#ifndef PARENT_REPLAY_H
#define PARENT_REPLAY_H

#include "common/conf.h"
#include "parent/ctl_client.h"
#include "parent/sample_list.h"

#define REPLAY_DIAL_MS  10000
#define REPLAY_PROVE_MS 500

/* Traffic moved. */
struct replay_moment {
	int64_t ms; /* wall clock */
	uint32_t uplink; /* to this one */
	uint32_t cause; /* enum msg_cause, of a failover */
};

struct replay {
	uint64_t rounds; /* of the primary, that counted */
	int64_t from_ms; /* the first of them began */
	int64_t to_ms; /* the last ended */
	uint32_t failovers;
	uint32_t fallbacks;
	int64_t backup_ms; /* with traffic on a backup */
	size_t n;
	struct replay_moment *moment; /* replay_free */
	uint32_t unknown; /* mask of the primary's targets not recorded */
};

/* Exits when there is no memory. */
void replay_run(
    struct replay *, const struct sample_list *, const struct conf *);
void replay_free(struct replay *);

/*
 * dialfailctl replay: of a file that show probes was written to, or of what
 * the daemon keeps (file "history"), with this configuration; if there is
 * another one, with that, too, and how they differ.  An exit code, or exits
 * itself with a reason.
 */
int replay(struct ctl_client *, const char *file, const char *conf,
    const char *other, int as_json, FILE *);

#endif
