#!/bin/bash
# needs: vm
# GRE to a hub inside IPsec, whose keys charon (strongSwan) agrees upon, for each
# uplink ahead: the peers' protocol leads the hub's end, and nothing is lost on
# the way back.  Where there are none yet, the example hook has them agreed upon.
# What is in the tunnel is never seen in clear, not even while charon is stopped,
# and nothing is taken that comes so.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

CHARON=/usr/lib/ipsec/charon

# in_run HOST COMMAND...: with a /run of its own, as the hub's daemon has it
in_run() {
	if [ "$1" = hub ]; then
		# shellcheck disable=SC2016 # expanded there
		on hub sh -c 'mount --bind "$0" /run && exec "$@"' \
		    "$LAB/hub-run" "${@:2}"
	else
		"${@:2}"
	fi
}

# connection NAME OWN PEER ADDRESS LOCAL [WORD...]: as the example has it
connection() {
	cat <<-CONF
		hq-$1 {
			version = 2
			local_addrs = $5
			remote_addrs = $4
			proposals = aes128-sha256-modp2048
			unique = never
			mobike = no
			keyingtries = 0
			dpd_delay = 10s
			local {
				auth = psk
				id = $2
			}
			remote {
				auth = psk
				id = $3
			}
			children {
				tunnels-$1 {
					mode = transport
					local_ts = dynamic[gre]
					remote_ts = dynamic[gre]
					esp_proposals = aes128gcm16
					$(printf '%s\n' "${@:6}")
				}
			}
		}
	CONF
}

secret() {
	printf 'secrets {\n\tike-lab {\n\t\tsecret = "only for the lab"\n\t}\n}\n'
}

# agreed: the connections that there are, by charon's numbers
agreed() {
	swanctl --list-sas | sed -n 's/^\(hq-[a-z0-9]*: #[0-9]*\), ESTABLISHED.*/\1/p' |
	    sort | paste -sd ' '
}

# has_keys UPLINK: with the hub
has_keys() {
	swanctl --list-sas --ike "hq-$1" | grep -q INSTALLED
}

# charon_start HOST: and it has its configuration
charon_start() {
	in_run "$1" "$CHARON" >>"$LAB/charon.$1.log" 2>&1 &
	wait_until 20 "in_run $1 swanctl --load-all --file /etc/swanctl.$1"
}

# in_clear: GRE that the core has seen as such
in_clear() {
	grep -c "GRE" "$LAB/seen"
}

esp() {
	grep -c "ESP" "$LAB/seen"
}

# dropped [CHAIN]: of what leaves in clear, or of what comes so
dropped() {
	nft list chain inet dialfail "${1:-encrypted}" |
	    sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

[ -x "$CHARON" ] || skip_all "no charon here"
lab_up
hub_up
ends router gre1 1 $PRIMARY_ADDRESS $HUB
ends hub gre1 2 $HUB $PRIMARY_ADDRESS
peers_keys
cat >/etc/strongswan.conf <<CONF
charon {
	install_routes = no
	retransmit_limit = 5
	load = random nonce aes sha1 sha2 hmac gmp kdf drbg kernel-netlink socket-default vici
}
swanctl {
	load = random
}
CONF
{
	echo 'connections {'
	connection eth1 branch hub $HUB $PRIMARY_ADDRESS \
	    "start_action = start" "dpd_action = restart"
	connection wan2 branch hub $HUB $WAN2_ADDRESS \
	    "start_action = start" "dpd_action = restart"
	echo '}'
	secret
} >/etc/swanctl.router
{
	echo 'connections {'
	connection all hub branch %any $HUB
	echo '}'
	secret
} >/etc/swanctl.hub
install -D -m 0755 "$LAB_TOP/etc/hooks/ipsec-swanctl" \
    /etc/dialfail/hooks/switch.d/ipsec-swanctl

hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	tunnel gre1 encrypted
	route 10.7.0.0/24 via gre1
	accept { 192.0.2.0/24 203.0.113.64/26 }
	hello 5s
}
CONF
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 2s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address $HUB
	tunnel gre1 encrypted
	route $HUB_SITE via gre1
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
spawn core "$LAB/seen" tcpdump -lni any "ip proto 47 or ip proto 50"
ok "what passes is seen" wait_until 10 "grep -q ^listening $LAB/seen"
stream lan gre 10.1.0.1
ok "without keys it is dropped" wait_until 10 '[ "$(dropped)" -gt 3 ]'
# emulated, this loads modules for longer than charon waits for an answer
unshare --net ip xfrm state add src 192.0.2.9 dst 192.0.2.10 proto esp spi 9 \
    mode transport \
    aead 'rfc4106(gcm(aes))' 0x0123456789012345678901234567890123456789 128
ok "charon runs at the hub" charon_start hub
ok "and at the branch" charon_start router
ok "keys are agreed upon for the primary" wait_until 20 "has_keys eth1"
ok "and for the backup" wait_until 20 "has_keys wan2"
ok "the networks have answers" flows gre
spawn hub $LAB/echo.hub flow echo 10.1.0.1 $ECHO_PORT

before=$(agreed)
flow_start site "$LAB_RATE" 10.1.0.1
cut_upstream
ok "the backup takes over" wait_state backup
up=$(log_ms "> backup")
ok "the hub leads its end there" wait_until 10 "leads_to $WAN2_ADDRESS gre1"
ok "the networks have answers again" flows gre
ok "the hook has looked" wait_until 10 "logged 'hook switch.d/ipsec-swanctl'"
is "and had nothing to do" "$(agreed)" "$before"
restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub leads its end back" wait_until 10 "leads_to $PRIMARY_ADDRESS gre1"
ok "the networks have answers again" flows gre
flow_stop site
follows_in site "$up" "$RESTORED_MS"
is "nothing is lost on the way back" "$(flow_lost site "$RESTORED_MS")" 0

swanctl --terminate --ike hq-wan2 --force >/dev/null 2>&1
is "one that is not up yet" "$(has_keys wan2 && echo is)" ""
flow_start later "$LAB_RATE" 10.1.0.1
ok "is asked for" ctl failover wan2
ok "the backup takes over" wait_state backup
up=$(log_ms "> backup")
ok "the hub leads its end there" wait_until 10 "leads_to $WAN2_ADDRESS gre1"
ok "the hook has made it" wait_until 20 "has_keys wan2"
ok "the networks have answers again" flows gre
flow_stop later
# two exchanges (RFC 7296 1.2), and here what an emulated machine takes for
# three programs and two secrets agreed upon
OUTAGE_MS=20000 follows_in later "$up"

before=$(dropped)
ok "charon ends" kill "$(cat /run/charon.pid)"
ok "without it, it is dropped" wait_until 20 '[ "$(dropped)" -gt '"$before"' ]'
ok "it was seen encrypted" test "$(esp)" -gt 10
is "and never in clear" "$(in_clear)" 0
ip -n core -batch - <<IP
	addr add $HUB/32 dev lo
	link add forged type gre local $HUB remote $PRIMARY_ADDRESS key 42
	addr add 10.99.1.9/24 dev forged
	link set forged up
IP
ok "the branch is on its primary" ctl fallback
ok "again" wait_state primary
before=$(cat /sys/class/net/gre1/statistics/rx_packets)
spawn core $LAB/forged ping -i 0.2 10.99.1.1
ok "what comes in clear is dropped" \
    wait_until 10 '[ "$(dropped encrypted_in)" -gt 3 ]'
is "and none of it taken" \
    "$(cat /sys/class/net/gre1/statistics/rx_packets)" "$before"
lab_done
