#!/bin/bash
# needs: netns
# A primary that comes and goes: after so many failovers the way back waits
# until it has been good for longer, and people are told.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOLD_MS=5000

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
flap { failovers 2 every 1h hold ${HOLD_MS}ms }
CONF
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
ok "it is not flapping yet" test -z "$(logged 'alarm: flap' && echo flap)"
restore_upstream
ok "the primary takes over again" wait_state primary

cut_upstream
ok "the backup takes over for the second time" wait_state backup
ok "an alarm says that it flaps" wait_until 5 "logged 'alarm: flap'"
restore_upstream
ok "the primary is good" wait_until 10 "[ \"\$(fact .primary.status)\" = up ]"
good=$(now_ms)
is "but traffic stays on the backup" "$(state)" backup
ok "show says why" wait_until 5 "ctl show | grep '^ *Return' | grep -i flap"
ok "the primary takes over again in the end" wait_state primary 60
# what was seen of its being good may be late by a round
ok "after it was good for so long" \
    test $(($(now_ms) - good)) -ge $((HOLD_MS - 1500))

cut_upstream
ok "traffic never stays on a dead primary for it" wait_state backup
ok "the LAN reaches the core" wait_until 2 ping_lan
lab_stop
lab_done
