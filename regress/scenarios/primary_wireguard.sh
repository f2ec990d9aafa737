#!/bin/bash
# needs: vm
# The primary is a WireGuard tunnel: it is up whatever is at its other end, has
# no carrier to lose and no frames.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kinds.sh
. "$LAB_DIR/kinds.sh"

lab_need wireguard

# tunnel KEY PEER-KEY ENDPOINT [COMMAND...]: one end of it
tunnel() {
	local key=$1 peer=$2 to=$3
	shift 3
	echo "$key" >"$LAB/key"
	"$@" wg set wg0 listen-port 5182 private-key "$LAB/key" \
	    peer "$(wg pubkey <<<"$peer")" endpoint "$to:5182" \
	    allowed-ips 0.0.0.0/0
}

lab_up
kind_bare
site=$(wg genkey)
provider=$(wg genkey)
ip -n isp-a -batch - <<-IP
	addr add 10.64.0.1/24 dev cust
	link add wg0 type wireguard
	addr add $GATEWAY/24 dev wg0
IP
ip -batch - <<-IP
	addr add 10.64.0.2/24 dev eth1
	link add wg0 type wireguard
	addr add $PRIMARY_ADDRESS/24 dev wg0
IP
tunnel "$site" "$provider" 10.64.0.1
tunnel "$provider" "$site" 10.64.0.2 on isp-a
ip -n isp-a link set wg0 up
ip link set wg0 up
ip route add default dev wg0
kind_conf wg0
kind_story
ok "sockets have a table" test -n "$(ip route show table 156 default dev wg0)"

carrier down # of what is below it
kind_cut "upstream dead"
carrier up
kind_back
kind_end
