#!/bin/bash
# needs: vm
# A drill over a telephone line, with pppd on both ends: dialled, proved,
# measured and hung up while traffic stays where it is; the next one becomes
# the call of an outage.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem -r 2000 # it rings, so that it can be stopped meanwhile
modem_backup 'phone "5551234" budget { dials 20 }' 'after 0s' | lab_conf
begin
flow_start drill 20
ok "the drill is good" ctl drill
diag "$(grep 'drill good' $LAB/daemon.log)"
is "one call" "$(modem_dials)" 1
is "as the budget has it" "$(fact .backups[0].budget.dials.used backup)" 1
hung_up
flow_stop drill
is "no packet of the LAN was lost" "$(flow_fact drill lost)" 0
is "no outage" "$(fact .failovers)" 0
ok "the path was measured" test "$(fact .backups[0].drill.mtu backup)" -ge 576
ok "each step took its time" test \
    "$(fact '.backups[0].drill | .dial_ms + .negotiate_ms + .prove_ms' backup)" \
    -gt 0

diag "an outage in the middle"
ctl drill >$LAB/out 2>&1 &
ok "the second call is placed" wait_until 20 "[ \$(modem_dials) -eq 2 ]"
kill -STOP "$MODEM_PID" # it rings until the outage is seen
cut_upstream
ok "the outage is seen" wait_until 20 in_state dialing
kill -CONT "$MODEM_PID"
on_modem 2
ok "who asked for the drill is told" wait_until 5 \
    "grep -q 'it is used as it is' $LAB/out"
back_home
lab_stop
lab_done
