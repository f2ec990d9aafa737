#!/bin/bash
# needs: netns
# A neighbour on the primary's link who claims the gateway's address, by ARP
# and by ND.  The kernel believes whoever speaks last, so the site's traffic
# may go to him, and he drops it.  What is right is told by that traffic: if
# the kernel sends to him, the line is dead for the site and the backup has
# to take over, however well our own probes would find the gateway; if only
# we were to be fooled, nothing may happen.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by wait_until
. "$(dirname "$0")/../lab/lab.sh"

STRANGER=02:00:00:00:66:01
VICTIM6=2001:db8:a::2
GATEWAY6=2001:db8:a::1

# forger VICTIM KIND...
forger() {
	local victim=$1
	shift
	: >"$LAB/forge.log"
	spawn isp-a "$LAB/forge.log" forge -m $STRANGER cust "$victim" "$@"
	FORGER=$SPAWNED
}

forger_ends() {
	end "$FORGER"
	diag "$(cat "$LAB/forge.log")"
	ok "he was at it" grep -qE 'seen=[1-9][0-9]* sent=[1-9]' "$LAB/forge.log"
}

# The kernel sends to him.
stolen() {
	ip neigh show to "${1:-$GATEWAY}" dev eth1 | grep -q "lladdr $STRANGER"
}

received() {
	fact '[.primary.targets[].received] | add'
}

goes_on() {
	local n
	n=$(received)
	wait_until 30 "[ \"\$(received)\" -gt $((n + $1)) ]"
}

status() {
	fact ".primary.$1.status"
}

# site WORD: as `decide` says
site() {
	LAB_PRIMARY="target $TARGET6 decide $1 $LAB_FAST" lab_conf <<-'CONF'
		backup wan2
		fallback automatic { after 0s stable 2s drain 0s }
		flap { failovers 0 }
	CONF
}

lab_up
lab_inet6
site inet
lab_start
ok "the primary is proved" wait_state primary
ok "IPv6 is up" wait_until 10 "[ \"\$(status inet6)\" = up ]"

diag "others are claimed, and we ourselves"
forger $PRIMARY_ADDRESS strange
ok "probes are answered" goes_on 60
is "the state" "$(state)" primary
ok "it is told that our address is claimed" wait_until 10 \
    "logged 'our address $PRIMARY_ADDRESS is used by $STRANGER too'"
forger_ends

diag "the kernel has it for good, and only we could be fooled"
mac=$(ip -n isp-a -br link show cust | awk '{ print $3 }')
ip neigh replace $GATEWAY lladdr "$mac" nud permanent dev eth1
for kind in spoof flap group unasked; do
	forger $PRIMARY_ADDRESS $kind
	flow_start $kind 100
	ok "$kind: probes are answered" goes_on 60
	flow_stop $kind
	is "the state" "$(state)" primary
	is "nothing was switched" "$(fact .failovers)" 0
	is "no packet of the LAN's was lost" "$(flow_fact $kind lost)" 0
	forger_ends
done
ip neigh del $GATEWAY dev eth1
ok "the LAN reaches the core" wait_until 10 ping_lan

diag "the kernel believes him, and he drops all"
forger $PRIMARY_ADDRESS unasked
ok "the kernel sends to him" wait_until 20 stolen
ok "the backup takes over" wait_state backup
# of the event: the kernel may believe the gateway for a moment
is "the cause" "$(fact .event.cause event)" "eth1 IPv4 upstream dead"
ok "where the traffic goes is told" logged \
    "the kernel has $GATEWAY at $STRANGER, not at $mac"
ok "the LAN reaches the core" wait_until 10 ping_lan
ok "IPv6 is up" test "$(status inet6)" = up
forger_ends
ok "without him the primary takes over again" wait_state primary
is "the kernel sends to the gateway" \
    "$(ip neigh show to $GATEWAY dev eth1 | awk '{ print $3 }')" "$mac"
ok "the LAN reaches the core" wait_until 10 ping_lan

diag "each time somebody else"
forger $PRIMARY_ADDRESS flap
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" wait_until 10 ping_lan
forger_ends
ok "without him the primary takes over again" wait_state primary

diag "the same by ND"
site inet6
ok "the site decides by IPv6" ctl reload
ok "the primary is proved" wait_state primary
ok "both families are up" wait_until 20 \
    "[ \"\$(status inet) \$(status inet6)\" = 'up up' ]"
failovers=$(fact .failovers)
forger $VICTIM6 strange
ok "probes are answered" goes_on 60
is "nothing was switched" "$(fact .failovers)" "$failovers"
forger_ends
ip neigh replace $GATEWAY6 lladdr "$mac" nud permanent dev eth1
for kind in spoof group unasked; do
	forger $VICTIM6 $kind
	ok "$kind, only we could be fooled: probes are answered" goes_on 60
	is "nothing was switched" "$(fact .failovers)" "$failovers"
	forger_ends
done
ip neigh replace $GATEWAY6 lladdr "$mac" nud reachable dev eth1
forger $VICTIM6 unasked
ok "the kernel sends to him" wait_until 20 "stolen $GATEWAY6"
ok "the backup takes over" wait_state backup
is "IPv4 is up" "$(status inet)" up
forger_ends
ok "without him the primary takes over again" wait_state primary
lab_stop
lab_done
