#!/bin/bash
# needs: netns
# The router tests reverse paths strictly, everywhere (rp_filter=1): the
# outage is seen, nothing else is taken for one, and old connections drain
# with their answers, both ways.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

strict() {
	local i
	for i in all default eth0 eth1 wan2; do
		sysctl_set "net.ipv4.conf.$i.rp_filter" 1
	done
}

lab_up
strict
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 8s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" wait_until 2 ping_lan
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"
flow_start over_backup
tcp_open over_backup
is "a connection over the backup" \
    "$(tcp_send over_backup | cut -d' ' -f1,2)" "echo ok"

restore_upstream
ok "the primary is wanted again" wait_state returning
is "new flows use it" "$(seen_as)" "$PRIMARY_ADDRESS"
is "the old connection still works" \
    "$(tcp_send over_backup | cut -d' ' -f1,2)" "echo ok"
is "while the backup drains" "$(state)" returning
ok "which the verdict tells" grep -qE \
    "^RETURNING to eth1 .* old flows? drains? off wan2 within 0:0[0-9]:[0-9]{2};" \
    <<<"$(fact .verdict)"
flow_stop over_backup
is "packets lost by the old flow" "$(flow_fact over_backup lost)" 0
ok "the primary is the only one again" wait_state primary
ok "every value is given back" wait_until 10 "same_as '$LAB/before'"

diag "the other way: asked for, so that the primary drains"
flow_start over_primary
tcp_open over_primary
ok "to the backup by hand" ctl failover
is "new flows use it" "$(seen_as)" "$WAN2_ADDRESS"
is "the old connection still works" \
    "$(tcp_send over_primary | cut -d' ' -f1,2)" "echo ok"
flow_stop over_primary
is "packets lost by the old flow" "$(flow_fact over_primary lost)" 0
ok "and back by hand" ctl fallback
ok "the primary is the only one again" wait_state primary
ok "every value is given back" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
