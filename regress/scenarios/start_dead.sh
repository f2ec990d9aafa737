#!/bin/bash
# needs: netns
# Starts on bad days: the primary is dead already; everything of an earlier
# run that was killed is still in the kernel; both; and what was found does
# not fit any more.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

# Everything at once, so that nobody has time for a last word.
kill9_all() {
	local pids
	pids=$(processes)
	# shellcheck disable=SC2086 # one word per pid
	kill -9 $pids 2>/dev/null # some end by themselves
	# shellcheck disable=SC2086
	ok "all are killed" wait_until 5 all_gone $pids
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
snapshot "$LAB/before"

cut_upstream
lab_start
ok "the backup takes over within seconds" wait_state backup 10
ok "the LAN reaches the core" wait_until 2 ping_lan
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"

flow_start main
snapshot "$LAB/backup"
kill9_all
adopted backup wan2 "$LAB/backup"
flow_stop main
is "packets lost by that" "$(flow_fact main lost)" 0

diag "killed on the backup, and the primary works again meanwhile"
kill9_all
restore_upstream
lab_start
ok "traffic returns" wait_state primary
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"

diag "killed on the primary, which dies meanwhile"
snapshot "$LAB/primary"
kill9_all
ok "the LAN reaches the core without us" ping_lan
cut_upstream
lab_start
ok "the backup takes over within seconds" wait_state backup 10
ok "the LAN reaches the core" wait_until 2 ping_lan
restore_upstream
ok "traffic returns" wait_state primary
ok "everything is as before the kill" wait_until 10 "same_as '$LAB/primary'"

diag "killed on the backup, which is no longer configured"
cut_upstream
ok "the backup takes over" wait_state backup
kill9_all
restore_upstream
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup dummy9 { interface }
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the LAN reaches the core" ping_lan
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "no rule of the old backup is left" \
    wait_until 5 "! ip rule | grep -q 'oif wan2\\|$WAN2_ADDRESS'"

lab_stop
ok "nothing of ours is left" same_as "$LAB/before"
lab_done
