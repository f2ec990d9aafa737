# shellcheck shell=bash
# What must hold when one of the processes dies, whatever the state; used by
# scenarios, after lab.sh.

kills=0

# must DESCRIPTION COMMAND...: a test that is only shown if it fails
must() {
	local name=$1
	shift
	"$@" >"$LAB/must.out" 2>&1 && return
	diag "$(cat "$LAB/must.out")"
	ok "after $kills kills: $name" false
	lab_done
}

# The pids of all four.
processes() {
	fact '.pid, .processes[].pid' | sort -un | tr '\n' ' '
}

# all_gone PID...: none of them runs any more
all_gone() {
	local pid
	for pid in "$@"; do
		kill -0 "$pid" 2>/dev/null && return 1
	done
	return 0
}

# adopted STATE INTERFACE FILE: a new start, and nothing has moved
adopted() {
	: >"$LAB/daemon.log"
	lab_start
	ok "the state is $1 again" wait_state "$1" 10
	is "traffic is on $2" "$(fact .active.interface)" "$2"
	ok "no rule or route is lost or doubled" wait_until 5 "same_as '$3'"
	# old flows would not notice, since their marks lead them
	ok "none was touched meanwhile" test -z "$(grep -E \
	    'network: (rule|route) ' "$LAB/daemon.log")"
	ok "the network is as wanted" wait_until 5 \
	    "[ \"\$(fact .network)\" = 'as wanted' ]"
}

# kill9_each STATE INTERFACE PROCESS...: kill -9 of each in turn, and a new
# start behind it.  No packet of the flow "main" may be lost by that.
kill9_each() {
	local state=$1 interface=$2 name pids from
	shift 2
	from=$(now_ms)
	snapshot "$LAB/kept"
	for name; do
		diag "kill -9 of $name"
		pids=$(processes)
		is "four processes run" "$(wc -w <<<"$pids")" 4
		: >"$LAB/daemon.log"
		kill -9 "$(process "$name")"
		# shellcheck disable=SC2086 # one word per pid
		ok "the rest ends" wait_until 3 all_gone $pids
		ok "the log names it" logged "$name \\(pid [0-9]+\\) (ended by signal 9|is gone)"
		ok "the network stays as it is" same_as "$LAB/kept"
		ok "the LAN reaches the core" ping_lan
		adopted "$state" "$interface" "$LAB/kept"
	done
	flow_stop main
	diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
	is "packets lost by all of that" "$(flow_lost main "$from")" 0
}
