#!/bin/bash
# needs: vm
# Tunnels brought along by a switch: 1, 100 and 1000 of GRE, each with an
# address of its own.  The other way is one ip(8) that has the commands ready.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

HUB=198.51.100.9

# each COMMAND...: with I for the number of each tunnel
each() {
	local i
	for ((i = 1; i <= N; i++)); do
		echo "${*//I/$i}"
	done
}

lead() {
	each "link set gI type gre local $1" >$LAB/batch
}

# told_us: of the last switch
told_us() {
	fact .last_switch.apply_us
}

all_have() {
	[ "$(ip -d link show type gre | grep -c "local $1 ")" -eq "$N" ]
}

by_ip() {
	local began
	lead $WAN2_ADDRESS
	began=$(now_us)
	ip -batch $LAB/batch
	theirs=$(($(now_us) - began))
	lead $PRIMARY_ADDRESS
	ip -batch $LAB/batch
}

by_dialfail() {
	{
		echo 'backup wan2'
		echo 'fallback automatic { after 0s stable 0s drain 0s }'
		each "peer hI { tunnel gI }"
	} | LAB_PRIMARY=$LAB_FAST lab_conf
	lab_start
	ok "the primary is proved" wait_state primary
	ctl failover wan2 >/dev/null
	ok "the backup takes over" wait_state backup
	ok "all $N have its address" all_have $WAN2_ADDRESS
	ours=$(told_us)
	ctl fallback >/dev/null
	ok "the primary takes over" wait_state primary
	ok "all $N have their own" all_have $PRIMARY_ADDRESS
	lab_stop
}

lab_up
for N in 1 100 1000; do
	{
		each "link add gI type gre local $PRIMARY_ADDRESS remote $HUB key I ttl 64"
		each "link set gI up"
	} >$LAB/batch
	ip -batch $LAB/batch
	by_ip
	by_dialfail
	pair "switch: and $N GRE tunnels" "ip(8), tunnels alone" us \
	    "$ours" "$theirs"
	each "link del gI" | ip -batch -
done
lab_done
