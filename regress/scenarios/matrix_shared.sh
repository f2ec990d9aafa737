#!/bin/bash
# needs: netns
# Both providers give out the same network, as home routers do: the same
# gateway's address, of the same MAC, and at last even our own address.  Each
# uplink is judged, proved and routed by itself.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

OTHER_ADDRESS=192.0.2.3
ISP_A=203.0.113.1
ISP_B=203.0.113.5

# Providers of that kind have one address for all behind them.
router_of() {
	on "$1" nft -f - <<-NFT
		table ip home {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "core" masquerade
			}
		}
	NFT
}

# move_wan2 ADDRESS: the other provider has the same network
move_wan2() {
	ip -batch - <<-IP
		addr flush dev wan2 scope global
		addr add $1/24 dev wan2
		route add default via $GATEWAY dev wan2 metric 200
	IP
}

# mac INTERFACE [HOST]
mac() {
	ip ${2:+-n "$2"} -j link show "$1" | jq -r '.[].address'
}

# way: the interface by which the LAN's packets go
way() {
	ip route get $TARGET from $LAN_HOST iif eth0 |
	    sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1
}

# status UPLINK
status() {
	fact ".targets[] | select(.via == \"$1\" and .address == \"$TARGET\") |
	    .status" targets
}

story() {
	diag "$*"
	: >"$LAB/daemon.log"
	lab_start
	ok "the primary is proved" wait_state primary
	is "by it goes the LAN" "$(way)" eth1
	snapshot "$LAB/before"
	cut_upstream
	ok "the backup takes over" wait_state backup
	is "the cause" "$(fact .primary.cause)" "upstream dead"
	is "by it goes the LAN" "$(way)" wan2
	ok "and comes through" wait_until 5 ping_lan
	is "seen there" "$(seen_as)" "$ISP_B"
	is "the backup's target is up" "$(status wan2)" up
	is "the primary's is not" "$(status eth1)" down
	restore_upstream
	ok "the primary takes over again" wait_state primary
	is "by it goes the LAN" "$(way)" eth1
	is "seen there" "$(seen_as)" "$ISP_A"
	ok "everything is as before" wait_until 10 "same_as '$LAB/before'"

	diag "both are dead: neither answers for the other"
	cut_upstream
	gateway_deaf drop isp-b
	ok "the site is stranded" wait_state stranded
	is "the cause" "$(fact .primary.cause)" "upstream dead"
	gateway_hears isp-b
	ok "the backup takes over" wait_state backup
	ok "the LAN comes through" wait_until 5 ping_lan
	gateway_deaf drop isp-b
	restore_upstream
	ok "the primary takes over again" wait_state primary
	ok "the LAN comes through" wait_until 5 ping_lan
	gateway_hears isp-b
	ok "the routes were laid once" eval "! logged 'laid again'"
	lab_stop
}

lab_up
ip -n isp-b -batch - <<IP
addr flush dev cust scope global
addr add $GATEWAY/24 dev cust
IP
router_of isp-a
router_of isp-b
move_wan2 $OTHER_ADDRESS
matrix_site
story "the same network and gateway"

ip -n isp-b link set cust address "$(mac cust isp-a)"
is "both gateways have one MAC" "$(mac cust isp-b)" "$(mac cust isp-a)"
story "the same MAC, too"

move_wan2 $PRIMARY_ADDRESS
story "even our own address"
lab_done
