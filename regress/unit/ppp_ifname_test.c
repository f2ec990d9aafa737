/* SPDX-License-Identifier: ISC */
/* Option files of pppd(8): several options in a line, quotes, comments. */
#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "netconf/ppp_ifname.h"

/* text: of the file; rc and name: what is found there. */
static void
expect(const char *text, int rc, const char *name)
{
	char copy[256], found[IFNAMSIZ] = "";
	FILE *f;

	(void)strlcpy(copy, text, sizeof(copy));
	assert_non_null(f = fmemopen(copy, strlen(copy), "r"));
	assert_int_equal(ppp_ifname(f, found), rc);
	assert_string_equal(found, name);
	fclose(f);
}

static void
test_named(void **state)
{
	(void)state;
	expect("ifname isp7\n", 0, "isp7");
	expect("noauth ifname isp7 mtu 1492", 0, "isp7");
	expect("ifname \"isp7\" # ifname isp8\n", 0, "isp7");
	expect("\tifname 'is'p\\7#file\n", 0, "isp7");
	expect("connect \"chat # file\"\nuser me ifname isp7\n", 0, "isp7");
	expect("ifname isp7\nifname isp8\n", 0, "isp8");
	expect("ifname a-very-long-name-indeed\n", 0, "a-very-long-nam");
}

static void
test_not_named(void **state)
{
	(void)state;
	expect("\n", 0, "");
	expect("# ifname isp7\nnoauth", 0, "");
	expect("plugin rp-pppoe.so nic-eth1 \"no ifname isp7\"\n", 0, "");
	expect("ifname", 0, "");
	expect("\"ifname\\", 0, "");
}

static void
test_elsewhere(void **state)
{
	(void)state;
	expect("noauth file /etc/ppp/options.isp\nifname isp7\n", -1, "");
	expect("call isp", -1, "");
	expect("user profile", 0, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_not_named),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
