#!/bin/bash
# needs: netns
# Each step of start, failover, fallback and clear is refused by the kernel
# once, for each of four reasons.  Here it is a taste; `make campaign` has all.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/fault.sh
. "$LAB_DIR/fault.sh"

: "${FAULT_STEP:=11}"
fault_begin
fault_matrix EPERM EBUSY ENOBUFS ENODEV
fault_end
