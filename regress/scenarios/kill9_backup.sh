#!/bin/bash
# needs: netns
# The same while traffic is on the backup: nothing goes back to the dead
# primary, and the way back to the living one is still known.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

# of_event EXPRESSION: of the last one
of_event() {
	fact ".events[-1] | $1" history
}

# As after a boot: what we had in the kernel is gone, what is on disk is not.
boot() {
	while ip -4 rule del pref 32765 2>/dev/null; do :; done
	while ip -6 rule del pref 32765 2>/dev/null; do :; done
	ip route flush table 157
	nft delete table inet dialfail
	rm -rf /run/dialfail
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" wait_until 2 ping_lan
event=$(fact .event)
since=$(now_ms)
flow_start main
kill9_each backup wan2 parent prober dialer netconf
is "it is still the same event" "$(fact .event)" "$event"
is "and the only failover" "$(fact .failovers)" 1
spent=$((($(now_ms) - since) / 1000))
ok "none of its time on the backup is lost" \
    test "$(of_event .backup_s)" -ge $((spent - 2))
diag "$(of_event .backup_s) s, at least $spent"

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the event is over" wait_until 5 "[ \"\$(fact .event)\" = null ]"
is "one fallback" "$(fact .fallbacks)" 1
lab_stop
ok "nothing of ours is left" same_as "$LAB/before"

diag "killed on the backup, and a boot behind it"
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
event=$(fact .event)
lab_kill9
killed=$(date -u +%FT%TZ)
boot
restore_upstream
lab_start
ok "the primary works" wait_state primary
is "that event is over, but nobody saw it end" \
    "$(of_event '"\(.id) \(.over) \(.end_unknown)"')" "$event true true"
is "it was last known to go on before" \
    "$(of_event ".began < .ended and .ended <= \"$killed\"")" true
diag "$(ctl show history | tail -n 1)"
lab_stop
lab_done
