#!/bin/bash
# needs: vm
# The main job with default settings: the upstream of the primary goes dead
# without a word; a modem is dialled, pppd negotiates with a real peer, the
# line is proved, traffic moves, and comes back without a loss.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# gap KEY: of the flow's longest row of lost packets
gap() {
	grep '^gap ' "$LAB/flow.main" | sort -t= -k2 -nr |
	    sed -n "1s/.* $1=\([0-9]*\).*/\1/p"
}

# connected: when the modem said so, ms
connected() {
	awk '/-> CONNECT/ { printf "%.0f\n", $1 * 1000; exit }' "$LAB/modem.log"
}

# logged_at PATTERN: when the daemon said so first, ms
logged_at() {
	date -d "today $(grep -m 1 -- "$1" "$LAB/daemon.log" | cut -d' ' -f1)" +%s%3N
}

# shellcheck disable=SC2034 # what lab.sh uses
LAB_PRIMARY=""
lab_up
lab_modem
lab_conf <<CONF
$(modem_backup)
fallback automatic { after 10s stable 3s drain 10s }
CONF
bound=$(dialfaild -nv | sed -n 's/^# detects an outage in .*-\([0-9.]*\) s$/\1/p')
ok "dialfaild -nv promises a bound" test -n "$bound"
begin
flow_start main
tcp_open old
is "a connection over the primary" "$(tcp_send old | cut -d' ' -f1,2)" "echo ok"
is "nobody has dialled" "$(modem_dials)" 0

cut_upstream
on_modem 1
ok "a new connection works" wait_until 1 "tcp_new | grep -q 'connect ok'"
is "it has the provider's address" "$(fact .active.inet.address)" "$PPP_ADDRESS"
is "the core sees the LAN under that address" "$(seen_as)" "$PPP_ADDRESS"
is "the old connection is reset, it does not hang" \
    "$(tcp_send old | cut -d' ' -f1,2)" "echo reset"
is "the cause is told" "$(fact .primary.cause)" "upstream dead"
detect=$(fact .last_switch.detect_ms)

restore_upstream
ok "traffic goes back, the line drains" wait_state returning 60
ok "the LAN reaches the core" ping_lan
is "the core sees the LAN as before" "$(seen_as)" "$PRIMARY_ADDRESS"
flow_stop main
back_home
is "still dialled once" "$(modem_dials)" 1
is "one failover" "$(fact .failovers)" 1
is "one fallback" "$(fact .fallbacks)" 1
diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
diag "detected after $detect ms, at most $bound s are promised"
total=$(($(gap to) - $(connected)))
first_byte=$(($(logged_at 'dialer: pots: CONNECT') - $(connected)))
pppd=$(($(logged_at 'local  IP address') - $(logged_at 'pppd .* starts$')))
ours=$((total - first_byte - pppd))
diag "from CONNECT to traffic: $total ms, of which $first_byte ms for the peer" \
    "to speak, $pppd ms pppd and the peer, $ours ms our own"
ok "detected in time" test "$detect" -le "$(awk -v b="$bound" \
    -v p="$LAB_PATIENCE" 'BEGIN { print int(b * 1000 * p) }')"
ok "from CONNECT to traffic in little time of our own" \
    test "$ours" -le $((1500 * LAB_PATIENCE))
is "packets lost after the switch, there and back" \
    "$(flow_lost main "$(gap to)")" 0

lab_stop
lab_done
