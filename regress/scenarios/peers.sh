#!/bin/bash
# needs: vm
# A branch and its hub, each with a dialfaild: when the branch moves, the hub
# is told, and leads its end of GRE and of WireGuard to where the branch is
# now.  What others say, or say again, changes nothing.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"

HUB=203.0.113.10
HUB_SOCKET=/etc/dialfail/hub.sock

lab_need wireguard

# hub_up: a host with two ways into the core, and a network behind it
hub_up() {
	ip netns add hub
	on hub sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
	    echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
	    echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter'
	ip -n core -batch - <<-IP
		link add hub1 type veth peer name eth1 netns hub
		link add hub2 type veth peer name eth2 netns hub
		addr add 203.0.113.9/30 dev hub1
		addr add 203.0.113.13/30 dev hub2
		link set hub1 up
		link set hub2 up
	IP
	ip -n hub -batch - <<-IP
		link set lo up
		link add site type dummy
		addr add 10.1.0.1/24 dev site
		addr add $HUB/30 dev eth1
		addr add 203.0.113.14/30 dev eth2
		link set site up
		link set eth1 up
		link set eth2 up
		route add default via 203.0.113.9
		route add default via 203.0.113.13 metric 200
	IP
}

# ends HOST LOCAL REMOTE N NETWORK: one end of both tunnels
ends() {
	ip -n "$1" -batch - <<-IP
		link add gre1 type gre local $2 remote $3 key 42 ttl 64
		addr add 10.99.1.$4/24 dev gre1
		link set gre1 up
		link add wg0 type wireguard
		addr add 10.99.2.$4/24 dev wg0
		route add $5 dev gre1
	IP
}

# wireguard HOST KEY PEER-KEY [WORD...]
wireguard() {
	echo "$2" >$LAB/key
	on "$1" wg set wg0 listen-port 5182 private-key $LAB/key \
	    peer "$(wg pubkey <<<"$3")" allowed-ips 10.99.2.0/24 "${@:4}"
	ip -n "$1" link set wg0 up
}

hub_start() {
	cat >/etc/dialfail/hub.conf <<-CONF
		primary eth1 { target $TARGET }
		backup eth2
		identity "/etc/dialfail/private/hub"
		peer branch {
			key "$BRANCH_KEY"
			tunnel gre1
			tunnel wg0
			accept { 192.0.2.0/24 203.0.113.64/26 }
			hello 5s
		}
		state "/run/hub-state"
	CONF
	chmod 0600 /etc/dialfail/hub.conf
	# a mount namespace of its own has a /run of its own
	spawn hub $LAB/hub.log sh -c "mount -t tmpfs tmpfs /run &&
	    exec dialfaild -d -v -f /etc/dialfail/hub.conf -s $HUB_SOCKET"
}

remote() {
	on hub ip -d link show gre1 | sed -n 's/.* remote \([0-9.]*\) .*/\1/p'
}

endpoint() {
	on hub wg show wg0 endpoints | sed 's/.*\t//'
}

# hub_leads_to ADDRESS
hub_leads_to() {
	[ "$(remote)" = "$1" ] && [ "$(endpoint)" = "$1:5182" ]
}

# record: statements of the branch, as escapes for printf
record() {
	spawn core "$LAB/dump" tcpdump -lnxc 4 -i any \
	    "udp port 7157 and src $WAN2_ADDRESS and greater 150"
}

# replay: what was recorded, from elsewhere
replay() {
	sed -n 's/^\t0x[0-9a-f]*: *//p; s/^[0-9].*/-/p' "$LAB/dump" |
	    tr -d ' \n' | tr - '\n' | cut -c 57- | sed 's/../\\x&/g' |
	    while read -r octets; do
		[ -z "$octets" ] || printf "%b" "$octets" \
		    >"/dev/udp/$HUB/7157"
	    done
}

# forge: of the right length, and with the right beginning
forge() {
	local i
	for ((i = 0; i < 200; i++)); do
		head -c 160 /dev/urandom >"/dev/udp/$HUB/7157"
	done
}

lab_up
hub_up
ip netns attach router $$
ends router $PRIMARY_ADDRESS $HUB 1 10.1.0.0/24
ends hub $HUB $PRIMARY_ADDRESS 2 10.7.0.0/24
site=$(wg genkey)
far=$(wg genkey)
wireguard router "$site" "$far" endpoint $HUB:5182
wireguard hub "$far" "$site" endpoint $PRIMARY_ADDRESS:5182
BRANCH_KEY=$(dialfailctl keygen /etc/dialfail/private/key)
HUB_KEY=$(dialfailctl keygen /etc/dialfail/private/hub)
is "the public key is told again" \
    "$(dialfailctl pubkey /etc/dialfail/private/key)" "$BRANCH_KEY"
ok "a key that is there is not overwritten" \
    test "$(dialfailctl keygen /etc/dialfail/private/key 2>&1)" != ""
is "and it is as it was" \
    "$(dialfailctl pubkey /etc/dialfail/private/key)" "$BRANCH_KEY"

hub_start
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 5s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address { $HUB 203.0.113.14 }
	tunnel gre1
	tunnel wg0
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
stream lan gre 10.1.0.1
stream hub wg 10.99.2.1
ok "both tunnels have answers" flows gre wg

record
cut_upstream
ok "the backup takes over" wait_state backup
ok "the hub leads both tunnels there" \
    wait_until 10 "hub_leads_to $WAN2_ADDRESS"
ok "both tunnels have answers again" flows gre wg
ok "the hub tells why" grep -q "branch moved (failover)" $LAB/hub.log

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub leads both tunnels back" \
    wait_until 10 "hub_leads_to $PRIMARY_ADDRESS"
ok "both tunnels have answers again" flows gre wg

ok "a statement was recorded" test -s $LAB/dump
export HUB LAB
export -f replay forge
on core bash -c 'replay; forge'
ok "an update after all that is still heard" ctl failover wan2
ok "and acted on" wait_until 10 "hub_leads_to $WAN2_ADDRESS"
on core bash -c 'replay; forge; replay'
ok "the way back as well" ctl fallback
ok "and acted on" wait_until 10 "hub_leads_to $PRIMARY_ADDRESS"
on core bash -c 'replay; replay'
ok "both tunnels have answers" flows gre wg
ok "what was said before changes nothing" hub_leads_to $PRIMARY_ADDRESS
lab_done
