#!/bin/bash
# needs: vm
# WireGuard to a branch that is behind NAT whichever way it goes, where only the
# hub has something to say: the branch's own WireGuard tells the hub's where it
# is now.  So it is when the hub was quiet for longer than the NAT remembers,
# since the branch's keepalives are more frequent than that, as usual ones are
# than what carriers have; both are a fifth of it.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

MAPPED=16   # seconds; more than three keepalives
KEEPALIVE=5 # as hellos
SAYS=30     # for so long the branch says where it is, whatever its keepalives

# hub_was_quiet NAME ADDRESS NAT: for longer than is remembered; then it speaks
# first, by a stream of that name
hub_was_quiet() {
	local since way
	way=$(mapping "$3" 5182) since=$(now_ms)
	ok "the hub says nothing for long" wait_until $((SAYS + MAPPED + 10)) \
	    '[ $(($(now_ms) - '"$since"')) -gt '$((SAYS * 1000 + MAPPED * 1250))' ]'
	ok "there is a way in" test -n "$way"
	is "which is as it was" "$(mapping "$3" 5182)" "$way"
	ok "by which the hub's WireGuard goes" leads_to "$2" wg0
	stream hub "$1" 10.99.6.1
	ok "the hub has answers at once" flows "$1"
	end "$SPAWNED"
}

lab_need wireguard
lab_up
hub_up
nat_up $MAPPED
site=$(wg genkey)
far=$(wg genkey)
wireguard router 1 "$site" "$far" endpoint $HUB:5182 \
    persistent-keepalive $KEEPALIVE
wireguard hub 2 "$far" "$site"
peers_keys
nat_daemons wg0
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
ok "the branch's WireGuard has told the hub's where it is" \
    wait_until 10 "leads_to 203.0.113.1 wg0"
hub_was_quiet first 203.0.113.1 isp-a
spawn router $LAB/echo.log flow echo 10.99.6.1 $ECHO_PORT
stream hub wg 10.99.6.1
pings=$SPAWNED
ok "the hub has answers" flows wg
spawn hub $LAB/flow.hub flow udp 10.99.6.1 $ECHO_PORT 50
LAB_FLOW[hub]=$SPAWNED

cut_upstream
ok "the backup takes over" wait_state backup
up=$(log_ms "> backup")
ok "the hub's leads to its NAT" wait_until 10 "leads_to $CORE1 wg0"
ok "the hub has answers" flows wg
restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub's leads to the other NAT" wait_until 10 "leads_to 203.0.113.1 wg0"
ok "the hub has answers" flows wg
flow_stop hub
follows_in hub "$up" "$RESTORED_MS"
is "nothing was lost on the way back" "$(flow_lost hub "$RESTORED_MS")" 0

end "$pings"
cut_upstream
ok "the backup takes over, while nothing is said" wait_state backup
ok "the hub's leads to its NAT" wait_until 10 "leads_to $CORE1 wg0"
hub_was_quiet again $CORE1 isp-b
is "no move was refused" "$(refused nat)$(refused failed)" 00
lab_done
