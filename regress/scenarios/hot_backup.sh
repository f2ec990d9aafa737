#!/bin/bash
# needs: netns
# A backup that stands by hot: proved again and again, used at once when the
# primary's carrier is lost, by us or by the kernel alone, but for private
# networks.  When it is dead itself that is told, and the next outage goes the
# long way.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# conf WORDS [TARGET]: of the primary; one of IPv6 if it is not told
conf() {
	LAB_PRIMARY="${2-target $TARGET6} $LAB_FAST $1" lab_conf <<-'CONF'
		backup wan2 { interface standby hot every 1s }
		fallback automatic { after 1s stable 1s drain 1s }
		flap { failovers 0 }
		follow { 10.9.7.0/24 fd00:9:0:7::/64 }
	CONF
}

# standby WORDS: what show says of it
# shellcheck disable=SC2317 # it is called by wait_until
standby() {
	[[ $(ctl show backup) == *"standby hot: "$1* ]]
}

flows() {
	flow_start "$1 4" 1000
	flow_start "$1 6" 1000 "$TARGET6"
	ok "both families flow" wait_until 5 "ping_lan && ping_lan $TARGET6"
}

# outage NAME MAX: what 1,000 packets a second lost, there and back
outage() {
	local f lost
	for f in 4 6; do
		flow_stop "$1 $f"
		lost=$(flow_fact "$1 $f" lost)
		diag "$1, IPv$f: $lost of $(flow_fact "$1 $f" sent) lost," \
		    "one each ms; $(sed -n 's/^gap.*length/gap/p' \
		    "$LAB/flow.$1 $f" | xargs)"
		ok "$1: at most $2 packets of IPv$f are lost" \
		    test "$lost" -le "$2"
	done
}

# linkdown WANT: of both families
linkdown() {
	local f
	for f in 4 6; do
		ok "the kernel's own repair by IPv$f is $1" wait_until 10 \
		    "[ \"\$(cat /proc/sys/net/ipv$f/conf/eth1/ignore_routes_with_linkdown)\" = $1 ]"
	done
}

# way ADDRESS: the interface that a packet of the LAN's leaves by
way() {
	local from=$LAN_HOST
	[[ $1 != *:* ]] || from=fd00:7::10
	ip route get "$1" from "$from" iif eth0 2>&1 |
	    sed -n 's/.* dev \([a-z0-9]*\) .*/\1/p;
		s/.*\(unreachable\|No route to host\).*/nowhere/p' | head -n 1
}

home() {
	carrier up
	ok "the primary takes over again" wait_state primary
	ok "the backup stands by again" wait_until 10 "standby proved"
}

lab_up
lab_inet6
lab_lan6
# a cable that is pulled here takes no address away there
on isp-a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/keep_addr_on_down'
conf "linkdown keep"
ip route add 10.9.0.0/16 via $GATEWAY
ip route add fd00:9::/48 via 2001:db8:a::1
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
ok "the backup, too" wait_until 10 "standby proved"
is "by JSON" "$(fact '.backups[0] | .standby, .ready' backup | xargs)" \
    "hot true"
linkdown 0
# nothing in main helps: the rule behind it does
ip route del default via $WAN2_GATEWAY

diag "by ourselves"
flows daemon
carrier down
ok "the backup takes over" wait_state backup 15
outage daemon 100
ok "at once, without a new proof" \
    logged 'dialing -> backup: hot backup, proved before'
home

diag "by the kernel alone"
conf "linkdown ignore"
ok "another configuration" ctl reload
linkdown 1
ok "the backup stands by" wait_until 10 "standby proved"
ok "the network is as wanted" \
    wait_until 10 "[ \"\$(fact .network)\" = 'as wanted' ]"
mapfile -t pids < <(fact '.pid, .processes[].pid' | sort -u)
flows kernel
kill -STOP "${pids[@]}"
carrier down
ok "IPv4 goes on while nobody looks" wait_until 10 ping_lan
ok "and so does IPv6" wait_until 10 "ping_lan $TARGET6"
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"
ip route add default via $WAN2_GATEWAY metric 200
for net in 10.9. fd00:9:0:; do
	to=${net}1.1 follows=${net}7.1
	[[ $net != *:* ]] || to=${net}1::1 follows=${net}7::1
	is "no private network goes there: $to" "$(way $to)" nowhere
	is "only what follows: $follows" "$(way $follows)" wan2
done
ip route del default via $WAN2_GATEWAY
kill -CONT "${pids[@]}"
ok "the backup takes over" wait_state backup 15
outage kernel 20
cut_upstream
cut_inet6
carrier up
ok "the carrier is back, the core is not" wait_until 10 \
    "[ \"\$(fact .primary.cause)\" != 'no carrier' ]"
is "traffic stays on the backup" "$(seen_as)" "$WAN2_ADDRESS"
is "by IPv6, too" "$(seen_as "$TARGET6")" "$WAN2_ADDRESS6"
restore_inet6
restore_upstream
home
conf "linkdown keep" ""
ok "without a target of IPv6" ctl reload
linkdown 0
ok "the backup stands by" wait_until 10 "standby proved"
ok "and show says what is not proved" wait_until 10 \
    "standby '* ago; IPv6 moves unproved'"

diag "the backup itself dies"
cut_backup
ok "show says so" wait_until 10 "standby 'not ready: no answer'"
ok "so does an alarm" wait_until 20 "logged 'alarm: not-ready: wan2'"
ok "so do the metrics" \
    grep -q '^dialfail_backup_ready{uplink="wan2"} 0' <<<"$(ctl show metrics)"
is "traffic stays on the primary" "$(seen_as)" "$PRIMARY_ADDRESS"
restore_backup
ok "it is ready again" wait_until 20 "logged 'alarm: ready: wan2'"
cut_backup
ok "it is not" wait_until 10 "standby 'not ready: no answer'"
carrier down
ok "no traffic goes there unproved" wait_state dialing
restore_backup
ok "until it is proved" wait_state backup
home
ip route add default via $WAN2_GATEWAY metric 200
lab_stop
ok "nothing of ours is left" same_as "$LAB/before"
lab_done
