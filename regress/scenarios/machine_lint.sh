#!/bin/bash
# needs: netns
# dialfaild -nv says what on this machine stands in the way, and nothing when
# nothing does; the daemon does not run for it, and does not hide it either.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# warned: what is said of the machine; its clock is not the lab's
warned() {
	dialfaild -nv 2>&1 >/dev/null | sed -n 's/^warning: this machine: //p' |
	    grep -v 'the clock is not synchronised'
}

lab_up
lab_conf <<'CONF'
backup wan2
CONF
is "nothing is wrong" "$(warned)" ""
ok "the configuration is printed all the same" \
    test -n "$(dialfaild -nv 2>/dev/null)"

diag "each for itself"
sysctl_set net.ipv4.ip_forward 0
is "forwarding is off" "$(warned)" \
    "net.ipv4.ip_forward is 0: the LAN gets nowhere"
sysctl_set net.ipv4.ip_forward 1
nft -f - <<-'NFT'
	table inet fw {
		chain forward {
			type filter hook forward priority filter; policy drop;
			ct state established,related accept
			iifname "eth0" oifname "eth1" accept
		}
	}
NFT
is "a forward chain that knows the primary alone" "$(warned)" \
    "nft table inet fw drops what is forwarded by default, and lets the LAN out by eth1, but not by wan2"
nft add rule inet fw forward iifname eth0 oifname 'wan*' accept
is "one that knows both" "$(warned)" ""
cat >>/etc/dialfail.conf <<'CONF'
backup isp { call "isp" }
CONF
ppp() { # what its option file says
	mkdir -p /etc/ppp/peers
	echo "$*" >/etc/ppp/peers/isp
	chmod 0600 /etc/ppp/peers/isp
}
ppp 'noauth mtu 1492 # ifname wan7'
is "a call without a name" "$(warned)" \
    "nft table inet fw drops what is forwarded by default, and lets the LAN out by eth1, but not by ppp*, which is isp"
ppp 'noauth ifname "isp7"'
is "a call that has one" "$(warned)" \
    "nft table inet fw drops what is forwarded by default, and lets the LAN out by eth1, but not by isp7, which is isp"
ppp 'noauth ifname "wan7"'
is "one that is let out" "$(warned)" ""
ppp 'noauth file /etc/ppp/options.isp'
is "one that may be said elsewhere" "$(warned)" ""
sed -i '$d' /etc/dialfail.conf
ip rule add pref 100 lookup main
is "a rule before ours" "$(warned)" \
    "rule pref 100 looks up main before ours: what it takes does not move"
ip rule del pref 100
ip route replace default via $GATEWAY dev wan2 metric 200 onlink
is "one gateway for both" "$(warned)" \
    "eth1 and wan2 have the same gateway, $GATEWAY: when it dies, so do both"
ip route replace default via $WAN2_GATEWAY dev wan2 metric 200
sysctl_set net.ipv4.conf.wan2.rp_filter 1
is "strict reverse paths" "$(warned)" \
    "rp_filter of wan2 is 1, strict: it is set to 2, loose, while the daemon runs"
sysctl_set net.ipv4.conf.wan2.rp_filter 0
nft=$(PATH=/usr/sbin:/sbin:/usr/local/sbin:/usr/bin type -P nft)
mount --bind "$(type -P false)" "$nft"
is "a rule set that nft does not tell" "$(warned)" \
    "the rule set was not read, which takes nft(8): it may drop what is forwarded, or not masquerade"
umount "$nft"
cp "$(type -P sleep)" "$LAB/NetworkManager"
spawn router "$LAB/nm.log" "$LAB/NetworkManager" 1000
# shellcheck disable=SC2016 # expanded by eval
ok "it runs" wait_until 5 '[ "$(cat /proc/$SPAWNED/comm)" = NetworkManager ]'
is "another one that moves default routes" "$(warned)" \
    "NetworkManager, if its connectivity check is on, moves default routes as well: only one of the two can"
end "$SPAWNED"
is "nothing is wrong any more" "$(warned)" ""

diag "a backup without a gateway is as useless as is said"
ip route del default dev wan2
is "no route by the backup" "$(warned)" \
    "backup wan2: no gateway is known by wan2: it cannot take over; it needs a default route with a larger metric than the primary's, or a gateway in its block"
lab_start
ok "the primary is good" wait_state primary
ok "the daemon says so at its start" \
    logged 'wan2: cannot take over: no gateway known'
is "and show does" "$(fact '.backups[0].note')" \
    "cannot take over: no gateway known"
ok "a failover does not prove it" \
    says 1 "could not be proved: wan2: no route" failover wan2
ip route add default via $WAN2_GATEWAY dev wan2 metric 200
is "it has one" "$(warned)" ""
ok "that is told, too" wait_until 5 "logged 'wan2: can take over now'"
ok "show has nothing against it" \
    wait_until 5 "[ \"\$(fact '.backups[0].note')\" = null ]"

diag "the daemon's own table is no NAT of the site's"
lab_write_conf <<CONF
primary eth1 { target $TARGET }
backup wan2
CONF
nft delete table inet fw
ok "the daemon masquerades" \
    eval 'nft list table inet dialfail | grep -q masquerade'
is "a file without masquerade" "$(warned)" \
    "net.ipv4.ip_forward is 1 and nothing is masqueraded: the LAN's own addresses leave by a backup"
lab_stop

diag "a gateway that decides, and names that are not there"
lab_write_conf <<CONF
primary eth1 { target $GATEWAY }
backup wan2
masquerade from eth0:network
CONF
is "the gateway is the only far target" "$(warned)" \
    "target $GATEWAY of eth1 is its gateway: it says nothing of what is behind it"
lab_write_conf <<CONF
primary eth7 { target $TARGET, companion wan6 }
backup wwan7
backup wan9 {
	interface wan9 { start "up" stop "down" }
}
backup lte { modem "/dev/ttyUSB9", apn "internet" }
masquerade from eth9:network
peer b1 { tunnel gre7 }
CONF
is "interfaces that are not there" "$(warned)" \
    "primary: there is no interface eth7 now
companion: there is no interface wan6 now
backup wwan7: there is no interface wwan7 now
masquerade: there is no interface eth9 now
tunnel of b1: there is no interface gre7 now
backup lte: there is no /dev/ttyUSB9 now"
lab_done
