#!/bin/bash
# needs: netns
# No uplink works, and each way out of it: the primary returns first, the
# backup does, a carrier comes back.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

both_down() {
	carrier down isp-b
	carrier down
	ok "no uplink works" wait_state stranded
	ok "an alarm says so" wait_until 5 "logged 'alarm: stranded'"
	ok "the LAN reaches nothing" eval '! ping_lan'
}

at_home() {
	ok "the primary takes over" wait_state primary
	is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
	ok "the event is over" wait_until 10 "[ \"\$(fact .event)\" = null ]"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 {
	interface
	dial { backoff 200ms max 500ms redial 2 }
}
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

diag "the primary returns first; a hold in between is no end of it"
both_down
outage=$(fact .event)
ok "it is held" ctl hold for 4s
ok "on the dead primary" wait_state primary
ok "the hold ends" wait_state stranded
is "it is the same outage" "$(fact .event)" "$outage"
is "told once" "$(fact '.events | length' history)" 1
carrier up
at_home
carrier up isp-b
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

diag "the backup returns first"
: >"$LAB/daemon.log"
both_down
carrier up isp-b
ok "the backup takes over" wait_state backup
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
is "traffic is on the backup" "$(fact .active.interface)" wan2

diag "it is lost, too, and the primary returns first"
: >"$LAB/daemon.log"
carrier down isp-b
ok "no uplink works" wait_state stranded
carrier up
at_home
carrier up isp-b
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

diag "traffic is left on a dead backup, which has carrier"
: >"$LAB/daemon.log"
cut_upstream
ok "the backup takes over" wait_state backup
carrier down
cut_backup
ok "no uplink works" wait_state stranded
is "traffic is left there" "$(fact .active.interface)" wan2
is "what the return waits for" "$(fact .fallback.waits_for)" \
    "the first uplink that works takes over"
restore_upstream
carrier up
at_home
restore_backup
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

diag "the primary's carrier returns, but the core is far"
: >"$LAB/daemon.log"
cut_upstream
ok "the backup takes over" wait_state backup
carrier down
carrier down isp-b
ok "no uplink works" wait_state stranded
carrier up
ok "traffic is left on the primary, which has carrier" wait_until 10 \
    "[ \"\$(fact .active.interface)\" = eth1 ]"
is "it is stranded still" "$(state)" stranded
restore_upstream
at_home
carrier up isp-b
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
