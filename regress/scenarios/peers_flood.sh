#!/bin/bash
# needs: netns
# A hub is flooded with datagrams in the name of its branch, a hundred thousand
# a second as far as this machine makes them, from addresses by chance: the
# branch that fails over meanwhile is followed and has its acknowledgement,
# what the hub takes of CPU is bounded, and the hub counts what it dropped.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

RATE=100000

# ticks NAME: CPU that a process of the hub has used, in hundredths of a second
ticks() {
	sed 's/.*) //' "/proc/$(hub_process "$1")/stat" |
	    awk '{ print $12 + $13 }'
}

hub_process() {
	hub_ctl -j show |
	    jq -r ".processes[] | select(.name == \"$1\") | .pid"
}

lab_up
hub_up
ends router vxlan1 1 $PRIMARY_ADDRESS $HUB
ends hub vxlan1 2 $HUB $PRIMARY_ADDRESS
peers_keys
hub_start <<CONF
primary eth1 { target 203.0.113.9 }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	tunnel vxlan1
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
	tunnel vxlan1
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"

spawn core $LAB/flood.log peerflood $HUB 7157 "$BRANCH_KEY" "$HUB_KEY" $RATE
flooder=$SPAWNED
ok "the hub counts what is forged" wait_until 20 '[ "$(refused forged)" -gt 1000 ]'
prober=$(ticks prober) parent=$(ticks parent) began=$(now_ms)
for to in wan2 eth1; do
	[ $to = wan2 ] && there=$WAN2_ADDRESS || there=$PRIMARY_ADDRESS
	before=$(grep -c "hq acknowledged" $LAB/daemon.log)
	since=$(now_ms)
	if [ $to = wan2 ]; then
		ok "the branch is asked to fail over" ctl failover wan2
	else
		ok "and to come back" ctl fallback
	fi
	ok "the hub follows it to $there" wait_until 30 "leads_to $there vxlan1"
	ok "and the branch knows" wait_until 30 \
	    '[ "$(grep -c "hq acknowledged" $LAB/daemon.log)" -gt '"$before"' ]'
	diag "after $(($(now_ms) - since)) ms"
done
ms=$(($(now_ms) - began))
prober=$((($(ticks prober) - prober) * 1000 / ms))
parent=$((($(ticks parent) - parent) * 1000 / ms))
end $flooder
diag "$(cat $LAB/flood.log)"
diag "of a CPU: prober $prober %, parent $parent %; forged $(refused forged)," \
    "limited $(refused limited)"
ok "there was a flood" test "$(sed 's/.*rate=//' $LAB/flood.log)" -gt 1000
ok "the prober leaves CPU to others" test $prober -lt 80
ok "the parent hardly notices" test $parent -lt 30
is "nothing forged was believed" \
    "$(grep -c 'branch moved' $LAB/hub.log)" 3
lab_done
