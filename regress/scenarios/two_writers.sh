#!/bin/bash
# needs: netns
# The primary has an owner of its own, a DHCP client, and somebody who lays its
# default route again each moment.  While traffic is on the backup the lease is
# renewed, asked for anew of all and begun again, and none of that moves
# traffic, nor is it a fight: the main table is not ours.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

command -v dhclient >/dev/null || skip_all "no dhclient here; see etc/deps lab"

dhcp_server() {
	cat >"$LAB/udhcpd.conf" <<-CONF
		start $PRIMARY_ADDRESS
		end $PRIMARY_ADDRESS
		interface cust
		lease_file $LAB/udhcpd.leases
		pidfile $LAB/udhcpd.pid
		option subnet 255.255.255.0
		option router $GATEWAY
		option lease 20
		option 0x3a 00000002 # renewed after 2 s
		option 0x3b 00000004 # all are asked after 4 s
	CONF
	: >"$LAB/udhcpd.leases"
	spawn isp-a "$LAB/udhcpd.log" busybox udhcpd -f "$LAB/udhcpd.conf"
}

dhcp_client() {
	cat >"$LAB/dhclient.conf" <<-CONF
		request subnet-mask, routers, dhcp-renewal-time,
		    dhcp-rebinding-time;
		initial-interval 1;
		backoff-cutoff 1;
	CONF
	spawn router "$LAB/dhclient.log" dhclient -4 -d -cf "$LAB/dhclient.conf" \
	    -lf "$LAB/dhclient.leases" -pf "$LAB/dhclient.pid" eth1
	client=$SPAWNED
}

# has_lease: its address with an end, and its default route
# shellcheck disable=SC2317 # called by wait_until
has_lease() {
	ip -4 addr show dev eth1 | grep -A 1 "inet $PRIMARY_ADDRESS/24" |
	    grep -q 'valid_lft [0-9]*sec' &&
	    ip route show default | grep -q "via $GATEWAY dev eth1"
}

said() {
	grep -cE -- "$1" "$LAB/dhclient.log"
}

# again PATTERN: the client says that once more
# shellcheck disable=SC2317 # called by ok
again() {
	local n
	n=$(said "$1")
	wait_until 20 "[ \$(said '$1') -gt $n ]"
}

on_backup() {
	is "$1: still on the backup" "$(state)" backup
	is "$1: traffic is there" "$(seen_as)" "$WAN2_ADDRESS"
	ok "$1: the lease lives" wait_until 10 has_lease
}

lab_up
ip addr flush dev eth1
dhcp_server
dhcp_client
ok "the primary has a lease" wait_until 20 has_lease
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
flow_start main
: >"$LAB/daemon.log"

ok "the lease is renewed" again 'DHCPACK'
on_backup "a renewal"
on isp-a nft -f - <<NFT
table ip deaf {
	chain in {
		type filter hook input priority 0
		ip daddr $GATEWAY udp dport 67 drop
	}
}
NFT
asked=$(said DISCOVER)
ok "the server is deaf to it: all are asked" \
    again 'DHCPREQUEST .* to 255.255.255.255'
ok "and it is bound again" again 'bound to'
is "without a beginning from nothing" "$(said DISCOVER)" "$asked"
on_backup "a rebinding"
on isp-a nft delete table ip deaf

end "$client"
ip route del default via $GATEWAY dev eth1
dhcp_client
ok "another client begins, and lays the default route" \
    wait_until 20 has_lease
on_backup "another client"

: >"$LAB/daemon.log"
spawn router "$LAB/writer.log" sh -c 'while :; do
	ip route replace default via '$GATEWAY' dev eth1
	ip route append default via '$GATEWAY' dev eth1 metric 5
	ip route del default via '$GATEWAY' dev eth1 metric 5
	echo round
	sleep 0.1
done'
writer=$SPAWNED
ok "somebody lays it again and again" \
    wait_until 20 "[ \$(grep -c round '$LAB/writer.log') -ge 20 ]"
on_backup "a writer"
ok "nothing was laid again" eval '! logged "laid again"'
ok "it is no fight" eval '! logged "again and again|alarm: apply"'
ok "the network is as wanted" \
    wait_until 5 "[ \"\$(fact .network)\" = 'as wanted' ]"
flow_stop main
diag "$(grep '^flow' "$LAB/flow.main")"
is "packets lost by all of that" "$(flow_fact main lost)" 0

restore_upstream
ok "the primary takes over again" wait_state primary
is "traffic is there" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "the lease lives" wait_until 10 has_lease
ok "there was no alarm of ours" eval '! logged "alarm: apply"'
end "$writer"
lab_stop
lab_done
