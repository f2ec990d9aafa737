/* SPDX-License-Identifier: ISC */
/*
 * dialfailctl: main.  One request, its records, one result; the exit code
 * says how it went: 0 done, 1 refused or failed, 2 usage, 3 no daemon.
 */
#include <sys/types.h>

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/help.h"
#include "parent/ctl_client.h"
#include "parent/import.h"
#include "parent/keys.h"
#include "parent/replay.h"
#include "parent/report.h"
#include "parent/top.h"

#define CONF_FILE SYSCONFDIR "/dialfail.conf"

static const struct ctl_output *output = &ctl_text;

static void
usage(FILE *f)
{
	fprintf(f, "usage: dialfailctl [-Vhj] [-f file] [-s socket] "
		   "command [argument ...]\n");
}

static void __dead
help(void)
{
	char verbs[CTL_ERROR_LEN] = "";

	ctl_verbs(verbs, sizeof(verbs));
	usage(stdout);
	printf("commands:%s\n", verbs);
	exit(CTL_EXIT_DONE);
}

static void
monitor_line(const struct ctl_line *l)
{
	output->line(stdout, l);
	if (fflush(stdout) == EOF)
		err(CTL_EXIT_REFUSED, "standard output");
}

/*
 * The one long option is a word of its command, as getopt(3) has none; and so
 * is a number below zero, which its command refuses.
 */
static int
is_word(int argc, char *argv[])
{
	const char *s = optind < argc ? argv[optind] : "";

	return strcmp(s, "--since") == 0 ||
	       (s[0] == '-' && s[1] >= '0' && s[1] <= '9');
}

/*
 * Options may stand before, between and behind the words, which are moved to
 * the front of argv.  Returns how many words there are.
 */
static int
options(int argc, char *argv[], const char **socket, const char **conf)
{
	int c, n = 0;

	for (;;) {
		while (!is_word(argc, argv) &&
		       (c = next_option(argc, argv, "+Vf:hjs:")) != -1)
			switch (c) {
			case 'V':
				puts("dialfailctl " VERSION);
				exit(CTL_EXIT_DONE);
			case 'f':
				*conf = optarg;
				break;
			case 'h':
				help();
			case 'j':
				output = &ctl_json;
				break;
			case 's':
				*socket = optarg;
				break;
			default:
				usage(stderr);
				exit(CTL_EXIT_USAGE);
			}
		if (optind >= argc)
			return n;
		argv[n++] = argv[optind++];
	}
}

/* What needs no daemon: a site's key is made before there is one. */
static int
offline(const struct ctl_command *c)
{
	char key[KEY_STRLEN] = "", why[PATH_MAX + 256];
	int bad = 0;

	if (c->type == IMSG_CTL_IMPORT)
		bad = import_files(
		    c->file, c->script, c->directory, stdout, why, sizeof(why));
	else if (c->type == IMSG_CTL_KEYGEN)
		bad = keys_generate(c->file, why, sizeof(why));
	if (bad == 0 && c->type != IMSG_CTL_IMPORT)
		bad = keys_public(c->file, key, why, sizeof(why));
	if (bad == -1)
		errx(CTL_EXIT_REFUSED, "%s", why);
	if (key[0] != '\0')
		puts(key);
	return CTL_EXIT_DONE;
}

/* Made to be looked at, by people. */
static int
is_picture(uint32_t type)
{
	return type == IMSG_CTL_REPORT || type == IMSG_CTL_TOP;
}

/* What the daemon does or says. */
static int
ask(struct ctl_client *client, const struct ctl_command *c)
{
	const struct ctl_answer *a = &client->answer;
	const struct ctl_result *r = &client->result;
	int code;

	if (c->type == IMSG_CTL_MONITOR)
		client->line = monitor_line;
	if ((code = ctl_client_ask(client, c)) != CTL_EXIT_DONE)
		errx(code, "%s", client->why);
	if (c->type != IMSG_CTL_SHOW && a->text != NULL)
		fputs(a->text, stderr); /* warnings, or errors */
	if (r->code != CTL_OK) {
		if (output == &ctl_json)
			output->result(stdout, r);
		errx(CTL_EXIT_REFUSED, "%s", r->text);
	}
	if (c->type == IMSG_CTL_SHOW)
		output->show(stdout, c->data.show.what, a);
	else if (c->type == IMSG_CTL_PLAN)
		output->plan(stdout, a, r);
	else if (c->type != IMSG_CTL_MONITOR)
		output->result(stdout, r);
	return CTL_EXIT_DONE;
}

int
main(int argc, char *argv[])
{
	struct ctl_client client = { .socket = CTL_SOCKET };
	const char *conf = NULL;
	struct ctl_command c;
	char error[CTL_ERROR_LEN] = "";
	int n;

	n = options(argc, argv, &client.socket, &conf);
	ctl_colours = isatty(STDOUT_FILENO) && !ctl_no_colours();
	if (ctl_parse(n, argv, &c, error, sizeof(error)) == -1)
		errx(CTL_EXIT_USAGE, "%s", error);
	signal(SIGPIPE, SIG_IGN);
	if (output == &ctl_json && is_picture(c.type))
		errx(CTL_EXIT_USAGE, "no JSON of a picture: see show event "
				     "and show probes");
	if (c.type == IMSG_CTL_REPORT)
		n = report(&client, c.data.show.name, c.since, stdout);
	else if (c.type == IMSG_CTL_TOP)
		n = top(&client);
	else if (c.type == IMSG_CTL_REPLAY)
		n = replay(&client, c.file, CONF_FILE, conf,
		    output == &ctl_json, stdout);
	else
		n = c.file != NULL ? offline(&c) : ask(&client, &c);
	if (fflush(stdout) == EOF)
		err(CTL_EXIT_REFUSED, "standard output");
	return n;
}
