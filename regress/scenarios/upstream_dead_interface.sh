#!/bin/bash
# needs: netns
# The primary's upstream goes dead without a word; the backup is another
# interface.  Traffic moves there, and comes back without a loss.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_up
lab_conf <<'CONF'
backup wan2
fallback automatic { after 2s stable 1s drain 8s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
flow_start main
ok "the LAN reaches the core" ping_lan
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
tcp_open old
is "a connection over the primary" "$(tcp_send old | cut -d' ' -f1,2)" "echo ok"

cut_upstream
ok "the backup takes over" wait_state backup
switched=$(now_ms)
ok "the LAN reaches the core again" wait_until 2 ping_lan
ok "a new connection works" wait_until 1 "tcp_new | grep -q 'connect ok'"
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
is "the old connection is reset, it does not hang" \
    "$(tcp_send old | cut -d' ' -f1,2)" "echo reset"
is "the cause is told" "$(fact .primary.cause)" "upstream dead"

restore_upstream
ok "the primary is wanted again" wait_state returning
flow_stop main # before it is cut
ok "the primary takes over again" wait_state primary
ok "the LAN reaches the core" ping_lan
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
diag "$(grep -E '^(flow|gap)' "$LAB/flow.main")"
ok "at most one packet is lost after the switch, there and back" \
    test "$(flow_lost main "$switched")" -le 1

lab_stop
lab_done
