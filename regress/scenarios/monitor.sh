#!/bin/bash
# needs: netns
# The story of an outage as it happens (monitor), as told afterwards (show
# event, show history), and that a restart does not forget it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
spawn router "$LAB/monitor.text" dialfailctl monitor
text=$SPAWNED
spawn router "$LAB/monitor.json" dialfailctl -j \
    -s /run/dialfail/dialfail.sock.ro monitor
json=$SPAWNED
# both are listening when each has seen a line
ok "monitors listen" wait_until 10 \
    "ctl reload && [ -s $LAB/monitor.text ] &&
	[ -s $LAB/monitor.json ]"

cut_upstream
ok "the backup takes over" wait_state backup
event=$(fact .event)
ok "monitor tells it while it goes on" wait_until 5 \
    "grep -q 'state.*-> backup' $LAB/monitor.text"
ok "in JSON as well" wait_until 5 "jq -es 'any(.who == \"state\" and
    .event == \"$event\" and (.text | test(\"-> backup\")))' $LAB/monitor.json"
restore_upstream
ok "the primary takes over again" wait_state primary
ok "monitor tells the end" wait_until 10 \
    "grep -q 'event $event ends' $LAB/monitor.text"
ok "each line of JSON is an object" \
    jq -es 'all(has("time") and has("who") and has("text"))' "$LAB/monitor.json"
end "$text"
end "$json"

# the story, in this order
ctl show event "$event" >"$LAB/story"
last=0
for step in 'detected' '-> dialing' 'wan2 *proved' '-> backup' \
    'route add default' 'alarm *failover' '-> returning' 'route del default' \
    'returning -> primary' 'alarm *fallback' "event $event ends"; do
	line=$(grep -n -m 1 -e "$step" "$LAB/story" | cut -d: -f1)
	ok "the story tells: $step" test "${line:-0}" -gt "$last" ||
	    diag "$(cat "$LAB/story")"
	last=${line:-$last}
done
# what its backup carried is counted a bit later
ok "of the last event without its id" wait_until 5 \
    "[ \"\$(ctl show event)\" = \"\$(ctl show event $event)\" ]"
is "history: the event" "$(fact '.events[-1].id' history)" "$event"
is "over and clean" "$(fact '.events[-1] | "\(.over) \(.clean)"' history)" "true true"
is "its backup" "$(fact '.events[-1].backup' history)" wan2
ok "of it without leading zeros" wait_until 5 \
    "[ \"\$(ctl show event $(printf %x "0x$event"))\" = \"\$(ctl show event $event)\" ]"
ctl show event nosuch >/dev/null 2>"$LAB/err"
is "an id that is none is refused" $? 1

ctl show history >"$LAB/history"
lab_stop
lab_start
ok "the primary is proved" wait_state primary
ctl show history >"$LAB/history.again"
ok "history outlives a restart" diff -u "$LAB/history" "$LAB/history.again"
is "so do the counters" "$(fact '"\(.failovers) \(.fallbacks)"')" "1 1"
ok "the story is still there" test -n "$(ctl show event "$event")"
lab_stop
lab_done
