#!/bin/bash
# needs: netns
# The switch alone: the backup is proved; traffic shall move there, and flows
# of the old uplink be forgotten.  The other way is a shell script with ip(8)
# and conntrack(8), one that runs already.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=5
FLOWS=1000

flows() {
	conntrack -F 2>/dev/null
	on lan bash -c "for ((i = 0; i < $FLOWS; i++)); do
		echo >/dev/udp/$TARGET/\$((20000 + i)); done"
	ok "there are $FLOWS flows" test "$(conntrack -C)" -ge $FLOWS
}

# Sets route_us and all_us.
by_dialfail() {
	lab_start
	ok "the primary is proved" wait_state primary
	flows
	ctl failover wan2 >/dev/null
	ok "the backup takes over" wait_state backup
	ok "the switch is done" wait_until 5 "[ \"\$(told 'steps? in' text)\" != null ]"
	diag "$(told 'steps? in' text)"
	ok "the LAN reaches the core" ping_lan
	route_us=$(fact .last_switch.apply_us)
	all_us=$((($(told 'steps? in' offset_ms) -
		$(told '-> backup' offset_ms)) * 1000))
	ctl fallback >/dev/null
	ok "the primary takes over" wait_state primary
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

# Sets script_route_us and script_all_us.
by_script() {
	local began moved
	script_site
	flows
	began=$(now_us)
	script_route
	moved=$(now_us)
	conntrack -D -q $PRIMARY_ADDRESS >/dev/null 2>&1
	script_all_us=$(($(now_us) - began))
	script_route_us=$((moved - began))
	ok "the LAN reaches the core" ping_lan
	script_site_end
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
CONF
for ((i = 0; i < ROUNDS; i++)); do
	by_dialfail
	by_script
	pair "switch: routes moved" "ip(8), 3 calls" us "$route_us" \
	    "$script_route_us"
	pair "switch: and $FLOWS old flows forgotten" "and conntrack -D" us \
	    "$all_us" "$script_all_us"
done
lab_done
