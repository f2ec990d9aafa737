#!/bin/bash
# needs: vm
# tunnels.sh [KIND...]: the primary of a branch dies, and its tunnels of these
# kinds, up to four, move to the backup: for how long what its network and the
# hub's say to each other is still lost once the backup carries traffic.  The
# branch tells its hub, which leads its ends there: that is at most two round
# trips and 50 ms, the median of three switches.  And on the way back nothing is
# lost.  The backup is slow, so that round trips count.
# shellcheck disable=SC2317 # functions that wait_until calls
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

read -ra KINDS <<<"${*:-${TUNNELS:-gre1 ipip1 sit1 gre6}}"
ROUNDS=3 # there, and back twice: a hub follows six moves a minute
AIM_MS=50
DELAY_MS=20 # one way
RATE=200 # packets a second, by each
declare -A LOST # by kind, of each round

up_tunnels() {
	local site far kinds="${KINDS[*]}"
	kinds=${kinds//wg0/}
	ends router "$kinds" 1 $PRIMARY_ADDRESS $HUB $PRIMARY_ADDRESS6 $HUB6
	ends hub "$kinds" 2 $HUB $PRIMARY_ADDRESS $HUB6 $PRIMARY_ADDRESS6
	[ "$kinds" != "${KINDS[*]}" ] || return
	site=$(wg genkey)
	far=$(wg genkey)
	wireguard router 1 "$site" "$far" endpoint $HUB:5182
	wireguard hub 2 "$far" "$site" endpoint $PRIMARY_ADDRESS:5182
}

# far_ends ADDRESS ADDRESS6: all of the hub's are there
far_ends() {
	local i
	for i in "${KINDS[@]}"; do
		case $i in
		gre6)	leads_to "$2" "$i" ;;
		*)	leads_to "$1" "$i" ;;
		esac || return
	done
}

flows_start() {
	local i
	for i in "${KINDS[@]}"; do
		flow_start "$i" $RATE "$(far "$i")"
	done
}

flows_stop() {
	local i
	for i in "${KINDS[@]}"; do
		flow_stop "$i"
	done
}

# slow_backup: if the kernel can delay
slow_backup() {
	on isp-b tc qdisc add dev core root netem delay ${DELAY_MS}ms &&
	    on isp-b tc qdisc add dev cust root netem delay ${DELAY_MS}ms
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
	flows_stop
	for i in "${KINDS[@]}"; do
		LOST[$i]+=" $(lost_after "$i" "$up")"
		ok "$i was cut at all" test "$(flow_lost "$i" "$CUT_MS")" -gt 0
	done
}

switch_back() {
	local i
	flows_start
	restore_inet6
	restore_upstream
	ok "the primary takes over" wait_state primary
	ok "the hub leads all of them back" \
	    wait_until 20 "far_ends $PRIMARY_ADDRESS $PRIMARY_ADDRESS6"
	flows_stop
	for i in "${KINDS[@]}"; do
		is "$i loses nothing on the way back" "$(flow_fact "$i" lost)" 0
	done
	# one that is used when it goes loses a packet or two
	ok "nothing of that is left at the hub" \
	    wait_until 20 '[ "$(twins hub)" = 0 ]'
}

[[ " ${KINDS[*]} " != *" wg0 "* ]] || lab_need wireguard
lab_up
lab_inet6
hub_up
hub_inet6
up_tunnels
networks "${KINDS[@]}"
slow_backup || diag "no netem here: the backup is as quick as the primary"
peers_keys
hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	accept { 192.0.2.0/24 203.0.113.64/26 2001:db8::/32 }
	hello 5s
	$(tunnels_to near "${KINDS[@]}")
}
CONF
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 3s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address $HUB
	accept 2001:db8:d::/64
	hello 5s
	$(tunnels_to far "${KINDS[@]}")
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
rtt=$(backup_rtt_ms)
ok "the backup's way to the hub answers" test -n "$rtt"
limit=$((AIM_MS + 2 * rtt))
for ((round = 0; round < ROUNDS; round++)); do
	[ "$round" = 0 ] || switch_back
	switch_there
done
for i in "${KINDS[@]}"; do
	# shellcheck disable=SC2086 # words
	median=$(middle ${LOST[$i]})
	diag "$i: lost for${LOST[$i]} ms once the backup was up"
	ok "$i: not more than $limit ms" [ "$median" -le $limit ]
	alone "tunnels: $i follows in; aim $limit${VMRUN:+ (virtual)}" ms "$median"
done
lab_done
