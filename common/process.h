/* SPDX-License-Identifier: ISC */
/* What the system does with a process, and tells of it. */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

/* Whatever is large goes back to the system when it is freed; once. */
void process_thrifty(void);
/* So does all that was small, after much of it was freed. */
void process_trim(void);

#endif
