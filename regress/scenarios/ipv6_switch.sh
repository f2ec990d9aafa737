#!/bin/bash
# needs: netns
# IPv4 and IPv6 move together, and come back together; nothing leaves by one
# uplink under the other one's address.  With a backup that has no IPv6 this
# is refused at once, instead of hanging on the dead primary.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# by ADDRESS ADDRESS6: both families of the LAN and the router are seen so
by() {
	is "the LAN is seen by IPv4 as" "$(seen_as)" "$1"
	is "the LAN is seen by IPv6 as" "$(seen_as "$TARGET6")" "$2"
	is "the router would send IPv4 as" "$(source_to "$TARGET2")" "$1"
	is "the router would send IPv6 as" "$(source_to "$TARGET6")" "$2"
	ok "the router's own connection by IPv4 works" \
	    flow tcp "$TARGET" "$ECHO_PORT" </dev/null
	ok "the router's own connection by IPv6 works" \
	    flow tcp "$TARGET6" "$ECHO_PORT" </dev/null
}

# source_to ADDRESS: what the kernel picks for who does not choose
source_to() {
	ip route get "$1" | sed -n 's/.* src \([^ ]*\) .*/\1/p'
}

# default157: of IPv6, in our table
default157() {
	ip -6 route show table 157 default
}

# default_is WORDS: how it begins, soon
# shellcheck disable=SC2317 # it is called by ok
default_is() {
	wait_until 5 "[[ \$(default157) == '$1'* ]]"
}

# refused WHERE...: a connection by IPv6 ends at once
# shellcheck disable=SC2317 # it is called by ok
refused() {
	local answer
	answer=$("$@" flow tcp "$TARGET6" "$ECHO_PORT" </dev/null)
	echo "$answer"
	[[ $answer =~ ^connect\ unreachable\ ms=([0-9]+)$ ]] &&
	    [ "${BASH_REMATCH[1]}" -lt 2000 ]
}

cut_both() {
	cut_upstream
	cut_inet6
}

restore_both() {
	restore_inet6
	restore_upstream
}

# As routers advertise them: both have the same link-local address.
link_local_gateways() {
	ip -n isp-a addr add fe80::1/64 dev cust nodad
	ip -n isp-b addr add fe80::1/64 dev cust nodad
	ip -6 -batch - <<-IP
		route del default dev eth1
		route del default dev wan2
		route add default via fe80::1 dev eth1 metric 100
		route add default via fe80::1 dev wan2 metric 200
	IP
}

lab_up
lab_inet6
lab_lan6
nft delete table ip6 site # this is ours to do here
link_local_gateways
foreign_watch isp-a 192.0.2.0/24 2001:db8:a::/64
foreign_watch isp-b 203.0.113.64/26 2001:db8:b::/64
LAB_PRIMARY="target $TARGET6 $LAB_FAST" lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 8s }
flap { failovers 0 }
masquerade from $lan:network
masquerade inet6 from $lan:network
CONF
snapshot "$LAB/before.start"
lab_start
ok "the primary is proved" wait_state primary
is "its router is known" "$(fact .primary.inet6.gateway | cut -d% -f1)" fe80::1
ok "IPv6 is up" wait_until 10 "[ \"\$(fact .primary.inet6.status)\" = up ]"
snapshot "$LAB/before"
by "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
flow_start v4
flow_start v6 200 "$TARGET6"
tcp_open old6 "$TARGET6"
is "a connection by IPv6" "$(tcp_send old6 | cut -d' ' -f1,2)" "echo ok"

diag "both die"
cut_both
ok "the backup takes over" wait_state backup
switched=$(now_ms)
ok "a new connection by IPv4 works" \
    wait_until 2 "tcp_new | grep -q 'connect ok'"
ok "a new connection by IPv6 works" \
    wait_until 2 "tcp_new $TARGET6 | grep -q 'connect ok'"
by "$WAN2_ADDRESS" "$WAN2_ADDRESS6"
is "the old connection is reset, it does not hang" \
    "$(tcp_send old6 | cut -d' ' -f1,2)" "echo reset"
is "by one route" "$(default157)" \
    "default via fe80::1 dev wan2 proto 157 metric 1024 onlink pref medium"
ok "the primary's router is reached by the primary" \
    ping -n -q -c 1 -W 2 2001:db8:a::1
ok "so is what has its address" \
    ping -n -q -c 1 -W 2 -I "$PRIMARY_ADDRESS6" 2001:db8:a::1

diag "the primary's router tells its default again"
ip -6 route del default dev eth1
ip -6 route add default via fe80::1 dev eth1 proto ra metric 1 expires 60
ok "new connections go by the backup" \
    wait_until 2 "tcp_new $TARGET6 | grep -q 'connect ok'"
is "and are seen so" "$(seen_as "$TARGET6")" "$WAN2_ADDRESS6"
ip -6 route del default dev eth1
ip -6 route add default via fe80::1 dev eth1 metric 100
ok "the network is as wanted" \
    wait_until 5 "[ \"\$(fact .network)\" = 'as wanted' ]"

tcp_open drained6 "$TARGET6"
is "a connection over the backup" \
    "$(tcp_send drained6 | cut -d' ' -f1,2)" "echo ok"

diag "killed on the backup"
lab_kill9 netconf
is "IPv6 stays where it was" "$(seen_as "$TARGET6")" "$WAN2_ADDRESS6"
lab_start
ok "it is on the backup still" wait_state backup
is "and so is IPv6" "$(seen_as "$TARGET6")" "$WAN2_ADDRESS6"
is "the connection goes on" \
    "$(tcp_send drained6 | cut -d' ' -f1,2)" "echo ok"

restore_both
ok "the primary is wanted again" wait_state returning
is "the old connection drains" \
    "$(tcp_send drained6 | cut -d' ' -f1,2)" "echo ok"
is "new ones use it" "$(seen_as "$TARGET6")" "$PRIMARY_ADDRESS6"
flow_stop v4
flow_stop v6
ok "the primary takes over again" wait_state primary
is "what was cut is reset" \
    "$(tcp_send drained6 | cut -d' ' -f1,2)" "echo reset"
by "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
for f in v4 v6; do
	diag "$f: $(grep -E '^(flow|gap)' "$LAB/flow.$f")"
	ok "$f: at most one packet is lost after the switch, there and back" \
	    test "$(flow_lost $f "$switched")" -le 1
done
is "foreign addresses at the primary's provider" "$(foreign_seen isp-a)" ""
is "foreign addresses at the backup's provider" "$(foreign_seen isp-b)" ""
lab_stop
ok "nothing of ours is left" same_as "$LAB/before.start"

diag "a backup that loses IPv6"
lab_start
ok "the primary is proved" wait_state primary
cut_both
ok "the backup takes over" wait_state backup
by "$WAN2_ADDRESS" "$WAN2_ADDRESS6"
ip -6 route replace default via fe80::1 dev wan2 metric 200 expires 1
ok "it is refused when its router's time is over" default_is unreachable
ok "show says so" wait_until 5 \
    "ctl show | grep -q 'IPv6 refused: the backup has none'"
ok "to the LAN" refused on lan
ok "to the router, too" refused
ip -6 route replace default via fe80::1 dev wan2 metric 200
ok "it is back with the router" default_is "default via fe80::1 dev wan2"
ok "show does not say so any more" wait_until 5 \
    "! ctl show | grep -q 'IPv6 refused'"
by "$WAN2_ADDRESS" "$WAN2_ADDRESS6"
# nobody sends meanwhile: what is translated by an interface that has lost its
# address gets another one's from Linux, until we hear of it
ip addr del "$WAN2_ADDRESS6/64" dev wan2
ok "it is refused without an address" default_is unreachable
ok "to the LAN" refused on lan
ok "to the router, too" refused
ok "IPv4 works" wait_until 2 "tcp_new | grep -q 'connect ok'"
restore_both
ok "the primary takes over again" wait_state primary
by "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
lab_stop

diag "a backup that has none"
ip -6 route del default dev wan2
snapshot "$LAB/before.start"
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
cut_both
ok "the backup takes over" wait_state backup
ok "the LAN's IPv6 is refused at once" refused on lan
ok "the router's IPv6 is refused at once" refused
ok "IPv4 works" wait_until 2 "tcp_new | grep -q 'connect ok'"
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"
ok "the LAN's own IPv6 works" on lan ping -n -q -c 1 -W 2 fd00:7::1
restore_both
ok "the primary takes over again" wait_state primary
is "IPv6 is not refused any more" "$(default157)" ""
by "$PRIMARY_ADDRESS" "$PRIMARY_ADDRESS6"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

diag "cleared while it is refused"
cut_both
ok "the backup takes over" wait_state backup
ok "clear is done" ctl clear
ok "the daemon ends" wait_until 5 daemon_gone
restore_both
ok "nothing of ours is left" same_as "$LAB/before.start"
is "foreign addresses at the primary's provider" "$(foreign_seen isp-a)" ""
is "foreign addresses at the backup's provider" "$(foreign_seen isp-b)" ""
lab_done
