#!/bin/bash
# needs: netns
# The primary's cable is pulled: that is seen at once, not by lost probes.  A
# carrier that comes back proves nothing: traffic returns when the targets
# answer.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_up
# Lost probes alone would be believed after half a minute only.
LAB_PRIMARY='probe { interval 50ms timeout 300ms delay 200ms retry 100 }' \
    lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
ok "the LAN reaches the core" ping_lan

carrier down
ok "the backup takes over" wait_state backup 15
ok "at once, without a suspicion" \
    logged 'state: primary -> dialing: no carrier'
is "the cause is told" "$(fact .primary.cause)" "no carrier"
ok "the LAN reaches the core" wait_until 2 ping_lan
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"

cut_upstream
carrier up
ok "the carrier is back, the core is not" wait_until 10 \
    "[ \"\$(fact .primary.cause)\" != 'no carrier' ]"
is "traffic stays on the backup" "$(seen_as)" "$WAN2_ADDRESS"
is "so does the state" "$(state)" backup

restore_upstream
ok "the primary takes over again" wait_state primary
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
is "the event is about the cable" \
    "$(fact .event.cause event)" "eth1 no carrier"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
