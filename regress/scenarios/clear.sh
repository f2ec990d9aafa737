#!/bin/bash
# needs: netns
# dialfailctl clear: everything of ours leaves the kernel, whatever the state,
# and the daemon ends.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# cleared: asked for, done, and all as it was
cleared() {
	ok "clear is done" ctl clear
	ok "the daemon ends" wait_until 5 daemon_gone
	wait "$DAEMON"
	is "its exit code" $? 0
	ok "nothing of ours is left" same_as "$LAB/before"
	ok "no undo is pending" test ! -s /run/dialfail/undo
	ctl show >/dev/null 2>&1
	is "dialfailctl finds no daemon" $? 3
}

lab_up
site_nat
# the backup's strict reverse path test is one of the things to give back
sysctl_set net.ipv4.conf.wan2.rp_filter 1
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
ok "something of ours is there" wait_until 5 "! same_as '$LAB/before'"
cleared
ok "the LAN reaches the core" ping_lan

lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
sleep 2
lab_stop USR1 # and what it was there before a restart counts
lab_start
ok "it is found on the backup" wait_state backup
sleep 2
cleared
restore_upstream
ok "the LAN reaches the core by the primary" wait_until 2 ping_lan

lab_start
ok "a new start works" wait_state primary
last='.events[-1]'
is "the outage's event is over" "$(fact "$last.over" history)" true
ok "with its end" test "$(fact "$last.ended" history)" != null
ok "its duration" test "$(fact "$last.duration_s" history)" -ge 4
ok "and its time on the backup, in both runs" \
    test "$(fact "$last.backup_s" history)" -ge 3
diag "$(ctl show history)"
lab_stop
lab_done
