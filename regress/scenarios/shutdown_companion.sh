#!/bin/bash
# needs: netns
# `shutdown yes` sets the primary and its companion down on a failover, but
# only after the backup was proved and traffic is there; the main table's
# routes that the kernel drops by that come back.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# shellcheck disable=SC2317 # called by ok
is_down() {
	! ip link show "$1" | grep -q '[<,]UP[,>]'
}

# line PATTERN: number of the first line of the log that has it
line() {
	grep -nE -- "$1" "$LAB/daemon.log" | head -n 1 | cut -d: -f1
}

lab_up
ip -batch - <<IP
link add sps0 type veth peer name sps1
link set sps0 addrgenmode none
link set sps1 addrgenmode none
link set sps1 up
link set sps0 up
addr add 10.8.0.1/24 dev sps0
route add 10.9.0.0/16 via $GATEWAY metric 50
route add 10.10.0.0/16 via 10.8.0.2 dev sps0
route add 10.11.0.0/16 dev eth1 scope link src $PRIMARY_ADDRESS
IP
snapshot "$LAB/before.start"
LAB_PRIMARY="$LAB_FAST shutdown yes companion sps0" lab_conf <<'CONF'
backup wan2
fallback automatic { after 3s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

diag "no backup works: nothing is set down"
carrier down isp-b
cut_upstream
ok "no uplink works" wait_state stranded
ok "the primary is up" eval '! is_down eth1'
ok "the companion is up" eval '! is_down sps0'
ok "nothing was set down" eval '! logged "link set (eth1|sps0) down"'
restore_upstream
ok "the primary takes over" wait_state primary
carrier up isp-b
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

diag "the backup works"
: >"$LAB/daemon.log"
cut_upstream
ok "the primary is set down" wait_until 30 is_down eth1
ok "the companion is set down" wait_until 5 is_down sps0
ok "traffic runs over the backup" wait_state backup 5
ok "the LAN reaches the core" wait_until 2 ping_lan
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"
ok "first it was proved" \
    test "$(line 'wan2: proved')" -lt "$(line 'link set eth1 down')"
ok "then traffic moved" \
    test "$(line 'route add default .* table 157')" -lt \
    "$(line 'link set eth1 down')"
restore_upstream
ok "the primary is set up and takes over again" wait_state primary 60
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "everything is as before, routes too" wait_until 10 "same_as '$LAB/before'"

diag "a stop while they are down"
cut_upstream
ok "the primary is set down" wait_until 30 is_down eth1
ok "the backup has taken over" wait_state backup
lab_stop
ok "traffic stays on the backup" ping_lan
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
restore_upstream
lab_start
ok "the primary is set up and takes over again" wait_state primary 60
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
ok "nothing of ours is left" same_as "$LAB/before.start"
lab_done
