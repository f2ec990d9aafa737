#!/bin/bash
# needs: netns
# The primary's carrier is lost while a backup stands by hot: how long nothing
# comes through, by dialfail, by the kernel alone (linkdown ignore), and by the
# usual script, a shell behind ip-monitor(8).  Told by a flow of 1,000 packets a
# second: from the first lost one to the next that was answered.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=4

# shellcheck disable=SC2317 # it is called by wait_until
stands_by() {
	[[ $(ctl show backup) == *"standby hot: proved"* ]]
}

# outage: sets $ms, and leaves the carrier lost
outage() {
	local from
	from=$(now_ms)
	flow_start cut 1000
	ok "the flow runs" wait_until 5 "ping_lan && [ \$(now_ms) -gt $((from + 300)) ]"
	carrier down
	ok "it goes on by the backup" wait_until 10 ping_lan
	wait_until 5 "[ \$(now_ms) -gt $((CUT_MS + 300)) ]"
	flow_stop cut
	diag "$(grep -E '^(flow|gap)' "$LAB/flow.cut" | xargs)"
	ms=$(sed -n 's/^gap.*length=//p' "$LAB/flow.cut" | sort -n | tail -n 1)
	ms=${ms:-0}
}

by_dialfail() {
	lab_start
	ok "the primary is proved" wait_state primary
	ok "the backup stands by" wait_until 10 stands_by
	outage
	dialfail_ms=$ms
	carrier up
	ok "the primary takes over" wait_state primary
	lab_stop
}

# A site without dialfail: its own NAT, and nobody who looks.
site() {
	conntrack -F 2>/dev/null
	nft -f - <<-NFT
		table ip site {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname { "eth1", "wan2" } \
				    ip saddr 10.7.0.0/24 masquerade
			}
		}
	NFT
}

site_end() {
	carrier up
	nft delete table ip site
}

by_kernel() {
	site
	sysctl_set net.ipv4.conf.eth1.ignore_routes_with_linkdown 1
	outage
	kernel_ms=$ms
	sysctl_set net.ipv4.conf.eth1.ignore_routes_with_linkdown 0
	site_end
}

by_script() {
	site
	# shellcheck disable=SC2016 # of the script
	spawn router "$LAB/script.log" bash -c '
		while read -r line; do
			case $line in
			*" eth1"*NO-CARRIER*)
				ip route replace default via "$1" dev wan2 ;;
			esac
		done < <(exec ip monitor link)' - "$WAN2_GATEWAY"
	local script=$SPAWNED listens
	ok "the script listens" wait_until 5 "pgrep -x ip >/dev/null"
	listens=$(pgrep -x ip)
	outage
	script_ms=$ms
	end "$script"
	kill "$listens"
	ip route replace default via "$GATEWAY" dev eth1
	site_end
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 { interface standby hot every 1s }
fallback automatic { after 0s stable 0s drain 0s }
flap { failovers 0 }
CONF
for ((i = 0; i < ROUNDS; i++)); do
	by_dialfail
	by_kernel
	by_script
	pair "carrier lost, hot backup: outage" "a shell on ip monitor" ms \
	    "$dialfail_ms" "$script_ms"
	pair "carrier lost, hot backup: outage" "the kernel alone" ms \
	    "$dialfail_ms" "$kernel_ms"
done
lab_done
