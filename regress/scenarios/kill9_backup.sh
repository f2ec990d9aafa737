#!/bin/bash
# needs: netns
# The same while traffic is on the backup: nothing goes back to the dead
# primary, and the way back to the living one is still known.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

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
flow_start main
kill9_each backup wan2 parent prober dialer netconf
is "it is still the same event" "$(fact .event)" "$event"
is "and the only failover" "$(fact .failovers)" 1

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the event is over" wait_until 5 "[ \"\$(fact .event)\" = null ]"
is "one fallback" "$(fact .fallbacks)" 1
lab_stop
ok "nothing of ours is left" same_as "$LAB/before"
lab_done
