#!/bin/bash
# needs: netns
# The row of tunnels.sh with VXLAN alone, by the kernel that runs here.
TUNNELS=vxlan1
# shellcheck source=regress/bench/tunnels.sh
. "$(dirname "$0")/tunnels.sh"
