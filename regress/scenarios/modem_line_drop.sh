#!/bin/bash
# needs: vm
# The line drops while traffic is on it: it is dialled again, and traffic goes on.
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
event=$(fact .event)
modem_drop
ok "the loss is seen" wait_until 20 "logged 'pots: (backup )?lost'"
ok "traffic flows again" wait_until 60 "ping_lan && [ \$(modem_dials) -ge 2 ]"
on_modem 2
is "it is the same event" "$(fact .event)" "$event"
back_home

lab_stop
lab_done
