#!/bin/bash
# needs: netns
# What the router does to what it forwards by a backup.  A forward chain that
# knows the primary alone is told of, since the proof of the backup, by the
# router's own packets, does not pass it.  TCP agrees on segments that fit the
# backup's smaller packets, both ways, where nobody else would tell.
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
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
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
lab_stop
lab_done
