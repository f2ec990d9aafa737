#!/bin/bash
# needs: vm
# long
# Tunnels to the hub follow the active uplink: GRE, IPIP, SIT, VXLAN and
# WireGuard, and over IPv6 GRE, VXLAN, IPv4 and IPv6, with Ethernet or without.
# The hub is told the new address by this script; with WireGuard, where only the
# hub has something to say, by WireGuard itself.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

LED4="gre1 ipip1 sit1 vxlan1 gretap1"
LED6="gre6 vxlan6 tnl6 gretap6"
LED="$LED4 $LED6"
ODD="gre2 gre3 gre4" # with what a change of the address might lose

lab_need wireguard
modprobe -q fou

# hub_follows ADDRESS ADDRESS6: what the peers' protocol would do
hub_follows() {
	ip -n hub -batch - <<-IP
		link set gre1 type gre remote $1
		link set ipip1 type ipip remote $1
		link set sit1 type sit remote $1
		link set gre6 type ip6gre remote $2
		link set vxlan1 type vxlan remote $1
		link set gretap1 type gretap remote $1
		link set vxlan6 type vxlan remote $2
		link set tnl6 type ip6tnl remote $2
		link set gretap6 type ip6gretap remote $2
	IP
}

# local_of INTERFACE
local_of() {
	ip -d link show "$1" | sed -n 's/.* local \([0-9a-f.:]*\) .*/\1/p'
}

bound_to() {
	ip -d link show gre1 | grep "dev $1"
}

# all_local ADDRESS ADDRESS6
all_local() {
	local i
	for i in $LED4 $ODD; do
		[ "$(local_of "$i")" = "$1" ] || { echo "$i"; return 1; }
	done
	for i in $LED6 tnl66; do
		[ "$(local_of "$i")" = "$2" ] || { echo "$i"; return 1; }
	done
}

# attributes: of all of them, but for the address and the interface
attributes() {
	local i
	for i in $LED $ODD tnl66; do
		ip -d link show "$i"
	done | sed 's/link\/[a-z0-9]* [^ ]* /link /; s/ local [^ ]*//
	    s/ dev [^ ]*//; s/@[^:]*//; s/ permaddr [^ ]*//'
	wg show wg0 persistent-keepalive
	wg show wg0 fwmark
}

same_attributes() {
	attributes >"$LAB/attributes.now"
	diff -u "$LAB/attributes" "$LAB/attributes.now"
}

streams() {
	# shellcheck disable=SC2086
	flows $LED wg0
}

lab_up
lab_inet6
hub_up
hub_inet6
ends router "$LED $ODD tnl66" 1 $PRIMARY_ADDRESS $HUB $PRIMARY_ADDRESS6 $HUB6
ends hub "$LED" 2 $HUB $PRIMARY_ADDRESS $HUB6 $PRIMARY_ADDRESS6
ip link set gre1 type gre dev eth1
site=$(wg genkey)
far=$(wg genkey)
wireguard hub 2 "$far" "$site"
wireguard router 1 "$site" "$far" endpoint $HUB:5182
ok "the site has talked to the hub" wait_until 10 "ping -qc 1 -W 1 10.99.6.2"
stream router gre1 10.99.1.2
stream router ipip1 10.99.2.2
stream router sit1 fd00:99:3::2
stream router gre6 10.99.4.2
stream router vxlan1 10.99.5.2
stream router gretap1 10.99.7.2
stream router vxlan6 10.99.8.2
stream router tnl6 10.99.9.2
stream router gretap6 10.99.11.2
stream hub wg0 10.99.6.1

LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
peer hq {
	tunnel gre1 tunnel ipip1 tunnel sit1
	tunnel wg0 wgpeer "$(wg pubkey <<<"$far")"
}
peer other { tunnel gre6 tunnel vxlan1 tunnel gre9 }
peer odd { tunnel gre2 tunnel gre3 tunnel gre4 tunnel tnl66 }
peer more { tunnel gretap1 tunnel vxlan6 tunnel tnl6 tunnel gretap6 }
CONF
snapshot $LAB/before
attributes >$LAB/attributes
lab_start
ok "the primary is proved" wait_state primary
ok "tunnels stay as they are" all_local $PRIMARY_ADDRESS $PRIMARY_ADDRESS6
ok "every stream has answers" streams

cut_upstream
ok "the backup takes over" wait_state backup
ok "tunnels have its address" all_local $WAN2_ADDRESS $WAN2_ADDRESS6
ok "the bound one is bound to it" test -n "$(bound_to wan2)"
ok "all else of them is as it was" same_attributes
hub_follows $WAN2_ADDRESS $WAN2_ADDRESS6
ok "every stream has answers again" streams
is "the hub has learnt where the site is" \
    "$(remote wg0)" $WAN2_ADDRESS
ok "the missing one is told" \
    test -n "$(ctl show network | grep "gre9: no such interface")"

snapshot $LAB/backup
lab_kill9
lab_start
ok "it is adopted" wait_state backup
ok "nothing was changed" same_as $LAB/backup

restore_upstream
ok "the primary takes over again" wait_state primary
ok "tunnels have their own address" \
    all_local $PRIMARY_ADDRESS $PRIMARY_ADDRESS6
ok "all else of them is as it was" same_attributes
hub_follows $PRIMARY_ADDRESS $PRIMARY_ADDRESS6
ok "every stream has answers again" streams
is "the hub has learnt it" \
    "$(remote wg0)" $PRIMARY_ADDRESS

ok "the backup is asked for" ctl failover wan2
ok "the backup takes over" wait_state backup
ok "tunnels have its address" all_local $WAN2_ADDRESS $WAN2_ADDRESS6
ok "everything is taken out" ctl clear
ok "the daemon ends" wait_until 10 daemon_gone
ok "nothing of ours is left" same_as $LAB/before
ok "not even a file" test ! -e /run/dialfail/tunnels
lab_done
