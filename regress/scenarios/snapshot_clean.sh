#!/bin/bash
# needs: netns
# What people behind the router feel of the whole story, and what is left of
# it.  A steady flow loses a packet at most by the switch itself, and none by
# the return; a new connection works at once; an old one is reset instead of
# hanging; what is cut when the drain ends is counted.  After the return all
# is as it was before, after the end as it was before the start.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# ms_of WORDS: from "connect ok ms=5"; a minute if it did not end so
ms_of() {
	[[ $1 =~ ^"$2 ms="([0-9]+)$ ]] && echo "${BASH_REMATCH[1]}" || echo 60000
}

# switched_ms: when the kernel told of the default route in table 157, and a
# bit more, as this and the times of packets are rounded
switched_ms() {
	local t
	t=$(grep -o '^\[[^]]*\] *default via .* table 157' "$LAB/routes" |
	    head -n 1)
	t=${t#\[}
	echo $(($(date -d "${t%%\]*}" +%s%3N) + 2))
}

lab_up
snapshot "$LAB/before.start"
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 2s stable 1s drain 8s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
spawn router "$LAB/routes" ip -ts monitor route
flow_start main
tcp_open old
is "a connection over the primary" \
    "$(tcp_send old | cut -d' ' -f1,2)" "echo ok"

cut_upstream
ok "traffic moves" wait_until 30 "logged 'route add default .* table 157'"
first=$(tcp_new)
diag "new connection: $first"
ok "a new connection works within a second" \
    test "$(ms_of "$first" "connect ok")" -lt 1000
reset=$(tcp_send old)
diag "old connection: $reset"
ok "the old one is reset within 3 s of its next packet" \
    test "$(ms_of "$reset" "echo reset")" -lt 3000
ok "the state is backup" wait_state backup
switched=$(switched_ms)
tcp_open over_backup
is "a connection over the backup" \
    "$(tcp_send over_backup | cut -d' ' -f1,2)" "echo ok"

restore_upstream
ok "the primary is wanted again" wait_state returning
flow_start new
is "new flows use the primary" "$(seen_as)" "$PRIMARY_ADDRESS"
is "the old connection goes on" \
    "$(tcp_send over_backup | cut -d' ' -f1,2)" "echo ok"
flow_stop main
is "while the backup drains" "$(state)" returning
ok "the backup is drained" wait_state primary
is "what was cut is reset" \
    "$(tcp_send over_backup | cut -d' ' -f1,2)" "echo reset"
flow_stop new

diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
diag "lost before the switch: $(flow_lost main "$CUT_MS" "$switched")"
# the answers of some were under way
is "packets lost before the outage" "$(flow_lost main 0 $((CUT_MS - 200)))" 0
ok "the outage was one" test "$(flow_lost main "$CUT_MS" "$switched")" -gt 10
ok "at most one packet is lost by the switch itself" \
    test "$(flow_lost main "$switched" "$RESTORED_MS")" -le 1
is "packets lost by the return" "$(flow_lost main "$RESTORED_MS")" 0
is "packets lost by a new flow" "$(flow_fact new lost)" 0
ok "the event counts flows that were cut" \
    test "$(fact .event.flows_cut event)" -ge 1
is "it ended clean" "$(fact .event.clean event)" true
ok "the network is as wanted" wait_until 5 \
    "[ \"\$(fact .network)\" = 'as wanted' ]"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
ok "nothing of ours is left" same_as "$LAB/before.start"
lab_done
