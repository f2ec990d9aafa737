#!/bin/bash
# needs: netns
# The primary's carrier is lost while a backup stands by hot: how long nothing
# comes through, by dialfail, by the kernel alone (linkdown ignore), and by the
# usual script, a shell behind ip-monitor(8).  Told by a flow of 1,000 packets a
# second: from the first lost one to the next that was answered; and by the
# kernel's own messages: from the carrier's to the new route's.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=4
EACH=5 # outages in a round

# shellcheck disable=SC2317 # it is called by wait_until
stands_by() {
	[[ $(ctl show backup) == *"standby hot: proved"* ]]
}

# reaction: from the carrier's message to the next one of a default by wan2
reaction() {
	awk -F'[][ ]' '
	    function us(stamp,  t) {
		split(substr(stamp, 12), t, "[:.]")
		return ((t[1] * 60 + t[2]) * 60 + t[3]) * 1000000 + t[4]
	    }
	    / eth1@.*NO-CARRIER/ { lost = us($2) }
	    / default via .* dev wan2/ && !/Deleted/ && lost {
		print us($2) - lost
		found = 1
		exit
	    }
	    END { if (!found) print "none" }' "$LAB/messages"
}

# outage: $ms and $us, and leaves the carrier lost
outage() {
	local from
	from=$(now_ms)
	: >"$LAB/messages"
	spawn router "$LAB/messages" stdbuf -oL ip -ts monitor link route
	local messages=$SPAWNED
	flow_start cut 1000
	ok "the flow runs" wait_until 5 "ping_lan && [ \$(now_ms) -gt $((from + 300)) ]"
	carrier down
	ok "it goes on by the backup" wait_until 10 ping_lan
	wait_until 5 "[ \$(now_ms) -gt $((CUT_MS + 300)) ]"
	flow_stop cut
	end "$messages"
	ms=$(sed -n 's/^gap.*length=//p' "$LAB/flow.cut" | sort -n | tail -n 1)
	ms=${ms:-0}
	us=$(reaction)
	diag "$1: $ms ms; route after $us us;" \
	    "$(grep -E '^(flow|gap)' "$LAB/flow.cut" | xargs)"
}

by_dialfail() {
	lab_start
	for ((n = 0; n < EACH; n++)); do
		ok "the primary is proved" wait_state primary
		ok "the backup stands by" wait_until 10 stands_by
		outage dialfail
		dialfail_ms[n]=$ms dialfail_us[n]=$us
		ok "it is on the backup" wait_state backup
		alone "carrier lost, hot backup: netconf, read back" us \
		    "$(fact .last_switch.apply_us)"
		carrier up
	done
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
	for ((n = 0; n < EACH; n++)); do
		outage kernel
		kernel_ms[n]=$ms
		carrier up
		ok "the carrier is back" wait_until 5 ping_lan
	done
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
	for ((n = 0; n < EACH; n++)); do
		outage script
		script_ms[n]=$ms script_us[n]=$us
		carrier up
		ip route replace default via "$GATEWAY" dev eth1
		ok "the carrier is back" wait_until 5 ping_lan
	done
	end "$script"
	kill "$listens"
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
	for ((n = 0; n < EACH; n++)); do
		pair "carrier lost, hot backup: outage" \
		    "a shell on ip monitor" ms \
		    "${dialfail_ms[n]}" "${script_ms[n]}"
		pair "carrier lost, hot backup: outage" "the kernel alone" ms \
		    "${dialfail_ms[n]}" "${kernel_ms[n]}"
		pair "carrier lost, hot backup: until the route" \
		    "a shell on ip monitor" us \
		    "${dialfail_us[n]}" "${script_us[n]}"
	done
done
lab_done
