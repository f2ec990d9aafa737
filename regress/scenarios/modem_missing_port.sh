#!/bin/bash
# needs: vm
# The modem's port: missing at the start and plugged in later; pulled out while
# traffic is on the line, and plugged in again.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
modem_vanish
modem_backup '' 'after 0s backoff 1s max 2s' | lab_conf
begin

cut_upstream
ok "the site is stranded" wait_state stranded 30
ok "the missing port is told" test -n "$(fact '.backups[0].last_error')"
diag "$(fact '.backups[0].last_error')"
lab_modem
on_modem 1

modem_vanish
ok "the loss is seen" wait_until 20 "logged 'pots: (backup )?lost'"
lab_modem
ok "dialled again" wait_until 60 "[ \$(modem_dials) -ge 2 ]"
on_modem
back_home

lab_stop
lab_done
