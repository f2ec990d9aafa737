#!/bin/bash
# needs: netns
# A branch that is behind NAT whichever way it goes: its hub knows where it is
# by what it says alone, says so where a tunnel cannot follow, and reaches it by
# a way that its hellos keep open.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

MAPPED=8 # seconds

# acknowledged N: the hub has what the branch said of itself, so many times
acknowledged() {
	[ "$(grep -c 'hq acknowledged' "$LAB/daemon.log")" -ge "$1" ]
}

hub_heard() {
	hub_ctl show metrics | sed -n 's/^dialfail_peer_updates_accepted_total //p'
}

lab_up
hub_up
nat_up $MAPPED
ends router vxlan1 1 $PRIMARY_ADDRESS $HUB
ends hub vxlan1 2 $HUB $PRIMARY_ADDRESS
peers_keys
nat_daemons vxlan1
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "acknowledged 1"
ok "and says that a tunnel cannot follow" wait_until 10 \
    "says 0 'hq .*REFUSES: behind NAT' show peers"
ok "which is shown" says 0 'we are behind NAT .IPv4.' show peers
ok "which people are told" wait_until 10 \
    "logged 'peer: hq refuses where we are: behind NAT'"

cut_upstream
ok "the backup takes over" wait_state backup
ok "the hub acknowledges by the new way" wait_until 20 "acknowledged 2"
mapped=$(mapping isp-b) since=$(now_ms) heard=$(hub_heard)
ok "the hub knows it as behind NAT" \
    test "$(hub_ctl -j show peers | jq '.peers[].nat')" = true
ok "its end is where it was" leads_to $PRIMARY_ADDRESS vxlan1
ok "a hello is heard" wait_until 10 '[ "$(hub_heard)" -gt '"$heard"' ]'
ok "longer than the NAT remembers" wait_until $((MAPPED + 5)) \
    '[ $(($(now_ms) - '"$since"')) -gt '$((MAPPED * 1000))' ]'
is "the way in is as it was" "$(mapping isp-b)" "$mapped"
ok "the hub goes elsewhere" hub_ctl failover eth2
ok "it is followed" wait_until 20 "here_to $HUB2 vxlan1"

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub acknowledges by the old way" wait_until 20 "acknowledged 3"
ok "what it told of the backup is remembered" \
    says 0 'cannot follow to wan2: behind NAT .IPv4.' show peers
ok "the hub comes back" hub_ctl fallback
ok "it is followed" wait_until 20 "here_to $HUB vxlan1"
is "nothing else was ever held against the branch" \
    "$(refused address)$(refused moves)$(refused failed)" 000
lab_done
