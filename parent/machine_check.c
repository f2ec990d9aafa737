/* SPDX-License-Identifier: ISC */
/*
 * The invariants of machine.h which one state and one list of actions show.
 * Those about the order of events are in machine_explore_test.c, which has a
 * model of links and kernel of its own.
 */
#include "parent/machine_int.h"

static bool
is_home(enum machine_state s)
{
	return (s == MACHINE_STARTING || s == MACHINE_ON_PRIMARY ||
		s == MACHINE_SUSPECT || s == MACHINE_RETURNING);
}

static const char *
check_want(const struct machine *m, const struct machine_conf *conf)
{
	if (m->want.active >= conf->nuplinks)
		return ("no configured uplink is wanted");
	if (is_home(m->state) && m->want.active != MACHINE_PRIMARY)
		return ("a backup is wanted in a state of the primary");
	if (m->state == MACHINE_ON_BACKUP && m->want.active == MACHINE_PRIMARY)
		return ("the primary is wanted in state backup");
	if (m->want.drain == m->want.active)
		return ("the wanted uplink is drained");
	if (m->want.flush == m->want.active)
		return ("the wanted uplink is flushed");
	if (m->want.shut &&
	    (m->state != MACHINE_ON_BACKUP || m->verified != m->want.active))
		return ("the primary may be set down before a backup is "
			"verified");
	if (m->held != MACHINE_NONE && m->held != m->want.active)
		return ("a held uplink is not the wanted one");
	return (NULL);
}

static const char *
check_links(const struct machine *m, const struct machine_conf *conf)
{
	uint32_t i, starting = 0;

	for (i = 1; i < conf->nuplinks; i++) {
		if (m->backup[i].link != MACHINE_LINK_STARTING)
			continue;
		starting++;
		if (m->try.phase != MACHINE_TRY_START || m->try.uplink != i)
			return ("a link is started that nobody waits for");
	}
	if (starting > 1)
		return ("two links are started at once");
	if (m->try.phase == MACHINE_TRY_START && starting == 0)
		return ("a start is waited for that nobody asked for");
	if (m->try.phase != MACHINE_TRY_NONE &&
	    (m->try.uplink == MACHINE_PRIMARY ||
		m->try.uplink >= conf->nuplinks))
		return ("the try is at no backup");
	if (m->drill.uplink != MACHINE_NONE &&
	    ((m->state != MACHINE_ON_PRIMARY && m->state != MACHINE_SUSPECT) ||
		m->try.uplink != m->drill.uplink ||
		m->try.phase == MACHINE_TRY_NONE))
		return ("a drill outlives its try");
	if (m->try.phase != MACHINE_TRY_NONE && machine_keeping(m) &&
	    !machine_drilling(m, m->try.uplink) &&
	    (!machine_is_hot(conf, m->try.uplink) ||
		m->try.phase == MACHINE_TRY_PROVE ||
		m->try.phase == MACHINE_TRY_PROVED))
		return ("a try outlives its state");
	return (NULL);
}

static const char *
check_hot(const struct machine *m, const struct machine_conf *conf)
{
	const struct machine_backup *b;
	uint32_t i;

	for (i = 1; i < conf->nuplinks; i++) {
		b = &m->backup[i];
		if (b->kept &&
		    ((!machine_is_hot(conf, i) &&
			 !machine_is_better(m, conf, i)) ||
			!machine_allowed(m, i) || b->link != MACHINE_LINK_UP ||
			i == m->want.active || i == m->proving))
			return ("rounds go through what does not stand by");
		if (!machine_is_hot(conf, i) || !machine_keeping(m) ||
		    !machine_allowed(m, i) ||
		    m->try.phase != MACHINE_TRY_NONE || m->want.active == i ||
		    b->kept)
			continue;
		if (b->link == MACHINE_LINK_UP ||
		    (m->state != MACHINE_STARTING &&
			conf->uplink[i].needs_dial))
			return ("nobody keeps a hot backup up");
	}
	return (NULL);
}

static const char *
check_deadline(const struct machine *m, const struct machine_conf *conf)
{
	bool must = false;
	uint32_t i;

	switch (m->state) {
	case MACHINE_STARTING: /* netconf is watched by others until then */
		must = m->adopted;
		break;
	case MACHINE_SUSPECT:
	case MACHINE_DIALING:
	case MACHINE_RETURNING:
		must = true;
		break;
	case MACHINE_ON_BACKUP:
		must = conf->automatic && !m->manual &&
		       m->held == MACHINE_NONE && machine_primary_usable(m);
		break;
	case MACHINE_STRANDED:
		for (i = 1; i < conf->nuplinks; i++)
			must = must || machine_eligible(m, i);
		break;
	default:
		break;
	}
	if (must && !monotime_valid(machine_deadline(m, conf)))
		return ("the state has no deadline");
	if (!m->applied && !monotime_valid(m->apply_at) && m->gen != 0)
		return ("nobody will apply what is wanted");
	return (NULL);
}

static const char *
check_actions(const struct mactions *out)
{
	uint32_t starts = 0;
	size_t i;

	if (out->overflow)
		return ("a step did not settle");
	for (i = 0; i < out->n; i++)
		if (out->list[i].type == MACT_START)
			starts++;
	return (starts > 1 ? "two starts in one step" : NULL);
}

const char *
machine_check(const struct machine *m, const struct machine_conf *conf,
    const struct mactions *out)
{
	const char *why;

	if (m->state >= MACHINE_STATE_MAX)
		return ("no such state");
	if (m->stopped)
		return (NULL);
	if ((why = check_want(m, conf)) == NULL &&
	    (why = check_links(m, conf)) == NULL &&
	    (why = check_hot(m, conf)) == NULL &&
	    (why = check_deadline(m, conf)) == NULL)
		why = check_actions(out);
	return (why);
}
