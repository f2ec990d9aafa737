#!/bin/bash
# needs: vm
# The primary is a VLAN: its tag is the kernel's, on the frames that we send
# and on those that we see.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kinds.sh
. "$LAB_DIR/kinds.sh"

lab_up
kind_bare
ip -n isp-a -batch - <<-IP
	link add link cust name cust.7 type vlan id 7
	addr add $GATEWAY/24 dev cust.7
	link set cust.7 up
IP
ip -batch - <<-IP
	link add link eth1 name eth1.7 type vlan id 7
	addr add $PRIMARY_ADDRESS/24 dev eth1.7
	link set eth1.7 up
	route add default via $GATEWAY
IP
kind_conf eth1.7
kind_story

carrier down
kind_cut "no carrier"
carrier up
kind_back
kind_end
