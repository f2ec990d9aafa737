#!/bin/bash
# needs: netns
# A cable that makes and breaks, forty times in ten seconds: however it ends,
# so ends what is said of it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

CHANGES=40
PACE=0.25 # seconds

# shake LAST: the last change is up or down
shake() {
	local i words=(up down)
	[ "$1" = up ] && words=(down up)
	for ((i = 0; i < CHANGES; i++)); do
		carrier "${words[i % 2]}"
		sleep $PACE
	done
}

matrix_up
matrix_site
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

shake up
ok "at last the primary" wait_state primary
ok "the LAN reaches the core" wait_until 5 ping_lan
is "by it" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "no cause is left" wait_until 10 cause null

carrier down
ok "without a cable the backup" wait_state backup
carrier up
shake down
ok "at last the backup" wait_state backup
is "the cause" "$(fact .primary.cause)" "no carrier"
ok "the LAN reaches the core" wait_until 5 ping_lan
carrier up
ok "the primary takes over again" wait_state primary
is "the LAN is seen there" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "no process was lost" eval "! logged 'restart'"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
diag "failovers: $(fact .failovers)"
lab_stop
lab_done
