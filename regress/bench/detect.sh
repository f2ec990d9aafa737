#!/bin/bash
# needs: netns
# detect.sh default|fast|carrier: from the death of the primary to the verdict,
# against the loop around fping(8) that people write.  Both look at the same
# outage, which comes at any moment.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=5
PAUSE=3 # seconds between two looks of the loop

case $1 in
default)
	what="silent death to verdict, defaults"
	words='' die=cut_upstream heal=restore_upstream
	;;
fast)
	what="silent death to verdict, fast profile"
	words='probe { count 3 interval 100ms timeout 300ms delay 200ms }'
	die=cut_upstream heal=restore_upstream
	;;
carrier)
	what="carrier loss to verdict, defaults"
	words='' die='carrier down' heal=cable_back
	;;
esac

# Its routes went with the cable.
# shellcheck disable=SC2317 # called by name, as the two below
cable_back() {
	carrier up
	ip -n isp-a route replace default via 203.0.113.2
}

# shellcheck disable=SC2317
answered() {
	fping -q -c 3 -I eth1 "$TARGET" "$TARGET2" 2>&1 | grep -q min/avg/max
}

# As quick to believe an outage as we are: a second bad look, at once.
# shellcheck disable=SC2317
fping_loop() {
	while sleep "$PAUSE"; do
		if answered || answered; then
			echo "up $(now_ms)"
		else
			echo "down $(now_ms)"
		fi
	done
}

[ "$1" != default ] || no_row "dpinger" "Debian has no package of it"
command -v fping >/dev/null || skip_all "no fping"
lab_up
LAB_PRIMARY=$words lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
spawn router "$LAB/fping" fping_loop
for ((i = 0; i < ROUNDS; i++)); do
	sleep $((RANDOM % PAUSE)).$((RANDOM % 1000 + 1000))
	: >"$LAB/fping"
	$die
	ok "the backup takes over" wait_state backup 60
	ours=$(($(told_ms '-> dialing') - CUT_MS))
	ok "the loop sees it" wait_until 60 "grep -q down $LAB/fping"
	theirs=$(($(sed -n 's/^down //p' "$LAB/fping" | head -n 1) - CUT_MS))
	pair "$what" "fping -c 3 every $PAUSE s" ms $ours $theirs
	$heal
	: >"$LAB/fping"
	ok "the primary takes over again" wait_state primary 60
	ok "the loop sees that" wait_until 60 "grep -q up $LAB/fping"
done
lab_stop
lab_done
