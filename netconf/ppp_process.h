/* SPDX-License-Identifier: ISC */
/*
 * A process told from every other one, also from a later one that got its
 * number: by its start time and the boot that this time counts from.
 */
#ifndef NETCONF_PPP_PROCESS_H
#define NETCONF_PPP_PROCESS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* A descriptor that is readable when it has ended, or -1. */
int process_open(pid_t);
int process_signal(int fd, int sig);
/* When it started, in the kernel's ticks.  0, or -1: no such process. */
int process_started(pid_t, uint64_t *started);
/* The same from the text of /proc/PID/stat; -1: not such a text. */
int process_parse_started(const char *stat, uint64_t *started);
/* The name of this boot.  0 or -1. */
int process_boot(char *buf, size_t size);
/* "name" of its executable file; empty if it cannot be read. */
void process_program(pid_t, char *buf, size_t size);
/* What it calls itself, for people; "?" if it cannot be read. */
void process_name(pid_t, char *buf, size_t size);

#endif
