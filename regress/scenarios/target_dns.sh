#!/bin/bash
# needs: netns
# Names are a target of their own: a provider that loses every query while
# all else passes is "DNS only"; so is a server that has none to say.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lose_queries() {
	on isp-a nft -f - <<-NFT
		table ip lossy {
			chain forward {
				type filter hook forward priority filter
				udp dport 53 drop
			}
		}
	NFT
}

find_queries() {
	on isp-a nft delete table ip lossy
}

conf() {
	lab_write_conf <<-CONF
		primary eth1 {
			target $TARGET
			target dns $TARGET query "www.example.net"
			probe { interval 50ms timeout 300ms delay 200ms $1 }
		}
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		masquerade from eth0:network
	CONF
}

# shellcheck disable=SC2317 # wait_until calls it
dns_only() {
	[ "$(fact .primary.cause)" = "DNS only" ]
}

lab_up
names core $TARGET --address=/example.net/198.51.100.80
server=$SPAWNED

diag "pings are enough"
conf "require any"
lab_start
ok "the primary is proved" wait_state primary
ok "both targets are up" wait_until 10 \
    "[ \"\$(fact '[.primary.targets[].status] | unique[]')\" = up ]"
lose_queries
ok "the target is down" wait_until 20 \
    "[ \"\$(fact .primary.targets[1].status)\" = down ]"
is "the state is primary" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" 0
find_queries
ok "it is up again" wait_until 20 \
    "[ \"\$(fact .primary.targets[1].status)\" = up ]"
lab_stop

diag "both must work"
conf "require all"
: >"$LAB/daemon.log"
lab_start
ok "the primary is proved" wait_state primary
lose_queries
ok "traffic goes where names are known" wait_state backup
ok "the cause is told" wait_until 10 dns_only
ok "the event names it" logged 'DNS only'
find_queries
ok "and comes back" wait_state primary

diag "the server itself has gone: through both uplinks"
end "$server"
ok "it is the target's fault" wait_until 20 \
    "[ \"\$(fact .primary.cause)\" = target ]"
ok "the state is primary" wait_state primary
names core $TARGET --address=/example.net/198.51.100.80
ok "the primary is up" wait_until 20 \
    "[ \"\$(fact .primary.status)\" = up ]"
lab_stop
lab_done
