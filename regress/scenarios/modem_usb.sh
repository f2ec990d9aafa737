#!/bin/bash
# needs: vm
# long
# A modem on USB has true DTR and DCD, can be pulled out, and may take no more
# bytes: it is hung up by DTR; loses its carrier; is unplugged with traffic on
# the line and comes back under another name; stands still with its buffers
# full.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# shellcheck disable=SC2317 # called by ok
# redialled DIALS: traffic is on the line again, after so many
redialled() {
	wait_until 60 "ping_lan && [ \$(modem_dials) -eq $1 ] && in_state backup"
}

locked() {
	(cd /run/lock && compgen -G 'LCK..*')
}

lab_up
usb_modem
modem_backup '' 'after 0s backoff 1s max 2s' | lab_conf
begin
modem_says echo ok # nobody but us ends a line that is looped back
cut_upstream
on_modem 2
ok "DTR has hung up the first call" grep -q 'hang-up: DTR low' "$LAB/modem.log"
is "its lock" "$(locked)" LCK..ttyACM0

diag "the carrier is lost"
modem_drop
ok "its end is seen" wait_until 20 "logged 'pots: pppd: Modem hangup'"
ok "it is dialled again" redialled 3

diag "unplugged; another program keeps its name"
flow_start up 100
spawn router "$LAB/other.log" sleep 600 8<>/dev/ttyACM0
usb_cable unbind
ok "the missing port is told" wait_until 20 "logged 'alarm: no-modem: pots'"
usb_cable bind
ok "it is dialled again" redialled 4
is "its lock" "$(locked)" LCK..ttyACM1
end "$SPAWNED"

diag "it stands still, and its buffers fill up"
kill -STOP "$MODEM_PID"
ok "the port is given up" wait_until 60 "logged 'takes nothing more'"
ok "nobody opens it meanwhile" wait_until 20 "logged 'modem0: busy: locked by pid'"
kill -CONT "$MODEM_PID"
ok "it is dialled again" redialled 5
flow_stop up

back_home
lab_stop
lab_done
