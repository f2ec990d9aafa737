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

RATE=100000
HUB=203.0.113.10
HUB_SOCKET=/etc/dialfail/hub.sock

hub_up() {
	ip netns add hub
	on hub sh -c 'cd /proc/sys/net/ipv4/conf; echo 0 >all/rp_filter
	    echo 0 >default/rp_filter'
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
		addr add $HUB/30 dev eth1
		addr add 203.0.113.14/30 dev eth2
		link set eth1 up
		link set eth2 up
		route add default via 203.0.113.9
		route add default via 203.0.113.13 metric 200
	IP
}

# ends HOST LOCAL REMOTE
ends() {
	ip -n "$1" link add vxlan1 type vxlan id 7 local "$2" remote "$3" \
	    dstport 4789 nolearning
	ip -n "$1" link set vxlan1 up
}

remote() {
	on hub ip -d link show vxlan1 | sed -n 's/.* remote \([0-9.]*\) .*/\1/p'
}

# ticks NAME: CPU that a process of the hub has used, in hundredths of a second
ticks() {
	sed 's/.*) //' "/proc/$(hub_process "$1")/stat" |
	    awk '{ print $12 + $13 }'
}

hub_process() {
	on hub dialfailctl -s $HUB_SOCKET -j show |
	    jq -r ".processes[] | select(.name == \"$1\") | .pid"
}

# refused REASON
refused() {
	on hub dialfailctl -s $HUB_SOCKET show metrics | sed -n \
	    "s/^dialfail_peer_updates_refused_total{reason=\"$1\"} //p"
}

lab_up
hub_up
ip netns attach router $$
ends router $PRIMARY_ADDRESS $HUB
ends hub $HUB $PRIMARY_ADDRESS
BRANCH_KEY=$(dialfailctl keygen /etc/dialfail/private/key)
HUB_KEY=$(dialfailctl keygen /etc/dialfail/private/hub)
cat >/etc/dialfail/hub.conf <<-CONF
	primary eth1 { target 203.0.113.9 }
	backup eth2
	identity "/etc/dialfail/private/hub"
	peer branch {
		key "$BRANCH_KEY"
		tunnel vxlan1
		accept { 192.0.2.0/24 203.0.113.64/26 }
		hello 5s
	}
	state "/run/hub-state"
CONF
chmod 0600 /etc/dialfail/hub.conf
# a mount namespace of its own has a /run of its own
spawn hub $LAB/hub.log sh -c "mount -t tmpfs tmpfs /run &&
    exec dialfaild -d -v -f /etc/dialfail/hub.conf -s $HUB_SOCKET"
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
	ok "the hub follows it to $there" wait_until 30 '[ "$(remote)" = '"$there"' ]'
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
