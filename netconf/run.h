/* SPDX-License-Identifier: ISC */
/*
 * What the files of netconf share.
 *
 *	netconf.c	the loop and what the parent says
 *	config.c	the file, read; the current and the pending struct conf
 *	net.c		the network as wanted: dump, plan, apply, read back
 *			(net.h, plan.h, undo.h say what is behind it)
 *	tty.c		modem ports: opened, locked, passed on
 *	pin.c		PINs of cards (sim_record.h)
 *	ppp.c		pppd: started, ended, adopted (ppp_*.h)
 *	program.c	programs of others, run beside the loop (program.h)
 *	alarm.c		the alarm program
 *	hook_*.c	the site's own programs (hook.h)
 *	resolver*.c	whom the router asks for names (resolver.h)
 *	capture.c	files for captured frames (capture.h)
 *	child.c		programs that run, and how they ended
 */
#ifndef NETCONF_RUN_H
#define NETCONF_RUN_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/imsg.h"
#include "common/msg.h"
#include "netconf/plan.h"

/* netconf.c: to the parent; on success the descriptor is no longer ours. */
void netconf_send(uint32_t type, int fd, const void *, size_t);
/* It is on its way before what takes us longer now. */
void netconf_flush(void);
/* One message of the parent's. */
void netconf_dispatch_parent(uint32_t type, struct imsg *);

/* config.c */
void config_open(const char *file, const struct conf_macro *);
/* In force; NULL before the first commit. */
const struct conf *config_current(void);
uint32_t config_gen(void); /* as the parent counts */
void config_load(const struct msg_conf_load *);
void config_commit(uint32_t gen);
void config_forget(uint32_t gen);
void config_show(uint32_t asker); /* the one in force, as text */
void config_glance(uint32_t asker); /* answers GLANCED */
void config_keep(uint32_t gen); /* it is confirmed: for a start without it */
/* The place of an uplink by its label, or MSG_UPLINK_NONE. */
uint32_t config_uplink(const char *label);

/* net.c */
void net_open(void); /* before the sandbox; failure is fatal */
void net_reloaded(void); /* another configuration is in force */
void net_want(const struct msg_net_want *);
void net_clear(uint32_t gen);
void net_show(uint32_t asker);
/* What is done has another turn to come: it is neither as before nor done. */
int net_in_turn(void);
uint32_t net_draining(void); /* flows, or MSG_FLOWS_NONE */
/* Lines of show network that differ, as last seen: a walk over all of it. */
uint32_t net_differences(void);
uint32_t net_repairs(void); /* how often it was laid again */
void net_count(const struct msg_net_count *); /* answers NET_COUNTED */
void net_plan(const struct msg_net_plan *); /* answers NET_PLAN_STEP, _END */
/*
 * A peer is elsewhere, and is led there with all that came together, at the
 * latest by net_peers_lead(), before anything else may change; answers
 * NET_PEER_DONE.
 */
void net_peer(const struct msg_net_peer *);
void net_peers_lead(void);
/* A peer has acknowledged where we are. */
void net_follow(const struct msg_net_follow *);
/* What the parent was told of an uplink. */
const struct msg_facts *net_facts(uint32_t uplink);
/* A modem backup's interface came or went: ppp_interface() tells. */
void net_ppp_changed(uint32_t uplink);

/* tty.c */
void tty_reloaded(void); /* what is held belongs to labels, not numbers */
/* Answers with TTY and a descriptor, or with TTY_FAILED. */
void tty_clear(void); /* all of them, for good */
void tty_open(const struct msg_link *);
/* The same of a second port: STATUS_TTY or STATUS_FAILED. */
void tty_open_status(const struct msg_link *);
void tty_close_status(const struct msg_link *);
void tty_close(const struct msg_link *);
/* The modem backup of this number, or NULL. */
const struct conf_uplink *tty_modem(uint32_t uplink);
/* Our own duplicate of an open one and its path, or -1; still tty.c's. */
int tty_descriptor(const char *label, const char **device);
/* pppd has the line; and it is ours again, for the dialer to hang up. */
void tty_lend(const char *label, pid_t pppd);
void tty_return(const char *label);

/* pin.c */
void pin_wanted(const struct msg_sim *); /* answers PIN or PIN_REFUSED */
void pin_used(const struct msg_sim *); /* perhaps answers SIM_CHANGED */

/* ppp.c */
void ppp_adopt(void); /* once, when the first configuration is in force */
void ppp_reloaded(void);
void ppp_start(const struct msg_link *); /* answers PPP_UP, PPP_DOWN */
void ppp_stop(const struct msg_link *);
void ppp_clear(void); /* end every pppd of ours */
int ppp_running(void); /* is any of them still there? */
/* Its interface, or "" while IP is not up. */
const char *ppp_interface(uint32_t uplink);
/* The servers that its peer named, at most 2; how many. */
uint32_t ppp_dns(uint32_t uplink, struct addr *);

/* alarm.c */
void alarm_open(void); /* before the sandbox */
void alarm_run(const struct msg_alarm *); /* answers ALARM_DONE */

/* hook_switch.c */
void hook_switched(const struct msg_hooks *); /* answers HOOK_DONE */

/* Those of a switch that would come now, in words. */
void hook_switch_plan(plan_line *, void *arg);

/* hook_link.c: of an interface that has hooks; answers LINK_DONE */
void hook_link_start(const struct msg_link *);
void hook_link_stop(const struct msg_link *); /* ends what still starts it */
void hook_link_clear(void); /* stop every link of ours */
int hook_link_running(void);

/*
 * hook.c: what an earlier netconf owes; once, with the first configuration,
 * when this uplink was found to carry traffic.
 */
void hook_open(uint32_t active);

/* capture.c: answers with CAPTURE_FILE and a descriptor, or CAPTURE_DONE */
void capture_file(const struct msg_capture *);
void capture_reloaded(void);

/* child.c */
typedef void child_done(pid_t, int status, void *arg);
typedef void child_last(pid_t, void *arg);
void child_init(void); /* SIGCHLD, in the loop */
/*
 * done is called once from the loop, with waitpid's status; last, unless it is
 * NULL, before it is waited for, while its number cannot be another's.
 */
void child_watch(pid_t, child_last *last, child_done *, void *arg);
/* In a new process: what netconf ignores or blocks, a program must not. */
void child_signals(void);
/* A clean environment for a program: PATH and nothing else. */
extern char *const child_environment[];

#endif
