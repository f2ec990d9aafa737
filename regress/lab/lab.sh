# shellcheck shell=bash disable=SC2034 # what the scenarios use
# The lab: a small internet of network namespaces around a router that runs
# the suite.  Scenarios source this file; it runs them again in namespaces of
# their own (network, mounts, processes), so that they touch nothing of the
# machine, run side by side, and leave nothing behind.
#
#	lan -- eth0 [router] eth1 -- isp-a -- core: 198.51.100.7, .8
#	                     wan2 -- isp-b -- core
#	                     ppp0 ~~ modemu and pppd in isp-b
#
# The router is where the scenario itself runs; "on HOST" is the others.
# LAB_PPPD=FOLDER: with the pppd of another version; see other_pppd, new_pppd.
# LAB_INSIDE=machine: in a virtual machine of its own, without namespaces for
# the router, so that the machine's own services are it.
# Results are TAP.  A scenario ends with lab_done.  With LAB_LOG=1 in the
# environment all logs are shown at the end.

LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=${LAB_DIR%/regress/lab}
case ${B:=build} in
/*) ;;
*) B=$LAB_TOP/$B ;;
esac
export B
PATH=$B:$B/lab:$PATH:/usr/sbin:/sbin

LAN_HOST=10.7.0.10
TARGET=198.51.100.7
TARGET2=198.51.100.8
TARGET6=2001:db8:5::7
PRIMARY_ADDRESS6=2001:db8:a::2
WAN2_ADDRESS6=2001:db8:b::2
GATEWAY=192.0.2.1
PRIMARY_ADDRESS=192.0.2.2
WAN2_GATEWAY=203.0.113.65
WAN2_ADDRESS=203.0.113.66
PPP_GATEWAY=203.0.113.129
PPP_ADDRESS=203.0.113.130
ECHO_PORT=7007
MANY_PORT=7008
MANY_PORT_TCP=7009
MODEM=/run/lab/modem0
MODEM_SIDE=$MODEM # the modem's own, see usb_modem
# Words for the primary: an outage is seen in less than a second.
LAB_FAST='probe { count 3 interval 50ms timeout 300ms delay 200ms }'
export LAN_HOST TARGET TARGET2 TARGET6 GATEWAY PRIMARY_ADDRESS \
    PRIMARY_ADDRESS6 WAN2_GATEWAY WAN2_ADDRESS WAN2_ADDRESS6 PPP_GATEWAY PPP_ADDRESS ECHO_PORT MODEM

# --- TAP --------------------------------------------------------------------

LAB_TESTS=0
LAB_FAILED=0
LAB_LOGGED=0

skip_all() {
	echo "1..0 # SKIP $*"
	trap - EXIT
	exit 0
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ok DESCRIPTION COMMAND...: a test; the command's output is shown if it fails
ok() {
	local name=$1
	shift
	LAB_TESTS=$((LAB_TESTS + 1))
	if "$@" >"$LAB/ok.out" 2>&1; then
		echo "ok $LAB_TESTS - $name"
		return 0
	fi
	LAB_FAILED=$((LAB_FAILED + 1))
	echo "not ok $LAB_TESTS - $name"
	diag "command: $*"
	[ ! -s "$LAB/ok.out" ] || diag "$(tail -n 30 "$LAB/ok.out")"
	show_log
	return 1
}

# skip DESCRIPTION WHY: a test that is not possible here
skip() {
	LAB_TESTS=$((LAB_TESTS + 1))
	echo "ok $LAB_TESTS - $1 # SKIP $2"
}

# What the daemon has said since the last time.
show_log() {
	[ -e "$LAB/daemon.log" ] || return
	diag "the log:"
	diag "$(tail -n "+$((LAB_LOGGED + 1))" "$LAB/daemon.log" |
	    tail -n 25 | cut -c 1-160)"
	LAB_LOGGED=$(wc -l <"$LAB/daemon.log")
}

# is DESCRIPTION FOUND EXPECTED
is() {
	ok "$1" test "$2" = "$3" || diag "found \"$2\", not \"$3\""
}

lab_done() {
	LAB_COMPLETE=1
	exit
}

# --- the scenario's own namespaces ------------------------------------------

lab_enter() {
	local own=(unshare --net --mount --pid --fork --kill-child --mount-proc)
	local p
	for p in dialfaild dialfailctl dialfail-ppp lab/flow lab/modemu; do
		[ -x "$B/$p" ] && continue
		echo "Bail out! $B/$p is missing: make all labprogs"
		exit 1
	done
	[ "$(id -u)" -eq 0 ] || skip_all "not root"
	"${own[@]}" true 2>/dev/null || skip_all "namespaces are not allowed here"
	LAB_INSIDE=1 exec "${own[@]}" bash "$0" "$@"
}

# over DIR: what is written there stays in this mount namespace
over() {
	local d=$LAB/over$1
	mkdir -p "$d/up" "$d/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$d/up,workdir=$d/work" \
	    overlay "$1" || skip_all "no overlay file system"
}

lab_files() {
	LAB=/run/lab
	[ "$LAB_INSIDE" = machine ] || own_files
	mkdir -p $LAB /run/lock /etc/ppp
	rm -rf /etc/ppp/*.d /etc/ppp/*-secrets
	: >/etc/ppp/options
	line_queue /etc/ppp/ip-pre-up
	[ -z "${LAB_PPPD:-}" ] || other_pppd "$LAB_PPPD"
}

# own_files: what is changed stays here; the suite is installed
own_files() {
	local libexec=/usr/local/libexec/dialfail
	mount -t tmpfs tmpfs /run
	mount -t sysfs sysfs /sys
	over /etc
	over /usr/local
	mount -t tmpfs tmpfs /var/lib
	grep -q '^_dialfail:' /etc/passwd || {
		echo '_dialfail:x:7157:7157::/nonexistent:/usr/sbin/nologin' \
		    >>/etc/passwd
		echo '_dialfail:x:7157:' >>/etc/group
	}
	mkdir -p $libexec /etc/dialfail/hooks
	install -d -m 0700 /etc/dialfail/private
	install -m 0755 "$B/dialfail-ppp" $libexec/
}

# other_pppd FOLDER: another version of pppd, as its `make install
# DESTDIR=FOLDER' has put it there, in place of the machine's on both ends
other_pppd() {
	mount --bind "$1/usr/sbin/pppd" /usr/sbin/pppd
	over /usr/lib/pppd
	cp -r "$1"/usr/lib/pppd/* /usr/lib/pppd/
	mkdir -p /run/pppd
	diag "$(pppd --version 2>&1)"
}

# line_queue FILE: pppd's three packets are too few for a machine that stands
# still now and then since it is emulated: what is lost is to be the switch's.
line_queue() {
	# shellcheck disable=SC2016 # the interface's name
	printf '#!/bin/sh\nexec ip link set "$1" txqueuelen 500\n' >"$1"
	chmod 0755 "$1"
}

# spawn HOST LOG COMMAND...: in the background; its pid in $SPAWNED
spawn() {
	local host=$1 log=$2
	shift 2
	if [ "$host" = router ]; then
		"$@" >>"$log" 2>&1 &
	else
		ip netns exec "$host" "$@" >>"$log" 2>&1 &
	fi
	SPAWNED=$!
	LAB_PIDS+=("$SPAWNED")
}

on() {
	ip netns exec "$@"
}

# end PID: and wait until it has
end() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

lab_end() {
	local pid
	for pid in "${LAB_PIDS[@]}"; do
		kill "$pid" 2>/dev/null
	done
	[ -n "${LAB_COMPLETE:-}" ] ||
	    ok "the scenario came to its end" false
	echo "1..$LAB_TESTS"
	[ -z "${LAB_LOG:-}" ] || diag "$(cat $LAB/*.log)"
	# the namespace of processes ends what is left; a bare exit in a trap
	# would say what was said before it
	exit $((LAB_FAILED > 0))
}

# each N WORDS...: N lines, with the number of each for I
each() {
	local i words=${*:2}
	for ((i = 1; i <= $1; i++)); do
		echo "${words//I/$i}"
	done
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# wait_until SECONDS CONDITION: a shell command, looked at ten times a second,
# less often where looking costs more than what is looked at; the seconds are
# those of a machine that has nothing else to do
wait_until() {
	local end=$((SECONDS + $1 * LAB_PATIENCE))
	shift
	until eval "$*" >$LAB/wait.out 2>&1; do
		if [ "$SECONDS" -gt "$end" ]; then
			cat $LAB/wait.out
			return 1
		fi
		sleep "${LAB_TICK:-0.1}"
	done
}

# lab_need ppp|wireguard: features of the kernel
lab_need() {
	case $1 in
	ppp)	grep -qw ppp /proc/devices || modprobe -q ppp_generic ||
		    skip_all "no PPP in this kernel" ;;
	wireguard)
		ip link add labwg0 type wireguard 2>/dev/null ||
		    skip_all "no WireGuard in this kernel"
		ip link del labwg0 ;;
	esac
}

# --- the topology -----------------------------------------------------------

sysctl_set() {
	echo "$2" >"/proc/sys/${1//./\/}"
}

# A few ip(8) with many commands each: to start one takes long where it is
# emulated.
lab_hosts() {
	local h
	for h in lan isp-a isp-b core; do
		ip netns add $h
		# it forwards, at once and wherever packets come from
		on $h sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward
		    echo 0 >ipv6/conf/default/accept_dad
		    echo 0 >ipv4/conf/all/rp_filter
		    echo 0 >ipv4/conf/default/rp_filter'
	done
}

lab_router() {
	sysctl_set net.ipv4.ip_forward 1
	sysctl_set net.ipv6.conf.default.accept_dad 0
	ip -batch - <<-IP
		link set lo up
		link add eth0 type veth peer name eth0 netns lan
		link add eth1 type veth peer name cust netns isp-a
		link add wan2 type veth peer name cust netns isp-b
		addr add 10.7.0.1/24 dev eth0
		addr add $PRIMARY_ADDRESS/24 dev eth1
		addr add $WAN2_ADDRESS/26 dev wan2
		link set eth0 up
		link set eth1 up
		link set wan2 up
		route add default via $GATEWAY
		route add default via $WAN2_GATEWAY metric 200
	IP
}

# lab_isp HOST ADDRESS OWN CORES: between its customers and the core
lab_isp() {
	ip -n "$1" -batch - <<-IP
		link set lo up
		link add core type veth peer name $1 netns core
		addr add $2 dev cust
		addr add $3/30 dev core
		link set cust up
		link set core up
		route add default via $4
	IP
}

lab_core() {
	ip -n core -batch - <<-IP
		link set lo up
		addr add $TARGET/32 dev lo
		addr add $TARGET2/32 dev lo
		addr add 203.0.113.2/30 dev isp-a
		addr add 203.0.113.6/30 dev isp-b
		link set isp-a up
		link set isp-b up
		route add 192.0.2.0/24 via 203.0.113.1
		route add 203.0.113.64/26 via 203.0.113.5
		route add 203.0.113.128/26 via 203.0.113.5
	IP
}

lab_up() {
	lab_hosts
	lab_router
	ip -n lan -batch - <<-IP
		link set lo up
		addr add $LAN_HOST/24 dev eth0
		link set eth0 up
		route add default via 10.7.0.1
	IP
	lab_isp isp-a $GATEWAY/24 203.0.113.1 203.0.113.2
	lab_isp isp-b $WAN2_GATEWAY/26 203.0.113.5 203.0.113.6
	lab_core
	[ -z "${VMRUN:-}" ] || lab_warm_up
	spawn core $LAB/echo.log flow echo $TARGET $ECHO_PORT
	wait_until 5 "on core flow tcp $TARGET $ECHO_PORT </dev/null >/dev/null"
	# snapshots have the kernel's own addresses, which come a bit later
	wait_until 5 "[ \$(ip -6 addr show scope link | grep -c inet6) -eq 3 ]"
}

# lab_inet6: IPv6 on the same links; the core's host is $TARGET6
lab_inet6() {
	local h
	for h in isp-a isp-b core; do
		on $h sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	done
	ip -batch - <<-IP
		addr add $PRIMARY_ADDRESS6/64 dev eth1 nodad
		addr add $WAN2_ADDRESS6/64 dev wan2 nodad
		route add default via 2001:db8:a::1 metric 100
		route add default via 2001:db8:b::1 metric 200
	IP
	for h in a b; do
		ip -n isp-$h -batch - <<-IP
			addr add 2001:db8:$h::1/64 dev cust nodad
			addr add 2001:db8:c:$h::1/64 dev core nodad
			route add default via 2001:db8:c:$h::2
		IP
		ip -n core -batch - <<-IP
			addr add 2001:db8:c:$h::2/64 dev isp-$h nodad
			route add 2001:db8:$h::/64 via 2001:db8:c:$h::1
		IP
	done
	ip -n core addr add $TARGET6/128 dev lo
}

# lab_lan6: IPv6 in the LAN, too: addresses of its own (RFC 4193), which the
# site itself translates on every uplink.  On the core there is who answers.
lab_lan6() {
	sysctl_set net.ipv6.conf.all.forwarding 1
	ip addr add fd00:7::1/64 dev eth0 nodad
	ip -n lan -batch - <<-IP
		addr add fd00:7::10/64 dev eth0 nodad
		route add default via fd00:7::1
	IP
	nft -f - <<-NFT
		table ip6 site {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname { "eth1", "wan2", "wan3" } \
				    ip6 saddr fd00:7::/64 masquerade
			}
		}
	NFT
	spawn core $LAB/echo6.log flow echo $TARGET6 $ECHO_PORT
	wait_until 5 "on core flow tcp $TARGET6 $ECHO_PORT </dev/null >/dev/null"
}

# As cut_upstream, of IPv6 alone.
cut_inet6() {
	on isp-a sh -c 'echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
}

restore_inet6() {
	on isp-a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

# site_nat: the site has NAT of its own on the primary, whatever we do
site_nat() {
	nft -f - <<-NFT
		table ip site {
			chain postrouting {
				type nat hook postrouting priority srcnat
				oifname "eth1" ip saddr 10.7.0.0/24 masquerade
			}
		}
	NFT
}

# Emulated, the first nft takes seconds to have its modules loaded.
lab_warm_up() {
	unshare --net nft -f - <<-NFT
		table inet warm {
			chain post {
				type nat hook postrouting priority srcnat
				oifgroup 7 rt ipsec missing masquerade
			}
			chain pre {
				type filter hook prerouting priority mangle
				iifname "x" ct state new ct mark set 1
			}
		}
	NFT
}

# names HOST ADDRESS WORD...: a DNS server there; words as dnsmasq(8) has them
names() {
	local host=$1 address=$2
	shift 2
	spawn "$host" $LAB/names.log dnsmasq -k -C /dev/null -u root -x '' -R -h \
	    -z -a "$address" "$@"
}

# The far side of the first router: it still answers, nothing passes it.
cut_upstream() {
	CUT_MS=$(now_ms)
	on isp-a sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

restore_upstream() {
	RESTORED_MS=$(now_ms)
	on isp-a sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# The same for the other provider.
cut_backup() {
	on isp-b sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

restore_backup() {
	on isp-b sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# carrier up|down [HOST]: the primary's cable, pulled at the other end, or
# that of another provider
carrier() {
	CUT_MS=$(now_ms)
	ip -n "${2:-isp-a}" link set cust "$1"
}

# target_off ADDRESS, target_on ADDRESS: a target that is switched off
target_off() {
	ip -n core addr del "$1/32" dev lo
	ip -n core route add blackhole "$1/32"
}

target_on() {
	ip -n core route del blackhole "$1/32"
	ip -n core addr add "$1/32" dev lo
}

# ping_lan [ADDRESS]: one answered ping from the LAN host
ping_lan() {
	on lan ping -n -q -c 1 -W 1 "${1:-$TARGET}" >/dev/null
}

# seen_as [TARGET]: the address that the core sees the LAN host under.  Our
# own probes arrive there, too, by both uplinks: this ping has its own length.
seen_as() {
	local to=${1:-$TARGET2} what
	case $to in
	*:*)	what="ip6[40] = 128 and ip6[4:2] = 85" ;;
	*)	what="icmp[0] = 8 and ip[2:2] = 105" ;;
	esac
	spawn core $LAB/seen tcpdump -lnc 1 -i any "dst $to and $what"
	wait_until 10 "on lan ping -n -q -c 1 -W 1 -s 77 $to &&
	    grep -q echo $LAB/seen"
	sed -n 's/.*IP6* \([0-9a-f.:]*\) > .*/\1/p' $LAB/seen | head -n 1
	end "$SPAWNED"
	: >$LAB/seen
}

# --- the modem --------------------------------------------------------------

# lab_modem [MODEMU-OPTION...]: the modem at $MODEM, a pppd server behind it
lab_modem() {
	local etc=$LAB/isp-etc
	if [ ! -d $etc ]; then
		mkdir -p $etc
		: >$etc/options
		line_queue $etc/ip-pre-up
		install -m 0600 /dev/null /etc/dialfail/private/isp
		modem_password secret7
		isp_password secret7
	fi
	isp_serves noipv6
	: >>$LAB/modem.log
	spawn isp-b $LAB/modem.log sh -c "mount --bind $etc /etc/ppp &&
	    exec modemu -c $LAB/modem.says -p '. $LAB/isp.sh' $* $MODEM_SIDE"
	MODEM_PID=$SPAWNED
	wait_until 5 "[ -e $MODEM ]"
}

# isp_serves OPTION...: what else the far end of the next calls is told
isp_serves() {
	cat >$LAB/isp.sh <<-SH
		exec pppd "\$PEER_TTY" 115200 nodetach local nolock name isp \\
		    auth require-chap $PPP_GATEWAY:$PPP_ADDRESS \\
		    ms-dns $PPP_GATEWAY nodefaultroute novj noccp \\
		    lcp-restart 1 lcp-max-terminate 1 $*
	SH
}

# modem_says WORD...: what the next dials come to, the last word for the rest
modem_says() {
	echo "$*" >$LAB/modem.new
	mv $LAB/modem.new $LAB/modem.says
}

modem_dials() {
	grep -c ' dial ' $LAB/modem.log
}

modem_drop() {
	kill -USR1 "$MODEM_PID"
}

modem_vanish() {
	end "$MODEM_PID"
	rm -f $MODEM
}

# The password as we have it, and as the provider has it.
modem_password() {
	echo "$1" >/etc/dialfail/private/isp
}

isp_password() {
	echo "site7 * $1 *" >$LAB/isp-etc/chap-secrets
	chmod 0600 $LAB/isp-etc/chap-secrets
}

# --- the suite --------------------------------------------------------------

lab_write_conf() {
	cat >/etc/dialfail.conf
	chmod 0600 /etc/dialfail.conf
}

# lab_conf: the usual site with short times; the backups, and all else that
# the scenario wants, come from standard input.  $LAB_PRIMARY: more words for
# the primary.
lab_conf() {
	local rest
	rest=$(cat)
	lab_write_conf <<-CONF
		lan = "eth0"
		primary eth1 {
			target $TARGET
			target $TARGET2
			target $GATEWAY near
			${LAB_PRIMARY:-}
		}
		$rest
		$(grep -q '^fallback' <<<"$rest" ||
		    echo 'fallback automatic { after 2s stable 1s drain 2s }')
		$(grep -q '^masquerade' <<<"$rest" ||
		    echo "masquerade from \$lan:network")
	CONF
}

# modem_backup [WORDS]: a backup block for lab_conf
modem_backup() {
	cat <<-CONF
		backup pots {
			modem "$MODEM" speed 115200
			${1:-phone \"5551234\"}
			account "site7" secret file "/etc/dialfail/private/isp"
			dial { ${2:-after 0s} }
		}
	CONF
}

ctl() {
	dialfailctl "$@"
}

# says CODE PATTERN WORD...: dialfailctl exits so and says that
says() {
	local code=$1 pattern=$2 got=0
	shift 2
	ctl "$@" >"$LAB/said" 2>&1 || got=$?
	cat "$LAB/said"
	[ "$got" -eq "$code" ] && grep -qE -- "$pattern" "$LAB/said"
}

# fact JQ-EXPRESSION [WHAT...]: of dialfailctl's JSON
fact() {
	local e=$1
	shift
	ctl show -j "$@" 2>/dev/null | jq -r "$e"
}

# metric SERIES [WORD...]: its value by show metrics WORD...; SERIES is a regex
metric() {
	local series=$1
	shift
	ctl show metrics "$@" | sed -n "s/^dialfail_$series //p"
}

# Without jq, which is slow where it is emulated: this is what is polled.
state() {
	[[ $(ctl show -j 2>/dev/null) =~ \"state\":\ *\"([a-z]+)\" ]] &&
	    echo "${BASH_REMATCH[1]}"
}

# lab_run: the daemon in the background, its log in $LAB/daemon.log
lab_run() {
	spawn router $LAB/daemon.log "${LAB_DAEMON:-dialfaild}" -d -v "$@"
	DAEMON=$SPAWNED
}

# lab_start [OPTION...]: and it answers
lab_start() {
	lab_run "$@"
	ok "dialfaild runs and answers" wait_until 10 "ctl show >/dev/null"
}

daemon_gone() {
	! kill -0 "$DAEMON" 2>/dev/null
}

# lab_stop [SIGNAL]: and it ends
lab_stop() {
	kill "-${1:-TERM}" "$DAEMON"
	ok "dialfaild ends on SIG${1:-TERM}" wait_until 10 daemon_gone
}

# process NAME: pid of the parent, prober, dialer or netconf
process() {
	case $1 in
	parent)	fact .pid ;;
	*)	fact ".processes[] | select(.name == \"$1\") | .pid" ;;
	esac
}

# lab_kill9 [NAME]: one of the four processes, and then all are gone
lab_kill9() {
	local pid
	pid=$(process "${1:-parent}")
	kill -9 "$pid"
	ok "all end when ${1:-parent} is killed" wait_until 5 daemon_gone
}

in_state() {
	[ "$(state)" = "$1" ]
}

# settled STATE: in it, and no change of the network is under way
settled() {
	local show
	show=$(ctl show -j 2>/dev/null)
	[[ $show =~ \"state\":\ *\"$1\" && ! $show =~ \"network\":\ *\"unknown\" ]]
}

# wait_state STATE [SECONDS]: and what belongs to it is in the kernel
wait_state() {
	wait_until "${2:-30}" "settled $1" || {
		echo "state is $(state)"
		return 1
	}
}

logged() {
	grep -qE -- "$1" $LAB/daemon.log
}

# snapshot FILE: all that dialfail may change; few programs, since to start one
# takes long where it is emulated
snapshot() {
	local rules='rule\nroute show table all\n'
	{
		printf '%b' "$rules" | ip -4 -batch -
		printf '%b' "$rules" | ip -6 -batch - | sort # by interface's age
		nft -s list ruleset # what counters count, changes
		ip -d addr | sed 's/ state [A-Z]*//' # a VLAN's is known later
		grep -rs . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf \
		    /proc/sys/net/ipv4/ip_forward | sort
	} | sed 's/ expires [0-9]*sec//; s/valid_lft.*//' >"$1"
}

# same_as FILE: nothing has changed since that snapshot
same_as() {
	snapshot $LAB/snapshot.now
	diff -u "$1" $LAB/snapshot.now
}

# --- traffic ----------------------------------------------------------------

declare -A LAB_FLOW

# flow_start NAME [RATE [TARGET [PORT [FLOWS]]]]: from the LAN to the core,
# until flow_stop
flow_start() {
	: >"$LAB/flow.$1"
	spawn lan "$LAB/flow.$1" flow udp "${3:-$TARGET}" "${4:-$ECHO_PORT}" \
	    "${2:-$LAB_RATE}" "${5:-1}"
	LAB_FLOW[$1]=$SPAWNED
}

flow_stop() {
	end "${LAB_FLOW[$1]}"
}

# many_serve: who answers many_start on the core, by both families
many_serve() {
	local to
	for to in $TARGET $TARGET6; do
		spawn core $LAB/many.log flow echo "$to" $MANY_PORT 250
		spawn core $LAB/many.log download serve "$to" $MANY_PORT_TCP
	done
}

# many_start NAME [TARGET]: 50 flows with 500 packets a second there and back
# and 250 that the core pushes, and 4 downloads; until many_stop
many_start() {
	flow_start "$1" 500 "${2:-$TARGET}" $MANY_PORT 50
	: >"$LAB/download.$1"
	spawn lan "$LAB/download.$1" download fetch "${2:-$TARGET}" \
	    $MANY_PORT_TCP 4
	LAB_FLOW[download.$1]=$SPAWNED
}

many_stop() {
	flow_stop "download.$1"
	flow_stop "$1"
}

# worst NAME lost|missing [FROM [TO]]: most that any one flow lost of those
# sent, or missed of those pushed, between the two (now_ms)
worst() {
	awk -F'[= ]' -v what="$2" -v from="${3:-0}" -v to="${4:-9999999999999}" '
	    $1 == what && $3 >= from && $3 < to { if (++n[$5] > w) w = n[$5] }
	    END { print w + 0 }' "$LAB/flow.$1"
}

# foreign_watch HOST NETWORK NETWORK6: keep what comes to a provider from the
# site with a source that is none of the provider's
foreign_watch() {
	spawn "$1" "$LAB/foreign.$1" tcpdump -lnni cust -Q in \
	    "(ip and not src net $2) or
	    (ip6 and not src net ($3 or fe80::/10) and not src host ::)"
	wait_until 10 "grep -q '^listening' '$LAB/foreign.$1'"
}

# foreign_seen HOST
foreign_seen() {
	grep ' > ' "$LAB/foreign.$1"
}

# flow_fact NAME KEY: sent, received, lost, began or ended
flow_fact() {
	sed -n "/^flow /s/.* $2=\([0-9]*\).*/\1/p" "$LAB/flow.$1"
}

# flow_lost NAME FROM [TO]: of the packets sent between the two (now_ms)
flow_lost() {
	awk -F'[= ]' -v from="$2" -v to="${3:-9999999999999}" \
	    '/^lost / && $3 >= from && $3 < to { n++ } END { print n + 0 }' \
	    "$LAB/flow.$1"
}

# all_answered FILE: of what ping(8) wrote there until it was ended, which may
# have been before the answer to its last one
all_answered() {
	awk -F'icmp_seq=' '/bytes from/ && !/DUP!/ {
		n++
		if ($2 + 0 > last) last = $2 + 0
	} END { exit n == 0 || n != last }' "$1"
}

# tcp_open NAME [TARGET]: a connection from the LAN, lines to it by tcp_send
tcp_open() {
	local fifo=$LAB/tcp.$1.in
	mkfifo "$fifo"
	ip netns exec lan flow tcp "${2:-$TARGET}" $ECHO_PORT <"$fifo" \
	    >"$LAB/tcp.$1" 2>&1 &
	LAB_PIDS+=($!)
	exec {LAB_FD}>"$fifo"
	declare -gA LAB_TCP
	LAB_TCP[$1]=$LAB_FD
	wait_until 10 "grep -q ^connect '$LAB/tcp.$1'"
}

# tcp_send NAME: what came of one line there and back: "echo ok ms=3"
tcp_send() {
	local n
	n=$(wc -l <"$LAB/tcp.$1")
	echo line >&"${LAB_TCP[$1]}"
	wait_until 15 "[ \$(wc -l <'$LAB/tcp.$1') -gt $n ]"
	tail -n 1 "$LAB/tcp.$1"
}

# tcp_new [TARGET]: a new connection: "connect ok ms=5"
tcp_new() {
	on lan flow tcp "${1:-$TARGET}" $ECHO_PORT </dev/null
}

LAB_PIDS=()
[ -n "${LAB_INSIDE:-}" ] || lab_enter "$@"
LAB_RATE=200
: "${LAB_PATIENCE:=2}"
[ -z "${VMRUN:-}" ] || LAB_TICK=0.5 LAB_RATE=50
lab_files
trap lab_end EXIT
trap 'exit 1' INT TERM
