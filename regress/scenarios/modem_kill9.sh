#!/bin/bash
# needs: vm
# The two processes that have to do with a modem are killed while traffic is on
# it (kill9_backup has all four): pppd goes on, the next start adopts it without
# a dial and without a lost packet, and the return hangs up what was adopted.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

lab_up
lab_modem
modem_backup | lab_conf
begin

cut_upstream
on_modem 1
pppd=$(sed -n 's/^pid[ =]*//p' /run/dialfail/ppp/pots)
event=$(fact .event)
flow_start main
kill9_each backup ppp0 dialer netconf
ok "pppd still runs" kill -0 "$pppd"
is "nobody has dialled again" "$(modem_dials)" 1
is "it is still the same event" "$(fact .event)" "$event"

back_home
ok "the adopted pppd is gone" sh -c "! kill -0 $pppd"
lab_stop
lab_done
