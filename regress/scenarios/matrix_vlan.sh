#!/bin/bash
# needs: vm
# The provider's answers come in another VLAN: they have our addresses, our
# identifier and our tokens, but they are of another link.  So is its ARP.
# shellcheck disable=SC2317 # cases are called by their names
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

# answer_in VLAN: what comes to us has its tag, what we send is heard as ever
answer_in() {
	ip -n isp-a -batch - <<-IP
		link add link cust name tagged type vlan id $1
		link set tagged up
		route add $PRIMARY_ADDRESS/32 dev tagged src $GATEWAY
		route add 2001:db8:a::2/128 dev tagged src 2001:db8:a::1
		neigh replace $PRIMARY_ADDRESS lladdr $MAC dev tagged
		neigh replace 2001:db8:a::2 lladdr $MAC dev tagged
	IP
}

answer_untagged() {
	ip -n isp-a link del tagged
}

# Answers to us, by their tag, that the wire carries.
tagged_answers() {
	on isp-a tcpdump -lnec 5 -i cust \
	    "vlan 7 and icmp and icmp[0] = 0 and dst $PRIMARY_ADDRESS"
}

matrix_up
lab_inet6
MAC=$(ip -j link show eth1 | jq -r '.[].address')
LAB_PRIMARY="target $TARGET6" matrix_site
lab_start
ok "the primary is proved" wait_state primary
ok "IPv6 is up" wait_until 20 "[ \"\$(fact .primary.inet6.status)\" = up ]"

dead "answers in another VLAN" "upstream dead" "answer_in 7" \
    "ok 'they are on the wire' tagged_answers
    is 'IPv6 is down, too' \"\$(fact .primary.inet6.status)\" down
    answer_untagged"
ok "IPv6 is up" wait_until 20 "[ \"\$(fact .primary.inet6.status)\" = up ]"

diag "VLAN 0 is no VLAN, only a priority"
matrix_mark
answer_in 0
matrix_goes_on "answers with a priority" truth null
lab_stop
lab_done
