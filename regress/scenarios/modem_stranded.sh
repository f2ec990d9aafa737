#!/bin/bash
# needs: vm
# Primary and modem are down: each way out.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
modem_backup '' 'after 0s redial 1 backoff 1s max 2s' | lab_conf
begin

modem_says no-carrier
cut_upstream
ok "the site is stranded" wait_state stranded 30
ok "an alarm is raised" logged "alarm: stranded"
dials=$(modem_dials)
ok "it goes on trying" wait_until 30 "[ \$(modem_dials) -gt $dials ]"
modem_says ok
on_modem

modem_says no-carrier
modem_drop
ok "the site is stranded again" wait_state stranded 30
back_home

lab_stop
lab_done
