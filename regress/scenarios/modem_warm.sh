#!/bin/bash
# needs: netns
# A modem in standby is ready: a dial is ATD and nothing else, within a few
# milliseconds of the primary's end.  One that is not ready is told of before
# it is needed.  There is no PPP here, so every call is busy.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# shellcheck disable=SC2317 # called by wait_until
modem_is() {
	[[ $(fact '.backups[0].modem') == "$1"* ]]
}

# What was said to the modem since line FROM of its log, on one line.
said() {
	tail -n "+$1" "$LAB/modem.log" | sed -n 's/^[0-9.]* <- //p' | tr '\n' '|'
}

# When, in ms, the modem was first told to dial since then.
atd_ms() {
	tail -n "+$1" "$LAB/modem.log" |
	    sed -n 's/^\([0-9]*\)\.\([0-9]*\) <- ATD.*/\1\2/p' | head -n 1
}

lab_up
lab_modem
modem_says busy
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
$(modem_backup '' 'after 0s backoff 5m max 5m')
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the modem is ready" wait_until 20 modem_is ready
is "it was initialised" "$(said 1)" 'AT|ATE0V1Q0X4|AT&C1&D2|ATS0=0|'

from=$(($(grep -c . "$LAB/modem.log") + 1))
cut_upstream
ok "it is dialled" wait_until 20 "[ -n \"\$(atd_ms $from)\" ]"
is "by ATD and nothing else" "$(said "$from" | cut -d'|' -f1)" ATD5551234
dead=$(date -d "$(fact '[.lines[] | select(.text | test("primary -> dialing|suspect -> dialing"))
    | .time][0]' event)" +%s%3N)
diag "from the end of the primary to ATD: $(($(atd_ms "$from") - dead)) ms"
restore_upstream
ok "the primary is back" wait_state primary 30
ok "the modem is made ready again" wait_until 20 modem_is ready

modem_vanish
ok "its loss is an alarm" wait_until 60 "logged 'alarm: not-ready: modem is not ready: '"
ok "and is shown" modem_is "not ready: "
lab_modem
ok "it is ready again" wait_until 60 modem_is ready
ok "which is told" wait_until 5 \
    "logged 'alarm: ready: modem is ready again'"

lab_stop
ok "nobody has the port" flock -n "$MODEM" true
is "nor a lock file" "$(compgen -G '/run/lock/LCK..*')" ""
lab_done
