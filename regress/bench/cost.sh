#!/bin/bash
# needs: netns
# cost.sh 10|1000 [all|far]: what probing so many targets once a second costs, at
# the same time as fping(8) and dpinger (see rivals.sh), each in a host of its
# own as far away.
#
# 10 are probed by the daemon; its prober's figures count.  1,000 are more
# than it takes (16 for an uplink, 9 uplinks): they are probed by
# bench/probing, which is the prober without its messages, on 63 interfaces.  dpinger is one
# process for a target, and each gets the answers to all: with "all" there are
# 1,000 of them, else 100 show where that leads.
#
# A target of the lab answers before the next is asked, so that many answers
# need one wake-up.  With "far" they come after 20 to 60 ms, in any order, as
# on a real line; only wake-ups are told, the machine may be emulated.
#
# Processor time is user's and system's of the process.  With veth all that
# the kernel does for a packet, two routers and the answer included, is done
# in the time of who sends it: bench/echo, which sends as many and looks at
# nothing, shows how much of the figures that is.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"
# shellcheck source=regress/bench/rivals.sh
. "$LAB_DIR/../bench/rivals.sh"

PATH=$B/bench:$PATH
n=$1
rounds=3
segment=7 # seconds
how=${2:-}
case $n in
10)	dpingers=10 ;;
*)	dpingers=100 ;;
esac
[ "$how" != all ] || dpingers=$n

# --- what a process has used ------------------------------------------------

# task_files FILE PID...: of all threads
task_files() {
	local file=$1 pid
	shift
	for pid in "$@"; do
		echo /proc/"$pid"/task/*/"$file"
	done
}

# Of processor time.
# shellcheck disable=SC2046 # one word for each thread
nanoseconds() {
	awk '{ n += $1 } END { printf "%.0f", n }' $(task_files schedstat "$@")
}

# Voluntary context switches: it slept and was woken.
# shellcheck disable=SC2046
wakeups() {
	awk '/^voluntary/ { n += $2 } END { printf "%.0f", n }' \
	    $(task_files status "$@")
}

# Pages that nobody shares, in KiB.
private() {
	local pid
	for pid in "$@"; do
		cat "/proc/$pid/smaps_rollup"
	done | awk '/^Private_(Clean|Dirty)/ { n += $2 } END { printf "%.0f", n }'
}

# --- who probes -------------------------------------------------------------

# In the core: which probes come from whom.
count_probes() {
	local h
	{
		echo "table inet count {"
		for h in "${!address[@]}"; do
			echo "counter $h {}"
		done
		echo "chain input { type filter hook input priority 0"
		for h in "${!address[@]}"; do
			echo "ip saddr ${address[$h]} icmp type echo-request" \
			    "counter name $h"
		done
		printf '}\n}\n'
	} | on core nft -f -
}

probes() {
	on core nft list counter inet count "$1" |
	    sed -n 's/.*packets \([0-9]*\).*/\1/p'
}

# Sets pids[us] and pids[all].
daemon() {
	lab_write_conf <<-CONF
		lan = "eth0"
		primary eth1 {
			$(printf 'target %s\n' "${targets[@]}")
			probe { count 1 interval 1s timeout 1s delay 1s
			    success all require all }
		}
		backup wan2
		masquerade from \$lan:network
	CONF
	lab_start
	ok "the primary is proved" wait_state primary
	pids[us]=$(process prober)
	pids[all]="$(process parent) ${pids[us]} $(process netconf) $(process dialer)"
}

# An interface for each uplink: on one, each of their sockets would be shown
# what is for the others.  Sets pids[us].
many() {
	local i uplinks=()
	for ((i = 0; i * 16 < n; i++)); do
		echo "link add up$i type veth peer name up$i netns isp-a" >&3
		echo "addr add 10.200.$i.2/30 dev up$i" >&3
		echo "link set up$i up" >&3
		echo "addr add 10.200.$i.1/30 dev up$i" >&4
		echo "link set up$i up" >&4
		uplinks+=("10.200.$i.2/30" "10.200.$i.1" "up$i")
	done 3>"$LAB/ours" 4>"$LAB/theirs"
	ip -batch "$LAB/ours"
	ip -n isp-a -batch "$LAB/theirs"
	ip -n core route add 10.200.0.0/16 via 203.0.113.1
	spawn router "$LAB/probing" probing 3600 "$n" "${targets[0]}" "${uplinks[@]}"
	pids[us]=$SPAWNED
}

fpings() {
	if ! command -v fping >/dev/null; then
		no_row "$n targets: fping" "no fping"
		return
	fi
	spawn fping "$LAB/fping" fping -l -q -p 1000 -i 1 "${targets[@]}"
	pids[fping]=$SPAWNED
	title[fping]="fping -l"
}

dpingers() {
	local i
	if ! find_dpinger; then
		no_row "$n targets: dpinger" \
		    "no dpinger, which DPINGER would name"
		return
	fi
	for ((i = 0; i < dpingers; i++)); do
		spawn dpinger "$LAB/dpinger" "$DPINGER" -f \
		    -B "${address[dpinger]}" -s 1000 -r 0 -L 20% -C : "${targets[i]}"
		pids[dpinger]+=" $SPAWNED"
	done
	title[dpinger]="dpinger"
	[ "$dpingers" -eq "$n" ] || title[dpinger]="dpinger, $dpingers of them"
}

# --- the comparison ---------------------------------------------------------

# look WHEN: what each has used until now
look() {
	local h
	for h in "${!pids[@]}"; do
		# shellcheck disable=SC2086 # pids are words
		set -- "$1" ${pids[$h]}
		used[$1.$h.ns]=$(nanoseconds "${@:2}")
		used[$1.$h.wakeups]=$(wakeups "${@:2}")
		used[$1.$h.probes]=$(probes "${h/all/us}")
		used[$1.$h.us]=$(now_us)
	done
}

# spent HOST WHAT: between the looks
spent() {
	echo $((${used["after.$1.$2"]} - ${used["before.$1.$2"]}))
}

per_probe() {
	echo $(($(spent "$1" ns) / $(spent "$1" probes)))
}

per_second() {
	awk -v n="$(spent "$1" wakeups)" -v us="$(spent "$1" us)" \
	    'BEGIN { printf "%.1f", n * 1e6 / us }'
}

far_figures() {
	pair "$n targets 20-60 ms away: wake-ups a second" "${title[fping]}" "" \
	    "$(per_second us)" "$(per_second fping)"
}

figures() {
	local h
	for h in fping dpinger; do
		[ -n "${pids[$h]:-}" ] || continue
		pair "$n targets: processor time of a probe" "${title[$h]}" ns \
		    "$(per_probe us)" "$(per_probe $h)"
		pair "$n targets: wake-ups a second" "${title[$h]}" "" \
		    "$(per_second us)" "$(per_second $h)"
		# shellcheck disable=SC2086
		pair "$n targets: private memory" "${title[$h]}" KiB \
		    "$(private ${pids[us]})" "$(private ${pids[$h]})"
	done
	pair "$n targets: processor time of a probe" "the kernel's part" ns \
	    "$(per_probe us)" "$(per_probe floor)"
	[ -z "${pids[all]:-}" ] || alone "$n targets: all four processes" ns \
	    "$(per_probe all)"
}

declare -A pids title used
declare -A address=([us]=$PRIMARY_ADDRESS [fping]=203.0.113.18
	[dpinger]=203.0.113.22 [floor]=203.0.113.26)
[ -r /proc/self/schedstat ] || skip_all "no schedstat in this kernel"
for ((i = 1; i <= n; i++)); do
	targets+=("198.18.$((i / 250)).$((i % 250))")
done
lab_up
on core ip route add local 198.18.0.0/15 dev lo
[ "$how" != far ] ||
    on core tc qdisc add dev isp-a root netem delay 40ms 20ms
other_host fping 0
other_host dpinger 1
other_host floor 2
[ "$n" -le 16 ] || address[us]=10.200.0.0/16
count_probes
if [ "$n" -le 16 ]; then
	daemon
else
	many
fi
fpings
[ "$how" = far ] || dpingers
spawn floor "$LAB/echo" echo_requests 3600 "$n" "${targets[0]}"
pids[floor]=$SPAWNED
sleep 3 # all have begun
for ((i = 0; i < rounds; i++)); do
	look before
	sleep $segment
	look after
	for h in "${!pids[@]}"; do
		ok "$h has probed" test "$(spent "$h" probes)" -gt 0 || lab_done
		diag "$h: $(spent "$h" probes) probes"
	done
	if [ "$how" = far ]; then
		far_figures
	else
		figures
	fi
done
lab_done
