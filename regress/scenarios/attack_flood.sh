#!/bin/bash
# needs: netns
# A neighbour floods the prober with replies that have its identifier, a
# hundred thousand a second as far as this machine makes them: the verdict
# stays right, the rest of the suite answers, and what the prober takes of
# CPU and memory is bounded.  The same with ARP answers that he is the gateway.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by wait_until
. "$(dirname "$0")/../lab/lab.sh"

RATE=100000
STRANGER=02:00:00:00:66:01

# flood KIND [-m MAC]: as forge has them
flood() {
	local kind=$1
	shift
	: >"$LAB/forge.log"
	spawn isp-a "$LAB/forge.log" forge "$@" cust $PRIMARY_ADDRESS "$kind=$RATE"
	FORGER=$SPAWNED
	TICKS=$(ticks)
	BEGAN=$(now_ms)
}

# CPU that the prober has used, in hundredths of a second
ticks() {
	sed 's/.*) //' "/proc/$PROBER/stat" | awk '{ print $12 + $13 }'
}

# Its private memory in KB
memory() {
	awk '/^Private/ { n += $2 } END { print n }' "/proc/$PROBER/smaps_rollup"
}

# How it went: enough of them, and a bounded price.
flood_ends() {
	local ms=$(($(now_ms) - BEGAN)) used=$(($(ticks) - TICKS)) rate
	end "$FORGER"
	rate=$(sed -n 's/.* rate=//p' "$LAB/forge.log")
	diag "$(cat "$LAB/forge.log")"
	diag "the prober: $((used * 1000 / ms)) % of a CPU, $(memory) KB"
	[ "$rate" -ge 30000 ] || diag "this machine made $rate a second only"
	ok "there was a flood" test "$rate" -gt 1000
	ok "the prober leaves CPU to others" test $((used * 1000 / ms)) -lt 80
	ok "it has taken no memory" test "$(memory)" -lt $((MEMORY + 1024))
}

received() {
	fact '.primary.targets[0].received'
}

sent() {
	fact '.primary.targets[0].sent'
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 500ms drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
PROBER=$(process prober)
before=$(received)
ok "it is probed for a while" wait_until 20 \
    "[ \"\$(received)\" -gt $((before + 20)) ]"
MEMORY=$(memory)
diag "before: $MEMORY KB"

diag "the line works"
for who in "-m $STRANGER" ""; do
	# shellcheck disable=SC2086 # words
	flood flood $who
	before=$(sent)
	ok "it is probed on" wait_until 60 "[ \"\$(sent)\" -gt $((before + 30)) ]"
	is "the state" "$(state)" primary
	is "nothing was switched" "$(fact .failovers)" 0
	ok "the LAN reaches the core" wait_until 10 ping_lan
	flood_ends
done
grep -q 'round bad' "$LAB/daemon.log" && show_log

diag "the line is dead"
flood flood -m $STRANGER
cut_upstream
ok "the backup takes over" wait_state backup 60
diag "after $(($(now_ms) - CUT_MS)) ms"
is "the cause" "$(fact .primary.cause)" "upstream dead"
before=$(received)
sent=$(sent)
ok "it is probed on" wait_until 60 "[ \"\$(sent)\" -gt $((sent + 20)) ]"
is "not one answer is believed" "$(received)" "$before"
is "traffic stays on the backup" "$(state)" backup
restore_upstream
ok "the primary takes over again" wait_state primary 60
flood_ends

diag "the line is dead, and the flood comes in the gateway's name"
flood flood
cut_upstream
ok "the backup takes over" wait_state backup 60
diag "after $(($(now_ms) - CUT_MS)) ms"
flood_ends
restore_upstream
ok "the primary takes over again" wait_state primary

diag "he is the gateway, and the kernel knows better"
mac=$(ip -n isp-a -br link show cust | awk '{ print $3 }')
ip neigh replace $GATEWAY lladdr "$mac" nud permanent dev eth1
failovers=$(fact .failovers)
flood storm -m $STRANGER
before=$(received)
ok "probes are answered" wait_until 60 \
    "[ \"\$(received)\" -gt $((before + 30)) ]"
is "the state" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" "$failovers"
flood_ends

diag "he is the gateway, and the kernel believes it"
ip neigh replace $GATEWAY lladdr "$mac" nud reachable dev eth1
flood storm -m $STRANGER
ok "the backup takes over" wait_state backup 60
flood_ends
ok "without him the primary takes over again" wait_state primary 60
lab_stop
lab_done
