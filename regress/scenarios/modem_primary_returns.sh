#!/bin/bash
# needs: vm
# The primary works again while the modem dials: the call is aborted, nothing is
# left over.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem -r 60000
modem_backup | lab_conf
begin

cut_upstream
ok "the modem dials" wait_until 30 "[ \$(modem_dials) -ge 1 ]"
restore_upstream
ok "the primary is used" wait_state primary 30
ok "the call is aborted" wait_until 20 \
    "[ \"\$(fact '.backups[0].status')\" != dialing ]"
hung_up
is "dialled once" "$(modem_dials)" 1
is "no failover" "$(fact .failovers)" 0
ok "the LAN reaches the core" ping_lan

lab_stop
lab_done
