#!/bin/bash
# needs: netns
# An outage, and a failover by hand, while the backup still drains from the
# one before: each is an event of its own, with its own cause and account.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# event N EXPRESSION: of the Nth
event() {
	fact ".events[$1] | $2" history
}

# drains: traffic is on the primary, and an old connection on the backup
drains() {
	flow_start "$1" 50
	restore_upstream
	ok "the primary takes over, and the backup drains" \
	    wait_state returning
	is "that outage's cause" "$(fact '.events[-1].cause' history)" "$2"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 30s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

cut_upstream
ok "the backup takes over" wait_state backup
drains first "eth1 upstream dead"
carrier down
ok "the backup takes over again" wait_state backup
is "the first one is over" \
    "$(event 0 '"\(.over) \(.cause) \(.backup)"')" \
    "true eth1 upstream dead wan2"
is "the second one is another" \
    "$(event 1 '"\(.over) \(.cause) \(.backup)"')" \
    "false eth1 no carrier wan2"
is "two failovers, one fallback" "$(fact '[.failovers, .fallbacks] | @text')" \
    "[2,1]"
flow_stop first
ok "what it carried counts for the first" wait_until 20 \
    "[ \"\$(event 0 '.backup_packets >= 10')\" = true ]"

diag "by hand"
carrier up
drains second "eth1 no carrier"
ok "failover" ctl failover wan2
is "the second one is over" "$(event 1 .over)" true
is "the third one was asked for" "$(event 2 '"\(.over) \(.cause)"')" \
    "false asked for"
ok "fallback tells of the drain" says 0 \
    '^done; old flows drain off wan2 for 30 s at most: fallback again' fallback
flow_stop second
ok "all is as before" wait_until 40 \
    "[ \"\$(state)\" = primary ] && same_as '$LAB/before'"
ok "three events, all over" wait_until 10 \
    "[ \"\$(fact '[.events[].over] | @text' history)\" = '[true,true,true]' ]"

diag "the drain is ended by hand"
cut_upstream
ok "the backup takes over" wait_state backup
drains third "eth1 upstream dead"
ok "show tells how many flows, and how" wait_until 5 \
    "fact .verdict | grep -Eq '[0-9] old flows? drains? off wan2 .*dialfailctl fallback cuts'"
ok "the plan as well" says 0 'forget flows of wan2 \([1-9][0-9]* now\)' \
    plan fallback
ok "fallback does it" says 0 'the drain has ended: [1-9][0-9]* flows? cut' \
    fallback
is "at once" "$(state)" primary
ok "the account has them" test "$(event 3 .flows_cut)" -gt 0
flow_stop third
ok "all is as before, again" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
