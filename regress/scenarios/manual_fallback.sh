#!/bin/bash
# needs: netns
# `fallback manual`: traffic stays on the backup, however well the primary
# works, until somebody says fallback.  What operators ask for outlives a
# restart.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# Where traffic is held, and for how long; where it is not, nothing.
held() {
	fact '.active.interface + " " +
	    (if .hold == null then "" else .hold | "\(.left_s)" end)'
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback manual
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

cut_upstream
ok "the backup takes over" wait_state backup
ok "fallback to a dead primary is refused" test \
    "$(ctl fallback >"$LAB/said" 2>&1; echo $?)" -eq 1
ok "and why" grep -q 'the primary is not good' "$LAB/said"
restore_upstream
ok "the primary works, for seconds" wait_until 20 \
    "[ \"\$(fact '.primary.good_s // 0')\" -ge 3 ]"
is "traffic stays on the backup" "$(state)" backup
is "the core sees it there" "$(seen_as)" "$WAN2_ADDRESS"
is "the mode is told" "$(fact .fallback.mode)" manual
is "when is not to be told" "$(fact .fallback.due_s)" null

flow_start main
ok "fallback is done" ctl fallback
is "traffic is on the primary" "$(fact .active.interface)" eth1
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "fallback again is done already" ctl fallback
# the old flow drains for the default 10 minutes: until it ends
flow_stop main
is "packets lost by that" "$(flow_fact main lost)" 0

diag "what was asked for survives"
ok "failover for a time" ctl failover wan2 for 10m
lab_kill9 prober
lab_start
is "it is still on the backup" "$(state)" backup
ok "for no longer than before" grep -qE \
    'traffic is on wan2 for (600|[345][0-9]{2}) s more' "$LAB/daemon.log"
ok "for a moment only" ctl failover wan2 for 1s
ok "it goes back by itself" wait_state primary 30
ok "an alarm says why" grep -q 'alarm: unconfirmed' "$LAB/daemon.log"
ok "failover" ctl failover wan2
ok "hold forever" ctl hold forever
lab_stop USR1
lab_start
is "it is held, without an end" "$(held)" 'wan2 null'
lab_kill9
lab_start
is "still" "$(held)" 'wan2 null'
lab_stop USR1
sed -i 's/manual/automatic { after 0s stable 0s drain 1s }/' /etc/dialfail.conf
lab_start
is "also with another configuration" "$(held)" 'wan2 null'
ok "release" ctl release
ok "it is automatic now" wait_state primary
ok "hold" ctl hold for 1h
lab_kill9 netconf
lab_start
ok "the primary is held, for no longer than before" \
    grep -qE '^eth1 (3600|35[0-9]{2})$' <<<"$(held)"
lab_stop
ok "nothing of ours is left" test -z "$(ip rule | grep 32765)"
lab_done
