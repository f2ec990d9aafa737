#!/bin/bash
# needs: vm
# campaign
# The story of peers_both.sh with GRE, which takes packets from where its far
# end is only, and WireGuard.
SITE=gre1 WG0=1
# shellcheck source=regress/scenarios/peers_both.sh
. "$(dirname "$0")/peers_both.sh"
