# shellcheck shell=bash
# A provider of PPPoE instead of the one behind wan2; used after lab.sh.

# pppoe_provider: the far end of wan2 serves PPPoE and nothing else; its pid in
# $SPAWNED
pppoe_provider() {
	ip addr flush dev wan2
	ip -n isp-b addr flush dev cust
	mkdir -p "$LAB/isp-etc"
	: >"$LAB/isp-etc/options"
	line_queue "$LAB/isp-etc/ip-pre-up"
	isp_password secret7
	cat >"$LAB/pppoe.options" <<-OPTIONS
		require-chap
		ms-dns $PPP_GATEWAY
		lcp-restart 1
		lcp-max-terminate 1
	OPTIONS
	spawn isp-b "$LAB/pppoe.log" sh -c "mount --bind $LAB/isp-etc /etc/ppp &&
	    exec pppoe-server -F -I cust -N 4 -O $LAB/pppoe.options \
	    -L $PPP_GATEWAY -R $PPP_ADDRESS"
}

# pppoe_peer: the file for pppd, as providers tell people to write it
pppoe_peer() {
	mkdir -p /etc/ppp/peers
	cat >/etc/ppp/peers/dsl <<-PEER
		plugin pppoe.so
		nic-wan2
		user "site7"
		noauth
		defaultroute
		persist
		lcp-echo-interval 60
	PEER
	echo 'site7 * secret7 *' >/etc/ppp/chap-secrets
	chmod 0600 /etc/ppp/chap-secrets
}
