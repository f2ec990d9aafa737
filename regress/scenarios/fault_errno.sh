#!/bin/bash
# needs: netns
# Each step of start, failover, fallback and clear is refused by the kernel
# once, for each of four reasons.  Here it is a taste; `make campaign` has all.
# Then a step of the way there is refused for good: that is told with step and
# reason, nothing has moved, and it is done when it can be.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/site.sh
. "$LAB_DIR/site.sh"
# shellcheck source=regress/lab/fault.sh
. "$LAB_DIR/fault.sh"

: "${FAULT_STEP:=31}"
fault_begin hot
fault_matrix EPERM EBUSY ENOBUFS ENODEV
reach start
refused_for_good failover add primary eth1
fault_end
