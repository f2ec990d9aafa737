#!/bin/bash
# needs: vm
# A modem that stands by hot: it is dialled once, and stays so through a
# failover and the return; dropped in standby it is dialled again; cleared, it
# is hung up.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# shellcheck disable=SC2317 # called by wait_until
stands_by() {
	[[ $(ctl show backup) == *"standby hot: proved"* ]]
}

lab_up
lab_modem
modem_backup 'phone "5551234" standby hot every 2s' 'after 1h' | lab_conf
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
ok "the backup is dialled and proved meanwhile" wait_until 60 stands_by
is "dials" "$(modem_dials)" 1
is "traffic is on the primary" "$(seen_as)" "$PRIMARY_ADDRESS"

diag "an outage"
cut_upstream
on_modem 1
is "without a dial of its own" "$(fact .event.dials event)" 0
restore_upstream
ok "the primary takes over again" wait_state primary 60
ok "the backup stands by again" wait_until 30 stands_by
is "dials" "$(modem_dials)" 1

diag "the line drops while nobody needs it"
modem_drop
ok "it is dialled again" wait_until 60 "[ \$(modem_dials) -eq 2 ] && stands_by"
is "no outage" "$(fact .failovers)" 1

diag "killed"
lab_kill9 parent
lab_start
ok "the primary is proved" wait_state primary
ok "the backup stands by" wait_until 60 stands_by
is "dials" "$(modem_dials)" 2

ok "clear is done" ctl clear
ok "the daemon ends" wait_until 10 daemon_gone
ok "ppp0 is gone" wait_until 20 ppp0_gone
ok "nothing of ours is left" wait_until 10 "same_as '$LAB/before'"
lab_done
