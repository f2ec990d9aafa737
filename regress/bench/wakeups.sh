#!/bin/bash
# needs: vm
# How often probing wakes the machine when answers come as on a real line.
# shellcheck source=regress/bench/cost.sh
. "$(dirname "$0")/cost.sh" 10 far
