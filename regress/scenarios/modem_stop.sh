#!/bin/bash
# needs: vm
# Stopped while traffic is on a modem, by SIGTERM and by SIGUSR1: pppd and the
# routes stay, the next start adopts them without a dial or a lost packet.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
modem_backup | lab_conf
begin

cut_upstream
on_modem 1
flow_start main
from=$(now_ms)
snapshot "$LAB/kept"
for sig in TERM USR1; do
	lab_stop $sig
	ok "the network stays as it is" same_as "$LAB/kept"
	ok "the LAN reaches the core" ping_lan
	lab_start
	ok "the backup is adopted" wait_state backup
	ok "the network is as wanted" wait_until 60 as_wanted
	ok "and stays as it was" same_as "$LAB/kept"
done
counted main "$from"
is "nobody has dialled again" "$(modem_dials)" 1
back_home

lab_stop
lab_done
