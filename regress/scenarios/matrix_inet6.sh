#!/bin/bash
# needs: netns
# The same in IPv6, beside an IPv4 that works all the time: its upstream, its
# gateway and the MAC of that, its default by advertisement, its address, its
# interface.
# shellcheck disable=SC2317 # cases are called by their names
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

OWN6=2001:db8:a::2
GATEWAY6=2001:db8:a::1

truth6() {
	on core ping -n -q -c 1 -W 1 "$OWN6" >/dev/null
}

inet6() {
	[ "$(fact .primary.inet6.status)" = "$1" ]
}

# dead6 STORY CAUSE DO UNDO: of IPv6 alone
dead6() {
	diag "$1"
	matrix_mark
	eval "$3"
	ok "$1: IPv6 is down" wait_until 20 "inet6 down"
	ok "the cause is $2" wait_until 10 "cause '$2' .primary.inet6"
	ok "it is true: nothing comes through" eval "! truth6"
	is "IPv4 is up" "$(fact .primary.inet.status)" up
	ok "which is true" truth
	ok "nothing says that it is alive" eval "! matrix_said 'IPv6 up again'"
	eval "$4"
	ok "IPv6 is up again" wait_until 20 "inet6 up"
	ok "which is true" wait_until 20 truth6
	ok "nothing was switched" eval "! matrix_said 'state: .* (dialing|backup)'"
}

# alive6 STORY DO: whatever DO does, IPv6 works
alive6() {
	local received
	diag "$1"
	matrix_mark
	eval "$2"
	received=$(fact '.primary.targets[3].received')
	ok "$1: probes are answered" wait_until 20 \
	    "[ \"\$(fact '.primary.targets[3].received')\" -gt $((received + 20)) ]"
	ok "IPv6 is up" inet6 up
	ok "nor was it said to be down" eval "! matrix_said 'IPv6 down'"
	ok "it is true" wait_until 40 truth6
}

matrix_up
lab_inet6
ip -n isp-a addr add fe80::1/64 dev cust nodad
# the other uplink is no choice of the kernel's
ip -batch - <<IP
route del default via 2001:db8:b::1 metric 200
route add default via 2001:db8:b::1 metric 2000
IP
LAB_PRIMARY="target $TARGET6 target $GATEWAY6 near" matrix_site
lab_start
ok "the primary is proved" wait_state primary
ok "IPv6 is up" wait_until 10 "inet6 up"

dead6 "upstream dead" "upstream dead" cut_inet6 restore_inet6
dead6 "the gateway is deaf" "gateway silent" \
    "gateway_deaf 'ether type ip6 drop'" gateway_hears
dead6 "the default is gone" "no route" \
    "ip -6 route del default dev eth1" \
    "ip -6 route add default via $GATEWAY6 dev eth1 metric 100"
alive6 "the gateway gets another MAC" \
    "ip -n isp-a link set cust address 02:00:5e:00:53:01"
alive6 "the default is an advertised one" \
    "ip -6 route add default via fe80::1 dev eth1 proto ra metric 1024
	ip -6 route del default dev eth1 metric 100"
dead6 "nobody advertises it any more" "no route" \
    "ip -6 route replace default via fe80::1 dev eth1 proto ra metric 1024 \
	expires 2" \
    "ip -6 route replace default via fe80::1 dev eth1 proto ra metric 1024"
dead6 "the address is gone" "no address" "ip addr del $OWN6/64 dev eth1" \
    "ip addr add $OWN6/64 dev eth1 nodad"

diag "the interface is another one: only IPv6 is late"
matrix_mark
ip link del eth1
ok "it is missing" wait_until 20 "cause 'interface missing' .primary.inet6"
ip -batch - <<IP
link add eth1 type veth peer name cust netns isp-a
addr add $PRIMARY_ADDRESS/24 dev eth1
link set eth1 up
route add default via $GATEWAY
IP
ip -n isp-a -batch - <<IP
addr add $GATEWAY/24 dev cust
addr add $GATEWAY6/64 dev cust nodad
link set cust up
IP
ok "IPv4 is up" wait_until 20 "[ \"\$(fact .primary.inet.status)\" = up ]"
is "IPv6 is not" "$(fact .primary.inet6.status)" down
ok "it has no address" wait_until 10 "cause 'no address' .primary.inet6"
ip -batch - <<IP
addr add $OWN6/64 dev eth1 nodad
route add default via $GATEWAY6 dev eth1 metric 100
IP
ok "IPv6 is up" wait_until 20 "inet6 up"
ok "which is true" wait_until 20 truth6
lab_stop
lab_done
