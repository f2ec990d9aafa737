#!/bin/bash
# needs: vm
# The backup is PPPoE, which pppd dials by itself as its own option file says:
# that file wants the default route, persists, and is overruled.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"
# shellcheck source=regress/lab/pppoe.sh
. "$LAB_DIR/pppoe.sh"

command -v pppoe-server >/dev/null || skip_all "no pppoe-server"

pppd_pid() {
	sed -n 's/^pid //p' /run/dialfail/ppp/dsl
}

dials() {
	fact '.backups[0].dials'
}

# shellcheck disable=SC2317 # called by ok
no_pppd() {
	ppp0_gone && ! compgen -G '/run/dialfail/ppp/*'
}

lab_up
pppoe_provider
server=$SPAWNED
lab_conf <<CONF
backup dsl { call "dsl" dial { redial 2 backoff 1s timeout 30s } }
CONF
ok "-n tells that the file is missing" \
    eval "dialfaild -n 2>&1 | grep -q 'warning: call \"/etc/ppp/peers/dsl\": No such file'"
pppoe_peer
chmod 0666 /etc/ppp/peers/dsl
ok "and that others may write it" \
    eval "dialfaild -n 2>&1 | grep -q 'writable by group or others'"
chmod 0644 /etc/ppp/peers/dsl
is "-n has nothing to say now" "$(dialfaild -n 2>&1)" "configuration OK"
begin
is "its kind" "$(fact '.backups[0].kind')" call

cut_upstream
ok "the backup takes over" wait_state backup 60
ok "the LAN reaches the core by it" wait_until 5 ping_lan
is "the interface" "$(fact .active.interface)" ppp0
is "the core sees the provider's address" "$(seen_as)" "$PPP_ADDRESS"
is "dialled once" "$(dials)" 1
is "main has no default route by it" \
    "$(ip -4 route show table main default dev ppp0)" ""

pid=$(pppd_pid)
lab_stop USR1
lab_start
ok "it is adopted" wait_state backup 20
is "it is the same pppd" "$(pppd_pid)" "$pid"
is "nobody has dialled" "$(dials)" 0

kill "$(pgrep -P "$server" pppd)"
ok "the line that was dropped is dialled again" \
    wait_until 30 "[ \"\$(dials)\" = 1 ] && ping_lan"
ok "by another pppd" wait_until 5 "[ -n \"\$(pppd_pid)\" ]"
ok "which took over" wait_state backup 30

restore_upstream
ok "the primary takes over again" wait_state primary 60
ok "nothing is left of the call" wait_until 20 no_pppd
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
