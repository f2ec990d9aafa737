#!/bin/bash
# needs: netns
# Main's routes of every kind, IPv4 and IPv6, before a failover, on the backup
# and after the return: what leaves by an uplink moves, however it is written;
# what others lead elsewhere by routes or rules of theirs does not.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

LAN6=fd00:7::10
LL6=fe80::1		# of both providers' routers, as in reality
GLOBAL6=2001:db8:9	# behind the primary's router
MARK=0x80000/0xff0000	# of somebody's rule at 5210

# way ADDRESS [WORD...]: the interface by which the LAN's packets go there
way() {
	local from=$LAN_HOST to=$1
	[[ $to != *:* ]] || from=$LAN6
	shift
	ip route get "$to" from "$from" iif eth0 "$@" |
	    sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1
}

# ways NET: of many there; a route over two interfaces has a way for each flow
ways() {
	local i
	for ((i = 1; i <= 12; i++)); do
		way "$1$i"
	done
}

# both NET: which ways those are
both() {
	ways "$1" | sort -u | tr '\n' ' '
}

# own ADDRESS [WORD...]: the same for what the router itself sends
own() {
	ip route get "$@" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1
}

# follow INTERFACE ADDRESS ADDRESS6: what moves is there
follow() {
	is "several defaults, one of a dead router" "$(way $TARGET6)" "$1"
	is "and it is seen so" "$(seen_as $TARGET6)" "$3"
	is "2000::/3" "$(way 2001:4860::1)" "$1"
	is "a /48" "$(way $GLOBAL6::1)" "$1"
	is "and it is seen so" "$(seen_as $GLOBAL6::1)" "$3"
	is "a network that another interface has with a worse metric" \
	    "$(way 203.0.112.1)" "$1"
	is "and it is seen so" "$(seen_as 203.0.112.1)" "$2"
	is "the same in IPv6" "$(way $GLOBAL6:1::1)" "$1"
	is "the tunnels' server, outside of them" "$(own 203.0.113.2)" "$1"
	is "the same in IPv6" "$(own 2001:db8:c:a::2)" "$1"
}

# stay: what does not
stay() {
	is "what a tunnel's routes take" "$(way 9.9.9.9)" vpn0
	is "the other half" "$(way 198.41.0.4)" vpn0
	is "the same in IPv6" "$(way 4000::1)" vpn0
	is "the other half" "$(way 9000::1)" vpn0
	is "a /64 of another interface inside" "$(way $GLOBAL6:5::1)" eth0
	is "a private network of the primary" "$(way 10.9.0.1)" eth1
	is "the same in IPv6" "$(way fd00:9::1)" eth1
	is "the primary's own network" "$(way 192.0.2.77)" eth1
	is "the same in IPv6" "$(way 2001:db8:a::77)" eth1
	is "of what goes over two interfaces, an uplink second, by the backup" \
	    "$(ways 198.18.2. | grep -c wan2)" 0
	is "what a rule at 5210 looks up in main" \
	    "$(way $TARGET2 mark 0x80000)" eth1
	is "the same in IPv6" "$(way $TARGET6 mark 0x80000)" eth1
	is "what has the primary's address, as a lease's renewal" \
	    "$(own $TARGET2 from $PRIMARY_ADDRESS)" eth1
	is "the same in IPv6" "$(own $TARGET6 from $PRIMARY_ADDRESS6)" eth1
	is "the LAN" "$(way 10.7.0.99)" eth0
}

# note WORDS: it is shown, and was logged once
note() {
	ok "it is shown: $1" test -n "$(ctl show network | grep "note: $1")"
	is "and was logged once" \
	    "$(grep -c "network: note: $1" "$LAB/daemon.log")" 1
}

lab_up
lab_inet6
lab_lan6
ip link add vpn0 type veth peer name vpn1
ip -n core -batch - <<IP
addr add 203.0.112.1/32 dev lo
addr add $GLOBAL6::1/128 dev lo
IP
for h in isp-a isp-b; do
	ip -n $h addr add $LL6/64 dev cust nodad
done
ip -batch - <<IP
link set vpn1 up
link set vpn0 up
route add 1.0.0.0/8 dev vpn0
route add 9.0.0.0/8 dev vpn0
route add 198.41.0.0/16 dev vpn0
route add 203.0.113.2 via $GATEWAY
route add 203.0.112.0/24 via $GATEWAY metric 10
route add 203.0.112.0/24 via $LAN_HOST metric 20
route add 10.9.0.0/16 via $GATEWAY
route add 198.18.1.0/24 nexthop via $GATEWAY nexthop via $LAN_HOST
route add 198.18.2.0/24 nexthop via $LAN_HOST nexthop via $GATEWAY
route add default metric 900 nexthop via $GATEWAY nexthop via $LAN_HOST
rule add pref 5210 fwmark $MARK lookup main
IP
ip -6 -batch - <<IP
route add 4000::/2 dev vpn0
route add 8000::/1 dev vpn0
route add 2001:db8:c:a::2 via $LL6 dev eth1
route add default via fe80::dead dev eth1 metric 512
route add default via $LL6 dev eth1 metric 1024
route add 2000::/3 via $LL6 dev eth1
route add $GLOBAL6::/48 via $LL6 dev eth1
route add $GLOBAL6:5::/64 via $LAN6 dev eth0
route add $GLOBAL6:1::/64 via $LL6 dev eth1 metric 10
route add $GLOBAL6:1::/64 via $LAN6 dev eth0 metric 20
route add fd00:9::/32 via $LL6 dev eth1
route add $GLOBAL6:11::/64 nexthop via $LL6 dev eth1 nexthop via $LAN6 dev eth0
route add $GLOBAL6:12::/64 nexthop via $LAN6 dev eth0 nexthop via $LL6 dev eth1
route add default metric 900 nexthop via $LL6 dev eth1 nexthop via $LAN6 dev eth0
rule add pref 5210 fwmark $MARK lookup main
IP
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
note "rule pref 5210 looks up main before ours"
note "rule -6 pref 5210 looks up main before ours"
note "route 0.0.0.0/0 leaves by eth1 and by eth0"
note "route ::/0 leaves by eth1 and by eth0"
is "in IPv6 some flows go by each of two interfaces" \
    "$(both $GLOBAL6:11::)" "eth0 eth1 "
is "whichever is first" "$(both $GLOBAL6:12::)" "eth0 eth1 "
snapshot "$LAB/before"
follow eth1 "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
stay

diag "on the backup"
cut_upstream
cut_inet6
ok "the backup takes over" wait_state backup
follow wan2 "$WAN2_ADDRESS" "$WAN2_ADDRESS6"
stay
is "of what goes over two interfaces, an uplink first, all by the backup" \
    "$(both 198.18.1.)" "wan2 "
# IPv6 looks at the hop that a flow would take (ip6_pol_route())
is "in IPv6, of either, what would go by the uplink and no more" \
    "$(both $GLOBAL6:11::)" "eth0 wan2 "
is "and in the other order" "$(both $GLOBAL6:12::)" "eth0 wan2 "
ok "the network is as wanted" \
    wait_until 5 "[ \"\$(fact .network)\" = 'as wanted' ]"

diag "a tunnel's own default, better than the primary's"
ip route prepend default dev vpn0
is "it takes what moves" "$(way $TARGET2)" vpn0
is "but not what moves the tunnel" "$(own 203.0.113.2)" wan2
ip route del default dev vpn0

diag "somebody gives the primary's interface another group, and none"
ip link set eth1 group 0
ok "it is ours again" wait_until 5 \
    "ip link show dev eth1 | grep -q ' group 157 '"
follow wan2 "$WAN2_ADDRESS" "$WAN2_ADDRESS6"

restore_inet6
restore_upstream
ok "the primary takes over again" wait_state primary
follow eth1 "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
stay
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
