#!/bin/bash
# needs: netns
# Routes to single networks, and 0/1 with 128/1, through the primary's gateway
# move with a failover and come back by themselves, but to private networks
# only those that follow: the others stay, and are never sent to another
# provider.  What leaves by another interface, and what a user's rule says,
# does not move.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# way ADDRESS [FROM]: the interface by which the LAN's packets go there
way() {
	ip route get "$1" from "${2:-$LAN_HOST}" iif eth0 |
	    sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1
}

# refused: what is private has no way, least of all the backup's
# shellcheck disable=SC2317 # it is called by ok
refused() {
	! ip route get 10.9.0.1 from "$LAN_HOST" iif eth0 2>"$LAB/get" &&
	    grep -q "No route to host" "$LAB/get"
}

# moved INTERFACE ADDRESS-OF-IT: all that moves goes this way
moved() {
	is "a private network stays" "$(way 10.9.0.1)" eth1
	is "a part of it that follows goes by $1" "$(way 10.9.7.1)" "$1"
	is "and is seen so" "$(seen_as 10.9.7.1)" "$2"
	is "what 0/1 catches goes by $1" "$(way 100.64.0.1)" "$1"
	is "what 128/1 catches goes by $1" "$(way $TARGET2)" "$1"
	is "and is seen so" "$(seen_as)" "$2"
	is "a network behind another interface stays" "$(way 10.9.5.1)" eth0
	is "the LAN stays" "$(way 10.7.0.99)" eth0
	is "a rule made before us wins" "$(way $TARGET2 10.7.0.11)" eth1
	is "a rule made after us wins" "$(way $TARGET2 10.7.0.12)" eth1
}

lab_up
ip -n core addr add 10.9.7.1/32 dev lo
ip -n isp-a addr add 10.9.0.1/32 dev lo
ip -batch - <<IP
route add 10.9.0.0/16 via $GATEWAY
route add 10.9.5.0/24 via $LAN_HOST
route add 0.0.0.0/1 via $GATEWAY
route add 128.0.0.0/1 via $GATEWAY
route add default via $GATEWAY table 100
rule add from 10.7.0.11 lookup 100
IP
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 { interface mtu 1400 }
follow 10.9.7.0/24
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ip rule add from 10.7.0.12 lookup 100
snapshot "$LAB/before"
moved eth1 "$PRIMARY_ADDRESS"

cut_upstream
ok "the backup takes over" wait_state backup
moved wan2 "$WAN2_ADDRESS"
ok "the private network is still reached" ping_lan 10.9.0.1
is "packets by the backup have its MTU" \
    "$(ip route get $TARGET2 | sed -n 's/.* mtu \([0-9]*\).*/\1/p')" 1400

diag "routes change meanwhile"
ip route add 172.32.0.0/16 via $GATEWAY
is "one more moves" "$(way 172.32.0.1)" wan2
ip route add 10.10.0.0/16 via $GATEWAY
ok "one more stays" wait_until 5 "[ \"\$(way 10.10.0.1)\" = eth1 ]"
ip route del 10.10.0.0/16
ok "it is like any other without its route" \
    wait_until 5 "[ \"\$(way 10.10.0.1)\" = wan2 ]"
ok "show knows what stays" test -n "$(ctl show network |
    grep "route 10.9.0.0/16 via $GATEWAY dev eth1 table 157")"
ok "the network is as wanted" \
    wait_until 5 "[ \"\$(fact .network)\" = 'as wanted' ]"

diag "the primary's interface is down, and its routes are gone"
ip link set eth1 down
ok "the daemon knows" wait_until 5 \
    "[ \"\$(fact .primary.cause)\" = 'interface down' ]"
ok "the network is as wanted" \
    wait_until 5 "[ \"\$(fact .network)\" = 'as wanted' ]"
ok "the private network is refused" wait_until 5 refused
is "what follows goes by the backup" "$(way 10.9.7.1)" wan2
ip link set eth1 up
ip -batch - <<IP
route add default via $GATEWAY
route add 10.9.0.0/16 via $GATEWAY
route add 0.0.0.0/1 via $GATEWAY
route add 128.0.0.0/1 via $GATEWAY
route add default via $GATEWAY table 100
IP
ok "it is reached again" wait_until 5 ping_lan 10.9.0.1

restore_upstream
ok "the primary takes over again" wait_state primary
moved eth1 "$PRIMARY_ADDRESS"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
