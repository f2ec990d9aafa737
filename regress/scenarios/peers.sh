#!/bin/bash
# needs: vm
# long
# A branch and its hub, each with a dialfaild: when the branch moves, the hub
# is told, and leads its end of GRE and of WireGuard to where the branch is
# now.  What others say, or say again, changes nothing.  And where a hub that
# starts again has forgotten where the branch is, the branch says it.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

lab_need wireguard

# hub_leads_to ADDRESS
hub_leads_to() {
	leads_to "$1" gre1 wg0
}

hub_conf() {
	cat <<-CONF
		primary eth1 { target $TARGET }
		backup eth2
		peer branch {
			key "$BRANCH_KEY"
			tunnel gre1
			tunnel wg0
			accept { 192.0.2.0/24 203.0.113.64/26 }
			hello 5s
		}
	CONF
}

# wg_anew HOST PEER-KEY [WORD...]: it has no keys with that one any more
wg_anew() {
	local peer
	peer=$(wg pubkey <<<"$2")
	on "$1" wg set wg0 peer "$peer" remove
	on "$1" wg set wg0 peer "$peer" allowed-ips 10.99.6.0/24 "${@:3}"
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
ends router gre1 1 $PRIMARY_ADDRESS $HUB
ends hub gre1 2 $HUB $PRIMARY_ADDRESS
ip route add $HUB_SITE dev gre1
ip -n hub route add 10.7.0.0/24 dev gre1
site=$(wg genkey)
far=$(wg genkey)
wireguard router 1 "$site" "$far" endpoint $HUB:5182
wireguard hub 2 "$far" "$site" endpoint $PRIMARY_ADDRESS:5182
peers_keys
is "the public key is told again" \
    "$(dialfailctl pubkey /etc/dialfail/private/key)" "$BRANCH_KEY"
ok "a key that is there is not overwritten" \
    test "$(dialfailctl keygen /etc/dialfail/private/key 2>&1)" != ""
is "and it is as it was" \
    "$(dialfailctl pubkey /etc/dialfail/private/key)" "$BRANCH_KEY"

hub_start < <(hub_conf)
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 5s }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address { $HUB $HUB2 }
	tunnel gre1
	tunnel wg0
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
stream lan gre 10.1.0.1
stream hub wg 10.99.6.1
ok "both tunnels have answers" flows gre wg

record
spawn router $LAB/echo.wg flow echo 10.99.6.1 $ECHO_PORT
: >$LAB/flow.wg
spawn hub $LAB/flow.wg flow udp 10.99.6.1 $ECHO_PORT "$LAB_RATE"
LAB_FLOW[wg]=$SPAWNED
cut_upstream
ok "the backup takes over" wait_state backup
up=$(log_ms "> backup")
ok "the hub leads both tunnels there" \
    wait_until 10 "hub_leads_to $WAN2_ADDRESS"
ok "both tunnels have answers again" flows gre wg
ok "the hub tells why" grep -q "branch moved (failover)" $LAB/hub.log

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hub leads both tunnels back" \
    wait_until 10 "hub_leads_to $PRIMARY_ADDRESS"
ok "both tunnels have answers again" flows gre wg
flow_stop wg
follows_in wg "$up" "$RESTORED_MS"
is "what the hub says loses nothing on the way back" \
    "$(flow_lost wg "$RESTORED_MS")" 0

ok "a statement was recorded" recorded
export -f forge
replay
on core bash -c forge
ok "an update after all that is still heard" ctl failover wan2
ok "and acted on" wait_until 10 "hub_leads_to $WAN2_ADDRESS"
replay
on core bash -c forge
replay
ok "the way back as well" ctl fallback
# shellcheck disable=SC2034 # wait_until uses it
returned=$(now_ms)
ok "and acted on" wait_until 10 "hub_leads_to $PRIMARY_ADDRESS"
replay
replay
ok "they were heard, and refused" \
    wait_until 10 '[ "$(refused replayed)" -gt 0 ]'
ok "both tunnels have answers" flows gre wg
ok "what was said before changes nothing" hub_leads_to $PRIMARY_ADDRESS

# long enough for the branch's keys to expire; its WireGuard says for half a
# minute behind a switch where it is, and what is wanted is a hub that does not
# know
ok "WireGuard has said where it is" wait_until 40 \
    '[ $(($(now_ms) - returned)) -gt 31000 ]'
hub_stop
wg_anew hub "$site"
wg_anew router "$far" endpoint $HUB:5182
is "a hub that starts again knows no endpoint" "$(remote wg0)" "(none)"
hub_start < <(hub_conf)
ok "which it tells, if WireGuard has not told it yet" wait_until 20 \
    "grep -q 'wg0: no endpoint' $LAB/hub.log ||
    leads_to $PRIMARY_ADDRESS wg0"
ok "the branch's WireGuard tells it where it is" \
    wait_until 20 "leads_to $PRIMARY_ADDRESS wg0"
ok "both tunnels have answers" flows gre wg
is "which nobody had to be told" \
    "$(grep -c 'alarm: peer: hq' $LAB/daemon.log)" 0
lab_done
