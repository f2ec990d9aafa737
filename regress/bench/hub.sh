#!/bin/bash
# needs: netns
# Ten thousand branches of one hub that all move within a second: when the
# last one has its acknowledgement, and what the hub takes for it, against
# nothing but the signatures checked and the tunnels changed.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

N=${HUB_BRANCHES:-10000}
HUB=203.0.113.10
PATH=$B/bench:$PATH

# memory: private memory of each process of the hub, in KB
memory() {
	local i
	for i in parent prober netconf dialer; do
		awk -v name=$i '/^Private/ { n += $2 } END { print name, n }' \
		    "/proc/$(process $i)/smaps_rollup"
	done
}

# in_all: of them
in_all() {
	awk '{ n += $2 } END { print n }'
}

# ask: how long it takes to be answered, in ms, again and again; and now and
# then for netconf's longest answer, which costs it 30 ms and is not measured
ask() {
	local began n
	for ((n = 0;; n++)); do
		began=$(now_us)
		dialfailctl show >/dev/null || echo unanswered
		echo $((($(now_us) - began) / 1000))
		((n % 10)) || dialfailctl show config >/dev/null || echo unanswered
		sleep 0.2
	done
}

# keys_and_strings: of a branch, in octets: its key in the three processes that
# must know it, the key of its tags in two; its name in two, and that of its
# tunnel's interface in one, for the configuration and for the kernel's list
keys_and_strings() {
	awk '$1 == "peer" {
		n++
		octets += 3 * 32 + 2 * 32
		octets += 2 * (length($2) + 1) + 2 * (length($7) + 1)
	}
	END { print int(octets / n) }' $LAB/peers
}

# bare NET: what signatures and tunnels alone take now
bare() {
	hub floor "$N" "$1" | tee -a $LAB/floor | sed 's/^/# /'
}

# conf N: the hub's configuration
conf() {
	hub conf "$1" 2>$LAB/seed >$LAB/peers
	install -m 600 $LAB/seed /etc/dialfail/private/key
	lab_write_conf <<-CONF
		primary eth1 { target 203.0.113.9 }
		backup eth2
		identity "/etc/dialfail/private/key"
		$(cat $LAB/peers)
	CONF
}

# answered: it was asked, and always was
answered() {
	[ "$(grep -c '^[0-9]' "$LAB/asked")" -ge 3 ] &&
	    ! grep -q unanswered "$LAB/asked"
}

result() {
	sed -n "s/.* $1=\([0-9]*\).*/\1/p" $LAB/play
}

# cpu NAME: what a process took while they moved, in ms
cpu() {
	sed -n "s/.* pid=$(process "$1") cpu_ms=//p" $LAB/play
}

# The hub is this host; the branches are all in one other.
ip netns add branches
ip -batch - <<-IP
	link set lo up
	link add eth1 type veth peer name eth1 netns branches
	link add eth2 type veth peer name eth2 netns branches
	addr add $HUB/30 dev eth1
	addr add 203.0.113.14/30 dev eth2
	link set eth1 up
	link set eth2 up
	route add default via 203.0.113.9
	route add default via 203.0.113.13 metric 200
IP
ip -n branches -batch - <<-IP
	link set lo up
	addr add 203.0.113.9/30 dev eth1
	addr add 203.0.113.13/30 dev eth2
	link set eth1 up
	link set eth2 up
	route add local 9.0.0.0/8 dev lo
IP
# What it is with one of them.
conf 1
lab_start
ok "one is enough" wait_state primary 120
memory >$LAB/memory_of_one
lab_stop

began=$(now_us)
for ((i = 0; i < N; i++)); do
	echo "link add t$i type vxlan id $((i + 1)) local $HUB remote 9.2.$((i >> 8)).$((i & 255)) dstport 4789 nolearning"
done | ip -batch - || no_row hub "no tunnels here"
diag "$N tunnels made in $((($(now_us) - began) / 1000)) ms"

bare 4
conf "$N"
began=$(now_us)
lab_start
ok "the primary is proved" wait_state primary 120
diag "the hub is ready after $((($(now_us) - began) / 1000)) ms"
diag "memory with one branch, KB: $(paste -sd " " $LAB/memory_of_one)"
diag "and with $N, which are not heard yet: $(memory | paste -sd " ")"
spawn branches $LAB/play hub play "$N" $HUB "$(process parent)" \
    "$(process prober)" "$(process netconf)"
player=$SPAWNED
ok "all of them are followed" wait_until 300 "grep -q began_ms $LAB/play"
diag "$(cat $LAB/play)"
spawn router $LAB/asked ask
asker=$SPAWNED
ok "and when they move at once" wait_until 300 \
    "[ \$(grep -c cpu_ms $LAB/play) -eq 3 ]"
diag "$(cat $LAB/play)"
is "they are where they said" \
    "$(ip -d link show type vxlan | grep -c 'remote 9\.1\.')" "$N"
ok "and all of them have ours" \
    wait_until 60 "[ \$(fact .peers.acknowledged) -eq $N ]"
end "$player"
end "$asker"
ok "control answers meanwhile" answered
diag "asked $(wc -l <$LAB/asked) times"
is "probing sees no loss" "$(fact '[.targets[].loss_pct] | add == 0' targets)" true
took=0
for i in parent prober netconf; do
	diag "CPU $i $(cpu $i) ms"
	took=$((took + $(cpu $i)))
done
memory >$LAB/memory_of_all
diag "memory in the end: $(paste -sd " " $LAB/memory_of_all)"
each=$((($(in_all <$LAB/memory_of_all) - $(in_all <$LAB/memory_of_one)) * \
    1024 / N))
beyond=$((each - $(keys_and_strings)))
lab_stop
bare 3
# the machine may have been busier before than after
floor=$(sed 's/.*=//' $LAB/floor | awk '{ n += $1 } END { print int(n / 2) }')
ok "a branch takes less than 1000 octets beyond its keys and strings" \
    [ "$beyond" -lt 1000 ]
ok "and its move no more than twice what it would alone" \
    [ "$took" -le $((2 * floor)) ]
alone "hub: $N branches move in 1 s, the last one knows" ms "$(result all_ms)"
alone "hub: show is answered meanwhile, at the latest" ms \
    "$(sort -n $LAB/asked | tail -1)"
alone "hub: memory for each of them" octets "$each"
alone "hub: beyond its keys and strings" octets "$beyond"
pair "hub: CPU for it" "signatures and tunnels alone" ms "$took" "$floor"
lab_done
