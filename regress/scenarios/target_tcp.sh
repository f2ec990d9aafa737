#!/bin/bash
# needs: netns
# Connections prove the line where pings are not answered.  One that is
# refused proves nothing: any firewall on the way can say so.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# firewall RULE: at the provider, for what is forwarded
firewall() {
	on isp-a nft -f - <<-NFT
		table ip wall {
			chain forward {
				type filter hook forward priority filter
				$1
			}
		}
	NFT
}

no_firewall() {
	on isp-a nft delete table ip wall
}

lab_up
lab_write_conf <<CONF
primary eth1 {
	target tcp $TARGET port $ECHO_PORT
	$LAB_FAST
}
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
masquerade from eth0:network
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

firewall "ip protocol icmp drop"
sent=$(fact .primary.targets[0].sent)
ok "without pings it is probed on" wait_until 20 \
    "[ \"\$(fact .primary.targets[0].sent)\" -gt $((sent + 15)) ]"
is "the state is primary" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" 0
no_firewall

for verdict in "reject with tcp reset" "reject with icmp host-unreachable" drop
do
	diag "$verdict"
	firewall "tcp dport $ECHO_PORT $verdict"
	ok "traffic goes to the backup" wait_state backup
	ok "the cause is beyond the gateway" wait_until 10 \
	    "[ \"\$(fact .primary.cause)\" = 'upstream dead' ]"
	no_firewall
	ok "and comes back" wait_state primary
done
is "as often as that" "$(fact .failovers)" 3
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
ok "no socket waits for its end" test -z \
    "$(ss -Htan state time-wait "dport = $ECHO_PORT")"
lab_stop
lab_done
