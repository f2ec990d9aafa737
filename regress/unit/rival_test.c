/* SPDX-License-Identifier: ISC */
/* Others that move default routes: told if they run, and have an uplink. */
#include <sys/types.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netconf/linux/nl.h"

static char root[] = "/tmp/dialfail_test.XXXXXX";
static const struct net_uplinks uplinks = { .n = 3,
	.ifname = { "dialfail-none", "lo", "" } }; /* lo has index 1 */

/* A file, or with text NULL a directory, below a directory that is there. */
static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (text == NULL) {
		assert_int_equal(mkdir(path, 0755), 0);
		return;
	}
	assert_non_null(f = fopen(path, "w"));
	assert_true(fputs(text, f) != EOF);
	assert_int_equal(fclose(f), 0);
}

static void
expect(const char *who)
{
	const char *is = machine_rival(root, root, &uplinks);

	if (who == NULL)
		assert_null(is);
	else
		assert_string_equal(is, who);
}

#define NM "NetworkManager, if its connectivity check is on,"

static void
test_network_manager(void **state)
{
	(void)state;
	expect(NULL);
	put("NetworkManager", NULL);
	expect(NULL); /* it has been there */
	put("17", NULL);
	put("17/comm", "NetworkManager\n");
	expect(NM); /* an old one tells nothing of devices */
	put("NetworkManager/devices", NULL);
	expect(NULL);
	put("NetworkManager/devices/0", "[device]\nmanaged=true\n");
	put("NetworkManager/devices/7", "[device]\nmanaged=true\n");
	expect(NULL); /* other links */
	put("NetworkManager/devices/1", "[device]\nmanaged=false\n");
	expect(NULL);
	put("NetworkManager/devices/1",
	    "[device]\nmanaged=true\nnm-owned=false\n");
	expect(NM);
}

static void
test_running(void **state)
{
	(void)state;
	put("self", NULL);
	put("self/comm", "connmand\n");
	put("17", NULL);
	put("17/comm", "connmand-vpn\n");
	put("18", NULL);
	expect(NULL);
	put("18/comm", "connmand\n");
	expect("connman");
	put("mwan3", NULL);
	expect("mwan3");
}

static int
made(void **state)
{
	(void)state;
	strlcpy(root, "/tmp/dialfail_test.XXXXXX", sizeof(root));
	return mkdtemp(root) == NULL ? -1 : 0;
}

static int
gone(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_network_manager, made, gone),
		cmocka_unit_test_setup_teardown(test_running, made, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
