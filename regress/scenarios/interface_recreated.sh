#!/bin/bash
# needs: netns
# The primary's interface is deleted and comes back as another one of the
# same name, with another index and another MAC (a USB adapter, a driver that
# is reset): in state primary, and again while traffic is on the backup.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

index() {
	cat /sys/class/net/eth1/ifindex
}

mac() {
	cat /sys/class/net/eth1/address
}

recreate() {
	ip -batch - <<-IP
		link add eth1 type veth peer name cust netns isp-a
		addr add $PRIMARY_ADDRESS/24 dev eth1
		link set eth1 up
		route add default via $GATEWAY
	IP
	ip -n isp-a -batch - <<-IP
		addr add $GATEWAY/24 dev cust
		link set cust up
	IP
}

# What is ours, but for numbers of interfaces.
ours() {
	ip rule
	ip route show table 157
	ip route show table 158
	nft -s list table inet dialfail
	ip -j link show eth1 | jq -r '.[].group'
}

# shellcheck disable=SC2317 # called by wait_until
same_ours() {
	ours >"$LAB/ours.now"
	diff -u "$LAB/ours" "$LAB/ours.now"
}

# All of ours is at the new interface, and it is probed.
all_back() {
	ok "all of ours is at the new interface" wait_until 10 same_ours
	ok "the network is as wanted" wait_until 10 \
	    "[ \"\$(fact .network)\" = 'as wanted' ]"
	is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
	probes=$(fact .primary.targets[0].received)
	ok "probes are answered through it" wait_until 10 \
	    "[ \"\$(fact .primary.targets[0].received)\" -gt '$probes' ]"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ours >"$LAB/ours"
is "the primary is in our group" "$(tail -n 1 "$LAB/ours")" 157
first=$(index)
first_mac=$(mac)

ip link del eth1
ok "the backup takes over" wait_state backup
is "the cause is told" "$(fact .primary.cause)" "interface missing"
is "traffic runs over the backup" "$(seen_as)" "$WAN2_ADDRESS"
recreate
ok "it is another interface" test "$(index)" -ne "$first"
ok "of another MAC" test "$(mac)" != "$first_mac"
ok "the primary takes over again" wait_state primary
all_back

cut_upstream
ok "the backup takes over" wait_state backup
second=$(index)
ip link del eth1
recreate
ok "it is another interface again" test "$(index)" -ne "$second"
ok "it is in our group" wait_until 10 \
    "[ \"\$(ip -j link show eth1 | jq -r '.[].group')\" = 157 ]"
is "traffic stays on the backup" "$(seen_as)" "$WAN2_ADDRESS"
is "so does the state" "$(state)" backup
restore_upstream
ok "the primary takes over again" wait_state primary
all_back

lab_stop
ok "no rule of ours is left" test -z "$(ip rule | grep 32765)"
ok "no group either" test "$(ip -j link show eth1 | jq -r '.[].group')" = default
lab_done
