# shellcheck shell=bash disable=SC2034 # what lab.sh uses
# kill -9 of a random process at a random moment of each of many failovers and
# fallbacks, and then as many without, after lab.sh, kill9.sh, site.sh and
# fault.sh.  CAMPAIGN_SEED repeats one.

declare -A killed=([parent]=0 [prober]=0 [dialer]=0 [netconf]=0 [all]=0)
moved=0 slowest=0

# To either backup, or back.
other_way() {
	local at
	at=$(site_at)
	if [ "$at" != primary ]; then
		echo fallback
	elif [ $((RANDOM % 3)) -gt 0 ]; then
		echo failover
	else
		echo stick
	fi
}

# kill_one PARENT PROBER DIALER NETCONF: one of them, or now and then all
kill_one() {
	local names=(parent prober dialer netconf) n=$((RANDOM % 5))
	if [ $n -eq 4 ]; then
		victims=("$@")
	else
		victims=("${@:n + 1:1}")
	fi
	kill -9 "${victims[@]}" 2>/dev/null
	kills=$((kills + 1))
	n=${names[n]:-all}
	killed[$n]=$((killed[$n] + 1))
}

# One failover or fallback, and a kill in it, which may come a bit late.
kill_in_move() {
	local way pids at began
	way=$(other_way)
	# the parent, and the others in this order
	# shellcheck disable=SC2016 # they are jq's
	read -ra pids <<<"$(fact '[.pid, (.processes as $p |
	    "prober", "dialer", "netconf" | . as $n |
	    $p[] | select(.name == $n) | .pid)] | join(" ")')"
	must "four processes run" test ${#pids[@]} -eq 4
	go "$way" &
	sleep "$(printf '0.%03d' $((RANDOM % 300)))"
	kill_one "${pids[@]}"
	began=$(now_ms)
	must "all end" wait_until 5 all_gone "${pids[@]}"
	must "the network settles" wait_until 15 at_rest
	at=$(site_at)
	must "all goes by $at" wait_until 5 "site_goes_by $at"
	began=$(($(now_ms) - began))
	[ "$began" -le "$slowest" ] || slowest=$began
	arrived "$way" && moved=$((moved + 1))
}

# A failover or fallback that nobody disturbs.
move() {
	local way
	way=$(other_way)
	must "$way" go "$way"
	must "$way is over" wait_until 10 "arrived $way"
}

# Of each process: descriptors, and KB: resident, its share of that, and what
# is not a file's.
held() {
	local name pid
	for name in parent prober dialer netconf; do
		pid=$(process $name)
		echo "$name $(find "/proc/$pid/fd" -mindepth 1 | wc -l)" \
		    "$(awk '/^(Rss|Pss|Anonymous):/ { printf "%s ", $2 }' \
		    "/proc/$pid/smaps_rollup")"
	done
}

# grown FILE: what more is held than then.  History keeps 64 events of up to
# 200 lines; the prober's statistics (1,024 samples of each target, in memory
# from the beginning) are touched one by one.
grown() {
	held | paste -d' ' "$1" - | awk '
	{ printf "%s: %d descriptors, %+d; %d KB resident, %+d; " \
	    "%d KB its share, %+d; %d KB its own, %+d\n", $1, $2, $7 - $2,
	    $3, $8 - $3, $4, $9 - $4, $5, $10 - $5
	if ($7 > $2 || $10 > $5 + 2048) bad = 1 }
	END { exit bad }'
}

# moves N: what is not freed or closed adds up; the first ones fill buffers
moves() {
	local i began
	for ((i = 0; i < 130; i++)); do
		move
	done
	must "traffic is on the primary" reach return
	held >"$LAB/held"
	began=$(now_ms)
	for ((i = 0; i < $1; i++)); do
		move
		[ $((i % 21)) -ne 0 ] ||
		    must "all of it is" wait_until 5 "site_goes_by $(site_at)"
	done
	diag "$1 more switches in $((($(now_ms) - began) / 1000)) s"
	# where the same is probed as then, once that has ended which is not
	must "traffic is on the primary" reach return
	ok "neither descriptors nor memory grow" wait_until 10 "grown $LAB/held"
	diag "$(cat "$LAB/ok.out")"
}

# What the flows that went on all the time have seen.
kills_flows() {
	local f
	for f in 4 6; do
		flow_stop $f
		diag "IPv$f: $(grep ^flow "$LAB/flow.$f"); longest gap" \
		    "$(sed -n 's/^gap .*length=//p' "$LAB/flow.$f" |
		    sort -n | tail -n 1) ms"
		ok "IPv$f flows go on" test \
		    "$(($(flow_fact $f received) * 2))" -gt \
		    "$(flow_fact $f sent)"
	done
	for f in isp-a isp-b; do
		ok "nothing leaves by $f with another's address" not \
		    foreign_seen $f
	done
}

# kills_in hot|shut N
kills_in() {
	local i
	site_conf "$1"
	fault_dry
	reach start
	for ((i = 0; i < $2; i++)); do
		kill_in_move
		[ $((i % 50)) -eq 0 ] || continue
		: >"$LAB/daemon.log" # of so many starts it is of no use
		diag "$kills kills"
	done
}

# kills_of N
kills_of() {
	local k text=
	RANDOM=${CAMPAIGN_SEED:=$((EPOCHSECONDS % 32768))}
	diag "CAMPAIGN_SEED=$CAMPAIGN_SEED"
	site_up
	site_flows
	kills_in shut $(($1 / 4))
	reach clear
	kills_in hot $(($1 - $1 / 4))
	for k in "${!killed[@]}"; do
		text+=" $k ${killed[$k]}"
	done
	ok "$kills kills:$text; $moved times the switch was done all the same" \
	    true
	ok "no wrong uplink; slowest from kill to settled $slowest ms" true
	kills_flows
	moves "$1"
	fault_end
}
