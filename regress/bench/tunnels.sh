#!/bin/bash
# needs: vm
# tunnels.sh KIND...: the primary of a branch dies, and its tunnels of these
# kinds, up to four, move to the backup: for how long what is sent by them is
# still lost once the backup carries traffic, there and back.  The branch tells
# its hub, which leads its ends there: that is at most two round trips and 50 ms,
# the best one of three switches, since a machine may do something else.
# shellcheck disable=SC2317 # functions that wait_until calls
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

KINDS=${*:-$KINDS}
ROUNDS=3 # there, and back twice: a hub follows six moves a minute
AIM_MS=50
RATE=200 # packets a second, by each
declare -A FAR=([gre1]=10.99.1.2 [ipip1]=10.99.2.2 [sit1]=fd00:99:3::2
	[gre6]=10.99.4.2 [vxlan1]=10.99.5.2 [wg0]=10.99.6.2)
declare -A LOST # by kind, of each round

tunnels() {
	local i
	for i in $KINDS; do
		echo "tunnel $i"
	done
}

up_tunnels() {
	local site far kinds=${KINDS//wg0/}
	ends router "$kinds" 1 $PRIMARY_ADDRESS $HUB $PRIMARY_ADDRESS6 $HUB6
	ends hub "$kinds" 2 $HUB $PRIMARY_ADDRESS $HUB6 $PRIMARY_ADDRESS6
	[ "$kinds" != "$KINDS" ] || return
	site=$(wg genkey)
	far=$(wg genkey)
	wireguard router 1 "$site" "$far" endpoint $HUB:5182
	wireguard hub 2 "$far" "$site" endpoint $PRIMARY_ADDRESS:5182
}

# far_ends ADDRESS ADDRESS6: all of the hub's are there
far_ends() {
	local i
	for i in $KINDS; do
		case $i in
		gre6)	leads_to "$2" "$i" ;;
		*)	leads_to "$1" "$i" ;;
		esac || return
	done
}

flows_start() {
	local i
	for i in $KINDS; do
		: >"$LAB/flow.$i"
		spawn router "$LAB/flow.$i" flow udp "${FAR[$i]}" $ECHO_PORT $RATE
		LAB_FLOW[$i]=$SPAWNED
	done
}

# rtt_ms: by the backup, as it is; a part of one counts
rtt_ms() {
	ping -n -q -c 5 -i 0.2 -I wan2 $HUB |
	    sed -n 's/^rtt [^=]*= [^/]*\/\([0-9]*\).*/\1/p'
}

# switch_there: what was lost of each, in LOST
switch_there() {
	local i up
	flows_start
	cut_upstream
	cut_inet6
	ok "the backup takes over" wait_state backup
	up=$(log_ms "> backup")
	ok "the hub leads all of them there" \
	    wait_until 20 "far_ends $WAN2_ADDRESS $WAN2_ADDRESS6"
	sleep 1 # of what was sent by then
	for i in $KINDS; do
		flow_stop "$i"
		LOST[$i]+=" $(lost_after "$i" "$up")"
		ok "$i was cut at all" test "$(flow_lost "$i" "$CUT_MS")" -gt 0
	done
}

switch_back() {
	restore_inet6
	restore_upstream
	ok "the primary takes over" wait_state primary
	ok "the hub leads all of them back" \
	    wait_until 20 "far_ends $PRIMARY_ADDRESS $PRIMARY_ADDRESS6"
}

[[ " $KINDS " != *" wg0 "* ]] || lab_need wireguard
lab_up
lab_inet6
hub_up
hub_inet6
up_tunnels
peers_keys
hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	accept { 192.0.2.0/24 203.0.113.64/26 2001:db8::/32 }
	hello 5s
	$(tunnels)
}
CONF
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address $HUB
	accept 2001:db8:d::/64
	hello 5s
	$(tunnels)
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
for i in $KINDS; do
	spawn hub "$LAB/echo.$i" flow echo "${FAR[$i]}" $ECHO_PORT
done
rtt=$(rtt_ms)
ok "the backup's way to the hub answers" test -n "$rtt"
limit=$((AIM_MS + 2 * rtt))
for ((round = 0; round < ROUNDS; round++)); do
	[ "$round" = 0 ] || switch_back
	switch_there
done
for i in $KINDS; do
	best=$(tr ' ' '\n' <<<"${LOST[$i]# }" | sort -n | head -n 1)
	diag "$i: lost for${LOST[$i]} ms once the backup was up"
	ok "$i: not more than $limit ms" [ "$best" -le $limit ]
	alone "tunnels: $i follows in; aim $limit${VMRUN:+ (virtual)}" ms "$best"
done
lab_done
