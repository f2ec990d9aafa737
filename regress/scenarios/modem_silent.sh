#!/bin/bash
# needs: vm
# long
# The line dies with traffic on it, without a word: its far end answers no LCP;
# it answers nothing at all; it answers LCP, but lets nothing pass.  All are
# seen and it is dialled again; when that does not help, the next backup takes
# over.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# The provider's end of the call stands still.
freeze() {
	mapfile -t frozen < <(pgrep -f 'pppd /dev/pts/.* name isp')
	ok "there is a far end" test ${#frozen[@]} -gt 0
	kill -STOP "${frozen[@]}"
}

thaw() {
	kill -KILL "${frozen[@]}" 2>/dev/null
}

# shellcheck disable=SC2317 # called by ok
# carried DIALS: traffic passes, after so many dials
carried() {
	[ "$(modem_dials)" -eq "$1" ] && in_state backup && ping_lan
}

# shellcheck disable=SC2317 # called by ok
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

diag "packets pass, but its far end is deaf"
freeze
ok "the line is dialled again" wait_until 90 carried 2
ok "LCP told" logged 'pots: pppd .* ended: exit'
thaw

diag "it is silent"
freeze
on isp-b ip rule add from $PPP_ADDRESS blackhole
ok "the line is lost" wait_until 30 "[ \"\$(state)\" = dialing ]"
on isp-b ip rule del from $PPP_ADDRESS
ok "the line is dialled again" wait_until 90 carried 3
ok "our own rounds told" logged 'pots: round bad: upstream dead'
thaw

diag "it lets nothing pass"
on isp-b ip rule add from $PPP_ADDRESS blackhole
ok "the next backup takes over" wait_until 90 wan2
ok "the line was proved in vain" logged 'event proof failed of pots'
ok "its loss raised an alarm" logged 'alarm: backup'
on isp-b ip rule del from $PPP_ADDRESS

back_home
lab_stop
lab_done
