#!/bin/bash
# needs: netns
# From the moment when the primary is declared down to the last byte of ATD,
# the modem having been made ready in standby; and hung up after BUSY.  The best
# one of some counts, since a machine may do something else.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=5
MOST_MS=10

# shellcheck disable=SC2317 # called by wait_until
ready() {
	[[ $(fact '.backups[0].modem') == ready* ]]
}

# logged_ms FROM FILE PATTERN: when that was first said since line FROM
logged_ms() {
	local t
	t=$(tail -n "+$1" "$2" | grep -m 1 -E "$3" | cut -d' ' -f1)
	[ -n "$t" ] || return
	case $t in
	*:*) date -d "$t" +%s%3N ;;
	*) echo "${t/./}" ;;
	esac
}

# one_round: sets atd and hung, in ms
one_round() {
	local daemon modem down busy
	ok "the modem is ready" wait_until 20 ready
	daemon=$(($(grep -c . "$LAB/daemon.log") + 1))
	modem=$(($(grep -c . "$LAB/modem.log") + 1))
	cut_upstream
	ok "it is dialled and hung up" wait_until 20 \
	    "[ -n \"\$(logged_ms $daemon $LAB/daemon.log 'hanging up -> idle')\" ]"
	down=$(logged_ms "$daemon" "$LAB/daemon.log" 'state: .* -> dialing')
	atd=$(($(logged_ms "$modem" "$LAB/modem.log" '<- ATD') - down))
	busy=$(logged_ms "$daemon" "$LAB/daemon.log" 'failed: .*BUSY')
	hung=$(($(logged_ms "$daemon" "$LAB/daemon.log" 'hanging up -> idle') - busy))
	restore_upstream
	ok "the primary is back" wait_state primary 30
}

lab_up
lab_modem
modem_says busy
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
$(modem_backup '' 'after 0s backoff 1s max 1s')
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
one_round # the first loads what the others have
took=()
for ((i = 0; i < ROUNDS; i++)); do
	one_round
	alone "primary declared down to ATD, warm modem" ms "$atd"
	alone "BUSY to hung up" ms "$hung"
	took+=("$atd")
done
best=$(printf '%s\n' "${took[@]}" | sort -n | head -n 1)
ok "ATD is out in less than $MOST_MS ms" test "$best" -lt $MOST_MS
lab_stop
lab_done
