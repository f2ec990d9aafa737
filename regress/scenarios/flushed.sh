#!/bin/bash
# needs: netns
# Somebody flushes everything: all of nftables, all rules, a whole table.  What
# is ours is laid again and the log says what was gone; a loop that does it
# twenty times a second is left alone, cheaply, with an alarm.  Tables and rules
# of others, as docker has them, stay as they are in every handle.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

dockers() {
	nft -f - <<-'NFT'
		table ip nat {
			chain DOCKER {
				iifname "br-0" return
				iifname != "br-0" tcp dport 8080 dnat to 172.18.0.2:80
			}
			chain PREROUTING {
				type nat hook prerouting priority dstnat
				fib daddr type local jump DOCKER
			}
			chain POSTROUTING {
				type nat hook postrouting priority srcnat
				ip saddr 172.18.0.0/16 oifname != "br-0" masquerade
			}
		}
		table ip filter {
			chain DOCKER-USER { return; }
			chain FORWARD {
				type filter hook forward priority filter
				policy drop
				jump DOCKER-USER
				ct state established,related accept
				iifname "eth0" accept
			}
		}
	NFT
	ip rule add pref 100 fwmark 0x40/0x40 lookup 100
	ip rule add pref 5210 from 172.18.0.0/16 lookup 101
	ip route add 172.30.0.0/16 via 10.7.0.10 table 100
	ip route add default via 10.7.0.10 table 101
}

# theirs: everything that is not ours, handles and all
theirs() {
	nft -sa list table ip nat
	nft -sa list table ip filter
	ip rule | grep -v ':	.*proto 157'
	ip route show table 100
	ip route show table 101
}

# flows_marked UPLINK: the LAN's flow has its mark
# shellcheck disable=SC2317 # called by wait_until
flows_marked() {
	conntrack -L -p udp --dport "$ECHO_PORT" -s "$LAN_HOST" \
	    -m "$(($1 << 24))/$((0xf000000))" 2>/dev/null | grep -q .
}

# gone WHAT UPLINK PATTERN COMMAND...: and soon it is as it was
gone() {
	local what=$1 uplink=$2 pattern=$3
	shift 3
	: >"$LAB/daemon.log"
	ok "gone: $what" "$@"
	ok "$what: laid again, the log says what" \
	    wait_until 10 "logged '$pattern'"
	ok "$what: as wanted" \
	    wait_until 10 "[ \"\$(fact .network)\" = 'as wanted' ]"
	ok "$what: the LAN reaches the core" wait_until 5 ping_lan
	ok "$what: flows are marked" wait_until 5 "flows_marked $uplink"
}

# All, the system's own as well; the admin gives those back.
# shellcheck disable=SC2317 # called by ok
rule_flush() {
	ip rule flush
	ip rule add pref 32766 lookup main
	ip rule add pref 32767 lookup default
}

# cpu_ms: what the daemon's processes have used
cpu_ms() {
	local pid
	for pid in "${pids[@]}"; do
		cat "/proc/$pid/stat"
	done | awk -v hz="$(getconf CLK_TCK)" '
	    { n += $14 + $15 } END { print int(n * 1000 / hz) }'
}

story() {
	gone "nftables" "$1" 'nft table' nft flush ruleset
	gone "rules" "$1" 'rule add .*lookup 157' rule_flush
	gone "the group" "$1" 'link set .* group 157' ip link set wan2 group 0
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
flow_start main
story 1
cut_upstream
ok "the backup takes over" wait_state backup
story 2
gone "table 157" 2 'route add default .* table 157' ip route flush table 157
is "traffic is on the backup" "$(seen_as)" "$WAN2_ADDRESS"

diag "tables of others"
dockers
before=$(theirs)
restore_upstream
ok "the primary takes over again" wait_state primary
is "theirs after fallback" "$(theirs)" "$before"

diag "born while our table is not there"
# their NAT settles what becomes of the flow: nothing
lab_stop USR1
nft delete table inet dialfail
spawn lan "$LAB/born" sh -c "flow tcp $TARGET $ECHO_PORT </dev/null"
ok "a connection is begun" wait_until 10 \
    "conntrack -L -p tcp -d $TARGET 2>/dev/null | grep -q SYN_SENT"
lab_start
ok "it gets through" wait_until 20 "grep -q '^connect ok' '$LAB/born'"
ok "the primary is proved" wait_state primary

diag "tables of others, by hand"
ok "failover by hand" ctl failover
is "theirs after failover" "$(theirs)" "$before"
ok "the LAN reaches the core through their forward chain" ping_lan

diag "a loop that does not give in"
mapfile -t pids < <(fact '.pid, .processes[].pid' | sort -u)
: >"$LAB/daemon.log"
spawn router "$LAB/loop.log" sh -c 'while :; do
	ip rule del pref 32765 lookup 157 2>/dev/null; sleep 0.05; done'
loop=$SPAWNED
ok "it ends in an alarm" wait_until 30 "logged 'alarm: apply'"
ok "the log says why" wait_until 5 \
    "logged 'others change it again and again'"
ok "it was tried a few times only" \
    test "$(grep -c 'laid again' "$LAB/daemon.log")" -le 10
used=$(cpu_ms)
began=$(now_ms)
sleep 2 # while it goes on
used=$(($(cpu_ms) - used))
took=$(($(now_ms) - began))
diag "the daemon used $used ms of processor in $took ms of the loop"
ok "that is cheap" test $((used * 4)) -lt "$took"
ok "the daemon answers" ctl show
end "$loop"
ok "the next switch sets all right" ctl fallback
ok "the primary takes over" wait_state primary
ok "the network is as wanted" wait_until 10 \
    "[ \"\$(fact .network)\" = 'as wanted' ]"
flow_stop main
lab_stop
is "theirs after the stop" "$(theirs)" "$before"
ok "nothing of ours is left" test -z "$(ip rule | grep 32765
    ip route show table all | grep 'proto 157'
    nft list tables | grep dialfail)"
lab_done
