#!/bin/bash
# needs: netns
# What a switch must not touch: traffic from one network of the site to
# another, between the LAN and the router itself, at whichever of its
# addresses.  Long connections come to their end octet by octet, no packet is
# lost, and conntrack knows them by the ids that they had.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

PORT=2222
ALL='lan_lan2 lan_dmz lan_dmz6 dmz_lan lan_router lan_router6 lan_wan router_lan
	router_lan6'

# segment HOST INTERFACE NETWORK: one more host and network of the site
segment() {
	ip netns add "$1"
	ip -batch - <<-IP
		link add $2 type veth peer name eth0 netns $1
		addr add 10.$3.1/24 dev $2
		addr add fd00:${3/./:}::1/64 dev $2 nodad
		link set $2 up
	IP
	ip -n "$1" -batch - <<-IP
		link set lo up
		addr add 10.$3.10/24 dev eth0
		addr add fd00:${3/./:}::10/64 dev eth0 nodad
		link set eth0 up
		route add default via 10.$3.1
		route add default via fd00:${3/./:}::1
	IP
}

# serve HOST ADDRESS
serve() {
	spawn "$1" "$LAB/serve.log" download serve "$2" $PORT
}

# session NAME HOST ADDRESS: two connections, until they are told to end
declare -A session
session() {
	spawn "$2" "$LAB/session.$1" download fetch "$3" $PORT 2
	session[$1]=$SPAWNED
}

# ids: of these connections, in the kernel's tables
ids() {
	conntrack -L -o id -f ipv4 2>/dev/null | grep "port=$PORT " |
	    sed -n 's/^.*\(src=.*dport=[0-9]*\) src=.*\(id=[0-9]*\)$/\1 \2/p'
	conntrack -L -o id -f ipv6 2>/dev/null | grep "port=$PORT " |
	    sed -n 's/^.*\(src=.*dport=[0-9]*\) src=.*\(id=[0-9]*\)$/\1 \2/p'
}

# untouched WHEN: the same connections as before, and all of them run
untouched() {
	local now
	now=$(ids | sort)
	ok "$1: conntrack has the same ids" test "$now" = "$before" ||
	    diag "$(diff <(echo "$before") <(echo "$now"))"
	ok "$1: no connection has ended" test -z "$(cat "$LAB"/session.*)"
}

lab_up
lab_inet6
lab_lan6
segment lan2 eth2 7.1
segment dmz dmz0 8.0
serve lan2 10.7.1.10
serve dmz 10.8.0.10
serve dmz fd00:8:0::10
serve lan $LAN_HOST
serve lan fd00:7::10
serve router 10.7.0.1
serve router fd00:7::1
serve router $PRIMARY_ADDRESS
spawn dmz "$LAB/echo.dmz" flow echo 10.8.0.10 $ECHO_PORT
LAB_PRIMARY="target $TARGET6 $LAB_FAST" lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary

session lan_lan2 lan 10.7.1.10
session lan_dmz lan 10.8.0.10
session lan_dmz6 lan fd00:8:0::10
session dmz_lan dmz $LAN_HOST
session lan_router lan 10.7.0.1
session lan_router6 lan fd00:7::1
session lan_wan lan $PRIMARY_ADDRESS
session router_lan router $LAN_HOST
session router_lan6 router fd00:7::10
flow_start dmz 200 10.8.0.10
ok "all connections run" wait_until 10 \
    "[ \$(ids | wc -l) -eq $((2 * ${#session[@]})) ]"
before=$(ids | sort)

cut_inet6
cut_upstream
ok "the backup takes over" wait_state backup
untouched failover
is "the LAN is seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
restore_inet6
restore_upstream
ok "the primary takes over again" wait_state primary
untouched fallback
ok "failover by hand" ctl failover
untouched "failover by hand"
ok "fallback by hand" ctl fallback
ok "the primary takes over again" wait_state primary
untouched "fallback by hand"
ok "failover by hand" ctl failover
ok "clear is done" ctl clear
ok "the daemon ends" wait_until 5 daemon_gone
untouched clear

flow_stop dmz
is "packets lost between LAN and DMZ" "$(flow_fact dmz lost)" 0
for s in $ALL; do
	end "${session[$s]}"
	is "$s: complete" \
	    "$(grep -c 'wrong=0 end=complete' "$LAB/session.$s")" 2
done
diag "$(cat "$LAB"/session.*)"
lab_done
