#!/bin/bash
# needs: netns
# Each packet of 100 flows is accounted for, by IPv4 and IPv6, 1,000 a second
# there and back and 500 that the core pushes, and downloads: what a switch
# itself costs, with drain nothing, else one packet of a flow; and none leaves
# an uplink under the other one's address.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

FAMILIES='v4 v6'

traffic() {
	many_start v4
	many_start v6 "$TARGET6"
	ok "every download runs" wait_until 10 "downloading"
	sleep 0.5 # traffic is the story
}

# shellcheck disable=SC2317 # called by wait_until
downloading() {
	[ "$(conntrack -L -p tcp --dport "$MANY_PORT_TCP" 2>/dev/null |
	    grep -c ESTABLISHED)" -ge 4 ] &&
	    [ "$(conntrack -L -f ipv6 -p tcp --dport "$MANY_PORT_TCP" 2>/dev/null |
	    grep -c ESTABLISHED)" -ge 4 ]
}

traffic_ends() {
	local f
	for f in $FAMILIES; do
		many_stop "$f"
		diag "$f: $(grep '^flow' "$LAB/flow.$f"); of one flow at most" \
		    "lost $(worst "$f" lost), missing $(worst "$f" missing)"
		diag "$(grep -c end=reset "$LAB/download.$f") of" \
		    "$(wc -l <"$LAB/download.$f") downloads were reset"
	done
}

# lost_at_most N [FROM [TO]]: of each flow, there and back, and of those pushed
lost_at_most() {
	local f most=$1
	shift
	for f in $FAMILIES; do
		ok "$f: at most $most lost of a flow" \
		    test "$(worst "$f" lost "$@")" -le "$most"
		ok "$f: at most $most missing of those pushed" \
		    test "$(worst "$f" missing "$@")" -le "$most"
	done
}

downloads_complete() {
	local f
	for f in $FAMILIES; do
		is "$f: downloads that came to their end, octet by octet" \
		    "$(grep -c 'wrong=0 end=complete' "$LAB/download.$f")" 4
	done
}

# downloads_reset MS: all, and when the last one was
downloads_reset() {
	local f
	for f in $FAMILIES; do
		is "$f: downloads that were reset" \
		    "$(grep -c 'wrong=0 end=reset' "$LAB/download.$f")" 4
		diag "$f: the last one $(($(sed 's/.*at=//' "$LAB/download.$f" |
		    sort -n | tail -n 1) - $1)) ms after the switch"
	done
}

# logged_ms PATTERN: when the log said that last
logged_ms() {
	date -d "$(grep -E -- "$1" "$LAB/daemon.log" | tail -n 1 |
	    cut -d' ' -f1)" +%s%3N
}

# configured DRAIN
configured() {
	LAB_PRIMARY="target $TARGET6 $LAB_FAST" lab_conf <<-CONF
		backup wan2
		fallback automatic { after 10m stable 10m drain $1 }
		flap { failovers 0 }
	CONF
}

lab_up
lab_inet6
lab_lan6
many_serve
foreign_watch isp-a "${GATEWAY%.*}.0/24" 2001:db8:a::/64
foreign_watch isp-b "${WAN2_ADDRESS%.*}.64/26" 2001:db8:b::/64
configured 8s
lab_start
ok "the primary is proved" wait_state primary
ok "IPv6 is up" wait_until 10 "[ \"\$(fact .primary.inet6.status)\" = up ]"

diag "failover by hand, the primary works and drains"
traffic
ok "failover" ctl failover
is "new flows use the backup" "$(seen_as)" "$WAN2_ADDRESS"
traffic_ends
ok "it drained still" eval '! logged drained:'
lost_at_most 0
downloads_complete
ok "the drain ends" wait_until 20 "logged drained:"

diag "fallback by hand, the backup drains, and flows outlive that"
: >"$LAB/daemon.log"
traffic
ok "fallback" ctl fallback
is "new flows use the primary" "$(seen_as)" "$PRIMARY_ADDRESS"
flow_stop download.v4
flow_stop download.v6
ok "it drained still" eval '! logged drained:'
downloads_complete
ok "the drain ends" wait_until 20 "logged drained:"
cut=$(logged_ms drained:)
sleep 0.5
traffic_ends
lost_at_most 0 0 $((cut - 100))
lost_at_most 1
ok "the primary has taken over" wait_state primary

diag "the primary dies silently"
: >"$LAB/daemon.log"
traffic
cut_inet6
cut_upstream
ok "the backup takes over" wait_state backup
switched=$(logged_ms 'route add default .*wan2 table 157')
sleep 0.5
ok "downloads are reset" wait_until 20 \
    "[ \$(cat '$LAB'/download.* | grep -c end=reset) -eq 8 ]"
traffic_ends
lost_at_most 1 "$switched"
downloads_reset "$switched"

diag "fallback by hand, the backup drains"
restore_inet6
restore_upstream
ok "the primary is good" wait_until 20 \
    "[ \"\$(fact .primary.status)\" = up ]"
: >"$LAB/daemon.log"
traffic
ok "fallback" ctl fallback
is "new flows use the primary" "$(seen_as)" "$PRIMARY_ADDRESS"
traffic_ends
lost_at_most 0
downloads_complete
ok "the primary has taken over" wait_state primary

diag "without drain"
configured 0s
ok "reload" ctl reload
for way in failover fallback; do
	: >"$LAB/daemon.log"
	traffic
	switched=$(now_ms)
	ok "$way" ctl $way
	ok "downloads are reset" wait_until 20 \
	    "[ \$(cat '$LAB'/download.* | grep -c end=reset) -eq 8 ]"
	traffic_ends
	lost_at_most 1
	downloads_reset "$switched"
done
ok "the primary has taken over" wait_state primary

is "with a foreign address at the primary's provider" "$(foreign_seen isp-a)" ""
is "with a foreign address at the backup's provider" "$(foreign_seen isp-b)" ""
lab_stop
diag "the ears were open: without us the wrong source is seen"
ip -batch - <<-IP
	route add $TARGET via $WAN2_GATEWAY dev wan2
	route add $TARGET6 via 2001:db8:b::1 dev wan2
	route add $TARGET2 via $GATEWAY dev eth1
IP
ping -n -q -c 1 -W 1 -I $PRIMARY_ADDRESS $TARGET >/dev/null
ping -n -q -c 1 -W 1 -I $PRIMARY_ADDRESS6 $TARGET6 >/dev/null
ping -n -q -c 1 -W 1 -I $WAN2_ADDRESS $TARGET2 >/dev/null
ok "IPv4 at the backup's" wait_until 5 \
    "foreign_seen isp-b | grep -q '$PRIMARY_ADDRESS >'"
ok "IPv6 at the backup's" wait_until 5 \
    "foreign_seen isp-b | grep -q '$PRIMARY_ADDRESS6 >'"
ok "IPv4 at the primary's" wait_until 5 \
    "foreign_seen isp-a | grep -q '$WAN2_ADDRESS >'"
lab_done
