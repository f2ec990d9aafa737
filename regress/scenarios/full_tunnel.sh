#!/bin/bash
# needs: netns
# A VPN that takes all traffic, with rules as wg-quick makes them, before our
# start and after it: what belongs into the tunnel never leaves by an uplink
# in clear, whatever is switched; what the tunnel itself sends moves.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

INSIDE=10.200.0.1	# only the far end of the tunnel has this address
MARK=51820

vpn_up() {
	ip -batch - <<-IP
		route add default dev wg0 table $MARK
		rule add not fwmark $MARK lookup $MARK
		rule add lookup main suppress_prefixlength 0
	IP
}

vpn_down() {
	ip -batch - <<-IP
		rule del not fwmark $MARK lookup $MARK
		rule del lookup main suppress_prefixlength 0
		route flush table $MARK
	IP
}

# listen INTERFACE: what is meant for the tunnel and is seen there
listen() {
	spawn router "$LAB/$1.clear" tcpdump -lnni "$1" "host $INSIDE"
	wait_until 10 "grep -q '^listening' '$LAB/$1.clear'"
}

clear_seen() {
	grep -h ' > ' "$LAB"/*.clear
}

# outer_by: the uplink of what the tunnel itself sends
outer_by() {
	ip route get $TARGET2 mark $MARK | sed -n 's/.* dev \([^ ]*\).*/\1/p'
}

story() {
	ok "the primary is proved" wait_state primary
	ok "the LAN reaches the far end of the tunnel" ping_lan $INSIDE
	is "the tunnel itself uses the primary" "$(outer_by)" eth1
	spawn lan "$LAB/inside.$1" ping -n -i 0.02 $INSIDE
	pinging=$SPAWNED

	cut_upstream
	ok "the backup takes over" wait_state backup
	is "the tunnel itself uses the backup" "$(outer_by)" wan2
	ok "and reaches the core" ping -n -q -c 1 -W 2 -m $MARK $TARGET2
	ok "the LAN reaches the far end of the tunnel" ping_lan $INSIDE
	restore_upstream
	ok "the primary takes over again" wait_state primary
	is "the tunnel itself uses the primary" "$(outer_by)" eth1
	ok "the LAN reaches the far end of the tunnel" ping_lan $INSIDE

	kill -INT "$pinging"
	wait "$pinging"
	diag "$(grep transmitted "$LAB/inside.$1")"
	ok "nothing was lost in the tunnel" all_answered "$LAB/inside.$1"
	is "seen in clear on an uplink" "$(clear_seen)" ""
}

lab_up
ip netns add vpn
ip link add wg0 type veth peer name wg0 netns vpn
ip link set wg0 arp off up
ip -n vpn -batch - <<IP
addr add $INSIDE/32 dev lo
link set lo up
link set wg0 arp off up
route add default dev wg0
IP
# frames without ARP need the far end's own address
ip link set wg0 address 02:00:00:00:00:01
ip -n vpn link set wg0 address 02:00:00:00:00:01
listen eth1
listen wan2
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF

diag "the VPN is there before us"
vpn_up
snapshot "$LAB/before"
lab_start
story first
lab_stop
ok "nothing of ours is left" same_as "$LAB/before"
vpn_down

diag "the VPN comes after us"
lab_start
ok "the primary is proved" wait_state primary
vpn_up
story second
vpn_down

diag "the ears were open: without the VPN it is seen"
ping_lan $INSIDE
ok "it is seen in clear" wait_until 10 "clear_seen | grep -q $INSIDE"
lab_stop
lab_done
