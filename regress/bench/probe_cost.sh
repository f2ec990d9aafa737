#!/bin/bash
# needs: netns
# What a probe costs: processor time by the packets sent, of the prober and of
# fping(8), for the same targets at the same pace.  fping has a host of its
# own, as far away and with the same NAT, so that neither gets the other's
# answers.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=6
SEGMENT=3 # seconds
TARGETS=16
PACE_MS=100

# nanoseconds PID...: of processor time
nanoseconds() {
	local pid sum=0 ns
	for pid in "$@"; do
		read -r ns _ <"/proc/$pid/schedstat"
		sum=$((sum + ns))
	done
	echo $sum
}

packets() {
	on "$1" cat /sys/class/net/eth1/statistics/tx_packets
}

our_packets() {
	cat /sys/class/net/eth1/statistics/tx_packets
}

other_host() {
	ip netns add other
	ip -n other -batch - <<-IP
		link add eth1 type veth peer name other netns isp-a
		addr add 203.0.113.18/30 dev eth1
		link set eth1 up
	IP
	ip -n isp-a addr add 203.0.113.17/30 dev other
	ip -n isp-a link set other up
	ip -n other route add default via 203.0.113.17
	ip -n core route add 203.0.113.16/30 via 203.0.113.1
	nft list table inet dialfail | on other nft -f -
}

command -v fping >/dev/null || skip_all "no fping"
[ -r /proc/self/schedstat ] || skip_all "no schedstat in this kernel"
for ((i = 0; i < TARGETS; i++)); do
	targets+=("198.51.100.$((7 + i))")
done
lab_up
lab_write_conf <<CONF
lan = "eth0"
primary eth1 {
	$(printf 'target %s\n' "${targets[@]}")
	probe { count 10 interval ${PACE_MS}ms timeout 500ms delay ${PACE_MS}ms
	    success all require all }
}
backup wan2
masquerade from \$lan:network
CONF
for a in "${targets[@]}"; do
	ip -n core addr replace "$a/32" dev lo
done
lab_start
ok "the primary is proved" wait_state primary
other_host
spawn other "$LAB/fping" fping -l -q -p $PACE_MS -i 5 "${targets[@]}"
fping=$SPAWNED
prober=$(process prober)
all=("$(process parent)" "$prober" "$(process netconf)" "$(process dialer)")
ok "fping probes" wait_until 5 "[ \$(packets other) -gt 100 ]"
for ((i = 0; i < ROUNDS; i++)); do
	ours=$(nanoseconds "$prober") every=$(nanoseconds "${all[@]}")
	sent=$(our_packets)
	theirs=$(nanoseconds "$fping") theirs_sent=$(packets other)
	sleep $SEGMENT
	ours=$(($(nanoseconds "$prober") - ours))
	every=$(($(nanoseconds "${all[@]}") - every))
	sent=$(($(our_packets) - sent))
	theirs=$(($(nanoseconds "$fping") - theirs))
	theirs_sent=$(($(packets other) - theirs_sent))
	ok "both have probed" test "$sent" -gt 0 -a "$theirs_sent" -gt 0 || break
	diag "probes in $SEGMENT s: $sent, fping $theirs_sent"
	theirs=$((theirs / theirs_sent))
	pair "processor time of a probe: prober" "fping -l" ns \
	    $((ours / sent)) $theirs
	pair "processor time of a probe: all four" "fping -l" ns \
	    $((every / sent)) $theirs
done
is "still on the primary" "$(state)" primary
lab_stop
lab_done
