#!/bin/bash
# needs: vm
# long
# A packet modem from cold: its card asks for the PIN, it registers after a
# while, the service code brings a line, traffic moves, and a second port tells
# of the network meanwhile.  A PIN that is wrong is said once, to another card
# never, and a network that denies the card is told of.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

PIN=/etc/dialfail/private/pin
CARD=8949020000012345678
STATUS=$MODEM-status

# network WORD...: the card and the network from now on
network() {
	printf '%s %s\n' "$@" >"$LAB/network"
}

# power_up WORD...: the stick has lost its power
power_up() {
	[ -z "${MODEM_PID:-}" ] || modem_vanish
	network "$@"
	: >"$LAB/modem.log"
	lab_modem -n "$LAB/network" -t "$STATUS"
}

pins_said() {
	grep -c 'AT+CPIN=' "$LAB/modem.log"
}

tries_left() {
	sed -n 's/^tries //p' "$LAB/network" | tail -n 1
}

# refused WHY: a failover that is asked for fails, and this is why
refused() {
	ctl failover lte >"$LAB/answer" 2>&1
	is "asked for, it is refused" "$?" 1
	ok "the reason is told" wait_until 10 "[[ \$(ctl show backup) == *'$1'* ]]"
	ok "the port is free" wait_until 20 line_free
}

# alarmed WHAT
alarmed() {
	ok "an alarm tells it" wait_until 10 \
	    "grep -q 'alarm: .*lte.*$1' '$LAB/daemon.log'"
}

lab_up
install -m 0600 /dev/null $PIN
echo 1234 >$PIN
power_up pin 1234 tries 3 card $CARD register 1500 operator Example \
    signal 20 rsrp 54 apn internet
lab_conf <<CONF
backup lte {
	modem "$MODEM"
	apn "internet"
	pin file "$PIN"
	status "$STATUS"
	account "site7" secret file "/etc/dialfail/private/isp"
}
CONF
begin
cut_upstream
on_modem 1
is "the PIN is said once" "$(pins_said)" 1
is "the card was content" "$(tries_left)" 3
ok "the context is set" grep -q 'AT+CGDCONT=1,"IP","internet"' "$LAB/modem.log"
ok "the service code is dialled" grep -q 'dial \*99\*\*\*1#' "$LAB/modem.log"
is "registered" "$(fact '.backups[0].radio.registration')" home
is "signal" "$(fact '.backups[0].radio.signal_dbm')" -87
network pin 1234 tries 3 card $CARD operator Other signal 20 rsrp 24 apn internet
ok "the second port tells what changes while data flows" wait_until 60 \
    "[ \"\$(fact '.backups[0].radio.operator')\" = Other ]"
diag "$(ctl show backup)"
old=pts_$(basename "$(readlink "$MODEM")")
ok "the end of the card's number is shown" eval "[[ \$(ctl show) == *...5678* ]]"
ok "the PIN is in no log" eval "! grep -q 1234 '$LAB/daemon.log'"
ok "and not the whole number" eval "! grep -q $CARD '$LAB/daemon.log'"

diag "unplugged while data flows, and back under another name"
kill -USR2 "$MODEM_PID"
ok "its lock is given back" wait_until 30 "! compgen -G '/run/lock/LCK..$old'"
ok "dialled again" wait_until 60 "[ \$(modem_dials) -eq 2 ] && ping_lan"
back_home

is "the card is known" "$(cut -d' ' -f1,2 /var/lib/dialfail/sim.lte)" "used $CARD"

diag "a wrong PIN"
echo 9999 >$PIN
power_up pin 1234 tries 3 card $CARD register 0 apn internet
refused "PIN refused by the SIM card"
alarmed "PIN refused by the SIM card"
refused "PIN not said: it was refused before"
is "said once" "$(pins_said)" 1
is "tries left" "$(tries_left)" 2
is "no dial" "$(modem_dials)" 0

diag "another card"
echo 1234 >$PIN
power_up pin 1234 tries 3 card $CARD register 0 apn internet
ok "the right PIN and card work again" ctl failover lte
ok "back" ctl fallback
wait_state primary 30
ok "the port is free" wait_until 20 line_free
power_up pin 4711 tries 3 card 8949020000099999999 register 0 apn internet
refused "SIM changed"
alarmed "SIM changed"
is "no PIN is said" "$(pins_said)" 0

diag "denied by the network"
power_up card $CARD denied 1 apn internet
for _ in 1 2 3; do
	refused "registration denied (+CEREG 3)"
done
alarmed "registration denied"
is "no dial" "$(modem_dials)" 0
lab_done
