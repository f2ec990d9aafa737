# shellcheck shell=bash disable=SC2034 # what lab.sh uses
# Faults at each step of a switch, after lab.sh and site.sh: netconf is killed
# before and after each of its requests to the kernel, or the request fails
# (dialfaild-fault.c).  Whatever happens, when dialfail has settled the kernel
# is as it is with the primary or as it is with the backup, and the LAN's
# packets go where that says.
#
# FAULT_STEP=13 is a taste: each 13th case, from a random one on, which
# FAULT_SEED repeats.  It is odd, or one of two ways that follow each other
# would never be met.

fault_cases=0 fault_slowest=0 fault_restarts=0 fault_kept=0 fault_missed=0

# arm N WHAT PATTERN: read at each call, so it comes as a whole
arm() {
	echo "$*" >"$LAB/fault.new"
	mv "$LAB/fault.new" "$LAB/fault"
}

disarm() {
	rm -f "$LAB/fault"
}

# shellcheck disable=SC2317 # called by wait_until
came_true() {
	[ ! -e "$LAB/fault" ]
}

# As a manager of services would.
restart_if_gone() {
	daemon_gone || return 0
	fault_restarts=$((fault_restarts + 1))
	lab_run
}

# shellcheck disable=SC2317 # called by wait_until
at_rest() {
	restart_if_gone
	[ -n "$(site_at 'as wanted')" ]
}

# shellcheck disable=SC2317 # called by wait_until
cleared() {
	daemon_gone && site_same "$LAB/site.before"
}

# go WAY: what it takes, without waiting
go() {
	case $1 in
	start)	lab_run ;;
	stick)	ctl failover stick >"$LAB/said" 2>&1 ;;
	return)	ctl fallback >"$LAB/said" 2>&1 ;;
	*)	ctl "$1" >"$LAB/said" 2>&1 ;;
	esac
}

# arrived WAY: all of it is as it is at the end of this one
# shellcheck disable=SC2317 # called by wait_until
arrived() {
	case $1 in
	failover) site_is wan2 ;;
	stick)	site_is stick ;;
	clear)	cleared ;;
	*)	site_is primary ;;
	esac
}

# reach WAY: its end, by whatever it takes and without a fault
reach() {
	local way=$1
	arrived "$way" && return
	if daemon_gone; then
		go start
		wait_until 10 at_rest || return
	fi
	[ "$way" != start ] || way=fallback
	arrived "$way" || go "$way"
	wait_until 10 "arrived $way"
}

# What comes before each way.
declare -A fault_from=([start]=clear [clear]=start [failover]=fallback
    [fallback]=failover [stick]=fallback [return]=stick)

# met WHAT: netconf's end is the daemon's
# shellcheck disable=SC2317 # called by wait_until
met() {
	case $1 in
	before | after) daemon_gone ;;
	*)	came_true ;;
	esac
}

# fault_case WAY N K WHAT NAME [again]: step N is the K-th of this name.  The
# late sweep of flows may fall into the way before it or not, so a step that is
# not met gets a second chance.
fault_case() {
	local way=$1 what=$4 name="$1, step $2 ($5): $4" began got
	[ -n "${6:-}" ] || fault_cases=$((fault_cases + 1))
	disarm # what came too late for the one before
	if ! reach "${fault_from[$way]}"; then
		ok "$name: ${fault_from[$way]} before it" false
		return
	fi
	arm "$3" "$what" "change $5"
	go "$way"
	if ! wait_until 10 "met $what"; then
		disarm
		if [ -z "${6:-}" ]; then
			reach "$way" && fault_case "$@" again
			return
		fi
		fault_missed=$((fault_missed + 1))
		diag "$name: there was no such step"
		return
	fi
	began=$(now_ms)
	if ! wait_until 15 "arrived clear || at_rest"; then
		ok "$name: it settles" false
		return
	fi
	got=$(site_at)
	if ! wait_until 5 "site_goes_by ${got:-before}"; then
		cp "$LAB/wait.out" "$LAB/fault.differs"
		ok "$name: all of it is $got" not_so "$LAB/fault.differs"
		return
	fi
	began=$(($(now_ms) - began))
	[ "$began" -le "$fault_slowest" ] || fault_slowest=$began
	arrived "$way" && return
	fault_kept=$((fault_kept + 1))
	reach "$way" || ok "$name: then it works: $(cat "$LAB/said")" false
}

# shellcheck disable=SC2317 # called by ok
not_so() {
	cat "$1"
	false
}

# No call for a while: drain, second sweep and repairs are over.
# shellcheck disable=SC2317 # called by wait_until
calls_rest() {
	local n
	n=$(wc -l <"$LAB/fault.calls")
	sleep 0.5
	[ "$n" -eq "$(wc -l <"$LAB/fault.calls")" ]
}

# The steps of each way, by their texts, in fault.steps.WAY, and the state
# that it ends in.
fault_dry() {
	local way now
	for way in start failover fallback stick return clear; do
		: >"$LAB/fault.calls"
		go $way
		ok "$way without a fault" wait_until 10 "arrived $way"
		wait_until 10 calls_rest
		grep "^change" "$LAB/fault.calls" >"$LAB/fault.steps.$way"
		rm -f "$LAB/fault.calls"
		now=$(site_at)
		case $way in
		start | failover | stick) site_dump "$LAB/site.$now" ;;
		esac
		ok "all goes by ${now:=before}" \
		    wait_until 5 "site_goes_by $now"
	done
}

# fault_list WHAT...: "WAY N K WHAT NAME", so that one way follows the other
fault_list() {
	local what ways way
	for what; do
		for ways in 'failover fallback' 'stick return' 'start clear'; do
			for way in $ways; do
				awk -v way="$way" -v what="$what" '{
				    sub(/^change /, "")
				    print way, NR, ++k[$0], what, $0
				}' "$LAB/fault.steps.$way"
			done | sort -s -n -k 2,2
		done
	done
}

# fault_matrix WHAT...: each of these at each step of each way
fault_matrix() {
	local way what n k name
	fault_list "$@" >"$LAB/fault.cases"
	: "${FAULT_STEP:=1}" "${FAULT_SEED:=$((EPOCHSECONDS % 1000))}"
	diag "$(wc -l <"$LAB/fault.cases") cases," \
	    "FAULT_STEP=$FAULT_STEP FAULT_SEED=$FAULT_SEED"
	while read -r way n k what name; do
		fault_case "$way" "$n" "$k" "$what" "$name"
	done < <(awk -v step="$FAULT_STEP" -v seed="$FAULT_SEED" \
	    'NR % step == seed % step' "$LAB/fault.cases")
	diag "$fault_restarts starts; $fault_kept kept the old state at first;" \
	    "slowest $fault_slowest ms"
	# What follows the world's own events (an advertisement, a proof that was
	# just done) is no step of each run.
	diag "of $fault_cases cases, not met: $fault_missed"
	ok "nearly all are met" [ $((fault_missed * 20)) -le "$fault_cases" ]
}

# says_why WHERE add|del FILE: it names the step and the reason
# shellcheck disable=SC2317 # called by ok
says_why() {
	grep -E -- "$1.*route $2 -6 default .*: Operation not permitted" "$3"
}

# refused_for_good WAY add|del STATE INTERFACE: IPv6, whose turn is after IPv4
refused_for_good() {
	local way=$1 state=$3
	: >"$LAB/daemon.log"
	arm 0 EPERM "change route $2 inet6 table 157 default*"
	ok "$way fails" not ctl "$way"
	cp "$LAB/ok.out" "$LAB/said"
	ok "the operator is told the step and the reason" \
	    says_why 'could not be set' "$2" "$LAB/said"
	fact .verdict >"$LAB/shown"
	ok "show names them" says_why 'NOT SWITCHED' "$2" "$LAB/shown"
	ok "the log names them" says_why 'network: failed' "$2" "$LAB/daemon.log"
	ok "so does an alarm" says_why 'alarm: apply' "$2" "$LAB/daemon.log"
	ok "IPv4 has not moved, either" wait_until 5 "site_goes_by $state"
	is "show names the uplink that carries traffic" \
	    "$(fact .active.interface)" "$4"
	disarm
	ok "it is done when it can be" wait_until 30 \
	    "arrived $way && [ \"\$(fact .network)\" = 'as wanted' ]"
	is "show has no reason left" "$(fact .network_why)" null
}

# shellcheck disable=SC2317 # called by ok
not() {
	! "$@"
}

# fault_begin hot|shut
fault_begin() {
	LAB_DAEMON=dialfaild-fault
	site_up
	site_conf "$1"
	fault_dry
}

fault_end() {
	disarm
	ok "clear" reach clear
	lab_done
}
