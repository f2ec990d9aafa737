/* SPDX-License-Identifier: ISC */
/*
 * Print the rate of this machine's time stamp counter in kHz.  A machine
 * emulated by QEMU has the same one, and Linux inside cannot measure it
 * reliably: its reference, the PIT, is emulated as well, and on a busy host
 * comes late.  A wrong rate there is a clock that stands still.
 */
#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define MEASURE_NS 100000000

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int
main(void)
{
	uint64_t ticks = __rdtsc();
	int64_t began = now(), passed;

	while ((passed = now() - began) < MEASURE_NS)
		;
	ticks = __rdtsc() - ticks;
	printf("%.0f\n", (double)ticks * 1e6 / (double)passed);
	return 0;
}
