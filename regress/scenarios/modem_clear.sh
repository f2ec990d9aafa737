#!/bin/bash
# needs: vm
# dialfailctl clear while traffic is on the modem: pppd is ended, the port is
# free, everything of ours is out.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
snapshot "$LAB/clean"
lab_modem
modem_backup | lab_conf
begin

cut_upstream
on_modem 1
ok "clear" ctl clear
ok "the daemon ends" wait_until 20 daemon_gone
hung_up "$LAB/clean"

lab_done
