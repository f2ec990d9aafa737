#!/bin/bash
# needs: vm
# Both far targets are switched off while both uplinks work: it is the targets'
# fault. Few dials, no switch, nothing set down.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
LAB_PRIMARY="$LAB_PRIMARY shutdown yes"
modem_backup | lab_conf
begin

target_off "$TARGET"
target_off "$TARGET2"
ok "the targets are blamed" wait_until 60 "logged 'alarm: target'"
is "the cause" "$(fact .primary.cause)" target
ok "traffic stays on the primary" wait_state primary 30
is "dialled once" "$(modem_dials)" 1
ok "the primary is up" sh -c 'ip link show eth1 | grep -q ,UP'
ok "the LAN reaches the provider" ping_lan "$GATEWAY"
hung_up
is "no failover" "$(fact .failovers)" 0

target_on "$TARGET"
target_on "$TARGET2"
ok "the primary is good again" wait_until 30 \
    "[ \"\$(fact .primary.status)\" = up ]"
is "dialled once" "$(modem_dials)" 1

lab_stop
lab_done
