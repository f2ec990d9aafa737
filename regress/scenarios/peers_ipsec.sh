#!/bin/bash
# needs: vm
# GRE to a hub inside IPsec, whose keys charon (strongSwan) agrees upon: the
# example hook has them agreed upon anew from the backup and back, the peers'
# protocol leads the hub's end, and what is in the tunnel is never seen in
# clear, not even while charon is stopped.
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

# swanctl_conf OWN PEER ADDRESS
swanctl_conf() {
	cat <<-CONF
		connections {
			hq {
				version = 2
				remote_addrs = $3
				proposals = aes128-sha256-modp2048
				unique = replace
				local {
					auth = psk
					id = $1
				}
				remote {
					auth = psk
					id = $2
				}
				children {
					tunnels {
						mode = transport
						local_ts = dynamic[gre]
						remote_ts = dynamic[gre]
						esp_proposals = aes128gcm16
					}
				}
			}
		}
		secrets {
			ike-lab {
				secret = "only for the lab"
			}
		}
	CONF
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

dropped() {
	nft list chain inet dialfail encrypted |
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
	load = random nonce aes sha1 sha2 hmac gmp kdf drbg kernel-netlink socket-default vici
}
swanctl {
	load = random
}
CONF
swanctl_conf branch hub $HUB >/etc/swanctl.router
swanctl_conf hub branch %any >/etc/swanctl.hub
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
fallback automatic { after 1s stable 1s drain 1s }
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
ok "charon runs at the hub" charon_start hub
ok "and at the branch" charon_start router
ok "keys are agreed upon" \
    swanctl --initiate --child tunnels --timeout 20
ok "the networks have answers" flows gre

cut_upstream
ok "the backup takes over" wait_state backup
ok "the hub leads its end there" wait_until 10 "leads_to $WAN2_ADDRESS gre1"
ok "the networks have answers again" flows gre
ok "the hook has done it" wait_until 10 \
    "logged 'hook switch.d/ipsec-swanctl'"
restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub leads its end back" wait_until 10 "leads_to $PRIMARY_ADDRESS gre1"
ok "the networks have answers again" flows gre

before=$(dropped)
ok "charon ends" kill "$(cat /run/charon.pid)"
ok "without it, it is dropped" wait_until 20 '[ "$(dropped)" -gt '"$before"' ]'
ok "it was seen encrypted" test "$(esp)" -gt 10
is "and never in clear" "$(in_clear)" 0
lab_done
