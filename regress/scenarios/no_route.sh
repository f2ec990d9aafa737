#!/bin/bash
# needs: netns
# Somebody removes the main table's default routes: the primary is probed
# well, but the LAN is dead.  That is an outage, too.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
ok "the LAN reaches the core" ping_lan

ip -batch - <<IP
route del default via $GATEWAY
route del default via $WAN2_GATEWAY metric 200
IP
ok "the backup takes over" wait_state backup
is "the cause is told" "$(fact .primary.cause)" "no route"
ok "the LAN reaches the core" wait_until 2 ping_lan
is "by the backup's last known gateway" "$(seen_as)" "$WAN2_ADDRESS"
ok "main stays as it was left" test -z "$(ip route show default)"

ip -batch - <<IP
route add default via $GATEWAY
route add default via $WAN2_GATEWAY metric 200
IP
ok "the primary takes over again" wait_state primary
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
