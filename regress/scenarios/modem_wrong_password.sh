#!/bin/bash
# needs: vm
# The provider refuses the account: no endless redial, an alarm, and when the
# password is right again an operator, or a reload, brings the line up at once.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# shellcheck disable=SC2317 # called by ok
says_refused() {
	[[ $(fact '.backups[0].last_error') == "exit 1"[69]": authentication failed" ]]
}

stranded() {
	ok "the site is stranded" wait_state stranded 30
	# 16: hung up at once by who refused
	ok "the reason is told" says_refused
}

lab_up
lab_modem
modem_password wrong
modem_backup '' 'after 0s backoff 1s' | lab_conf
begin

cut_upstream
stranded
ok "an alarm is raised" logged "alarm: stranded"
is "dialled once" "$(modem_dials)" 1
for n in 2 3; do
	ok "a failover that is asked for fails, and says why" says 1 \
	    'could not be brought up: pots: exit 1[69]: authentication failed.*' failover pots
	is "dials" "$(modem_dials)" $n
done
ok "given up, with an alarm" logged "alarm: give-up"
stranded

modem_password secret7
ok "a reload is taken" ctl reload
on_modem 4
back_home

isp_password other
cut_upstream
stranded
isp_password secret7
ok "a failover that is asked for works" ctl failover pots
on_modem 6
restore_upstream
ok "who asked for it asks for the way back" wait_until 30 "ctl fallback"
back_home

lab_stop
lab_done
