#!/bin/bash
# needs: vm
# campaign
# An operator brings traffic to the modem while the primary works, and back; for
# a time; and holds it.  The provider listens, and waits to be spoken to.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem -l
isp_serves noipv6 silent debug
modem_backup | lab_conf
begin
flow_start main
from=$(now_ms)

ok "failover" ctl failover pots
on_modem 1
ok "the provider is asked to speak, before pppd is there" \
    grep -q 'rcvd \[LCP ConfReq id=0x0 *\]' "$LAB/modem.log"
ok "fallback" ctl fallback
ok "the primary is used again" wait_state primary 30
hung_up

ok "failover for a time" ctl failover pots for 20s
on_modem 2
ok "nobody confirms: it goes back by itself" wait_state primary 60
hung_up

ok "hold" ctl hold for 1h
cut_upstream
ok "the outage is seen" wait_until 30 \
    "[ \"\$(fact .primary.status)\" = down ]"
is "held: nobody dials" "$(modem_dials)" 2
restore_upstream
ok "the primary works again" wait_until 30 \
    "[ \"\$(fact .primary.status)\" = up ]"
ok "release" ctl release
flow_stop main
diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
# one by each failover, and what is under way when a drain cuts the flow
ok "few packets are lost by what was asked for" \
    test "$(flow_lost main "$from" "$CUT_MS")" -le $((2 * (1 + 3)))

lab_stop
lab_done
