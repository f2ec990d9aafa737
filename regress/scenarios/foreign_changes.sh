#!/bin/bash
# needs: netns
# Others change what is ours: it is laid again, and the log says so.  If they
# do it again and again, it is left to them, with an alarm.  What is theirs is
# never touched.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# undone WHAT COMMAND...: it is as wanted again soon, and that is logged
undone() {
	local what=$1
	shift
	snapshot "$LAB/good"
	: >"$LAB/daemon.log"
	ok "somebody does: $*" "$@"
	ok "$what is laid again" wait_until 5 "same_as '$LAB/good'"
	ok "the log says so" wait_until 5 "logged 'network: (rule|route|link|nft|sysctl)'"
}

lab_up
sysctl_set net.ipv4.conf.wan2.rp_filter 1
ip rule add pref 1000 to 10.99.0.0/16 lookup 200
ip rule add pref 32765 to 10.98.0.0/16 lookup 200
ip route add 10.99.0.0/16 via 10.7.0.10 table 200
ip route add 10.97.0.0/16 via 10.7.0.10 proto 157 # theirs, for all its tag
ip route add 10.96.0.0/16 via $GATEWAY
nft -f - <<'NFT'
table inet theirs {
	chain c {
		type filter hook forward priority 0
		counter name "n" accept
	}
	counter n { }
}
NFT
site_nat
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
nft delete table inet theirs # its counter counts; the snapshots must not
nft add table inet theirs
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary

undone "a rule" ip rule del pref 32765 lookup 157
undone "the nft table" nft delete table inet dialfail
undone "the group" ip link set eth1 group 0
undone "a connected network" ip route del "${WAN2_ADDRESS%.*}.64/26" table 157
is "the state is the same" "$(state)" primary
ok "the metrics count that" test "$(metric network_repairs_total)" -ge 4
is "and nothing is different" "$(metric network_differences)" 0

cut_upstream
ok "the backup takes over" wait_state backup
undone "the default route in table 157" ip route del default table 157
ok "the LAN reaches the core" wait_until 2 ping_lan
undone "all of table 157" ip route flush table 157
undone "all of table 158" ip route flush table 158
undone "the strict reverse path test" sysctl_set net.ipv4.conf.wan2.rp_filter 1
ok "the LAN reaches the core" wait_until 2 ping_lan

diag "somebody who does not give in"
: >"$LAB/daemon.log"
spawn router "$LAB/fight.log" sh -c \
    'while :; do ip route del default table 157 2>/dev/null; sleep 0.05; done'
fight=$SPAWNED
ok "it is left to them, with an alarm" wait_until 30 "logged 'alarm: apply'"
ok "the log says why" wait_until 5 \
    "logged 'others change it again and again'"
ok "the metrics as well" wait_until 5 \
    "[ \"\$(metric network_differences)\" -gt 0 ]"
ok "show says so" wait_until 5 "[ \"\$(fact .network)\" = different ]"
end "$fight"
ok "it was tried a few times only" \
    test "$(grep -c 'laid again' "$LAB/daemon.log")" -le 10
restore_upstream
ok "the next switch sets all right" wait_state primary
ok "the network is as wanted" wait_until 10 "[ \"\$(fact .network)\" = 'as wanted' ]"
ok "so say the metrics" wait_until 5 \
    "[ \"\$(metric network_differences)\" -eq 0 ]"

lab_stop
ok "what is theirs was never touched" same_as "$LAB/before"
lab_done
