# shellcheck shell=bash disable=SC2034 # what lab.sh uses
# kill -9 of a random process at a random moment of each of many failovers and
# fallbacks, and then as many without, after lab.sh, kill9.sh and fault.sh.
# CAMPAIGN_SEED repeats one.

declare -A killed=([parent]=0 [prober]=0 [dialer]=0 [netconf]=0 [all]=0)
moved=0 slowest=0

other_way() {
	if in_state primary; then echo failover; else echo fallback; fi
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
	local way pids state began
	way=$(other_way)
	# the parent, and the others in this order
	# shellcheck disable=SC2016 # they are jq's
	read -ra pids <<<"$(fact '[.pid, (.processes as $p |
	    "prober", "dialer", "netconf" | . as $n |
	    $p[] | select(.name == $n) | .pid)] | join(" ")')"
	must "four processes run" test ${#pids[@]} -eq 4
	ctl "$way" >"$LAB/said" 2>&1 &
	sleep "$(printf '0.%03d' $((RANDOM % 300)))"
	kill_one "${pids[@]}"
	began=$(now_ms)
	must "all end" wait_until 5 all_gone "${pids[@]}"
	must "the network settles" wait_until 15 at_rest
	state=$(state)
	must "all of it is $state" wait_until 5 "goes_by $state"
	began=$(($(now_ms) - began))
	[ "$began" -le "$slowest" ] || slowest=$began
	arrived "$way" && moved=$((moved + 1))
}

# A failover or fallback that nobody disturbs.
move() {
	local way
	way=$(other_way)
	must "$way" ctl "$way"
	must "$way is over" wait_until 10 "arrived $way"
}

# Of each process: descriptors and KB that are not a file's.
held() {
	local name pid
	for name in parent prober dialer netconf; do
		pid=$(process $name)
		echo "$name $(find "/proc/$pid/fd" -mindepth 1 | wc -l)" \
		    "$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' \
		    "/proc/$pid/status")"
	done
}

# grown FILE: what more is held than then; history keeps 64 events of up to
# 200 lines
grown() {
	held | paste -d' ' "$1" - | awk '
	{ printf "%s: %d descriptors, then %d; %d KB, then %d\n", $1, $2, $5,
	    $3, $6; if ($5 > $2 || $6 > $3 + 2048) bad = 1 }
	END { exit bad }'
}

# moves N: what is not freed or closed adds up; the first ones fill buffers
moves() {
	local i began
	for ((i = 0; i < 130; i++)); do
		move
	done
	held >"$LAB/held"
	began=$(now_ms)
	for ((i = 0; i < $1; i++)); do
		move
		[ $((i % 21)) -ne 0 ] ||
		    must "all of it is" wait_until 5 "goes_by $(state)"
	done
	diag "$1 more switches in $((($(now_ms) - began) / 1000)) s"
	ok "neither descriptors nor memory grow" grown "$LAB/held"
	diag "$(cat "$LAB/ok.out")"
}

# kills_of N
kills_of() {
	local i k text=
	RANDOM=${CAMPAIGN_SEED:=$((EPOCHSECONDS % 32768))}
	diag "CAMPAIGN_SEED=$CAMPAIGN_SEED"
	fault_site
	fault_dry
	reach start
	for ((i = 0; i < $1; i++)); do
		kill_in_move
		# the log of so many starts is of no use
		[ $((i % 50)) -ne 0 ] || : >"$LAB/daemon.log"
	done
	for k in "${!killed[@]}"; do
		text+=" $k ${killed[$k]}"
	done
	ok "$kills kills:$text; $moved times the switch was done all the same" \
	    true
	ok "no wrong uplink; slowest from kill to settled $slowest ms" true
	moves "$1"
	fault_end
}
