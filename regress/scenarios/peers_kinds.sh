#!/bin/bash
# needs: vm
# A branch and its hub, each with a dialfaild: IPIP, SIT and GRE over IPv6
# follow as well.  These take packets from the far end's address only, so that
# on the way back those are lost that come before the hub knows; no others.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

KINDS="ipip1 sit1 gre6"
WORDS="tunnel ipip1 tunnel sit1 tunnel gre6 hello 5s"

# hub_leads_to ADDRESS ADDRESS6
hub_leads_to() {
	leads_to "$1" ipip1 sit1 && leads_to "$2" gre6
}

# start_flow NAME ADDRESS: 20 packets a second to the hub's end and back
start_flow() {
	spawn hub "$LAB/echo.$1" flow echo "$2" $ECHO_PORT
	spawn router "$LAB/flow.$1" flow udp "$2" $ECHO_PORT 20
	LAB_FLOW[$1]=$SPAWNED
}

lab_up
lab_inet6
hub_up
hub_inet6
ends router "$KINDS" 1 $PRIMARY_ADDRESS $HUB $PRIMARY_ADDRESS6 $HUB6
ends hub "$KINDS" 2 $HUB $PRIMARY_ADDRESS $HUB6 $PRIMARY_ADDRESS6
peers_keys
hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	accept { 192.0.2.0/24 203.0.113.64/26 2001:db8::/32 }
	$WORDS
}
CONF
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 5s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address $HUB
	accept 2001:db8:d::/64
	$WORDS
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
start_flow ipip1 10.99.2.2
start_flow sit1 fd00:99:3::2
start_flow gre6 10.99.4.2

cut_upstream
ok "the backup takes over" wait_state backup
up=$(log_ms "read back equal")
ok "the hub leads all of them there" \
    wait_until 10 "hub_leads_to $WAN2_ADDRESS $WAN2_ADDRESS6"
followed=$(now_ms)
restore_upstream
ok "the primary takes over again, and the backup has drained" \
    wait_state primary
ok "the hub leads all of them back" \
    wait_until 10 "hub_leads_to $PRIMARY_ADDRESS $PRIMARY_ADDRESS6"
moved=$(log_ms "> returning") back=$(log_ms "hq acknowledged")
ended=$(now_ms)
for kind in $KINDS; do
	flow_stop "$kind"
	diag "$kind was lost for $(lost_after "$kind" "$up" "$moved") ms" \
	    "after the backup was up; $(flow_lost "$kind" "$moved" "$back") packets" \
	    "until the hub knew that it is back"
	ok "$kind is used" test \
	    "$(flow_fact "$kind" received)" -gt $(((ended - followed) / 100))
	is "nothing is lost on the backup once it is followed" \
	    "$(flow_lost "$kind" "$followed" "$moved")" 0
	is "nothing once it is followed back, and the backup drains" \
	    "$(flow_lost "$kind" "$back")" 0
done
lab_done
