#!/bin/bash
# needs: netns
# netconf is killed before and after each step of start, failover, fallback
# and clear.  Here it is a taste; `make campaign` has all.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/site.sh
. "$LAB_DIR/site.sh"
# shellcheck source=regress/lab/fault.sh
. "$LAB_DIR/fault.sh"

: "${FAULT_STEP:=13}"
fault_begin shut
fault_matrix before after
fault_end
