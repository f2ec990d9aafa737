#!/bin/bash
# needs: vm
# The primary is a PPP link, as with PPPoE: no frames, no neighbours, and it
# comes and goes under another index each time.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kinds.sh
. "$LAB_DIR/kinds.sh"

lab_need ppp

# The line of both ends; the default route is the site's own affair.
# shellcheck disable=SC2317 # called by ok
connect() {
	spawn router "$LAB/ppp.log" pppd nodetach nolock noauth noipv6 \
	    unit 0 lcp-restart 1 nodefaultroute noipdefault pty "ip netns exec \
	    isp-a pppd nodetach notty noauth noipv6 lcp-restart 1 \
	    nodefaultroute noccp $GATEWAY:$PRIMARY_ADDRESS"
	LINE=$SPAWNED
	# it has its address before it is up
	wait_until 20 "ip addr show ppp0 | grep -q $PRIMARY_ADDRESS &&
	    ip route add default dev ppp0"
}

index() {
	cat /sys/class/net/ppp0/ifindex
}

lab_up
kind_bare
ok "the line is there" connect
kind_conf ppp0
kind_story
ok "sockets have a table" test -n "$(ip route show table 156 default dev ppp0)"

first=$(index)
end "$LINE"
kind_cut "interface missing"
ok "the table went with it" wait_until 5 \
    "[ -z \"\$(ip rule show table 156; ip route show table 156)\" ]"
ok "the line is there again" connect
ok "it is another interface" test "$(index)" -ne "$first"
kind_back
ok "sockets have their table again" \
    test -n "$(ip route show table 156 default dev ppp0)"
lab_stop
ok "nothing of ours is left" test -z "$(ip rule | grep 32765
    ip route show table all | grep 'proto 157')"
lab_done
