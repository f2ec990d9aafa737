#!/bin/bash
# needs: netns
# Instructions of a probe, as callgrind counts them, so that it can be
# reckoned what 10 targets once a second are to a 600 MHz router.  Counted in
# bench/probing twice, over so many rounds more that what is done once in its
# life cancels out; the same number each time, within a percent.
#
# The kernel's part cannot be counted here.  What a router needs for both is
# reckoned from the processor time here: as if each of its cycles did no more
# than a fourth of what one does here.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

PATH=$B/bench:$PATH
FEW=2
MANY=8
TARGETS=10
ROUTER_HZ=600000000
SLOWER=4 # a cycle there against one here

# counted ROUNDS: instructions and probes, in words
counted() {
	valgrind --tool=callgrind --callgrind-out-file="$LAB/callgrind.$1" \
	    probing "$1" $TARGETS 198.18.0.1 "$PRIMARY_ADDRESS/24" "$GATEWAY" \
	    eth1 >"$LAB/count.$1" 2>&1
	echo "$(sed -n 's/.*Collected : //p' "$LAB/count.$1")" \
	    "$(sed -n 's/^sent=\([0-9]*\) .*/\1/p' "$LAB/count.$1")"
}

# Processor time of a probe, user's and system's, in ns.
processor_ns() {
	local before after sent=$((TARGETS * 10))
	spawn router "$LAB/probing" probing 3600 $TARGETS 198.18.0.1 \
	    "$PRIMARY_ADDRESS/24" "$GATEWAY" eth1
	sleep 2
	read -r before _ <"/proc/$SPAWNED/schedstat"
	sleep 10
	read -r after _ <"/proc/$SPAWNED/schedstat"
	end "$SPAWNED"
	echo $(((after - before) / sent))
}

share() {
	awk -v "cycles=$1" -v hz=$ROUTER_HZ -v n=$TARGETS \
	    'BEGIN { printf "%.4f", 100 * cycles * n / hz }'
}

command -v valgrind >/dev/null || skip_all "no valgrind"
lab_up
on core ip route add local 198.18.0.0/15 dev lo
read -r few few_sent < <(counted $FEW)
read -r many many_sent < <(counted $MANY)
ok "all was counted" test -n "${few_sent:-}" -a -n "${many_sent:-}" || {
	diag "$(cat "$LAB"/count.*)"
	lab_done
}
each=$(((many - few) / (many_sent - few_sent)))
alone "instructions of a probe, in the prober" "" $each
alone "10 targets at 1 Hz, these at 600 MHz" % "$(share $each)"
if hz=$(awk -F: '/^cpu MHz/ { printf "%d", $2 * 1e6; exit }' /proc/cpuinfo) &&
    [ -n "$hz" ]; then
	ns=$(processor_ns)
	alone "10 targets at 1 Hz, all of it at 600 MHz" % \
	    "$(share $((ns * SLOWER * (hz / 1000000) / 1000)))"
fi
lab_done
