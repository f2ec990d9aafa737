#!/bin/bash
# needs: vm
# The provider refuses the account: no endless redial, an alarm, and when the
# password is right again an operator, or a reload, brings the line up at once.
# A power cut in between, after which the clock is in 1970, changes neither the
# count nor the budget.
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

# by_hand DIALS: a failover that is asked for is refused, too
by_hand() {
	ok "a failover that is asked for fails, and says why" says 1 \
	    'could not be brought up: pots: exit 1[69]: authentication failed.*' failover pots
	is "dials" "$(modem_dials)" "$1"
}

# budget: dials in this period, and when that began
budget() {
	fact '.backups[0].budget | "\(.dials.used) \(.since)"' backup
}

# set_clock TIME: that of a machine that is only ours
set_clock() {
	[ -z "${VMRUN:-}" ] || date -s "$1" >/dev/null
}

# power_cut: another boot, and the clock has lost all; SECONDS goes by it
power_cut() {
	lab_kill9
	sed -i 's/^\(V	1	\)[^	]*/\1another-boot/' /var/lib/dialfail/backups
	set_at=$(date +%s)
	set_clock @600
	lab_start
}

clock_is_set() {
	set_clock "@$((set_at + $(date +%s) - 600))"
}

lab_up
lab_modem
modem_password wrong
modem_backup 'phone "5551234"
	budget { dials 50 then refuse }' 'after 0s backoff 1s' | lab_conf
begin

cut_upstream
stranded
ok "an alarm is raised" logged "alarm: stranded"
is "dialled once" "$(modem_dials)" 1
by_hand 2
was=$(budget)
is "they are counted" "${was%% *}" 2

diag "a power cut; the clock is in 1970"
power_cut
[ -z "${VMRUN:-}" ] || is "so the daemon has none" "$(fact .clock)" unknown
ok "the site is stranded" wait_state stranded 30
is "the budget is the same" "$(budget)" "$was"
is "nothing was dialled" "$(modem_dials)" 2
ok "it is not given up yet" eval '! logged "alarm: give-up"'
by_hand 3
ok "the third was the last: given up, with an alarm" \
    wait_until 5 "logged 'alarm: give-up'"
stranded
clock_is_set
is "the budget goes on when the clock is set" "$(budget)" "3 ${was#* }"

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
