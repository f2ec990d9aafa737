#!/bin/bash
# needs: vm
# long
# A real WireGuard tunnel that takes all traffic, by the real wg-quick, begun
# before us and after us, and taken down and up again while traffic is on the
# backup.  Nothing for the tunnel leaves an uplink in clear, the tunnel itself
# moves, and neither wg-quick's loops over the rules nor our repairs are endless.
# As a peer's tunnel it moves at once, and keeps the mark that wg-quick gave it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_need wireguard
INSIDE=10.200.0.1	# only the far end of the tunnel has this address

far_end() {
	ip -n core -batch - <<-IP
		link add wg0 type wireguard
		addr add $INSIDE/24 dev wg0
		link set wg0 up
		route add 10.7.0.0/24 dev wg0
	IP
	echo "$far" >"$LAB/key"
	on core wg set wg0 listen-port 51820 private-key "$LAB/key" \
	    peer "$(wg pubkey <<<"$near")" allowed-ips 10.200.0.2/32,10.7.0.0/24
}

near_end() {
	mkdir -p /etc/wireguard
	cat >/etc/wireguard/wg0.conf <<-CONF
		[Interface]
		PrivateKey = $near
		Address = 10.200.0.2/24
		[Peer]
		PublicKey = $(wg pubkey <<<"$far")
		Endpoint = $TARGET2:51820
		AllowedIPs = 0.0.0.0/0
	CONF
	chmod 0600 /etc/wireguard/wg0.conf
}

# quick up|down: it ends
quick() {
	ok "wg-quick $1" timeout 60 wg-quick "$1" wg0
}

# listen INTERFACE: what is meant for the tunnel and is seen there
listen() {
	spawn router "$LAB/$1.clear" tcpdump -lnni "$1" "host $INSIDE"
	wait_until 20 "grep -q '^listening' '$LAB/$1.clear'"
}

clear_seen() {
	grep -h ' > ' "$LAB"/*.clear
}

# A source that WireGuard remembers is given up when it retries: 15 s.
through() {
	ok "$1: the LAN reaches the far end" wait_until 40 "ping_lan $INSIDE"
}

# shellcheck disable=SC2317 # called by wait_until
# answered_at ADDRESS: where the far end has it that we are
answered_at() {
	[[ $(on core wg show wg0 endpoints) == *"	$1:"* ]]
}

# The far end learns it without a packet of the LAN.
peer_story() {
	local mark
	mark=$(wg show wg0 fwmark)
	is "it has a mark" "$mark" 0xca6c
	through "a peer's, on the primary"
	: >"$LAB/daemon.log"
	cut_upstream
	ok "the backup takes over" wait_state backup 60
	ok "the endpoint is set again" wait_until 10 \
	    "logged 'wg0: 1 endpoint set again'"
	ok "the far end knows at once" wait_until 10 "answered_at $WAN2_ADDRESS"
	through "a peer's, on the backup"
	is "the mark is the same" "$(wg show wg0 fwmark)" "$mark"
	restore_upstream
	ok "the primary takes over again" wait_state primary 60
	ok "the far end knows at once" \
	    wait_until 10 "answered_at $PRIMARY_ADDRESS"
	is "the mark is the same" "$(wg show wg0 fwmark)" "$mark"
	is "nothing was seen in clear" "$(clear_seen)" ""
}

# site_conf [WORDS]: and what else
site_conf() {
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		flap { failovers 0 }
		$*
	CONF
}

story() {
	through "on the primary"
	cut_upstream
	ok "the backup takes over" wait_state backup 60
	through "on the backup"
	is "nothing was seen in clear" "$(clear_seen)" ""
	quick down
	quick up
	through "up again on the backup"
	ok "the network is as wanted" \
	    wait_until 10 "[ \"\$(fact .network)\" = 'as wanted' ]"
	restore_upstream
	ok "the primary takes over again" wait_state primary 60
	through "on the primary again"
	is "nothing was seen in clear" "$(clear_seen)" ""
	ok "there was no fight" eval '! logged "again and again"'
}

lab_up
near=$(wg genkey)
far=$(wg genkey)
far_end
near_end
listen eth1
listen wan2
site_conf

diag "the tunnel is there before us"
quick up
lab_start
ok "the primary is proved" wait_state primary 60
story
lab_stop
quick down

diag "the tunnel comes after us"
: >"$LAB/daemon.log"
lab_start
ok "the primary is proved" wait_state primary 60
quick up
story
quick down
lab_stop

diag "the tunnel is a peer's"
site_conf 'peer hq { tunnel wg0 }'
: >"$LAB/daemon.log"
quick up
lab_start
ok "the primary is proved" wait_state primary 60
peer_story
quick down
ok "no rule of wg-quick is left" eval '! ip rule | grep -qE "51820|prefixlen"'

diag "the ears were open: without the tunnel it is seen"
ping_lan $INSIDE
ok "it is seen in clear" wait_until 20 "clear_seen | grep -q $INSIDE"
lab_stop
lab_done
