#!/bin/bash
# needs: vm
# A branch and its hub, each with a dialfaild: GRE, IPIP, SIT and GRE over IPv6
# follow as well, and with them what the networks behind them say to each other.
# These take packets from the far end's address to their own only; on the way
# back none is lost all the same, whoever sends it, while the backup drains: each
# end takes what comes for the old address and for the new one until the other
# knows.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

read -ra KINDS <<<"${KINDS:-gre1 ipip1 sit1 gre6}" # or those of peers_vxlan.sh
LAST=${KINDS[-1]}
TWINS=4
[ "$LAST" = gre6 ] || TWINS=3 # VXLAN takes its packets from anywhere

# hub_leads_to ADDRESS ADDRESS6
hub_leads_to() {
	leads_to "$1" gre1 ipip1 sit1 || return
	if [ "$LAST" = gre6 ]; then leads_to "$2" gre6; else leads_to "$1" "$LAST"; fi
}

lab_up
lab_inet6
hub_up
hub_inet6
ends router "${KINDS[*]}" 1 $PRIMARY_ADDRESS $HUB $PRIMARY_ADDRESS6 $HUB6
ends hub "${KINDS[*]}" 2 $HUB $PRIMARY_ADDRESS $HUB6 $PRIMARY_ADDRESS6
networks "${KINDS[@]}"
peers_keys
hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	accept { 192.0.2.0/24 203.0.113.64/26 2001:db8::/32 }
	$(tunnels_to near "${KINDS[@]}")
	hello 5s
}
CONF
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 12s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address $HUB
	accept 2001:db8:d::/64
	$(tunnels_to far "${KINDS[@]}")
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
for kind in "${KINDS[@]}"; do
	flow_start "$kind" 20 "$(far "$kind")"
done
flow_back hub-gre1 gre1 20

cut_upstream
ok "the backup takes over" wait_state backup
up=$(log_ms "> backup")
ok "the hub leads all of them there" \
    wait_until 10 "hub_leads_to $WAN2_ADDRESS $WAN2_ADDRESS6"
# a slow backup: much is on its way when the hub is told
on isp-b tc qdisc add dev core root netem delay 80ms
followed=$(now_ms)
restore_upstream
ok "the primary takes over again" wait_until 20 "logged '-> returning'"
ok "the hub leads all of them back" \
    wait_until 10 "hub_leads_to $PRIMARY_ADDRESS $PRIMARY_ADDRESS6"
ok "the hub takes what is still on its way" wait_until 5 \
    '[ "$(twins hub)" = '"$TWINS ]"
# without those that it had until the hub knew
ok "and so does the branch" wait_until 5 '[ "$(twins router)" = '"$TWINS ]"
ok "which is no difference" ctl show network
ok "the backup has drained" wait_state primary
moved=$(log_ms "> returning")
ok "nothing of that is left at the branch" wait_until 5 '[ "$(twins router)" = 0 ]'
ok "nor at the hub" wait_until 20 '[ "$(twins hub)" = 0 ]'
ended=$(now_ms)
for kind in "${KINDS[@]}" hub-gre1; do
	flow_stop "$kind"
	follows_in "$kind" "$up" "$moved"
	ok "$kind is used" test \
	    "$(flow_fact "$kind" received)" -gt $(((ended - followed) / 100))
	is "nothing is lost once it is followed, on the backup and back" \
	    "$(flow_lost "$kind" "$followed")" 0
done
lab_done
