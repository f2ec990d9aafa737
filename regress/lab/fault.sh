# shellcheck shell=bash disable=SC2034 # what lab.sh uses
# Faults at each step of a switch, after lab.sh: netconf is killed before and
# after each of its requests to the kernel, or the request fails
# (dialfaild-fault.c).  Whatever happens, when dialfail has settled the kernel
# is as it is with the primary or as it is with the backup, and the LAN's
# packets go where that says.
#
# FAULT_STEP=5 is a taste: each fifth case, from a random one on, which
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

# All that a switch may change, and what is to be given back.
fault_dump() {
	{
		ip -4 -batch - <<<"rule
route show table all"
		ip -6 rule
		ip -6 route show table all | sort
		nft -s list ruleset
		ip -o -d link
		grep -s . /proc/sys/net/ipv4/conf/*/{rp_filter,forwarding} \
		    /proc/sys/net/ipv6/conf/*/{disable_ipv6,forwarding}
		sort /run/dialfail/undo 2>/dev/null
		[ ! -e /etc/resolv.conf ] || cat /etc/resolv.conf
	} | sed 's/ expires [0-9]*sec//' >"$1"
}

# fault_same FILE
fault_same() {
	fault_dump "$LAB/fault.now"
	diff -u "$1" "$LAB/fault.now"
}

# The provider that the LAN's packets pass, of both families: who says that
# they have gone far enough.  And they do arrive.
seen_by() {
	local to
	for to in "$TARGET2" "$TARGET6"; do
		on lan ping -n -q -c 1 -W 1 "$to" >/dev/null || return 1
		on lan ping -n -c 1 -W 1 -t 2 "$to" |
		    sed -n 's/^From \([0-9a-f.:]*\) .*xceeded.*/\1/p'
	done | tr '\n' ' '
}

# goes_by STATE: it is what show says, what the kernel has, where packets go
goes_by() {
	local gateways="$GATEWAY 2001:db8:a::1 "
	[ "$1" != backup ] || gateways="$WAN2_GATEWAY 2001:db8:b::1 "
	fault_same "$LAB/fault.$1" && [ "$(seen_by)" = "$gateways" ]
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
	settled '(primary|backup)' && [ "$(fact .network)" = 'as wanted' ]
}

# shellcheck disable=SC2317 # called by wait_until
cleared() {
	daemon_gone && fault_same "$LAB/fault.before"
}

# go WAY: what it takes, without waiting
go() {
	case $1 in
	start)	lab_run ;;
	*)	ctl "$1" >"$LAB/said" 2>&1 ;;
	esac
}

# arrived WAY: all of it is as it is at the end of this one
# shellcheck disable=SC2317 # called by wait_until
arrived() {
	case $1 in
	failover) settled backup ;;
	clear)	cleared ;;
	*)	settled primary ;;
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
    [fallback]=failover)

# met WHAT: netconf's end is the daemon's
# shellcheck disable=SC2317 # called by wait_until
met() {
	case $1 in
	before | after) daemon_gone ;;
	*)	came_true ;;
	esac
}

# fault_case WAY N WHAT NAME [again]: the late sweep of flows may fall into the
# way before it or not, so a step that is not met gets a second chance
fault_case() {
	local way=$1 what=$3 name="$1, step $2 ($4): $3" began got
	[ -n "${5:-}" ] || fault_cases=$((fault_cases + 1))
	if ! reach "${fault_from[$way]}"; then
		ok "$name: ${fault_from[$way]} before it" false
		return
	fi
	arm "$2" "$what" 'change *'
	go "$way"
	if ! wait_until 5 "met $what"; then
		disarm
		if [ -z "${5:-}" ]; then
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
	got=$(state)
	if ! wait_until 3 "goes_by ${got:-before}"; then
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
	for way in start failover fallback clear; do
		: >"$LAB/fault.calls"
		go $way
		ok "$way without a fault" wait_until 10 "arrived $way"
		wait_until 10 calls_rest
		grep "^change" "$LAB/fault.calls" >"$LAB/fault.steps.$way"
		rm -f "$LAB/fault.calls"
		case $way in
		start)	fault_dump "$LAB/fault.primary" ;;
		failover) fault_dump "$LAB/fault.backup" ;;
		esac
		now=$(state)
		ok "the LAN's packets go by ${now:=before}" goes_by "$now"
	done
}

# fault_list WHAT...: "WAY N WHAT NAME", so that one way follows the other
fault_list() {
	local what ways way n
	for what; do
		for ways in 'failover fallback' 'start clear'; do
			for n in $(seq 99); do
				for way in $ways; do
					sed -n "${n}s/^change /$way $n $what /p" \
					    "$LAB/fault.steps.$way"
				done
			done
		done
	done
}

# fault_matrix WHAT...: each of these at each step of each way
fault_matrix() {
	local way what n name
	fault_list "$@" >"$LAB/fault.cases"
	: "${FAULT_STEP:=1}" "${FAULT_SEED:=$((EPOCHSECONDS % 1000))}"
	diag "$(wc -l <"$LAB/fault.cases") cases," \
	    "FAULT_STEP=$FAULT_STEP FAULT_SEED=$FAULT_SEED"
	while read -r way n what name; do
		fault_case "$way" "$n" "$what" "$name"
	done < <(awk -v step="$FAULT_STEP" -v seed="$FAULT_SEED" \
	    'NR % step == seed % step' "$LAB/fault.cases")
	diag "$fault_restarts starts; $fault_kept kept the old state at first;" \
	    "slowest $fault_slowest ms"
	is "of $fault_cases cases, not met" $fault_missed 0
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
	ok "IPv4 has not moved, either" wait_until 5 "goes_by $state"
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

# A site with both families, fast probes, and traffic that only we move.
fault_site() {
	local h
	LAB_TICK=0.02
	lab_up
	lab_inet6
	lab_lan6
	site_nat
	for h in isp-a isp-b; do # seen_by asks often
		on $h sh -c 'cd /proc/sys/net; echo 0 >ipv4/icmp_ratelimit
		    echo 0 >ipv6/icmp/ratelimit'
	done
	LAB_PRIMARY="target $TARGET6
	    probe { count 2 interval 10ms timeout 300ms delay 100ms }" \
	    lab_conf <<-'CONF'
		backup wan2
		fallback automatic { after 1h stable 0s drain 200ms }
		flap { failovers 0 }
	CONF
	fault_dump "$LAB/fault.before"
}

fault_begin() {
	LAB_DAEMON=dialfaild-fault
	fault_site
	fault_dry
}

fault_end() {
	disarm
	ok "clear" reach clear
	lab_done
}
