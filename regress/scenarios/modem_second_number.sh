#!/bin/bash
# needs: vm
# The first number has no carrier; the second one works, in the same attempt.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
modem_backup 'phone "5551201" "5551202"' | lab_conf
begin

modem_says no-carrier ok
cut_upstream
on_modem 2
ok "the first number was dialled" grep -q " dial 5551201: no-carrier" "$LAB/modem.log"
ok "the second number works" grep -q " dial 5551202: ok" "$LAB/modem.log"
is "it is one try" "$(fact '.backups[0].dials')" 1
back_home

lab_stop
lab_done
