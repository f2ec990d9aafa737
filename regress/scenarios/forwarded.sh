#!/bin/bash
# needs: netns
# What the router does to what it forwards by a backup.  A forward chain that
# knows the primary alone is told of, since the proof of the backup, by the
# router's own packets, does not pass it.  TCP agrees on segments that fit the
# backup's smaller packets, both ways, where nobody else would tell.  And a
# reload that names other bits for marks takes the flows along.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# mss WORDS HOST INTERFACE: of the next TCP that opens there, as it is seen;
# WORDS: which of its packets
mss() {
	spawn "$2" "$LAB/mss" tcpdump -lnc 1 -i "$3" "$1"
	wait_until 10 "tcp_new >'$LAB/mss.new'; grep -q 'mss [0-9]' '$LAB/mss'"
	sed -n 's/.*mss \([0-9]*\).*/\1/p' "$LAB/mss" | head -n 1
	end "$SPAWNED"
	: >"$LAB/mss"
}

# bulk: more than one packet holds, at once, there and back
# shellcheck disable=SC2317 # it is called by ok
bulk() {
	on lan bash -c "exec 9<>/dev/tcp/$TARGET/$ECHO_PORT &&
	    printf '%01900d\n' 7 >&9 && read -r -t 8 line <&9 &&
	    [ \${#line} -eq 1900 ]"
}

# conf [WORDS]
conf() {
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		${1:-}
	CONF
}

# remarked: flows of both have them
# shellcheck disable=SC2317 # called by wait_until
remarked() {
	[ "$(marked 0x00200000)" -ge 2 ] && [ "$(marked 0x00100000)" -ge 2 ]
}

# others: flows that have none of them, nor nothing
# shellcheck disable=SC2317 # called by wait_until
others() {
	conntrack -L 2>/dev/null | grep -v 'mark=\(0\|1048576\|2097152\) '
}

# marked MARK: flows of uplinks that have it, in the bits of the first reload
marked() {
	conntrack -L -m "$1/0x00f00000" 2>/dev/null | wc -l
}

# download NAME HOST ADDRESS PORT: two, until flow_stop
download_start() {
	: >"$LAB/download.$1"
	spawn "$2" "$LAB/download.$1" download fetch "$3" "$4" 2
	LAB_FLOW[$1]=$SPAWNED
}

# ends NAME END: both did so
ends() {
	flow_stop "$1"
	is "$1: how both downloads end" \
	    "$(sed -n 's/.*end=\([a-z]*\).*/\1/p' "$LAB/download.$1" |
		sort | uniq -c | xargs)" "2 $2"
}

lab_up
ip link set wan2 mtu 1400
ip -n isp-b link set cust mtu 1400
# what is too long is lost, and nobody is told
on isp-b nft -f - <<'NFT'
table ip hole {
	chain out {
		type filter hook output priority 0
		icmp type destination-unreachable drop
	}
}
NFT
nft -f - <<'NFT'
table inet fw {
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		iifname "eth0" oifname "eth1" accept
	}
}
NFT
conf
lab_start
ok "the primary is proved" wait_state primary
is "segments that are asked for over the primary" \
    "$(mss 'tcp[13] = 2' core isp-a)" 1460
ok "more than one packet holds comes through" bulk

diag "the forward chain knows the primary only"
cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN does not get out" eval '! ping_lan'
spawn lan "$LAB/tries" ping -n -i 0.3 $TARGET
ok "that is told" wait_until 20 "logged 'alarm: forward'"
ok "with what it is" logged \
    'the forward chain drops what the LAN sends by wan2: [0-9]* packets'
nft add rule inet fw forward iifname '"eth0"' oifname '"wan2"' accept
ok "it gets out when the chain lets it" wait_until 5 ping_lan
end "$SPAWNED"

diag "the backup's packets are smaller"
is "segments that the LAN asks for" "$(mss 'tcp[13] = 2' core isp-b)" 1360
is "segments that it is asked for" "$(mss 'tcp[13] = 18' lan eth0)" 1360
ok "more than one packet holds comes through" bulk
is "it was told once" "$(grep -c 'alarm: forward' "$LAB/daemon.log")" 1
restore_upstream
ok "the primary takes over again" wait_state primary

diag "other bits for marks"
nft -f - <<'NFT'
table ip site {
	chain in {
		type nat hook prerouting priority dstnat
		iifname "wan2" tcp dport 7070 dnat to 10.7.0.10
	}
}
NFT
nft add rule inet fw forward ct status dnat accept
spawn lan "$LAB/serve.log" download serve $LAN_HOST 7070
spawn core "$LAB/serve.log" download serve $TARGET $MANY_PORT_TCP
foreign_watch isp-a 192.0.2.0/24 2001:db8:a::/64
foreign_watch isp-b 203.0.113.64/26 2001:db8:b::/64
wait_until 5 "on core flow tcp $WAN2_ADDRESS 7070 </dev/null &&
    on lan flow tcp $TARGET $MANY_PORT_TCP </dev/null"
download_start in core $WAN2_ADDRESS 7070
download_start out lan $TARGET $MANY_PORT_TCP
ok "downloads run, in by the backup and out by the primary" wait_until 10 \
    "[ \"\$(conntrack -L -m 0x02000000/0x0f000000 2>/dev/null |
	grep -c ESTABLISHED)\" -eq 2 -a \"\$(conntrack -L \
	-m 0x01000000/0x0f000000 2>/dev/null | grep -c ESTABLISHED)\" -eq 2 ]"
conf "mark 0x00f00000"
ok "other bits" ctl reload
ok "the network is as wanted" \
    wait_until 10 "[ \"\$(fact .network)\" = 'as wanted' ]"
ok "flows have them" wait_until 5 remarked
ok "and no others" wait_until 5 "! others"
sent=$(now_ms)
wait_until 5 "[ \$(now_ms) -gt $((sent + 500)) ]"
ends out complete
download_start out lan $TARGET $MANY_PORT_TCP
ok "one more, by the primary" wait_until 5 "[ \$(marked 0x00100000) -ge 2 ]"
cut_upstream
ok "the backup takes over" wait_state backup
wait_until 5 "[ \$(marked 0x00100000) -eq 0 ]"
is "flows of the primary are forgotten" "$(marked 0x00100000)" 0
ok "those of the backup go on" test "$(marked 0x00200000)" -ge 2
restore_upstream
ends in complete
flow_stop out
is "no packet left by another uplink than its own" \
    "$(foreign_seen isp-a; foreign_seen isp-b)" ""
ok "the primary takes over again" wait_state primary
lab_stop
lab_done
