/* SPDX-License-Identifier: ISC */
/*
 * Linux: exact capabilities(7), no_new_privs, seccomp(2) by libseccomp.
 *
 * A call that a filter does not know gets EPERM and a line in the kernel's
 * log, since killing would turn an update of libc into a restart loop at a
 * site that nobody can reach.  Only what nothing of ours ever does by
 * accident is fatal: exec, ptrace, mount, modules, signals to others (three
 * processes have one uid, so the kernel alone would not object).
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/netlink.h>

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/sandbox.h"

#define CAP(x) (UINT64_C(1) << (x))

/* netconf: one line of reason for each. */
#define NETCONF_CAPS                                                       \
	(CAP(CAP_NET_ADMIN) /* routes, rules, nft, flows, link flags */ |  \
	    CAP(CAP_NET_RAW) /* pppd and nft ask for it */ |               \
	    CAP(CAP_NET_BIND_SERVICE) /* hooks start clients of DHCP */ |  \
	    CAP(CAP_SETUID) | CAP(CAP_SETGID) /* of the alarm program */ | \
	    CAP(CAP_CHOWN) |                                               \
	    CAP(CAP_FOWNER) /* ttys are uucp's or dialout's */ |           \
	    CAP(CAP_DAC_OVERRIDE) /* the same, and /var/lock */)

/* Of the site's own programs as root: a hook may signal any service. */
#define PROGRAM_CAPS CAP(CAP_KILL)

static const uint64_t role_caps[] = {
	[SANDBOX_PARENT] = 0,
	[SANDBOX_PROBER] = CAP(CAP_NET_RAW), /* frames and raw ICMP */
	[SANDBOX_DIALER] = 0,
	[SANDBOX_NETCONF] = NETCONF_CAPS,
};

static const int fatal_calls[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(kill),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(bpf),
};

/* An event loop with timers and memory, and nothing else. */
static const int loop_calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev),
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(close),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_create1), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(mmap),
	SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
	SCMP_SYS(futex_time64), SCMP_SYS(fcntl), SCMP_SYS(fcntl64),
	SCMP_SYS(fstat), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(sendto), /* syslog(3), pcap_inject(3PCAP) */
};

/* The parent: its history below the chroot, clients, the ends of children. */
static const int parent_calls[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt), /* getpeereid(3) */
	SCMP_SYS(openat),
	SCMP_SYS(open),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(geteuid), /* are its files its own? */
	SCMP_SYS(fsync),
	SCMP_SYS(dup),
	SCMP_SYS(shutdown), /* of the channels, in peace */
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(ftruncate), /* what a full disk took a part of */
	SCMP_SYS(ftruncate64),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64),
};

/* The prober opens its sockets again when an interface comes back. */
static const int prober_calls[] = {
	SCMP_SYS(recvfrom),
	SCMP_SYS(bind),
	SCMP_SYS(connect), /* its probes by TCP and DNS */
	SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(uname),
	SCMP_SYS(eventfd2), /* pcap_breakloop(3PCAP) */
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(newfstatat), /* fstat(3) of a capture's file, by stdio */
	SCMP_SYS(fstatat64),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
};

/* The dialer: only what a tty needs, on descriptors that it is given. */
static const unsigned int tty_ioctls[] = {
	TCGETS,
	TCSETS,
	TCSETSW,
	TCSETSF,
	TCGETS2,
	TCSETS2,
	TCSETSW2,
	TCSETSF2,
	TCFLSH,
	TCSBRK,
	TIOCMGET,
	TIOCMSET,
	TIOCMBIS,
	TIOCMBIC,
	TIOCGETD,
	TIOCSETD,
	TIOCOUTQ,
	FIONREAD,
	TIOCEXCL,
	TIOCNXCL,
};

static void
capset_raw(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct hdr = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	data[0].effective = (uint32_t)effective;
	data[1].effective = (uint32_t)(effective >> 32);
	data[0].permitted = (uint32_t)permitted;
	data[1].permitted = (uint32_t)(permitted >> 32);
	if (syscall(SYS_capset, &hdr, data) == -1)
		fatal("capset");
}

static uint64_t
capget_raw(int permitted)
{
	struct __user_cap_header_struct hdr = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &hdr, data) == -1)
		fatal("capget");
	if (permitted)
		return data[0].permitted | (uint64_t)data[1].permitted << 32;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

/*
 * Exactly these, and in the bounding set those of programs; a set that starts
 * smaller stays smaller.
 */
static void
limit_caps(uint64_t keep, uint64_t programs)
{
	uint64_t have = capget_raw(1);
	int cap;

	/* dropping from the bounding set takes CAP_SETPCAP */
	capset_raw(
	    have & (keep | CAP(CAP_SETPCAP)), have & (keep | CAP(CAP_SETPCAP)));
	if (have & CAP(CAP_SETPCAP))
		for (cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
			if (!((keep | programs) & CAP(cap)) &&
			    prctl(PR_CAPBSET_DROP, cap) == -1)
				fatal("capability %d", cap);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		fatal("ambient capabilities");
	capset_raw(have & keep, have & keep);
}

static void
rule(scmp_filter_ctx ctx, uint32_t action, int call)
{
	int n;

	/* -EDOM: a call that this architecture does not have */
	n = seccomp_rule_add(ctx, action, call, 0);
	if (n < 0 && n != -EDOM && n != -EACCES)
		fatalx("seccomp: call %d: %s", call, strerror(-n));
}

static void
allow(scmp_filter_ctx ctx, const int *calls, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		rule(ctx, SCMP_ACT_ALLOW, calls[i]);
}

static struct scmp_arg_cmp
compare(unsigned int arg, uint32_t mask, uint32_t value)
{
	/* 32 bits: the kernel looks at no more of an int or a request, and
	 * libc may extend its sign */
	return (struct scmp_arg_cmp){ arg, SCMP_CMP_MASKED_EQ, mask, value };
}

/* Where these arguments are so. */
static void
allow_where(scmp_filter_ctx ctx, int call, const struct scmp_arg_cmp *args,
    unsigned int nargs)
{
	int n;

	n = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, nargs, args);
	if (n < 0)
		fatalx("seccomp: call %d: %s", call, strerror(-n));
}

/* Of this family and this type; of any protocol with -1. */
static void
allow_socket(scmp_filter_ctx ctx, int family, int type, int protocol)
{
	struct scmp_arg_cmp args[3] = {
		compare(0, UINT32_MAX, (uint32_t)family),
		compare(1, ~(uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC),
		    (uint32_t)type),
		compare(2, UINT32_MAX, (uint32_t)protocol),
	};

	allow_where(ctx, SCMP_SYS(socket), args, protocol == -1 ? 2 : 3);
}

static void
allow_ioctl(scmp_filter_ctx ctx, uint32_t mask, uint32_t value)
{
	struct scmp_arg_cmp request = compare(1, mask, value);

	allow_where(ctx, SCMP_SYS(ioctl), &request, 1);
}

/* abort(3), so that the log names the signal that it was. */
static void
allow_own_signals(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp self = compare(0, UINT32_MAX, (uint32_t)getpid());

	allow_where(ctx, SCMP_SYS(tgkill), &self, 1);
}

static void
prober_rules(scmp_filter_ctx ctx)
{
	static const int inet[] = { AF_INET, AF_INET6 };
	size_t i;

	allow(ctx, prober_calls, sizeof(prober_calls) / sizeof(int));
	allow_ioctl(ctx, 0xffffff00, 0x8900); /* SIOC...: of interfaces */
	allow_socket(ctx, AF_PACKET, SOCK_RAW, -1); /* pcap */
	allow_socket(ctx, AF_PACKET, SOCK_DGRAM, -1); /* pcap, on ppp */
	allow_socket(ctx, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	allow_socket(ctx, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	for (i = 0; i < sizeof(inet) / sizeof(inet[0]); i++) {
		/* 0: TCP and UDP; pcap has one of these for SIOCGIFMTU */
		allow_socket(ctx, inet[i], SOCK_STREAM, 0);
		allow_socket(ctx, inet[i], SOCK_DGRAM, 0);
	}
	allow_socket(ctx, AF_UNIX, SOCK_DGRAM, -1); /* pcap: SIOCGIFNAME */
	allow_socket(ctx, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC); /* pcap */
	allow_socket(ctx, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); /* neighbours */
}

static void
dialer_rules(scmp_filter_ctx ctx)
{
	static const int ends_a_wait[] = { SCMP_SYS(setitimer) };
	size_t i;

	allow(ctx, ends_a_wait, 1);
	for (i = 0; i < sizeof(tty_ioctls) / sizeof(tty_ioctls[0]); i++)
		allow_ioctl(ctx, UINT32_MAX, tty_ioctls[i]);
}

static void
filter(enum sandbox_role role)
{
	scmp_filter_ctx ctx;
	size_t i;
	int n;

	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		fatalx("seccomp_init");
	/* what is refused shows in the kernel's log, where it can */
	(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	for (i = 0; i < sizeof(fatal_calls) / sizeof(int); i++)
		rule(ctx, SCMP_ACT_KILL_PROCESS, fatal_calls[i]);
	allow(ctx, loop_calls, sizeof(loop_calls) / sizeof(int));
	allow_own_signals(ctx);
	if (role == SANDBOX_PARENT)
		allow(ctx, parent_calls, sizeof(parent_calls) / sizeof(int));
	if (role == SANDBOX_PROBER)
		prober_rules(ctx);
	if (role == SANDBOX_DIALER)
		dialer_rules(ctx);
	if ((n = seccomp_load(ctx)) < 0)
		fatalx("seccomp_load: %s", strerror(-n));
	seccomp_release(ctx);
}

static void
add(char *text, size_t size, const char *more)
{
	if (text[0] != '\0')
		strlcat(text, ", ", size);
	strlcat(text, more, size);
}

static void
describe_caps(char *text, size_t size)
{
	static const struct {
		int cap;
		const char *name;
	} names[] = {
		{ CAP_NET_ADMIN, "net_admin" },
		{ CAP_NET_RAW, "net_raw" },
		{ CAP_NET_BIND_SERVICE, "net_bind_service" },
		{ CAP_SETUID, "setuid" },
		{ CAP_SETGID, "setgid" },
		{ CAP_CHOWN, "chown" },
		{ CAP_FOWNER, "fowner" },
		{ CAP_DAC_OVERRIDE, "dac_override" },
	};
	uint64_t have = capget_raw(0), told = 0;
	char caps[128] = "";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (have & CAP(names[i].cap)) {
			if (caps[0] != '\0')
				strlcat(caps, "+", sizeof(caps));
			strlcat(caps, names[i].name, sizeof(caps));
			told |= CAP(names[i].cap);
		}
	if (have & ~told)
		strlcat(caps, "+more", sizeof(caps));
	add(text, size, have == 0 ? "no capabilities" : caps);
}

static void
describe_all(char *text, size_t size, int rooted)
{
	char uid[32];

	text[0] = '\0';
	snprintf(uid, sizeof(uid), "uid %u", (unsigned int)geteuid());
	add(text, size, uid);
	if (rooted)
		add(text, size, "chroot");
	describe_caps(text, size);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		add(text, size, "no_new_privs");
}

void
sandbox_enter(enum sandbox_role role, char *describe, size_t size)
{
	/* netconf is root in the real root; pppd and mailers need theirs */
	int confined = role != SANDBOX_NETCONF;

	limit_caps(role_caps[role], confined ? 0 : PROGRAM_CAPS);
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		fatal("prctl");
	if (confined && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("no_new_privs");
	describe_all(describe, size, confined);
	if (!confined)
		return;
	filter(role);
	add(describe, size, "seccomp");
}
