#!/bin/bash
# needs: netns
# Traffic does not wait for the tunnels of a site, as long as what they send
# from their old address still leaves by the primary; it does wait where that
# would go with it: main has no default any more.  No provider sees packets
# with another one's address.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

TUNNELS=100
HUB=198.51.100.9

# shellcheck disable=SC2317 # called by ok
all_have() {
	[ "$(ip -d link show type vxlan | grep -c "local $1 ")" -eq "$TUNNELS" ]
}

# moved WHAT: the place of the last such line in the event
moved() {
	fact "[.lines[].text | test(\"^$1\")] | rindex(true)" event
}

# How many packets the tunnel has sent.
sent() {
	cat /sys/class/net/vx1/statistics/tx_packets
}

lab_up
{
	each $TUNNELS link add vxI type vxlan id I dstport 4789 \
	    local $PRIMARY_ADDRESS remote $HUB
	each $TUNNELS link set vxI up
	echo addr add 10.99.1.1/24 dev vx1
	echo neigh add 10.99.1.2 lladdr 02:00:00:00:00:02 dev vx1
} | ip -batch -
ok "the backup's provider looks at what comes" \
    foreign_watch isp-b "${WAN2_GATEWAY%.*}.64/26" 2001:db8:b::/64
spawn router /dev/null ping -n -i 0.01 10.99.1.2
{
	echo 'backup wan2'
	echo 'fallback automatic { after 1s stable 1s drain 0s }'
	each $TUNNELS "peer hI { tunnel vxI }"
} | LAB_PRIMARY=$LAB_FAST lab_conf
lab_start
ok "the primary is proved" wait_state primary

cut_upstream
ok "the backup takes over" wait_state backup
ok "all tunnels have its address" wait_until 10 all_have $WAN2_ADDRESS
ok "the event has it" wait_until 5 "[ \"\$(moved '[0-9]+ steps in')\" != null ]"
ok "traffic was moved before them" \
    test "$(moved 'route add default')" -lt "$(moved 'tunnel vx')"
ok "and how long that took is known" test "$(fact \
    '.last_switch | .moved_us > 0 and .moved_us < .apply_us')" = true
restore_upstream
ok "the primary takes over again" wait_state primary
ok "all tunnels have its address" wait_until 10 all_have $PRIMARY_ADDRESS

# the backup's first, or what is sent in between would go there
ip -batch - <<IP
route del default via $WAN2_GATEWAY metric 200
route del default via $GATEWAY
IP
ok "the backup takes over" wait_state backup
ok "all tunnels have its address" wait_until 10 all_have $WAN2_ADDRESS
ok "the event has it" wait_until 5 "[ \"\$(moved '[0-9]+ steps in')\" != null ]"
ok "traffic was moved after them" \
    test "$(moved 'route add default')" -gt "$(moved 'tunnel vx')"
before=$(sent)
ok "the tunnel sends" wait_until 5 "[ \$(sent) -gt $before ]"
is "but never with the primary's address by the backup" "$(foreign_seen isp-b)" ""
ip route add default via $GATEWAY
lab_stop
lab_done
