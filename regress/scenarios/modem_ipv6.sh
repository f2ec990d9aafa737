#!/bin/bash
# needs: vm
# A provider that has IPv6 on the line, by IPv6CP and a router advertisement:
# both families of the LAN move to the modem, and come back.  With one that has
# none, IPv4 moves as fast, by as many dials, and IPv6 is refused.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# The provider's network of the line, which its router advertises there.
provider_inet6() {
	cat >$LAB/isp-etc/ipv6-up <<-SH
		#!/bin/sh
		exec ip addr add 2001:db8:d::1/64 dev "\$1"
	SH
	chmod 0755 $LAB/isp-etc/ipv6-up
	ip -n core route add 2001:db8:d::/64 via 2001:db8:c:b::1
	spawn isp-b $LAB/ra.log dnsmasq -k -C /dev/null -u root -x '' -p 0 \
	    --enable-ra --dhcp-range=::,constructor:ppp*,ra-only
}

# shellcheck disable=SC2317 # called by ok
connects6() {
	tcp_new "$TARGET6" | grep -q 'connect ok'
}

cut_both() {
	cut_upstream
	cut_inet6
}

lab_up
lab_inet6
lab_lan6
nft delete table ip6 site # this is ours to do here
lab_modem
provider_inet6
isp_serves +ipv6
LAB_PRIMARY="target $TARGET6 $LAB_PRIMARY"
lab_conf <<CONF
$(modem_backup)
masquerade from \$lan:network
masquerade inet6 from \$lan:network
CONF
begin

cut_both
on_modem 1
ok "so does its IPv6" wait_until 15 connects6
ok "under an address of the provider's" \
    test "${line:=$(seen_as "$TARGET6")}" != "${line#2001:db8:d:}"
is "that of the interface" "$(fact .active.inet6.address)" "$line"
is "the peer's advertisement made no route of its own" \
    "$(ip -6 route show table main default dev ppp0)" ""
restore_inet6
back_home
is "the LAN is seen by IPv6 as before" "$(seen_as "$TARGET6")" \
    "$PRIMARY_ADDRESS6"

isp_serves noipv6
cut_both
on_modem 2
ok "show tells that it has no IPv6" wait_until 5 \
    "ctl show | grep -q 'IPv6 refused: the backup has none'"
is "who tries is told at once" "$(tcp_new "$TARGET6" | cut -d' ' -f1,2)" \
    "connect unreachable"
restore_inet6
back_home

lab_stop
lab_done
