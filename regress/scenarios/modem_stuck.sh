#!/bin/bash
# needs: vm
# The modem is in data mode when we come, and talks rubbish after a call: it is
# brought back to its commands.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem -s
modem_backup '' 'after 0s backoff 1s' | lab_conf
begin

cut_upstream
on_modem 1
ok "it did not answer AT at first" logged 'no answer to AT'
back_home

modem_says garbage ok
cut_upstream
on_modem 3
back_home

lab_stop
lab_done
