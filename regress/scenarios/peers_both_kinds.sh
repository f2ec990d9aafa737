#!/bin/bash
# needs: vm
# campaign
# The story of peers_both.sh with GRE, IPIP and SIT, which take packets from
# where their far end is only, and WireGuard.
SITE=gre1 MORE="ipip1 sit1" WG0=1
# shellcheck source=regress/scenarios/peers_both.sh
. "$(dirname "$0")/peers_both.sh"
