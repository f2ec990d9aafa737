#!/bin/bash
# needs: vm
# Networks behind a peer are routed by its tunnel, and a tunnel that must be
# encrypted never leaves in clear: not on the primary, not on the backup, not
# while its keys are gone.  IPsec is laid by hand here (ip-xfrm(8)).
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

# keys HOST FROM TO OUT IN: SPIs of what GRE between the two is encrypted with
keys() {
	ip -n "$1" -batch - <<-IP
		xfrm state add src $2 dst $3 proto esp spi $4 mode transport aead rfc4106(gcm(aes)) 0x0123456789012345678901234567890123456789 128
		xfrm state add src $3 dst $2 proto esp spi $5 mode transport aead rfc4106(gcm(aes)) 0x0123456789012345678901234567890123456789 128
		xfrm policy add src $2 dst $3 proto gre dir out tmpl src $2 dst $3 proto esp mode transport
		xfrm policy add src $3 dst $2 proto gre dir in tmpl src $3 dst $2 proto esp mode transport
	IP
}

# keys_gone HOST: and the policy with them, as when charon ends
keys_gone() {
	ip -n "$1" xfrm state flush
	ip -n "$1" xfrm policy flush
}

# in_clear: GRE that the core has seen as such; it is never zero for IPIP
in_clear() {
	grep -c "GRE" "$LAB/clear"
}

dropped() {
	nft list chain inet dialfail encrypted |
	    sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

routed() {
	ip route get 10.1.0.1 2>/dev/null | grep "dev gre1"
}

lab_up
hub_up
ends router "gre1 ipip1" 1 $PRIMARY_ADDRESS $HUB
ends hub "gre1 ipip1" 2 $HUB $PRIMARY_ADDRESS
ip -n hub route add 10.7.0.0/24 dev gre1
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
group hubs {
	peer hq {
		tunnel gre1 encrypted
		tunnel ipip1
		route $HUB_SITE via gre1
	}
}
CONF
keys router $PRIMARY_ADDRESS $HUB 0x100 0x200
keys hub $HUB $PRIMARY_ADDRESS 0x200 0x100
lab_start
ok "the primary is proved" wait_state primary
# what tunnels say before there is a daemon is nobody's fault
spawn core "$LAB/clear" tcpdump -lni any "ip proto 47 or ip proto 4"
ok "what passes is seen" wait_until 10 "grep -q ^listening $LAB/clear"
ok "what is behind the peer is routed by its tunnel" wait_until 10 routed
ok "nothing else leads there" \
    test -z "$(ip route show $HUB_SITE)"
stream lan gre 10.1.0.1
stream router ipip 10.99.2.2
ok "both tunnels have answers" flows gre ipip
is "nothing was dropped" "$(dropped)" 0
ok "the network is as wanted" test -z "$(ctl show network | grep '^!')"

keys_gone router
ok "what has no keys is dropped" wait_until 10 '[ "$(dropped)" -gt 3 ]'
ok "the other tunnel has answers" flows ipip
keys router $PRIMARY_ADDRESS $HUB 0x100 0x200
ok "with keys it has answers" flows gre

cut_upstream
ok "the backup takes over" wait_state backup
ok "it is still routed by the tunnel" routed
before=$(dropped)
ok "from the new address it has no keys: dropped" \
    wait_until 10 '[ "$(dropped)" -gt '"$before"' ]'
ip -n hub -batch - <<-IP
	link set gre1 type gre remote $WAN2_ADDRESS
	link set ipip1 type ipip remote $WAN2_ADDRESS
IP
keys_gone hub
keys_gone router
keys hub $HUB $WAN2_ADDRESS 0x200 0x100
keys router $WAN2_ADDRESS $HUB 0x100 0x200
ok "with keys for it both have answers" flows gre ipip

ip link set gre1 down
ok "what is behind a tunnel that is down is refused" \
    wait_until 10 "! ip route get 10.1.0.1"
ip link set gre1 up
ok "and gets them again" wait_until 10 routed
ok "both tunnels have answers" flows gre ipip

ok "IPIP was seen in clear" test "$(grep -c "IP 10.99.2" $LAB/clear)" -gt 10
is "GRE was not" "$(in_clear)" 0
keys_gone router
ok "everything is taken out" ctl clear
ok "the daemon ends" wait_until 10 daemon_gone
is "no route of ours is left" "$(ip route show table all proto 157)" ""
is "no rule" "$(ip rule | grep -c 32765)" 0
ok "no table" test -z "$(nft list tables)"
lab_done
