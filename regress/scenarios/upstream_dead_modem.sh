#!/bin/bash
# needs: vm
# The whole story over a telephone line: real pppd on both ends, a modem
# dialogue, proof, switch, return, hang-up.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# told_at WORDS: when the log said so last, as now_ms
told_at() {
	date -d "$(grep -e "$1" "$LAB/daemon.log" | tail -n 1 | cut -c 1-12)" \
	    +%s%3N
}

lab_need ppp
lab_up
lab_modem
modem_backup | lab_conf
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
flow_start main
is "nobody has dialled" "$(modem_dials)" 0

cut_upstream
ok "the backup takes over" wait_state backup 60
switched=$(now_ms)
ok "the LAN reaches the core again" wait_until 2 ping_lan
ok "a new connection works" wait_until 1 "tcp_new | grep -q 'connect ok'"
is "by ppp0" "$(fact .active.interface)" ppp0
is "under the provider's address" "$(fact .active.inet.address)" "$PPP_ADDRESS"
is "the core sees that address" "$(seen_as)" "$PPP_ADDRESS"
is "dialled once" "$(modem_dials)" 1

restore_upstream
ok "the primary takes over again" wait_state primary 60
ok "the LAN reaches the core" ping_lan
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "the line is hung up" wait_until 20 "! ip link show ppp0 2>/dev/null"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
flow_stop main
diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
back=$(told_at 'backup -> returning')
# what is under way when the drain ends and the flow is cut is not counted
cut=$(($(told_at 'returning -> primary') - 500))
ok "at most one packet is lost after the switch" \
    test "$(flow_lost main "$switched" "$back")" -le 1
is "none while it drains" "$(flow_lost main "$back" "$cut")" 0
is "still dialled once" "$(modem_dials)" 1

lab_stop
lab_done
