#!/bin/bash
# needs: vm
# How long it takes to hang up a line that works, from the order to a modem
# that answers again; one whose far end is dead; and from the end of a carrier
# to the next call.  The modem is on USB, with true DTR and DCD.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=3
# What is waited for by the clock, ms: DTR low and high, pppd's lcp-restart
# when the far end is dead, and the back-off.
DTR=200
RESTART=1000
BACKOFF=50

# last PHASE: milliseconds of the day of the link's last change to it
last() {
	sed -n "s/^\([0-9:.]*\) .*pots: link .* -> $1\$/\1/p" \
	    "$LAB/daemon.log" | tail -n 1 |
	    awk -F'[:.]' '{ print (($1 * 60 + $2) * 60 + $3) * 1000 + $4 }'
}

idles() {
	grep -c 'pots: link hanging up -> idle' "$LAB/daemon.log"
}

# within WHAT MS WAITED LIMIT: all of it, and what is not waiting
within() {
	alone "$1" ms "$2"
	alone "  without $3 ms by the clock" ms "$(($2 - $3))"
	ok "$1: under $4 ms" test "$2" -lt "$4"
}

# hung_up: milliseconds from the order on
hung_up() {
	local n
	n=$(idles)
	ctl fallback >"$LAB/said" 2>&1
	ok "the line is hung up" wait_until 30 "[ \$(idles) -gt $n ]"
	ms=$(($(last idle) - $(last ending)))
}

in_use() {
	ctl failover pots >"$LAB/said" 2>&1
	ok "the line is in use" wait_state backup 60
}

healthy() {
	in_use
	hung_up
	within "hang-up of a line that works" "$ms" $DTR 500
}

dead() {
	local peer
	in_use
	mapfile -t peer < <(pgrep -f 'pppd /dev/pts/.* name isp')
	kill -STOP "${peer[@]}"
	hung_up
	kill -KILL "${peer[@]}"
	within "hang-up of a line whose far end is dead" "$ms" $((DTR + RESTART)) \
	    $((DTR + 2000))
}

# stamp PATTERN: of the modem's last line that has it, ms
stamp() {
	sed -n "s/^\([0-9]*\)\.\([0-9]*\) $1.*/\1\2/p" "$LAB/modem.log" |
	    tail -n 1
}

dropped() {
	local n
	n=$(modem_dials)
	modem_drop
	ok "the line is dialled again" wait_until 60 \
	    "[ \$(modem_dials) -gt $n ] && settled backup"
	within "from the end of a carrier to the next call" \
	    "$(($(stamp dial) - $(stamp 'hang-up: carrier')))" $BACKOFF 1000
}

LAB_PRIMARY='probe { timeout 2s }'
lab_up
usb_modem
lab_conf <<CONF
$(modem_backup '' "after 0s backoff ${BACKOFF}ms max ${BACKOFF}ms")
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
for ((i = 0; i < ROUNDS; i++)); do
	healthy
	dead
done
cut_upstream
ok "the line is in use" wait_state backup 60
for ((i = 0; i < ROUNDS; i++)); do
	dropped
done
lab_stop
lab_done
