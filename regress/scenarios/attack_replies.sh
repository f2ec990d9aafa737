#!/bin/bash
# needs: netns
# A neighbour who sees every probe and answers with lies: none of them makes
# a dead primary look alive, nor a live one dead, in either family.  What he
# could do is shown first: with the true answer, which only who sees the
# token can give, he is no liar but a way that works.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by wait_until
. "$(dirname "$0")/../lab/lab.sh"

LIES='token header truncated fragment tagged oversized error strange'
STRANGER=02:00:00:00:66:01
VICTIM6=2001:db8:a::2

# forger [-m MAC] KIND...: at the provider's end of the primary
forger() {
	local mac=()
	[ "$1" != -m ] || { mac=(-m "$2"); shift 2; }
	: >"$LAB/forge.log"
	spawn isp-a "$LAB/forge.log" forge "${mac[@]}" cust $PRIMARY_ADDRESS "$@"
	FORGER=$SPAWNED
	spawn isp-a "$LAB/forge.log" forge "${mac[@]}" cust $VICTIM6 "$@"
	FORGER6=$SPAWNED
}

# He ends and tells; so he has seen probes of both families.
forger_ends() {
	end "$FORGER"
	end "$FORGER6"
	diag "$(cat "$LAB/forge.log")"
	is "he was at it in both families" \
	    "$(grep -cE 'seen=[1-9][0-9]* sent=[1-9]' "$LAB/forge.log")" 2
}

# fact of a family: up, down or unknown
family() {
	fact ".primary.$1.status"
}

both() {
	[ "$(family inet) $(family inet6)" = "$1 $1" ]
}

count() {
	fact "[.primary.targets[].$1] | add"
}

# rounds N: so many more probes are sent
rounds() {
	local n
	n=$(($(count sent) + $1))
	wait_until 30 "[ \"\$(count sent)\" -gt $n ]"
}

cut() {
	cut_upstream
	cut_inet6
}

restore() {
	restore_upstream
	restore_inet6
}

mark() {
	LINE=$(wc -l <"$LAB/daemon.log")
}

said() {
	tail -n "+$((LINE + 1))" "$LAB/daemon.log" | grep -qE -- "$1"
}

lab_up
lab_inet6
LAB_PRIMARY="target $TARGET6 decide any $LAB_FAST" lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 500ms drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "both families are up" wait_until 10 "both up"

diag "the line works, and he lies"
mark
for who in "-m $STRANGER" ""; do
	# shellcheck disable=SC2086 # words
	forger $who $LIES twice
	ok "probes go on beside his lies" rounds 60
	is "the state" "$(state)" primary
	ok "both families are up" both up
	forger_ends
done
ok "nobody was called dead" eval "! said 'state:|alarm|dead'"
ok "no answer counted twice" test "$(count received)" -le "$(count sent)"
is "nothing was switched" "$(fact .failovers)" 0

diag "the line is dead, and he answers truly: so it is not"
forger true
cut
ok "probes are answered" rounds 60
is "the state" "$(state)" primary
forger_ends

diag "the line is dead, and he lies"
# shellcheck disable=SC2086 # words
forger -m $STRANGER $LIES
ok "the backup takes over" wait_state backup
ok "both families are down" wait_until 20 "both down"
is "the cause" "$(fact .primary.cause)" "upstream dead"
received=$(fact .primary.targets[0].received)
mark
ok "it is probed on" rounds 60
is "traffic stays on the backup" "$(state)" backup
is "not one answer is believed" "$(fact .primary.targets[0].received)" "$received"
ok "nobody was called alive" eval "! said 'eth1.* up'"
forger_ends

diag "it works again, and he lies"
# shellcheck disable=SC2086 # words
forger -m $STRANGER $LIES
restore
ok "the primary takes over again" wait_state primary
ok "both families are up" wait_until 10 "both up"
forger_ends

diag "he lies in the gateway's name: a full line, perhaps, but not for long"
# shellcheck disable=SC2086 # words
forger $LIES
cut
ok "the backup takes over" wait_state backup
ok "both families are down" wait_until 20 "both down"
forger_ends
restore
ok "the primary takes over again" wait_state primary

diag "answers that are true, but late"
failovers=$(fact .failovers)
forger late=400
cut
ok "it is called full" wait_until 20 \
    "[ \"\$(fact .primary.cause)\" = congested ]"
ok "probes go on" rounds 60
is "slow is not dead" "$(fact .failovers)" "$failovers"
forger_ends
ok "without them it is dead" wait_state backup

diag "and more than ten seconds late: of another time"
forger late=10500
received=$(fact .primary.targets[0].received)
ok "his answers come" wait_until 40 \
    "[ \"\$(grep -c ^late "$LAB/forge.log")\" = 2 ]"
ok "it is probed on" rounds 20
is "traffic stays on the backup" "$(state)" backup
is "not one answer is believed" "$(fact .primary.targets[0].received)" "$received"
forger_ends
lab_stop
lab_done
