#!/bin/bash
# needs: vm
# campaign
# The story of peers_kinds.sh with VXLAN beside the others: a peer has four
# tunnels at most.
KINDS="gre1 ipip1 sit1 vxlan1"
# shellcheck source=regress/scenarios/peers_kinds.sh
. "$(dirname "$0")/peers_kinds.sh"
