#!/bin/bash
# needs: vm
# Two backups, in the order written: one that is there but dead, and a modem.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
# the first one's provider serves it no longer, but still the modem
on isp-b ip rule add iif cust blackhole
lab_conf <<CONF
backup wan2
$(modem_backup)
CONF
begin
cut_upstream
on_modem 1
ok "the first one was not proved" logged 'event proof failed of wan2'
back_home
lab_stop
on isp-b ip rule del iif cust blackhole

lab_conf <<CONF
$(modem_backup '' 'after 0s redial 2 backoff 1s')
backup wan2
CONF
: >"$LAB/daemon.log"
modem_says no-carrier
begin
cut_upstream
ok "the second backup takes over" wait_state backup 60
is "the interface" "$(fact .active.interface)" wan2
ok "the modem was tried before" logged 'pots: failed'
ok "the LAN reaches the core" ping_lan
back_home

lab_stop
lab_done
