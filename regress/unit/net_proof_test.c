/* SPDX-License-Identifier: ISC */
/*
 * The proof of return: what is different from before is told.
 */
#include "regress/unit/net_rig.h"

static void
assert_proof(size_t at, uint32_t kind, uint32_t n, const char *text)
{
	size_t i;

	for (i = 0; i < nsent; i++)
		if (sent[i].type == IMSG_NET_PROOF && at-- == 0)
			break;
	assert_true(i < nsent);
	assert_int_equal(sent[i].body.proof.kind, kind);
	assert_int_equal(sent[i].body.proof.n, n);
	assert_string_equal(sent[i].body.proof.text, text);
}

static void
others_are(const char *a, const char *b, int ours)
{
	memset(others, 0, sizeof(others));
	others[0] = a;
	others[1] = b;
	others_ours = ours;
}

/* Clean; what others changed; what is ours and is not as it was. */
static void
test_proof(void **arg)
{
	(void)arg;
	others_are("rule pref 0 lookup 255", NULL, 0);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(access(PROOF_FILE, F_OK), -1);
	unproved = 0;
	assert_int_equal(active(1)->ok, 1);
	assert_int_equal(unproved, 1); /* nobody waits for it */
	assert_int_equal(access(PROOF_FILE, F_OK), 0);
	assert_int_equal(count(IMSG_NET_PROOF), 0);
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 1);
	assert_proof(0, MSG_PROOF_END, 0, "");
	assert_int_equal(access(PROOF_FILE, F_OK), -1);
	/* killed meanwhile; others add a rule, a link has another MTU */
	assert_int_equal(active(1)->ok, 1);
	forget();
	net_reloaded();
	assert_int_equal(active(1)->ok, 1);
	others_are("rule pref 0 lookup 255", "rule pref 7 lookup 8", 0);
	sim_link(k, "eth0")->mtu = 1400;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 3);
	assert_proof(0, MSG_PROOF_FOREIGN, 1,
	    "link eth0: 2 up mtu 1400 group 0 rp_filter 0, was 2 up mtu 1500 "
	    "group 0 rp_filter 0");
	assert_proof(1, MSG_PROOF_FOREIGN, 2, "rule pref 7 lookup 8: new");
	assert_proof(2, MSG_PROOF_END, 0, "");
	/* a rule with our tag, and another rp_filter */
	assert_int_equal(active(1)->ok, 1);
	others_are("rule pref 9 lookup 157", "rule pref 0 lookup 255", 1);
	sim_link(k, "eth1")->rp_filter = 0;
	sim_link(k, "wan2")->rp_filter = 0;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 4);
	assert_proof(0, MSG_PROOF_FOREIGN, 1, "rule pref 7 lookup 8: gone");
	assert_proof(1, MSG_PROOF_LEFT, 1, "link wan2/4 rp_filter: 0, was 2");
	assert_proof(2, MSG_PROOF_LEFT, 2, "rule pref 9 lookup 157: new");
	assert_proof(3, MSG_PROOF_END, 2, "link wan2/4 rp_filter: 0, was 2");
	others_are(NULL, NULL, 0);
}

/* When the backup has drained, not before. */
static void
test_proof_drained(void **arg)
{
	struct msg_net_want m = wish(0);

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	m.drain = 1;
	m.drain_ms = 600 * 1000;
	flows[1] = 1;
	assert_int_equal(ask(&m)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), 0);
	flows[1] = 0;
	loop_until(IMSG_NET_DRAINED, 1);
	assert_int_equal(sent[nsent - 1].type, IMSG_NET_DRAINED);
	assert_int_equal(count(IMSG_NET_PROOF), 1);
}

/* Many differences are a few lines and a number. */
static void
test_proof_many(void **arg)
{
	char text[32][16];
	int i;

	(void)arg;
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(active(1)->ok, 1);
	for (i = 0; i < 25; i++) {
		snprintf(text[i], sizeof(text[i]), "rule pref %d", i);
		others[i] = text[i];
	}
	assert_int_equal(active(0)->ok, 1);
	assert_int_equal(count(IMSG_NET_PROOF), TOLD_MAX + 2);
	assert_proof(TOLD_MAX, MSG_PROOF_FOREIGN, 25, "and 15 more");
	assert_proof(TOLD_MAX + 1, MSG_PROOF_END, 0, "");
	others_are(NULL, NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_proof),
		T(test_proof_drained),
		T(test_proof_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
