#!/bin/bash
# needs: netns
# A backup without DHCP and router advertisements: its gateways are in the
# configuration alone, of both families, and the main table has no default
# route through it before, during and after an outage.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# defaults: those of main through the backup
defaults() {
	ip -4 route show default dev wan2
	ip -6 route show default dev wan2
}

lab_up
lab_inet6
lab_lan6
nft delete table ip6 site # this is ours to do here
ip -n isp-b addr add fe80::1/64 dev cust nodad
ip -4 route del default dev wan2
ip -6 route del default dev wan2
LAB_PRIMARY="target $TARGET6 $LAB_FAST" lab_conf <<CONF
backup wan2 {
	interface
	gateway $WAN2_GATEWAY
	gateway fe80::1
}
fallback automatic { after 1s stable 1s drain 1s }
masquerade from \$lan:network
masquerade inet6 from \$lan:network
CONF
is "main has no default route by it" "$(defaults)" ""
lab_start
ok "the primary is proved" wait_state primary
is "nothing is said against the backup" "$(fact '.backups[0].note')" null
is "its router of IPv4 is known" "$(fact '.backups[0].inet.gateway')" \
    "$WAN2_GATEWAY"
is "that of IPv6, too" "$(fact '.backups[0].inet6.gateway' | cut -d% -f1)" \
    fe80::1
snapshot "$LAB/before"

cut_upstream
cut_inet6
ok "it takes over" wait_state backup
is "the LAN is seen by IPv4 as" "$(seen_as)" "$WAN2_ADDRESS"
is "and by IPv6 as" "$(seen_as "$TARGET6")" "$WAN2_ADDRESS6"
is "main has none still" "$(defaults)" ""

restore_inet6
restore_upstream
ok "the primary takes over again" wait_state primary
is "the LAN is seen as" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "all is as before" wait_until 10 "same_as '$LAB/before'"
is "and main has none" "$(defaults)" ""
lab_stop
lab_done
