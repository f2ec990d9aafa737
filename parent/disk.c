/* SPDX-License-Identifier: ISC */
/* Files that cannot be written; see disk.h. */
#include "common/log.h"
#include "parent/disk.h"

int
disk_wrote(struct disk *d, const char *file, int rc)
{
	if (rc == -1 && !d->bad)
		log_warn("%s: not written, and kept in memory", file);
	else if (rc != -1 && d->bad)
		log_info("%s: written again", file);
	d->bad = rc == -1;
	return rc;
}
