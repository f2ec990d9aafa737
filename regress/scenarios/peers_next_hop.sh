#!/bin/bash
# needs: netns
# Two sites share two providers' layer-2 networks, without tunnels: when the
# branch is at its other address, the hub routes to the network behind it
# there.  First the shared networks are no uplinks of the hub, then both are,
# whose marks and addresses must not lead to the provider's router.
#
#	lan -- eth0 [router] eth1 -- metro: br1 -- eth1 [hub] eth0 -- site
#	                     wan2 -- metro: br2 -- eth2
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

SITE_HOST=10.1.0.10
BRANCH_LAN=10.7.0.0/24

# shared N ROUTER-LINK: a network of the provider, with the branch, the hub and
# a router of its own, which knows of no site
shared() {
	ip link add "$2" type veth peer name "r$1" netns metro
	ip -n hub link add "eth$1" type veth peer name "h$1" netns metro
	ip -n metro -batch - <<-IP
		link add br$1 type bridge
		link set r$1 master br$1
		link set h$1 master br$1
		addr add 10.${1}0.0.254/24 dev br$1
		link set br$1 up
		link set r$1 up
		link set h$1 up
	IP
	ip -batch - <<-IP
		addr add 10.${1}0.0.7/24 dev $2
		link set $2 up
		route add default via 10.${1}0.0.1 metric ${1}00
	IP
	ip -n hub -batch - <<-IP
		addr add 10.${1}0.0.1/24 dev eth$1
		link set eth$1 up
	IP
}

# far HOST ROUTER NETWORK: a host behind a site's router
far() {
	ip -n "$2" link add eth0 type veth peer name eth0 netns "$1"
	ip -n "$2" addr add "$3.1/24" dev eth0
	ip -n "$2" link set eth0 up
	ip -n "$1" -batch - <<-IP
		addr add $3.10/24 dev eth0
		link set lo up
		link set eth0 up
		route add default via $3.1
	IP
}

sites_up() {
	local h
	ip netns attach router $$
	for h in lan hub site metro; do
		ip netns add $h
	done
	for h in router hub; do
		on $h sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		    cd /proc/sys/net/ipv4/conf; echo 0 >all/rp_filter
		    echo 0 >default/rp_filter'
		ip -n $h link set lo up
	done
	far lan router 10.7.0
	far site hub 10.1.0
	ip -n metro addr add $TARGET/32 dev lo
	ip -n metro link set lo up
	shared 1 eth1
	shared 2 wan2
}

# cut, restore: the first of the networks, beyond its first switch
cut() {
	ip -n metro link set r1 nomaster
}

restore() {
	ip -n metro link set r1 master br1
}

# hop: by which address, and which link, the hub routes to what is behind
hop() {
	on hub ip route get 10.7.0.10 from "$SITE_HOST" iif eth0 |
	    sed -n 's/.* via \([0-9.]*\) dev \([a-z0-9]*\) .*/\1 \2/p'
}

# is_refused: by the route that says so, and for no other reason
is_refused() {
	on hub ip route get 10.7.0.10 from "$SITE_HOST" iif eth0 2>&1 |
	    grep "No route to host"
}

hops_by() {
	[ "$(hop)" = "$*" ] || { hop; return 1; }
}

# hub_as_wanted: the kernel has what was planned, by now
hub_as_wanted() {
	local now
	now=$(hub_ctl show network) && grep -q "$BRANCH_LAN" <<<"$now" &&
	    ! grep '^!' <<<"$now"
}

# hub_by: what is said of its uplinks comes from standard input
hub_by() {
	{
		cat
		cat <<-CONF
			peer branch {
				key "$BRANCH_KEY"
				address { 10.10.0.7 10.20.0.7 }
				route $BRANCH_LAN
				hello 5s
			}
		CONF
	} >"$LAB/hub.conf"
	hub_start <"$LAB/hub.conf"
}

# there_and_back: the branch fails over and comes back
there_and_back() {
	ok "what is behind the branch is routed by it" \
	    wait_until 20 hops_by 10.10.0.7 eth1
	ok "and refused, were it not there" test -n "$(on hub ip route show \
	    table 154 type unreachable $BRANCH_LAN metric 158)"
	ok "both ways have answers" flows there back
	cut
	ok "the branch fails over" wait_state backup
	ok "the hub's next hop is its other address" \
	    wait_until 20 hops_by 10.20.0.7 eth2
	ok "both ways have answers again" flows there back
	ok "the branch has the hub's acknowledgement" wait_until 20 \
	    '[ "$(fact .peers.acknowledged)" = 1 ]'
	restore
	ok "it comes back" wait_state primary
	ok "and so does the next hop" wait_until 20 hops_by 10.10.0.7 eth1
	ok "both ways have answers still" flows there back
}

sites_up
peers_keys
ip -n hub -batch - <<-IP
	link add wan0 type veth peer name wan0 netns metro
	addr add 192.0.2.2/24 dev wan0
	link set wan0 up
	route add default via 192.0.2.1
IP
hub_by <<-CONF
	primary wan0 { target $TARGET }
CONF
lab_write_conf <<CONF
primary eth1 { target $SITE_HOST $LAB_FAST }
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
flap { failovers 9 every 1h hold 1m }
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address { 10.10.0.1 10.20.0.1 }
	announce $BRANCH_LAN
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
stream lan there $SITE_HOST
stream site back 10.7.0.10
there_and_back

cut
ok "the branch fails over again" wait_state backup
ok "and is followed" wait_until 20 hops_by 10.20.0.7 eth2
kill -USR1 "$HUB_PID"
wait "$HUB_PID" 2>/dev/null
hub_start <"$LAB/hub.conf"
# once its first plan was followed, or it is the kernel's from before
ok "the network of a hub that starts again is as wanted" \
    wait_until 20 hub_as_wanted
ok "and that leaves it there" hops_by 10.20.0.7 eth2
ok "both ways have answers" flows there back
ip -n hub link set eth2 down
ok "without its link it is refused" wait_until 10 is_refused
ip -n hub link set eth2 up
ok "and is back with it" wait_until 20 hops_by 10.20.0.7 eth2
restore
ok "the branch comes back" wait_state primary
ok "and is followed back" wait_until 20 hops_by 10.10.0.7 eth1

end "$HUB_PID"
ip -n hub link del wan0
ip -n hub route add default via 10.10.0.254
hub_by <<-CONF
	primary eth1 { target $TARGET }
	backup eth2 { interface eth2 gateway 10.20.0.254 }
CONF
ok "the hub's primary is proved" wait_until 20 '[ "$(hub_state)" = primary ]'
ok "the network of the hub is as wanted" wait_until 10 hub_as_wanted
there_and_back

ok "everything is taken out of the hub" hub_ctl clear
is "no route of ours is left" "$(on hub ip route show table all proto 157)" ""
is "no rule" "$(on hub ip rule | grep -c "3276[45]")" 0
lab_done
