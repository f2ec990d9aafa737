#!/bin/bash
# needs: netns
# Both far targets are switched off for ever, while both uplinks work: that
# is the targets' fault.  Nothing is switched and nothing set down, also with
# `shutdown yes`.  When they answer again, failover works as ever.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

CORE=203.0.113.2	# answers, whatever the targets do

story() {
	local since failovers
	: >"$LAB/daemon.log"
	lab_start
	ok "the primary is proved" wait_state primary
	snapshot "$LAB/before.$1"
	failovers=$(fact .failovers)
	spawn router "$LAB/links.$1" ip monitor link
	spawn lan "$LAB/core.$1" ping -n -i 0.05 $CORE
	pinging=$SPAWNED

	target_off "$TARGET"
	target_off "$TARGET2"
	ok "the targets are found guilty" wait_until 20 \
	    "[ \"\$(fact .primary.cause)\" = target ]"
	ok "it is back in state primary" wait_state primary
	ok "an alarm says so" wait_until 5 "logged 'alarm: target'"
	since=$(fact .primary.targets[0].sent)
	ok "probing goes on" wait_until 20 \
	    "[ \"\$(fact .primary.targets[0].sent)\" -gt $((since + 15)) ]"
	is "the state is primary" "$(state)" primary
	is "the cause is still theirs" "$(fact .primary.cause)" target
	is "traffic is on the primary" "$(fact .active.interface)" eth1
	is "nothing was switched" "$(fact .failovers)" "$failovers"
	ok "the verdict says so, and does not call it well" \
	    grep -q "^UNSURE .*dead through every uplink" <<<"$(fact .verdict)"

	target_on "$TARGET"
	target_on "$TARGET2"
	ok "the targets are back" wait_until 20 \
	    "[ \"\$(fact .primary.status)\" = up ]"
	ok "the event is over" wait_until 10 "[ \"\$(fact .event)\" = null ]"
	kill -INT "$pinging"
	wait "$pinging"
	diag "$(grep transmitted "$LAB/core.$1")"
	ok "the LAN has lost nothing" all_answered "$LAB/core.$1"
	is "links set down" "$(grep -E 'state DOWN|NO-CARRIER' "$LAB/links.$1")" ""
	ok "everything is as before" wait_until 10 "same_as '$LAB/before.$1'"
}

lab_up
ip link add sps0 type veth peer name sps1
ip link set sps1 up
ip link set sps0 up
for shutdown in "shutdown no" "shutdown yes companion sps0"; do
	diag "$shutdown"
	LAB_PRIMARY="$LAB_FAST $shutdown" lab_conf <<-'CONF'
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
	CONF
	story "${shutdown:9:3}"
	cut_upstream
	ok "a true outage is one" wait_state backup
	restore_upstream
	ok "and its end, too" wait_state primary
	lab_stop
done
lab_done
