#!/bin/bash
# needs: vm
# The line dies with traffic on it, without a word: once its far end answers
# nothing at all, once it answers LCP but lets nothing pass.  Both are seen and
# it is dialled again; when that does not help, the next backup takes over.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# The provider's end of the call.
server() {
	on isp-b pgrep -f "pppd $(readlink -f /dev/pts)/.* name isp"
}

# carried DIALS: traffic passes, after so many dials
carried() {
	[ "$(modem_dials)" -eq "$1" ] && in_state backup && ping_lan
}

wan2() {
	ping_lan && [ "$(fact .active.interface)" = wan2 ]
}

lab_up
lab_modem
lab_conf <<CONF
$(modem_backup '' 'after 0s redial 2 backoff 1s')
backup wan2
CONF
begin
cut_upstream
on_modem 1

diag "its far end is silent"
pids=$(server)
ok "there is one" test -n "$pids"
# shellcheck disable=SC2086 # several words
kill -STOP $pids
ok "the line is dialled again" wait_until 90 carried 2
# shellcheck disable=SC2086
kill -KILL $pids 2>/dev/null

diag "it lets nothing pass"
on isp-b ip rule add iif ppp0 blackhole
ok "the next backup takes over" wait_until 90 wan2
ok "the line was proved in vain" logged 'event proof failed of pots'
ok "its loss raised an alarm" logged 'alarm: backup'
on isp-b ip rule del iif ppp0

back_home
lab_stop
lab_done
