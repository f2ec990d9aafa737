#!/bin/bash
# needs: netns
# switch.sh [FLOWS [TUNNELS]]: the switch alone: the backup is proved; traffic
# shall move there, tunnels have its address, and flows of the old uplink be
# forgotten.  The other ways are a shell script with ip(8) and conntrack(8), one
# that runs already; what mwan3 does when one of two interfaces goes down; and a
# bare netlink program with the same requests, below which nobody can be.
# Tunnels the script moves as people do, by one ip(8) for each, and by one with
# all commands at hand, as the other ways do.
#
# Tunnels are GRE, or VXLAN where the kernel has no GRE; the virtual machine of
# ../lab/vmrun has it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

FLOWS=${1:-1000}
TUNNELS=${2:-0}
ROUNDS=$((TUNNELS > 100 ? 1 : FLOWS > 10000 || TUNNELS > 0 ? 3 : 5))
[ -z "${VMRUN:-}" ] || ROUNDS=1 # instructions are as many each time
HUB=198.51.100.9
MARK=0x01000000
MASK=0x0f000000

# Sets how they are told apart, in words of ip(8).
tunnels() {
	kind='gre key I'
	ip link add g0 type gre local $PRIMARY_ADDRESS key 1 2>/dev/null ||
	    kind='vxlan id I dstport 4789'
	ip link del g0 2>/dev/null
	{
		each "$TUNNELS" "link add gI type $kind local $PRIMARY_ADDRESS remote $HUB"
		each "$TUNNELS" "link set gI up"
	} | ip -batch -
	kind=${kind% dstport*}
	each "$TUNNELS" "link set gI type $kind local $WAN2_ADDRESS" >$LAB/away
	each "$TUNNELS" "link set gI type $kind local $PRIMARY_ADDRESS" >$LAB/home
}

# shellcheck disable=SC2317 # called by ok
all_have() {
	[ "$(ip -d link show type "${kind%% *}" | grep -c "local $1 ")" -eq \
	    "$TUNNELS" ]
}

# batch_tunnels away|home: nothing, if there are none
batch_tunnels() {
	ip -batch $LAB/"$1"
}

# shellcheck disable=SC2317 # called by its name
loop_tunnels() {
	local words
	while read -ra words; do
		ip "${words[@]}"
	done <"$LAB/$1"
}

# Half of them to each target: there are not so many ports.
flows() {
	local to
	conntrack -F 2>/dev/null
	for to in $TARGET $TARGET2; do
		on lan flow spray "$to" 10000 $((FLOWS / 2))
	done
	ok "there are $FLOWS flows" test "$(conntrack -C)" -ge "$FLOWS"
}

# Sets felt_us, route_us and all_us.
by_dialfail() {
	lab_start
	ok "the primary is proved" wait_state primary
	flows
	ctl failover wan2 >/dev/null
	ok "the backup takes over" wait_state backup
	ok "the switch is done" wait_until 5 "[ \"\$(told 'steps? in' text)\" != null ]"
	diag "$(told 'steps? in' text)"
	ok "the LAN reaches the core" ping_lan
	ok "all $TUNNELS tunnels have its address" all_have $WAN2_ADDRESS
	felt_us=$(fact .last_switch.moved_us)
	route_us=$(fact .last_switch.apply_us)
	all_us=$((($(told 'steps? in' offset_ms) -
		$(told '-> backup' offset_ms)) * 1000))
	ctl fallback >/dev/null
	ok "the primary takes over" wait_state primary
	ok "all $TUNNELS have their own" wait_until 10 all_have $PRIMARY_ADDRESS
	lab_stop
}

# What a site with such a script has from its start.
script_site() {
	nft -f - <<-NFT
		table ip site {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname { "eth1", "wan2" } ip saddr 10.7.0.0/24 masquerade
			}
		}
	NFT
	ip route add default via $GATEWAY table 101
	ip route add default via $WAN2_GATEWAY table 102
	ip rule add pref 1000 from 10.7.0.0/24 lookup 101
}

script_site_end() {
	nft delete table ip site
	ip rule del pref 1000
	ip route flush table 101
	ip route flush table 102
	ip route replace default via $GATEWAY dev eth1
}

script_route() {
	ip route replace default via $WAN2_GATEWAY dev wan2
	ip rule add pref 1000 from 10.7.0.0/24 lookup 102
	ip rule del pref 1000 from 10.7.0.0/24 lookup 101
}

# by_script batch|loop: sets script_felt_us, which is that of the routes alone,
# script_route_us and script_all_us.
by_script() {
	local began when first
	script_site
	flows
	began=$(now_us)
	"$1_tunnels" away
	first=$(now_us)
	script_route
	when=$(now_us)
	script_felt_us=$((when - first))
	conntrack -D -q $PRIMARY_ADDRESS >/dev/null 2>&1
	script_all_us=$(($(now_us) - began))
	script_route_us=$((when - began))
	ok "the LAN reaches the core" ping_lan
	batch_tunnels home
	script_site_end
}

# What mwan3 has at work with two interfaces and one policy: chains of its own
# in mangle, a table and three rules for each interface.
mwan3_site() {
	local i
	script_site
	ip rule del pref 1000
	iptables-restore -n <<-IPT
		*mangle
		:mwan3_hook - [0:0]
		:mwan3_ifaces_in - [0:0]
		:mwan3_iface_in_wan - [0:0]
		:mwan3_iface_in_wanb - [0:0]
		:mwan3_policy_both - [0:0]
		:mwan3_rules - [0:0]
		-A PREROUTING -j mwan3_hook
		-A OUTPUT -j mwan3_hook
		-A mwan3_hook -j CONNMARK --restore-mark --nfmask 0x3f00 --ctmask 0x3f00
		-A mwan3_hook -m mark --mark 0x0/0x3f00 -j mwan3_ifaces_in
		-A mwan3_hook -m mark --mark 0x0/0x3f00 -j mwan3_rules
		-A mwan3_hook -j CONNMARK --save-mark --nfmask 0x3f00 --ctmask 0x3f00
		-A mwan3_ifaces_in -m mark --mark 0x0/0x3f00 -j mwan3_iface_in_wan
		-A mwan3_ifaces_in -m mark --mark 0x0/0x3f00 -j mwan3_iface_in_wanb
		-A mwan3_iface_in_wan -i eth1 -m mark --mark 0x0/0x3f00 -j MARK --set-xmark 0x100/0x3f00
		-A mwan3_iface_in_wanb -i wan2 -m mark --mark 0x0/0x3f00 -j MARK --set-xmark 0x200/0x3f00
		-A mwan3_policy_both -m mark --mark 0x0/0x3f00 -j MARK --set-xmark 0x100/0x3f00
		-A mwan3_rules -s 10.7.0.0/24 -m mark --mark 0x0/0x3f00 -j mwan3_policy_both
		COMMIT
	IPT
	for i in 1 2; do
		ip rule add pref $((1000 + i)) \
		    iif "$([ $i = 1 ] && echo eth1 || echo wan2)" lookup main
		ip rule add pref $((2000 + i)) fwmark $((i << 8))/0x3f00 \
		    lookup $((100 + i))
		ip rule add pref $((3000 + i)) fwmark $((i << 8))/0x3f00 \
		    unreachable
	done
}

mwan3_site_end() {
	local i
	iptables -t mangle -F
	iptables -t mangle -X
	for i in 1001 1002 2001 2002 3001 3002; do
		ip rule del pref $i 2>/dev/null
	done
	ip rule add pref 1000 from 10.7.0.0/24 lookup main # it takes that one
	script_site_end
}

# The interface's address sets, rules, table and chains go, and the policy is
# written anew from the tables that are left.
mwan3_down() {
	local i
	ipset -n list | grep '^mwan3_sticky_'
	for i in 1001 2001 3001; do
		while ip rule list | awk -v p="$i:" '$1 == p { n++ }
		    END { exit !n }'; do
			ip rule del pref $i
		done
	done
	ip route flush table 101
	iptables-restore -n <<-IPT
		*mangle
		-D mwan3_ifaces_in -m mark --mark 0x0/0x3f00 -j mwan3_iface_in_wan
		-F mwan3_iface_in_wan
		-X mwan3_iface_in_wan
		COMMIT
	IPT
	iptables -t mangle -S >/dev/null
	[ -z "$(ip route list table 101)" ] || return
	[ -n "$(ip route list table 102)" ] || return
	iptables-restore -n <<-IPT
		*mangle
		-F mwan3_policy_both
		-A mwan3_policy_both -m mark --mark 0x0/0x3f00 -j MARK --set-xmark 0x200/0x3f00
		COMMIT
	IPT
}

# Sets mwan3_route_us and mwan3_all_us.
by_mwan3() {
	local began when
	mwan3_site
	flows
	began=$(now_us)
	batch_tunnels away
	mwan3_down
	when=$(now_us)
	conntrack -F >/dev/null 2>&1
	mwan3_all_us=$(($(now_us) - began))
	mwan3_route_us=$((when - began))
	is "the LAN is seen under" "$(seen_as)" $WAN2_ADDRESS
	batch_tunnels home
	mwan3_site_end
}

# Sets floor_bare_us, floor_route_us and floor_all_us.
by_floor() {
	script_site
	ip rule del pref 1000
	ip rule add pref 1000 from 10.7.0.0/24 lookup 157
	nft -f - <<-NFT
		table ip floor {
			chain marks {
				type filter hook postrouting priority 120
				oifname "eth1" ct mark set $MARK
			}
		}
	NFT
	flows
	read -r _ floor_bare_us _ floor_route_us _ floor_all_us < <("$B/bench/floor" \
	    $WAN2_GATEWAY wan2 - $MARK $MASK $WAN2_ADDRESS)
	is "the LAN is seen under" "$(seen_as)" $WAN2_ADDRESS
	ok "all $TUNNELS tunnels have its address" all_have $WAN2_ADDRESS
	batch_tunnels home
	nft delete table ip floor
	ip route flush table 157
	script_site_end
}

lab_up
tunnels
{
	echo 'backup wan2'
	echo 'fallback automatic { after 0s stable 0s drain 0s }'
	each "$TUNNELS" "peer hI { tunnel gI }"
} | LAB_PRIMARY=$LAB_FAST lab_conf
mwan3=$(command -v iptables-restore && command -v ipset) ||
    no_row "switch: as mwan3 does it" "no iptables or ipset here"
declare -A ways=([batch]='ip(8), conntrack(8)')
moved='switch: routes moved'
all="switch: and $FLOWS old flows forgotten"
if [ "$TUNNELS" -gt 0 ]; then
	ways=([batch]='ip -batch' [loop]='ip link in a loop')
	moved="switch: routes, $TUNNELS ${kind%% *} moved"
	all="switch: $TUNNELS ${kind%% *}, $FLOWS flows forgotten"
fi
for ((round = 0; round < ROUNDS; round++)); do
	by_dialfail
	for way in "${!ways[@]}"; do
		by_script "$way"
		pair "switch: traffic moved, with $TUNNELS tunnels" \
		    "ip(8), three calls" us "$felt_us" "$script_felt_us"
		pair "$moved" "${ways[$way]}" us "$route_us" "$script_route_us"
		pair "$all" "${ways[$way]}" us "$all_us" "$script_all_us"
	done
	by_floor
	diag "what was moved alone took the bare program $floor_bare_us us"
	pair "$moved" "bare netlink" us "$route_us" \
	    "$floor_route_us"
	pair "$all" "bare netlink" us "$all_us" "$floor_all_us"
	[ -n "$mwan3" ] || continue
	by_mwan3
	pair "$moved" "as mwan3 does it" us "$route_us" \
	    "$mwan3_route_us"
	pair "$all" "as mwan3 does it" us "$all_us" "$mwan3_all_us"
done
lab_done
