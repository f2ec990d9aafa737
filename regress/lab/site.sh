# shellcheck shell=bash disable=SC2034 # what others use
# A site with all that a switch moves, after lab.sh: both families; a hot
# backup, wan2, and one that hooks bring up, stick on wan3; resolvers that
# follow, private networks that do and do not, tunnels to a hub, hooks of a
# switch, flows under way.  It is at primary, wan2 or stick, or before: without
# dialfail.

SITE_HUB=198.51.100.9
STICK_GATEWAY=203.0.113.193
STICK_ADDRESS=203.0.113.194
STICK_ADDRESS6=2001:db8:d::2
SITE_TUNNELS=()

site_stick() {
	ip -batch - <<-IP
		link add wan3 type veth peer name cust3 netns isp-b
		link set wan3 addrgenmode none
		link set wan3 up
		link set wan3 down
	IP
	ip -n isp-b -batch - <<-IP
		addr add $STICK_GATEWAY/26 dev cust3
		addr add 2001:db8:d::1/64 dev cust3 nodad
		link set cust3 up
	IP
	ip -n core -batch - <<-IP
		route add 203.0.113.192/26 via 203.0.113.5
		route add 2001:db8:d::/64 via 2001:db8:c:b::1
	IP
	cat >/etc/dialfail/hooks/stick-up <<-SH
		#!/bin/sh
		ip -batch - <<-IP
			link set wan3 up
			addr replace $STICK_ADDRESS/26 dev wan3
			addr replace $STICK_ADDRESS6/64 dev wan3 nodad
			route replace default via $STICK_GATEWAY dev wan3 metric 300
			route replace default via 2001:db8:d::1 dev wan3 metric 300
		IP
	SH
	# down first: what still came for the address would be forwarded
	cat >/etc/dialfail/hooks/stick-down <<-SH
		#!/bin/sh
		ip link set wan3 down
		ip addr flush dev wan3
	SH
}

# One that is slow, with a child, and one that writes down what it was told.
site_hooks() {
	local d=/etc/dialfail/hooks/switch.d
	mkdir -p $d
	cat >$d/10-slow <<-'SH'
		#!/bin/sh
		sleep 0.157 &
		wait
	SH
	cat >$d/20-note <<-SH
		#!/bin/sh
		echo "\$DIALFAIL_KIND \$DIALFAIL_INTERFACE" >$LAB/hook.new
		mv $LAB/hook.new $LAB/hook.said
	SH
	chmod 0755 /etc/dialfail/hooks/stick-* $d/*
}

# site_tunnel NAME KIND SITE-WORDS HUB-WORDS: if the kernel has that kind
site_tunnel() {
	local n=${#SITE_TUNNELS[@]}
	# shellcheck disable=SC2086 # words
	ip link add "$1" type $2 $3 2>/dev/null || return
	# shellcheck disable=SC2086
	ip -n core link add "$1" type $2 $4
	ip link set "$1" addrgenmode none
	ip addr add "10.99.$n.1/24" dev "$1"
	ip link set "$1" up
	ip -n core addr add "10.99.$n.2/24" dev "$1"
	ip -n core link set "$1" up
	SITE_TUNNELS+=("$1")
}

site_wireguard() {
	local key
	ip link add wg0 type wireguard 2>/dev/null || return
	ip -n core link add wg0 type wireguard
	key=$(wg genkey)
	SITE_WG=$(wg genkey)
	wg set wg0 private-key <(echo "$key") peer "$(wg pubkey <<<"$SITE_WG")" \
	    endpoint $SITE_HUB:5182 allowed-ips 10.98.0.0/24
	on core wg set wg0 listen-port 5182 private-key <(echo "$SITE_WG") \
	    peer "$(wg pubkey <<<"$key")" allowed-ips 10.98.0.0/24
	ip -batch - <<-IP
		addr add 10.98.0.1/24 dev wg0
		link set wg0 up
	IP
	ip -n core -batch - <<-IP
		addr add 10.98.0.2/24 dev wg0
		link set wg0 up
	IP
}

# The hub is told where the site is (site_hub_learns).  What VXLAN learns by
# itself keeps the route of the one before (vxlan_snoop() in vxlan_core.c).
site_tunnels() {
	ip -n core addr add $SITE_HUB/32 dev lo
	site_tunnel vxlan1 vxlan \
	    "id 7 local $PRIMARY_ADDRESS remote $SITE_HUB dstport 4789 nolearning" \
	    "id 7 local $SITE_HUB dstport 4789 nolearning"
	site_tunnel gre1 gre \
	    "local $PRIMARY_ADDRESS remote $SITE_HUB key 42 ttl 64" \
	    "local $SITE_HUB remote $PRIMARY_ADDRESS key 42 ttl 64"
	site_tunnel ipip1 ipip \
	    "local $PRIMARY_ADDRESS remote $SITE_HUB dev eth1" \
	    "local $SITE_HUB remote $PRIMARY_ADDRESS"
	site_wireguard
}

site_hub_learns() {
	local t
	for t in "${SITE_TUNNELS[@]}"; do
		echo "link set $t type ${t%1} remote $1"
	done | ip -n core -batch -
}

# Private networks behind the provider: one moves as the site says, the other
# does not; and what is set down together with the primary, if it is.
site_private() {
	ip -batch - <<-IP
		link add sps0 type veth peer name sps1
		link set sps0 addrgenmode none
		link set sps1 addrgenmode none
		link set sps1 up
		link set sps0 up
		addr add 10.8.0.1/24 dev sps0
		route add 10.10.0.0/16 via 10.8.0.2 dev sps0
		route add 10.9.0.0/16 via $GATEWAY
		route add 10.20.0.0/16 via $GATEWAY
	IP
}

# site_conf hot|shut: the same site with its primary's link kept up or not
site_conf() {
	local shut=
	[ "$1" = hot ] || shut='shutdown yes companion sps0'
	[ "$1" = shut ] || shut='linkdown ignore'
	LAB_PRIMARY="target $TARGET6 $shut
	    probe { count 2 interval 10ms timeout 300ms delay 100ms }" \
	    lab_conf <<-CONF
		backup wan2 {
			interface wan2
			dns 203.0.113.2
			standby hot every 1s
		}
		backup stick {
			interface wan3 { start "stick-up" stop "stick-down" timeout 10s }
			dns 203.0.113.6
			dial { backoff 50ms max 100ms }
		}
		dns follow
		follow 10.20.0.0/16
		peer hq {
			$(printf 'tunnel %s ' "${SITE_TUNNELS[@]}")
			${SITE_WG:+tunnel wg0 wgpeer \"$(wg pubkey <<<"$SITE_WG")\"}
		}
		fallback automatic { after 1h stable 0s drain 200ms }
		flap { failovers 0 }
	CONF
}

site_up() {
	local h
	: "${LAB_TICK:=0.02}"
	lab_up
	lab_inet6
	lab_lan6
	site_nat
	# a link that is set down keeps its addresses of IPv6, too
	sysctl_set net.ipv6.conf.all.keep_addr_on_down 1
	for h in isp-a isp-b; do # site_passes asks often
		on $h sh -c 'cd /proc/sys/net; echo 0 >ipv4/icmp_ratelimit
		    echo 0 >ipv6/icmp/ratelimit
		    echo 1 >ipv6/conf/all/keep_addr_on_down'
	done
	site_stick
	site_hooks
	site_tunnels
	site_private
	rm -f /etc/resolv.conf
	printf 'search example.net\nnameserver 192.0.2.53\n' >/etc/resolv.conf
	site_dump "$LAB/site.before"
}

# Flows of both families that go on whatever happens, and who looks at each
# provider for what has the address of another one.
site_flows() {
	foreign_watch isp-a "${GATEWAY%.*}.0/24" 2001:db8:a::/64
	foreign_watch isp-b "${WAN2_GATEWAY%.*}.64/26" 2001:db8:b::/64
	flow_start 4 20 "$TARGET" "$ECHO_PORT" 4
	flow_start 6 20 "$TARGET6" "$ECHO_PORT" 4
}

# All that a switch may change, and what is to be given back; with few
# processes, since campaigns ask thousands of times.
site_dump() {
	{
		ip -4 -o -d -batch - <<<"rule
route show table all"
		{
			ip -6 -batch - <<<"rule
route show table all"
			grep -s . /etc/resolv.conf \
			    /run/dialfail/{undo,tunnels,resolver{,.before}}
		} | sort
		ip -o -d -batch - <<<"link
addr"
		nft -s list ruleset
		grep -s . /proc/sys/net/ipv4/conf/*/{rp_filter,forwarding} \
		    /proc/sys/net/ipv{4,6}/conf/*/ignore_routes_with_linkdown \
		    /proc/sys/net/ipv6/conf/*/{disable_ipv6,forwarding}
		compgen -G '/run/dialfail/*~'
		compgen -G '/etc/*~'
	} | sed 's/ expires [0-9]*sec//; s/valid_lft.*//' >"$1"
}

# site_same FILE
site_same() {
	site_dump "$LAB/site.now"
	diff -u "$1" "$LAB/site.now"
}

# site_at [NETWORK]: where dialfail says that traffic is, if it says so: it is
# settled there; and if it says that of the network
site_at() {
	local show
	show=$(ctl show -j 2>/dev/null)
	[[ ! $show =~ \"network\":\ *\"unknown\" &&
		$show =~ \"network\":\ *\"${1:-} &&
		$show =~ \"state\":\ *\"(primary|backup)\" ]] || return
	if [ "${BASH_REMATCH[1]}" = primary ]; then
		echo primary
	elif [[ $show =~ \"role\":\ *\"backup\",\ *\"name\":\ *\"([a-z0-9]+)\" ]]
	then
		echo "${BASH_REMATCH[1]}"
	fi
}

# site_is PLACE
site_is() {
	[ "$(site_at)" = "$1" ]
}

# The provider that the LAN's packets pass, of both families: who says that
# they have gone far enough.  And they do arrive.
site_passes() {
	# shellcheck disable=SC2016 # it is the inner one's
	on lan sh -c 'for to; do
		ping -n -q -c 1 -W 1 "$to" >/dev/null || break
		ping -n -c 1 -W 1 -t 2 "$to"
	done' sh "$TARGET2" "$TARGET6" |
	    sed -n 's/^From \([0-9a-f.:]*\) .*xceeded.*/\1/p'
}

# The hub answers by each tunnel.
site_tunnels_work() {
	local i
	site_hub_learns "$1"
	for ((i = 0; i < ${#SITE_TUNNELS[@]}; i++)); do
		ping -n -q -c 1 -W 1 "10.99.$i.2" >/dev/null || return
	done
	[ -z "${SITE_WG:-}" ] || ping -n -q -c 1 -W 1 10.98.0.2 >/dev/null
}

# What the last hook of the last switch was told; and none runs any more.
site_hooked() {
	local said="$1"
	[ ! -e "$LAB/hook.said" ] || said=$(<"$LAB/hook.said")
	if [ "${said##* }" != "$1" ]; then
		echo "hooks think of $said"
		return 1
	fi
	! pgrep -a -f '/etc/dialfail/hooks|sleep 0.157' || return
	case $1 in
	eth1)	[ ! -e /run/dialfail/hooks ] || cat /run/dialfail/hooks ;;
	*)	grep -v "^switch [a-z0-9]* [a-z0-9]* [-0-9a-f]* -$" \
	    /run/dialfail/hooks ;;
	esac | { ! grep .; }
}

# site_goes_by PLACE: the kernel, packets, tunnels and hooks all say so
site_goes_by() {
	local passed gateways address=$PRIMARY_ADDRESS interface=eth1
	gateways="$GATEWAY 2001:db8:a::1"
	case $1 in
	wan2)
		gateways="$WAN2_GATEWAY 2001:db8:b::1"
		address=$WAN2_ADDRESS interface=wan2 ;;
	stick)
		gateways="$STICK_GATEWAY 2001:db8:d::1"
		address=$STICK_ADDRESS interface=wan3 ;;
	esac
	site_same "$LAB/site.$1" || return
	passed=$(site_passes)
	if [ "${passed//$'\n'/ }" != "$gateways" ]; then
		echo "packets pass $passed"
		return 1
	fi
	site_tunnels_work "$address" || { echo "a tunnel is silent"; return 1; }
	[ "$1" = before ] || site_hooked $interface
}
