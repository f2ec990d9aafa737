/* SPDX-License-Identifier: ISC */
/* Addresses and prefixes of both families: as text, as octets, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"

static struct addr
parsed(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) == -1)
		fail_msg("%s is an address", text);
	return a;
}

static struct prefix
net(const char *text)
{
	struct prefix p;

	if (prefix_parse(text, &p) == -1)
		fail_msg("%s is a prefix", text);
	return p;
}

static void
test_parse_and_format(void **state)
{
	static const char *const good[] = { "192.0.2.1", "0.0.0.0",
		"255.255.255.255", "::", "::1", "2001:db8::7",
		"fe80::1:2:3:4" };
	static const char *const bad[] = { "", " ", "192.0.2", "192.0.2.256",
		"192.0.2.1 ", " 192.0.2.1", "192.0.2.1/24", "0x7f.1", "1",
		"host", "2001:db8::7::1", "fe80::1%eth0", "[::1]", "::g" };
	char buf[ADDR_STRLEN];
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a = parsed(good[i]);
		assert_string_equal(addr_format(&a, buf, sizeof(buf)), good[i]);
		assert_true(addr_valid(&a));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(addr_parse(bad[i], &a), -1);
		assert_int_equal(a.family, AF_UNSPEC);
	}
}

static void
test_format_always_ends(void **state)
{
	struct addr none = { 0 }, odd = { .family = 99 };
	struct addr a = parsed("255.255.255.255");
	char buf[ADDR_STRLEN], small[4];

	(void)state;
	assert_string_equal(addr_format(&none, buf, sizeof(buf)), "none");
	assert_string_equal(addr_format(&odd, buf, sizeof(buf)), "none");
	assert_string_equal(addr_format(&a, small, sizeof(small)), "non");
}

static void
test_octets(void **state)
{
	static const uint8_t octets[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	struct addr a, b = parsed("2001:db8::7");

	(void)state;
	assert_int_equal(addr_set(&a, AF_INET6, octets, 16), 0);
	assert_int_equal(addr_cmp(&a, &b), 0);
	assert_int_equal(addr_len(&a), 16);
	assert_int_equal(addr_set(&a, AF_INET, octets, 4), 0);
	assert_int_equal(addr_len(&a), 4);
	b = parsed("32.1.13.184");
	assert_int_equal(addr_cmp(&a, &b), 0);
	assert_int_equal(addr_set(&a, AF_INET, octets, 16), -1);
	assert_int_equal(addr_set(&a, AF_INET6, octets, 4), -1);
	assert_int_equal(addr_set(&a, AF_UNSPEC, octets, 0), -1);
	assert_int_equal(addr_set(&a, AF_UNIX, octets, 4), -1);
	assert_int_equal(a.family, AF_UNSPEC);
	assert_int_equal(addr_len(&a), 0);
	assert_true(addr_valid(&a));
	a.family = 99;
	assert_false(addr_valid(&a));
}

static void
test_order(void **state)
{
	static const char *const sorted[] = { "9.255.255.255", "10.0.0.1",
		"10.0.0.2", "200.0.0.0", "::", "2001:db8::1", "fe80::" };
	size_t i, j, n = sizeof(sorted) / sizeof(sorted[0]);
	struct addr a, b;
	int cmp;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			a = parsed(sorted[i]);
			b = parsed(sorted[j]);
			cmp = addr_cmp(&a, &b);
			assert_int_equal(
			    (cmp > 0) - (cmp < 0), (i > j) - (i < j));
		}
	b = a;
	b.scope = 3;
	assert_true(addr_cmp(&a, &b) < 0);
	assert_true(addr_cmp(&b, &a) > 0);
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *text;
		int loopback, multicast, linklocal, any;
	} kinds[] = {
		{ "127.0.0.1", 1, 0, 0, 0 },
		{ "127.255.0.9", 1, 0, 0, 0 },
		{ "224.0.0.1", 0, 1, 0, 0 },
		{ "239.255.255.255", 0, 1, 0, 0 },
		{ "240.0.0.1", 0, 0, 0, 0 },
		{ "169.254.3.4", 0, 0, 1, 0 },
		{ "169.253.3.4", 0, 0, 0, 0 },
		{ "10.255.0.1", 0, 0, 0, 0 },
		{ "172.16.0.1", 0, 0, 0, 0 },
		{ "172.31.255.1", 0, 0, 0, 0 },
		{ "172.15.0.1", 0, 0, 0, 0 },
		{ "172.32.0.1", 0, 0, 0, 0 },
		{ "192.168.7.1", 0, 0, 0, 0 },
		{ "192.169.7.1", 0, 0, 0, 0 },
		{ "0.0.0.0", 0, 0, 0, 1 },
		{ "198.51.100.7", 0, 0, 0, 0 },
		{ "::1", 1, 0, 0, 0 },
		{ "ff02::1", 0, 1, 0, 0 },
		{ "fe80::1", 0, 0, 1, 0 },
		{ "febf::1", 0, 0, 1, 0 },
		{ "fec0::1", 0, 0, 0, 0 },
		{ "fc00::1", 0, 0, 0, 0 },
		{ "fdff::1", 0, 0, 0, 0 },
		{ "::", 0, 0, 0, 1 },
		{ "2001:db8::7", 0, 0, 0, 0 },
	};
	struct addr a, none = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		a = parsed(kinds[i].text);
		assert_int_equal(!!addr_is_loopback(&a), kinds[i].loopback);
		assert_int_equal(!!addr_is_multicast(&a), kinds[i].multicast);
		assert_int_equal(!!addr_is_linklocal(&a), kinds[i].linklocal);
		assert_int_equal(!!addr_is_any(&a), kinds[i].any);
	}
	assert_false(addr_is_loopback(&none) || addr_is_multicast(&none) ||
		     addr_is_linklocal(&none) || addr_is_any(&none));
}

static void
test_prefixes(void **state)
{
	static const char *const good[][2] = {
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "192.0.2.77/24", "192.0.2.0/24" },
		{ "192.0.2.77/25", "192.0.2.0/25" },
		{ "192.0.2.177/25", "192.0.2.128/25" },
		{ "192.0.2.7", "192.0.2.7/32" },
		{ "192.0.2.7/0", "0.0.0.0/0" },
		{ "255.255.255.255/31", "255.255.255.254/31" },
		{ "2001:db8:1:ffff::/49", "2001:db8:1:8000::/49" },
		{ "2001:db8::7", "2001:db8::7/128" },
		{ "::/0", "::/0" },
	};
	static const char *const bad[] = {
		"",
		"/",
		"/24",
		"192.0.2.0/",
		"192.0.2.0/33",
		"192.0.2.0/-1",
		"192.0.2.0/+8",
		"192.0.2.0/ 8",
		"192.0.2.0/8 ",
		"192.0.2.0/8/8",
		"192.0.2.0/255.0.0.0",
		"2001:db8::/129",
		"10/8",
		"net/8",
	};
	char buf[PREFIX_STRLEN], longest[2 * PREFIX_STRLEN];
	struct prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		p = net(good[i][0]);
		assert_string_equal(
		    prefix_format(&p, buf, sizeof(buf)), good[i][1]);
		assert_true(prefix_valid(&p));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(prefix_parse(bad[i], &p), -1);
	memset(longest, '9', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(prefix_parse(longest, &p), -1);
	p = net("10.0.0.0/8");
	p.len = 33;
	assert_false(prefix_valid(&p));
	memset(&p, 0, sizeof(p));
	assert_false(prefix_valid(&p));
}

static void
test_what_a_prefix_contains(void **state)
{
	struct prefix p = net("192.0.2.128/25"), all = net("0.0.0.0/0");
	struct prefix six = net("2001:db8::/33");
	struct addr a = parsed("192.0.2.127"), b = parsed("192.0.2.128");
	struct addr c = parsed("192.0.2.255"), d = parsed("2001:db8:7fff::1");
	struct addr e = parsed("2001:db8:8000::1");

	(void)state;
	assert_false(prefix_contains(&p, &a));
	assert_true(prefix_contains(&p, &b));
	assert_true(prefix_contains(&p, &c));
	assert_false(prefix_contains(&p, &d));
	assert_true(prefix_contains(&all, &a));
	assert_false(prefix_contains(&all, &d));
	assert_true(prefix_contains(&six, &d));
	assert_false(prefix_contains(&six, &e));
	six.len = 200;
	assert_false(prefix_contains(&six, &d));
}

static void
test_what_a_prefix_covers(void **state)
{
	struct prefix a = net("10.0.0.0/8"), b = net("10.0.0.0/9");
	struct prefix c = net("11.0.0.0/9"), six = net("::/0");

	(void)state;
	assert_true(prefix_covers(&a, &a));
	assert_true(prefix_covers(&a, &b));
	assert_false(prefix_covers(&b, &a));
	assert_false(prefix_covers(&a, &c));
	assert_false(prefix_covers(&six, &a));
}

/* The ends of each range, and their neighbours. */
static void
test_private_prefixes(void **state)
{
	static const char *const private[] = {
		"10.0.0.0/8",
		"10.255.255.255",
		"100.64.0.0/10",
		"100.127.255.255",
		"172.16.0.0/12",
		"172.31.255.0/24",
		"192.168.0.0/16",
		"192.168.255.255",
		"fc00::/7",
		"fdff::/16",
	};
	static const char *const public[] = {
		"9.255.255.255",
		"11.0.0.0",
		"10.0.0.0/7",
		"100.63.255.255",
		"100.128.0.0",
		"100.64.0.0/9",
		"172.15.255.255",
		"172.32.0.0",
		"172.16.0.0/11",
		"192.167.255.255",
		"192.169.0.0",
		"192.168.0.0/15",
		"0.0.0.0/0",
		"::/0",
		"fbff::/16",
		"fe00::/16",
		"fc00::/6",
		"fe80::/64",
		"::10.0.0.0/104",
	};
	struct prefix p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		p = net(private[i]);
		assert_true(prefix_is_private(&p));
	}
	for (i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
		p = net(public[i]);
		assert_false(prefix_is_private(&p));
	}
	memset(&p, 0, sizeof(p));
	assert_false(prefix_is_private(&p));
}

static void
test_order_of_prefixes(void **state)
{
	struct prefix a = net("10.0.0.0/8"), b = net("10.0.0.0/9");
	struct prefix c = net("11.0.0.0/8");

	(void)state;
	assert_int_equal(prefix_cmp(&a, &a), 0);
	assert_true(prefix_cmp(&a, &b) < 0);
	assert_true(prefix_cmp(&b, &a) > 0);
	assert_true(prefix_cmp(&b, &c) < 0);
}

static void
test_one_of_each(void **state)
{
	struct addr in[FAMILIES], out[FAMILIES];
	struct addr_pair p;
	uint32_t i;

	(void)state;
	/* each of the two: none, or one */
	for (i = 0; i < 4; i++) {
		memset(in, 0, sizeof(in));
		if (i & 1)
			in[FAMILY_INET] = parsed("192.0.2.1");
		if (i & 2)
			in[FAMILY_INET6] = parsed("2001:db8::1");
		addr_pair_set(&p, in);
		memset(out, 0xff, sizeof(out));
		addr_pair_get(&p, out);
		assert_memory_equal(out, in, sizeof(in));
	}
	/* what is no host's is none */
	in[FAMILY_INET] = parsed("0.0.0.0");
	in[FAMILY_INET6] = parsed("::");
	addr_pair_set(&p, in);
	addr_pair_get(&p, out);
	assert_int_equal(out[FAMILY_INET].family, AF_UNSPEC);
	assert_int_equal(out[FAMILY_INET6].family, AF_UNSPEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_format_always_ends),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_what_a_prefix_contains),
		cmocka_unit_test(test_what_a_prefix_covers),
		cmocka_unit_test(test_private_prefixes),
		cmocka_unit_test(test_order_of_prefixes),
		cmocka_unit_test(test_one_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
