# shellcheck shell=bash disable=SC2034 # what the scenarios use
# A hub with two ways into the core, a network behind it and a dialfaild of its
# own; and tunnels that end there.  Sourced behind lab.sh.
#
#	[router] ... core -- eth1 [hub] 10.1.0.1
#	             core -- eth2

HUB=203.0.113.10
HUB2=203.0.113.14
CORE1=203.0.113.9
HUB6=2001:db8:d::10
HUB_SITE=10.1.0.0/24
HUB_SOCKET=/etc/dialfail/hub.sock
export HUB

hub_up() {
	ip netns attach router $$
	ip netns add hub
	on hub sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
	    cd /proc/sys/net/ipv4/conf; echo 0 >all/rp_filter
	    echo 0 >default/rp_filter'
	ip -n core -batch - <<-IP
		link add hub1 type veth peer name eth1 netns hub
		link add hub2 type veth peer name eth2 netns hub
		addr add $CORE1/30 dev hub1
		addr add 203.0.113.13/30 dev hub2
		link set hub1 up
		link set hub2 up
	IP
	ip -n hub -batch - <<-IP
		link set lo up
		addr add ${HUB_SITE%.*}.1/32 dev lo
		addr add $HUB/30 dev eth1
		addr add $HUB2/30 dev eth2
		link set eth1 up
		link set eth2 up
		route add default via $CORE1
		route add default via 203.0.113.13 metric 200
	IP
}

# hub_inet6: of the first way, behind lab_inet6
hub_inet6() {
	ip -n core addr add 2001:db8:d::9/64 dev hub1 nodad
	ip -n hub -batch - <<-IP
		addr add $HUB6/64 dev eth1 nodad
		route add default via 2001:db8:d::9
	IP
}

# nat_up SECONDS: the branch is behind NAT on both ways, and behind one more on
# the backup's, as with carriers that have no address for each; what nobody
# uses for SECONDS is forgotten
nat_up() {
	local h
	for h in isp-a isp-b core; do
		on $h nft -f - <<-NFT
			table ip nat {
				chain post {
					type nat hook postrouting priority srcnat
					oifname "core" masquerade random
					oifname "hub*" ip saddr 203.0.113.5 \
					    masquerade random
				}
			}
		NFT
		on $h sh -c "cd /proc/sys/net/netfilter
		    echo $1 >nf_conntrack_udp_timeout
		    echo $1 >nf_conntrack_udp_timeout_stream"
	done
	ip -n core -batch - <<-IP
		route del 192.0.2.0/24
		route del 203.0.113.64/26
	IP
}

# mapping HOST [PORT]: the port by which a NAT lets in what the hub says, or
# what it says from another port
mapping() {
	on "$1" conntrack -L -p udp -d $HUB --dport "${2:-7157}" 2>/dev/null |
	    sed -n "s/.* src=$HUB .* dport=\([0-9]*\) .*/\1/p"
}

# peers_keys: a pair for the branch and one for the hub
peers_keys() {
	BRANCH_KEY=$(dialfailctl keygen /etc/dialfail/private/key)
	HUB_KEY=$(dialfailctl keygen /etc/dialfail/private/hub)
}

# hub_start: by the configuration on standard input, with a /run of its own; and
# it answers.  HUB_DAEMON=NAME: another program than dialfaild
hub_start() {
	{
		echo 'identity "/etc/dialfail/private/hub"'
		echo 'state "/var/lib/hub"'
		cat
	} >/etc/dialfail/hub.conf
	chmod 0600 /etc/dialfail/hub.conf
	mkdir -p "$LAB/hub-run"
	spawn hub "$LAB/hub.log" sh -c "mount --bind $LAB/hub-run /run &&
	    exec ${HUB_DAEMON:-dialfaild} -s $HUB_SOCKET -d -v \
	    -f /etc/dialfail/hub.conf"
	HUB_PID=$SPAWNED
	ok "the hub runs and answers" \
	    wait_until 20 "hub_ctl show >/dev/null" ||
	    diag "$(tail -n 25 "$LAB/hub.log")"
}

# nat_daemons TUNNEL: a hub that knows nothing of where its branch is, and the
# branch
nat_daemons() {
	hub_start <<-CONF
		primary eth1 { target $TARGET }
		backup eth2
		peer branch {
			key "$BRANCH_KEY"
			tunnel $1
			hello 5s
		}
	CONF
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		fallback automatic { after 1s stable 1s drain 2s }
		identity "/etc/dialfail/private/key"
		peer hq {
			key "$HUB_KEY"
			address { $HUB $HUB2 }
			tunnel $1
			hello 5s
		}
	CONF
	lab_start
}

hub_ctl() {
	on hub dialfailctl -s $HUB_SOCKET "$@"
}

# branch_runs: with vxlan1 to the hub, which knows of it
branch_runs() {
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
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
}

# hub_stop: as asked
hub_stop() {
	end "$HUB_PID"
}

hub_state() {
	[[ $(hub_ctl show -j 2>/dev/null) =~ \"state\":\ *\"([a-z]+)\" ]] &&
	    echo "${BASH_REMATCH[1]}"
}

# refused REASON: how many updates the hub has refused for it
refused() {
	hub_ctl show metrics | sed -n \
	    "s/^dialfail_peer_updates_refused_total{reason=\"$1\"} //p"
}

# The far side of its first router, as cut_upstream of the branch's.
cut_hub() {
	on core nft -f - <<-NFT
		table inet cut {
			chain in {
				type filter hook prerouting priority raw
				iifname "hub1" drop
			}
			chain out {
				type filter hook postrouting priority raw
				oifname "hub1" drop
			}
		}
	NFT
}

restore_hub() {
	on core nft delete table inet cut
}

# record: four statements (type 1 in dialfail-peers(7)) of the branch from its
# backup
record() {
	spawn core "$LAB/dump" tcpdump -lnxc 4 -i any \
	    "udp port 7157 and src $WAN2_ADDRESS and udp[11] = 1"
	wait_until 10 "grep -q '^listening' '$LAB/dump'"
}

# recorded: a statement at least, and soon
recorded() {
	wait_until 10 "grep -q 0x0000 '$LAB/dump'"
}

# replay: what was recorded, from elsewhere; each in one write, since printf
# alone writes line by line
replay() {
	# shellcheck disable=SC2016 # expanded there
	awk '/^\t0x/ { $1 = ""; printf "%s", $0 } /^[0-9]/ { print "" }
	    END { print "" }' "$LAB/dump" |
	    tr -d ' ' | cut -c 57- | sed 's/../\\x&/g' |
	    on core bash -c 'while read -r octets; do
		[ -z "$octets" ] || printf "%b" "$octets" |
		    dd bs=1k iflag=fullblock status=none >"/dev/udp/$HUB/7157"
	    done'
}

# ends HOST "NAME..." N LOCAL REMOTE [LOCAL6 REMOTE6]: its end of these
# tunnels, with attributes that are not the defaults; inside each it is .N
ends() {
	local name
	for name in $2; do
		one_end "$name" "${@:3}"
	done | ip -n "$1" -batch -
}

one_end() {
	local outer="local $3 remote $4" inner="" mtu=1400
	case $1 in
	gre1)	outer="gre $outer key 42 ttl 64 tos 0x10" inner=10.99.1.$2/24 ;;
	gre2)	outer="gre $outer key 2 fwmark 5" inner=10.99.12.$2/24 mtu=1390 ;;
	gre3)	outer="gre $outer key 3 ttl 9 nopmtudisc" inner=10.99.13.$2/24 ;;
	gre4)	outer="gre $outer ikey 4 okey 5 icsum ocsum oseq tos inherit"
		outer="$outer encap fou encap-sport 5555 encap-dport 5556"
		inner=10.99.14.$2/24 ;;
	ipip1)	outer="ipip $outer tos 0x20 nopmtudisc" inner=10.99.2.$2/24 ;;
	sit1)	outer="sit $outer ttl 32" inner="fd00:99:3::$2/64 nodad" ;;
	gre6)	outer="ip6gre local $5 remote $6 key 7 hoplimit 20 encaplimit none"
		inner=10.99.4.$2/24 mtu=1300 ;;
	vxlan1)	outer="vxlan id 7 local $3 remote $4 dstport 4789 ttl 9 nolearning"
		inner=10.99.5.$2/24 ;;
	gretap1)
		outer="gretap $outer key 9 ttl 64 tos inherit"
		inner=10.99.7.$2/24 mtu=1380 ;;
	vxlan6)	outer="vxlan id 8 local $5 remote $6 dstport 4790 ttl 11 nolearning"
		inner=10.99.8.$2/24 mtu=1340 ;;
	tnl6)	outer="ip6tnl mode ipip6 local $5 remote $6 encaplimit none"
		outer="$outer hoplimit 33 tclass 0x10"
		inner=10.99.9.$2/24 mtu=1330 ;;
	tnl66)	outer="ip6tnl mode ip6ip6 local $5 remote ${6%::*}::66 encaplimit 3"
		inner="fd00:99:10::$2/64 nodad" mtu=1320 ;;
	gretap6)
		outer="ip6gretap local $5 remote $6 key 10 hoplimit 21"
		outer="$outer encaplimit none"
		inner=10.99.11.$2/24 mtu=1290 ;;
	esac
	cat <<-IP
		link add $1 mtu $mtu type $outer
		addr add $inner dev $1
		link set $1 up
	IP
}

# wireguard HOST N KEY PEER-KEY [WORD...]: its end of wg0
wireguard() {
	local peer
	peer=$(wg pubkey <<<"$4")
	echo "$3" >"$LAB/key"
	ip -n "$1" -batch - <<-IP
		link add wg0 type wireguard
		addr add 10.99.6.$2/24 dev wg0
	IP
	on "$1" wg set wg0 listen-port 5182 private-key "$LAB/key" \
	    peer "$peer" allowed-ips 10.99.6.0/24,10.1.6.0/24,10.7.6.0/24 \
	    "${@:5}"
	ip -n "$1" link set wg0 up
}

# A host in a network of the branch's, and one in the hub's, that are led to each
# other by one tunnel: near and far.
declare -A TUNNEL_NUMBER=([gre1]=1 [ipip1]=2 [sit1]=3 [gre6]=4 [vxlan1]=5 [wg0]=6)

far() {
	case $1 in
	sit1)	echo fd00:1:3::1 ;;
	*)	echo "10.1.${TUNNEL_NUMBER[$1]}.1" ;;
	esac
}

near() {
	case $1 in
	sit1)	echo fd00:7:3::10 ;;
	*)	echo "10.7.${TUNNEL_NUMBER[$1]}.10" ;;
	esac
}

# its_network ADDRESS
its_network() {
	case $1 in
	*:*)	echo "${1%::*}::/64" ;;
	*)	echo "${1%.*}.0/24" ;;
	esac
}

# tunnels_to far|near TUNNEL...: as the configuration has them
tunnels_to() {
	local i
	for i in "${@:2}"; do
		echo "tunnel $i route $(its_network "$("$1" "$i")") via $i"
	done
}

# networks TUNNEL...: with an echo at each end
networks() {
	local i
	ip addr add fd00:7:3::fe/64 dev eth0 nodad
	ip -n lan addr add fd00:7:3::10/64 dev eth0 nodad
	sysctl_set net.ipv6.conf.all.forwarding 1
	for i in "$@"; do
		ip -n hub addr add "$(far "$i")" dev lo
		case $i in
		sit1)
			ip -n lan route add fd00:1:3::/64 via fd00:7:3::fe ;;
		*)
			ip -n lan addr add "$(near "$i")/32" dev eth0
			ip -n lan route add "$(its_network "$(far "$i")")" \
			    via 10.7.0.1 src "$(near "$i")"
			ip route add "$(its_network "$(near "$i")")" \
			    via "$LAN_HOST" ;;
		esac
		[ "$i" != vxlan1 ] || proxy_arp vxlan1
		spawn hub "$LAB/echo.far.$i" flow echo "$(far "$i")" "$ECHO_PORT"
		spawn lan "$LAB/echo.near.$i" flow echo "$(near "$i")" "$ECHO_PORT"
	done
}

# proxy_arp TUNNEL: what is behind us is asked for by ARP there
proxy_arp() {
	sysctl_set "net.ipv4.conf.$1.proxy_arp" 1
	sysctl_set "net.ipv4.neigh.$1.proxy_delay" 0
}

# flow_back NAME TUNNEL [RATE]: as flow_start, but what the hub begins
flow_back() {
	: >"$LAB/flow.$1"
	spawn hub "$LAB/flow.$1" flow udp "$(near "$2")" "$ECHO_PORT" \
	    "${3:-$LAB_RATE}"
	LAB_FLOW[$1]=$SPAWNED
}

# backup_rtt_ms: by the backup to the hub, as it is; a part of one counts
backup_rtt_ms() {
	ping -n -q -c 5 -i 0.2 -I wan2 $HUB |
	    sed -n 's/^rtt [^=]*= [^/]*\/\([0-9]*\).*/\1/p'
}

# remote TUNNEL [HOST]: where the hub's end of it leads, or that of another host
remote() {
	local host=${2:-hub}
	if [ "$1" = wg0 ]; then
		on "$host" wg show wg0 endpoints | sed 's/.*\t//; s/:[0-9]*$//'
	else
		on "$host" ip -d link show "$1" |
		    sed -n 's/.* remote \([0-9a-f.:]*\) .*/\1/p'
	fi
}

# leads_to ADDRESS TUNNEL...: all of them
leads_to() {
	local i
	for i in "${@:2}"; do
		[ "$(remote "$i")" = "$1" ] || { echo "$i: $(remote "$i")"; return 1; }
	done
}

# here_to ADDRESS TUNNEL...: our ends of all of them lead there
here_to() {
	local i
	for i in "${@:2}"; do
		[ "$(remote "$i" router)" = "$1" ] || return
	done
}

# twins HOST: how many links there are that take packets for others
twins() {
	ip -n "$1" -o link show group 158 | wc -l
}

# lost_after NAME FROM [TO]: for how many ms of that all that was sent was lost;
# what is lost alone, a quarter of a second behind the others, is flow_lost's
lost_after() {
	awk -F'[= ]' -v from="$2" -v to="${3:-9999999999999}" \
	    'BEGIN { last = from }
	    /^lost / && $3 > last && $3 < to && $3 - last < 250 { last = $3 }
	    END { printf "%.0f\n", last - from }' "$LAB/flow.$1"
}

# OUTAGE_MS: what a tunnel carries is never lost for longer once the backup is
# up, on whatever machine; bench/tunnels.sh measures for how long it is
OUTAGE_MS=3000

# follows_in NAME FROM [TO]: there were answers, and what is sent was lost for no
# longer than that; the figure is shown
follows_in() {
	local ms received
	received=$(flow_fact "$1" received)
	ok "$1 has answers" test "${received:-0}" -gt 0
	ms=$(lost_after "$1" "$2" "${3:-}")
	diag "$1: lost for $ms ms once the backup was up"
	ok "$1 follows in time" test "$ms" -le "$OUTAGE_MS"
}

# log_ms PATTERN [HOST]: when that was said last, as now_ms counts
log_ms() {
	local log=$LAB/daemon.log
	[ "${2:-router}" = router ] || log=$LAB/$2.log
	date -d "$(grep -e "$1" "$log" | tail -n 1 | cut -d ' ' -f 1)" \
	    +%s%3N
}
