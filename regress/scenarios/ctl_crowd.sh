#!/bin/bash
# needs: netns
# A crowd on the control sockets: 20 who stream, some who never read, a
# thousand at once who do not finish what they say, others who ask and are
# gone, garbage.  Those who may act get through, an outage is mended as ever,
# and when they have left nothing of them is left.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"

ADMIN=/run/dialfail/dialfail.sock
LOOK=$ADMIN.ro

# crowd NAME USER WORD...: ctlraw as that user; its pid in $SPAWNED and $crowds
crowds=()
crowd() {
	local log=$LAB/crowd.$1 user=$2
	shift 2
	spawn router "$log" setpriv --reuid "$user" --regid "$user" \
	    --clear-groups "$B/lab/ctlraw" "$@"
	crowds+=("$SPAWNED")
	ok "$(basename "$log") is there" wait_until 30 "grep -q sent $log"
}

# of_parent kB|files: memory of its own; descriptors
of_parent() {
	case $1 in
	kB)	awk '/^Private/ { n += $2 } END { print n }' \
		    "/proc/$DAEMON/smaps_rollup" ;;
	files)	find "/proc/$DAEMON/fd" -mindepth 1 | wc -l ;;
	esac
}

# bounded: no more than all places of both sockets may cost
bounded() {
	diag "the parent has $(of_parent kB) kB (was $kb) and" \
	    "$(of_parent files) descriptors (were $files)" >&3
	[ "$(of_parent kB)" -lt $((kb + 8 * 1024)) ] &&
	    [ "$(of_parent files)" -le $((files + 2 * 56)) ]
}

# too_many: one more who would stream is refused, as soon as all are read
too_many() {
	timeout 2 dialfailctl -s "$LOOK" monitor 2>&1 | grep -q "too many monitor"
}

# rounds: of the primary, those that say something, and those that do not since
# the prober itself was late
rounds() {
	ctl show metrics | awk '/^dialfail_rounds_total{uplink="eth1"/ {
		n[/"void"/] += $NF } END { print n[0] + 0, n[1] + 0 }'
}

# more_rounds N: than there were
more_rounds() {
	local now=()
	read -ra now < <(rounds)
	[ $((now[0] + now[1])) -ge $((was[0] + was[1] + $1)) ]
}

# void_since: of how many rounds since then
void_since() {
	local now=()
	read -ra now < <(rounds)
	echo "$((now[1] - was[1])) of $((now[0] + now[1] - was[0] - was[1]))"
}

exec 3>&1
lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
lab_start
ok "the primary is proved" wait_state primary
read -ra was < <(rounds)
ok "rounds go on" wait_until 60 "more_rounds 30"
quiet=$(void_since) prober=$(process prober)
kb=$(of_parent kB) files=$(of_parent files)

read -ra was < <(rounds)
streams=()
for ((i = 0; i < 20; i++)); do
	spawn router "$LAB/stream.$i" dialfailctl -s $LOOK monitor
	streams+=("$SPAWNED")
done
ok "20 stream" wait_until 10 \
    "ctl reload && [ \$(find $LAB/stream.* -size +0 | wc -l) = 20 ]"
crowd mute 4242 -n 4 -m $LOOK monitor
ok "more would leave no place for those who ask" wait_until 10 too_many
ok "who asks has one" ctl -s $LOOK show

# half a header, and that is all that ever comes
crowd half 4243 -n 1000 $LOOK < <(head -c 8 /dev/zero)
half=$SPAWNED
crowd half_admin _dialfail -n 1000 $ADMIN < <(head -c 8 /dev/zero)
half_admin=$SPAWNED
ok "nobody has all places: others still look" ctl -s $LOOK show
ok "and root still acts" ctl hold for 1h
ctl release
crowd garbage 4244 -n 40 -c $LOOK < <(head -c 100000 /dev/urandom)
for what in network probes summary; do
	crowd "gone_$what" 4244 -n 1000 -c $LOOK $what
done
crowd unread 4244 -n 40 -m $LOOK probes
ok "memory and descriptors are bounded" bounded

crowd network 4245 -n 1000 -c $LOOK network
ok "rounds go on" wait_until 60 "more_rounds 30"
diag "void rounds, by the machine's load, too: $(void_since);" \
    "without the crowd $quiet"
is "nothing seemed dead" "$(fact .failovers)" 0
cut_upstream
ok "the backup takes over" wait_state backup
ok "root is told what the kernel has" ctl show network
ok "all 20 have seen it" wait_until 10 \
    "[ \$(grep -l 'state.*-> backup' $LAB/stream.* | wc -l) = 20 ]"
ok "memory and descriptors are bounded" bounded
restore_upstream
ok "the primary takes over again" wait_state primary
ok "all 20 have seen it" wait_until 10 \
    "[ \$(grep -l 'returning -> primary' $LAB/stream.* | wc -l) = 20 ]"

# those who say nothing are shown out, the others leave
ok "who never asked is let go" wait_until 15 \
    "! kill -0 $half && ! kill -0 $half_admin"
for pid in "${streams[@]}" "${crowds[@]}"; do
	end "$pid"
done
ok "their descriptors are closed" wait_until 10 \
    "[ \$(of_parent files) -eq $files ]"
ok "their memory is given back" wait_until 10 \
    "[ \$(of_parent kB) -lt $((kb + 4096)) ]"
is "it has all been the same daemon" "$(fact .pid)" "$DAEMON"
is "and the same prober" "$(process prober)" "$prober"
is "it was one outage, and no more" "$(fact .failovers)" 1
ok "nobody was distrusted" test -z "$(logged invalid && echo distrusted)"
lab_stop
lab_done
