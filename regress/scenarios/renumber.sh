#!/bin/bash
# needs: netns
# The primary's provider changes what it gave: a lease is renewed, its router
# is another one, the address and the router are of another network, and then
# the address changes a hundred times.  None of that is an outage.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

NET=198.18.7
LEASE='valid_lft 600 preferred_lft 600'

received() {
	fact '.primary.targets[0].received'
}

# goes_on WHAT: probes are answered, with what the kernel says
goes_on() {
	local before
	before=$(received)
	ok "$1: probes are answered" wait_until 20 \
	    "[ \"\$(received)\" -gt $((before + 20)) ]"
	is "the state" "$(state)" primary
	ok "the network is as wanted" wait_until 5 \
	    "[ \"\$(fact .network)\" = 'as wanted' ]"
}

# ruled ADDRESS: the primary's only address in a rule of ours
# shellcheck disable=SC2317 # called by wait_until
ruled() {
	[ "$(ip rule | sed -n 's/^32765:.*from \([0-9.]*\) lookup main.*/\1/p')" = "$1" ]
}

# From one address to another one, as clients of DHCP do it: the old one goes
# first, and takes the default route along.
readdress() {
	ip -batch - <<-IP
		addr del $1/24 dev eth1
		addr add $2/24 dev eth1 $LEASE
		route replace default via $NET.1
	IP
}

lab_up
ip -n isp-a addr add $NET.1/24 dev cust
ip -n core route add $NET.0/24 via 203.0.113.1
LAB_PRIMARY="target $NET.1 near $LAB_FAST" lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ip addr replace $PRIMARY_ADDRESS/24 dev eth1 valid_lft 600 preferred_lft 600
snapshot "$LAB/before"
pids=$(fact '[.processes[].pid] | @text')
: >"$LAB/daemon.log"

for ((i = 0; i < 20; i++)); do
	ip addr replace $PRIMARY_ADDRESS/24 dev eth1 valid_lft $((600 + i)) \
	    preferred_lft 600
done
goes_on "a lease that is renewed"
ok "nothing has changed" same_as "$LAB/before"
# a busy machine may have a round that is not good
is "and nothing was said of it" \
    "$(grep -vE 'round|suspect|last message' "$LAB/daemon.log")" ""

ip -n isp-a link set cust address 02:00:5e:00:53:01
goes_on "a router with another MAC"
ok "the LAN reaches the core" wait_until 40 ping_lan

ip -batch - <<-IP
	addr add $NET.2/24 dev eth1 $LEASE
	route replace default via $NET.1
	addr del $PRIMARY_ADDRESS/24 dev eth1
IP
ok "the rule is for the new address" wait_until 5 "ruled $NET.2"
goes_on "another network"
is "seen under the new address" "$(seen_as)" $NET.2
ok "its connected network stays by it" \
    test -n "$(ip route show table 157 $NET.0/24 dev eth1)"
ok "the old one is gone" \
    test -z "$(ip route show table 157 ${GATEWAY%.*}.0/24)"

for ((i = 2; i < 102; i++)); do
	readdress $NET.$i $NET.$((i + 1))
done
ok "the rule is for the last address" wait_until 5 "ruled $NET.102"
goes_on "a hundred addresses"
is "seen under the last one" "$(seen_as)" $NET.102
is "no process was started anew" \
    "$(fact '[.processes[].pid] | @text')" "$pids"
diag "suspicions: $(grep -c 'primary -> suspect' "$LAB/daemon.log"), repairs:\
 $(grep -c 'laid again' "$LAB/daemon.log")"
ok "no failover" test -z "$(grep -E 'state:.* (dialing|backup)' \
    "$LAB/daemon.log")"
ok "no alarm" test -z "$(grep alarm: "$LAB/daemon.log")"

lab_stop
ok "nothing of ours is left" test -z "$(ip rule | grep 32765
    ip route show table all | grep 'proto 157')"
lab_done
