/* SPDX-License-Identifier: ISC */
/*
 * dialfaild: main.  Read top-down: options, the file, the lock, children,
 * descriptors, privileges, loop.  With -P it is one of the children, which
 * are started by exec of this same program (see common/proc.h).
 */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf.h"
#include "common/help.h"
#include "common/keep.h"
#include "common/log.h"
#include "common/os.h"
#include "common/proc.h"
#include "dialer/dialer.h"
#include "netconf/advice.h"
#include "netconf/netconf.h"
#include "netconf/ppp_process.h"
#include "parent/outlook.h"
#include "parent/run.h"
#include "prober/prober.h"

#define SOCKET_FILE RUNDIR "/dialfail.sock"
#define LOCK_FILE   RUNDIR "/lock"
#define LOCK_TRIES  30 /* of 100 ms: children of one that was killed */

struct options {
	const char *file;
	const char *socket;
	const char *role;
	struct conf_macro *macros;
	int check; /* -n */
	int restore; /* -r */
	int debug; /* -d */
	int verbose; /* -v */
	char *argv[64]; /* for the children: -d, -f, -v, -D as given */
	int argc;
};

/* What it is started with. */
struct start {
	enum msg_conf_source from;
	int unconfirmed; /* it has yet to be */
	char *state; /* directory */
};

static void __dead
usage(FILE *f, int code)
{
	fprintf(f, "usage: dialfaild [-Vdhnrv] [-D macro=value] [-f file] "
		   "[-s socket]\n");
	exit(code);
}

static void
keep(struct options *o, const char *flag, const char *value)
{
	if (o->argc + 2 >= (int)(sizeof(o->argv) / sizeof(o->argv[0])))
		errx(2, "too many options");
	if ((o->argv[o->argc++] = strdup(flag)) == NULL)
		err(1, NULL);
	if (value != NULL && (o->argv[o->argc++] = strdup(value)) == NULL)
		err(1, NULL);
}

static void
add_macro(struct options *o, const char *text)
{
	struct conf_macro *m, **end;

	if (strchr(text, '=') == NULL || text[0] == '=')
		errx(2, "-D %s: a macro is name=value", text);
	if ((m = calloc(1, sizeof(*m))) == NULL)
		err(1, NULL);
	m->text = text;
	for (end = &o->macros; *end != NULL; end = &(*end)->next)
		;
	*end = m;
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	int c;

	memset(o, 0, sizeof(*o));
	o->file = CONF_FILE;
	o->socket = SOCKET_FILE;
	while ((c = next_option(argc, argv, "D:P:Vdf:hnrs:v")) != -1)
		switch (c) {
		case 'D':
			add_macro(o, optarg);
			keep(o, "-D", optarg);
			break;
		case 'P':
			o->role = optarg;
			break;
		case 'V':
			puts("dialfaild " VERSION);
			exit(0);
		case 'd':
			o->debug = 1;
			keep(o, "-d", NULL);
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'h':
			usage(stdout, 0);
		case 'n':
			o->check = 1;
			break;
		case 'r':
			o->restore = 1;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'v':
			o->verbose = 1;
			keep(o, "-v", NULL);
			break;
		default:
			usage(stderr, 2);
		}
	if (argc != optind)
		usage(stderr, 2);
	if (o->restore && strcmp(o->file, CONF_FILE) != 0)
		errx(2, "-r is for " CONF_FILE " alone");
}

static void __dead
run_child(const struct options *o)
{
	if (strcmp(o->role, "prober") == 0)
		prober(o->debug, o->verbose);
	if (strcmp(o->role, "dialer") == 0)
		dialer(o->debug, o->verbose);
	if (strcmp(o->role, "netconf") == 0)
		netconf(o->debug, o->verbose, o->file, o->macros);
	usage(stderr, 2);
}

static void
report(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	if (line > 0)
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

/* What another machine may have, or another day. */
static void
warn_of(const char *file, int line, const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "%s:%d: warning: %s: the daemon will refuse it\n", file,
	    line, text);
}

static void
advise(const char *text, int different, void *arg)
{
	(void)different;
	(void)arg;
	fprintf(stderr, "warning: this machine: %s\n", text);
}

/* NULL after a report.  What -n reads may be for another machine. */
static struct conf *
read_one(const struct options *o, const char *path, const struct conf_macro *m)
{
	struct conf *conf;

	conf = conf_parse(path, m, o->check, report, NULL);
	if (conf == NULL || o->check ||
	    conf_check_system(conf, report, NULL) == 0)
		return conf;
	conf_free(conf);
	return NULL;
}

/* It ran for a while, and went no further: reload for. */
static int
unconfirmed(const struct conf *conf)
{
	char hash[CONF_HASH_LEN], *noted;
	int is;

	conf_hash(conf->sha256, hash);
	noted = keep_read(CONF_UNCONFIRMED_FILE, sizeof(hash));
	is = noted != NULL && strcmp(noted, hash) == 0;
	free(noted);
	return is;
}

/*
 * The file; with -r, if it has errors or has yet to be confirmed, the last one
 * that was, if there is one.
 */
static struct conf *
read_conf(const struct options *o, struct start *start)
{
	struct conf *conf, *kept;

	start->from = MSG_CONF_FILE;
	conf = read_one(o, o->file, o->macros);
	start->unconfirmed = conf != NULL && unconfirmed(conf);
	if (!o->restore || (conf != NULL && !start->unconfirmed))
		return conf;
	if ((kept = read_one(o, CONF_CONFIRMED_FILE, NULL)) == NULL)
		return conf;
	warnx("%s %s: the last configuration that was confirmed is used "
	      "instead",
	    o->file, conf == NULL ? "has errors" : "was not confirmed");
	conf_free(conf);
	start->from = MSG_CONF_CONFIRMED;
	return kept;
}

static void
silent(const char *file, int line, const char *text, void *arg)
{
	(void)file;
	(void)line;
	(void)text;
	(void)arg;
}

/* Whose the file and those that it includes are: it was warned of that. */
static int
root_alone_writes(const struct options *o)
{
	struct conf *conf = conf_parse(o->file, o->macros, 0, silent, NULL);
	int taken = conf != NULL;

	conf_free(conf);
	return taken;
}

/* -n, -nv: check, and say what it means.  The exit code. */
static int
check(const struct options *o)
{
	struct start start;
	struct conf *conf;
	int fit = 1;

	if ((conf = read_conf(o, &start)) == NULL)
		return 1;
	if (geteuid() == 0) /* others cannot look there */
		fit = conf_check_system(conf, warn_of, NULL) == 0;
	if (o->verbose) {
		conf_print(conf, stdout);
		conf_print_meaning(conf, stdout);
		outlook_print(conf, stdout);
		if (geteuid() == 0)
			advice(conf, advise, NULL);
	} else if (start.from == MSG_CONF_FILE)
		fprintf(stderr, "configuration %s\n",
		    fit && root_alone_writes(o)
			? "OK"
			: "is good, but the daemon will refuse it");
	conf_free(conf);
	return 0;
}

/* The three that everybody expects, and none that we were started with. */
static void
first_descriptors(void)
{
	int fd;

	do
		if ((fd = open("/dev/null", O_RDWR)) == -1)
			err(1, "/dev/null");
	while (fd < STDERR_FILENO);
	closefrom(STDERR_FILENO + 1);
}

/* Can it work, and where; everything else is netconf's to know. */
static void
first_look(const struct options *o, struct start *start)
{
	const char *missing = advice_missing();
	struct conf *conf;

	if ((conf = read_conf(o, start)) == NULL)
		exit(1);
	if (missing != NULL) /* it would promise what it cannot do */
		errx(1, "%s", missing);
	if ((start->state = strdup(conf->state)) == NULL)
		err(1, NULL);
	conf_free(conf);
}

static void
make_dir(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdir(path, mode) == -1 && errno != EEXIST)
		err(1, "%s", path);
	if (chmod(path, mode) == -1 || chown(path, uid, gid) == -1)
		err(1, "%s", path);
}

/* Its own chroot if it can be had: else history stays in memory. */
static int
make_state_dir(const char *path, const struct passwd *pw)
{
	if (mkdir(path, 0750) == -1 && errno != EEXIST) {
		warn("%s: history will not outlive a restart", path);
		return -1;
	}
	if (chown(path, pw->pw_uid, pw->pw_gid) == -1 ||
	    access(path, W_OK) == -1) {
		warn("%s: history will not outlive a restart", path);
		return -1;
	}
	return 0;
}

/*
 * One at a time.  The children of one that was killed hold the lock too,
 * until they have noticed, so it is worth a moment's patience.
 */
static int
take_lock(void)
{
	int fd, i;

	if ((fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		err(1, "%s", LOCK_FILE);
	for (i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK)
			err(1, "%s", LOCK_FILE);
		usleep(100 * 1000);
	}
	errx(1, "already running (%s is locked)", LOCK_FILE);
}

static int
control_socket(const char *path, mode_t mode, const struct passwd *pw)
{
	struct sockaddr_un sun;
	mode_t old;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		errx(1, "%s: path too long for a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	if (unlink(path) == -1 && errno != ENOENT)
		err(1, "%s", path);
	old = umask(0117);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	umask(old);
	if (chmod(path, mode) == -1 || chown(path, 0, pw->pw_gid) == -1)
		err(1, "%s", path);
	if (listen(fd, 16) == -1)
		err(1, "%s", path);
	return fd;
}

/* netconf alone keeps the lock beside us: it changes the network. */
static void
start_children(const struct options *o, int lock)
{
	static const char *const roles[CHILD_MAX] = { "prober", "dialer",
		"netconf" };
	char *argv[80];
	int fd[2], i, n, kept;

	for (i = 0; i < CHILD_MAX; i++) {
		n = 0;
		argv[n++] = "dialfaild";
		argv[n++] = "-P";
		argv[n++] = (char *)roles[i];
		if (i == CHILD_NETCONF) {
			argv[n++] = "-f";
			argv[n++] = (char *)o->file;
		}
		memcpy(&argv[n], o->argv, (size_t)o->argc * sizeof(*argv));
		argv[n + o->argc] = NULL;
		proc_socketpair(fd);
		kept = i == CHILD_NETCONF ? lock : -1;
		parent_adopt_child((enum child_id)i,
		    proc_start_child(
			roles[i], argv, fd[1], &kept, kept == -1 ? 0 : 1),
		    fd[0]);
		close(fd[1]);
	}
}

static struct passwd *
daemon_user(void)
{
	struct passwd *pw;

	if ((pw = getpwnam(DAEMON_USER)) == NULL)
		errx(1,
		    "no such user: " DAEMON_USER
		    " (useradd --system --home /nonexistent " DAEMON_USER ")");
	return pw;
}

int
main(int argc, char *argv[])
{
	struct options o;
	struct start start;
	struct passwd *pw;
	struct parent *p;
	char readonly_path[PATH_MAX];
	int lock, control, readonly, history;

	os_memory_thrifty();
	parse_options(&o, argc, argv);
	if (o.role != NULL)
		run_child(&o);
	if (o.check)
		return check(&o);
	if (geteuid() != 0)
		errx(1, "must be started by root");
	first_descriptors();
	pw = daemon_user();
	first_look(&o, &start);

	make_dir(RUNDIR, 0755, 0, 0);
	make_dir(RUNDIR "/empty", 0555, 0, 0);
	make_dir(RUNDIR "/ppp", 0700, 0, 0);
	lock = take_lock();
	history = make_state_dir(start.state, pw) == 0;
	control = control_socket(o.socket, 0660, pw);
	if (snprintf(readonly_path, sizeof(readonly_path),
		"%s" CTL_READONLY_SUFFIX,
		o.socket) >= (int)sizeof(readonly_path))
		errx(1, "%s: path too long for a socket", o.socket);
	readonly = control_socket(readonly_path, 0666, pw);

	log_init("parent", o.debug, o.verbose);
	if (!o.debug && daemon(1, 0) == -1)
		err(1, "daemon");
	setproctitle("parent");
	p = parent_init();
	p->conf_source = start.from;
	p->unconfirmed = start.unconfirmed;
	p->restore = o.restore;
	gethostname(p->host, sizeof(p->host) - 1);
	start_children(&o, lock);
	/* not to be had behind the chroot, nor is the time zone (log_init) */
	if (process_boot(p->boot, sizeof(p->boot)) == -1)
		p->boot[0] = '\0';
	proc_drop(pw, history ? start.state : RUNDIR "/empty");
	log_info("dialfaild " VERSION " starts");
	return parent_loop(control, readonly, history ? "/" : NULL);
}
