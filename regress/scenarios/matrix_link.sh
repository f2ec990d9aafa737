#!/bin/bash
# needs: netns
# What becomes of a link and of the routers behind it: cable, interface,
# gateway and its MAC, upstream; each with its own cause, none of them a lie.
# shellcheck disable=SC2317 # cases are called by their names
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

matrix_up
matrix_site
lab_start
ok "the primary is proved" wait_state primary
defaults_again() {
	ip route replace default via "$GATEWAY"
}

link_up_again() {
	ip link set eth1 up
	defaults_again
}

recreate() {
	ip -batch - <<-IP
		link add eth1 type veth peer name cust netns isp-a
		addr add $PRIMARY_ADDRESS/24 dev eth1
		link set eth1 up
		route add default via "$GATEWAY"
	IP
	ip -n isp-a -batch - <<-IP
		addr add $GATEWAY/24 dev cust
		link set cust up
	IP
}

by_linkdown() {
	sysctl_set net.ipv4.conf.eth1.ignore_routes_with_linkdown "$1"
}

dead "upstream dead, the gateway answers" "upstream dead" \
    cut_upstream restore_upstream
dead "the gateway is deaf" "gateway silent" \
    "gateway_deaf drop" gateway_hears
dead "its cable is pulled" "no carrier" "carrier down" "carrier up"
by_linkdown 1
dead "the same, and the kernel heeds it" "no carrier" \
    "carrier down" "carrier up" spared
by_linkdown 0
dead "the interface is set down" "interface down" \
    "ip link set eth1 down" link_up_again spared
dead "the interface goes" "interface missing" "ip link del eth1" recreate spared
diag "the kernel follows no MAC for a second (arp(7), locktime): patience"
matrix_site 'probe { interval 50ms timeout 300ms delay 200ms retry 9 }'
ok "that is in force" ctl reload
alive "the gateway gets another MAC" \
    "ip -n isp-a link set cust address 02:00:5e:00:53:01" :
lab_stop
lab_done
