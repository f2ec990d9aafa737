#!/bin/bash
# needs: netns
# A target that only a socket can probe: what is bound to the primary leaves
# by it or not at all, whatever the routes say.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

GLOBAL=2001:db8:7

# bound [ADDRESS]: a ping from a socket that is bound to the primary
# shellcheck disable=SC2317 # called by ok and wait_until
bound() {
	ping -n -q -c 1 -W 1 -I eth1 "${1:-$TARGET}"
}

# For what is bound, the kernel says so at once.
# shellcheck disable=SC2317 # called by wait_until
unreachable() {
	! ip route get "$TARGET" oif eth1 2>"$LAB/get" &&
	    grep -q unreachable "$LAB/get"
}

conf() {
	LAB_PRIMARY="$1 $LAB_FAST" lab_conf <<-'CONF'
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
	CONF
}

lab_up
ip addr add $GLOBAL::2/64 dev eth1 nodad
ip -6 route add default via fe80::1 dev eth1
ip -n isp-a addr add fe80::1/64 dev cust nodad
ip -n isp-a addr add $GLOBAL:f::7/128 dev lo nodad
on isp-a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip -n isp-a addr add $GLOBAL::1/64 dev cust nodad
conf "target tcp $TARGET port $ECHO_PORT target tcp $GLOBAL:f::7 port 7"
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
ok "there is a rule for it" test -n "$(ip rule show | grep 'oif eth1 lookup 156')"
ok "and in IPv6" test -n "$(ip -6 rule show | grep 'oif eth1 lookup 156')"
ok "show knows the table" test -n "$(ctl show network | grep 'table 156')"
ok "it leads to the core" bound
ok "and in IPv6" bound $GLOBAL:f::7
ok "and to neighbours" bound fe80::1

ip route del default via $GATEWAY
ip -6 route del default
ok "the backup takes over" wait_state backup
is "the cause is told" "$(fact .primary.cause)" "no route"
is "traffic is on the backup" "$(seen_as)" "$WAN2_ADDRESS"
ok "what is bound is on the primary" bound
ok "and in IPv6" bound $GLOBAL:f::7
ip route add default via $GATEWAY
ip -6 route add default via fe80::1 dev eth1
ok "the primary takes over again" wait_state primary
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

ip link set eth1 down
ok "the backup takes over" wait_state backup
ok "what is bound goes nowhere" wait_until 5 unreachable
ip link set eth1 up
ip route add default via $GATEWAY
ip addr add $GLOBAL::2/64 dev eth1 nodad
ip -6 route add default via fe80::1 dev eth1
ok "the primary takes over again" wait_state primary
ok "it leads to the core" bound
ok "and in IPv6" wait_until 5 "bound $GLOBAL:f::7"

conf ""
kill -HUP "$DAEMON"
ok "without such a target there is none" wait_until 5 \
    "[ -z \"\$(ip rule show table 156; ip -6 rule show table 156
	ip route show table 156; ip -6 route show table 156)\" ]"
lab_stop
lab_done
