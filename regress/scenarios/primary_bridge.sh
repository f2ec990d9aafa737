#!/bin/bash
# needs: netns
# The primary is a bridge, which has carrier as long as any port has: `carrier`
# names the port that counts.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kinds.sh
. "$LAB_DIR/kinds.sh"

lab_up
kind_bare
ip -n isp-a addr add $GATEWAY/24 dev cust
ip -batch - <<-IP
	link add br0 type bridge
	link add port1 type veth peer name far1 netns lan
	link set port1 master br0
	link set port1 up
	link set eth1 master br0
	addr add $PRIMARY_ADDRESS/24 dev br0
	link set br0 up
	route add default via $GATEWAY
IP
ip -n lan link set far1 up
kind_conf br0 "carrier eth1"
kind_story

carrier down
kind_cut "no carrier"
ok "the bridge has carrier still" \
    test "$(cat /sys/class/net/br0/carrier)" = 1
carrier up
kind_back
kind_end
