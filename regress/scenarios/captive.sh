#!/bin/bash
# needs: netns
# The provider wants money: its router answers every ping, every connection
# and every name itself, each name with its own address.  To pings and
# connections alone the line looks alive; a name whose address is known tells.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

NAME=www.example.net
ANSWER=198.51.100.80

# portal [HOST]: of this provider
portal() {
	on "${1:-isp-a}" nft -f - <<-NFT
		table ip portal {
			chain pre {
				type nat hook prerouting priority dstnat
				iifname "cust" redirect
			}
		}
	NFT
}

# Flows that began there end there: as when a router is restarted.
paid() {
	on "${1:-isp-a}" nft delete table ip portal
	on "${1:-isp-a}" conntrack -F 2>/dev/null
}

# conf TARGETS
conf() {
	lab_write_conf <<-CONF
		primary eth1 {
			$1
			target $GATEWAY near
			probe { interval 50ms timeout 300ms delay 200ms }
		}
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		flap { failovers 0 } # a restart forgets none
		masquerade from eth0:network
	CONF
}

# story CAUSE TARGETS
story() {
	local cause=$1
	: >"$LAB/daemon.log"
	conf "$2"
	lab_start
	ok "the primary is proved" wait_state primary
	snapshot "$LAB/before"
	portal
	ok "traffic goes to the backup" wait_state backup
	is "by it" "$(fact .active.interface)" wan2
	ok "the cause is told" wait_until 10 \
	    "[ \"\$(fact .primary.cause)\" = '$cause' ]"
	ok "the event names it" logged "$cause"
	ok "the LAN reaches the world" ping_lan
	paid
	ok "and when they were paid, it returns" wait_state primary
	ok "no cause is left" wait_until 10 "[ \"\$(fact .primary.cause)\" = null ]"
	ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
	lab_stop
}

lab_up
names core $TARGET --address=/$NAME/$ANSWER
names isp-a $GATEWAY "--address=/#/$GATEWAY"
spawn isp-a "$LAB/portal.log" flow echo $GATEWAY $ECHO_PORT

diag "names alone decide"
story "captive network" "target dns $TARGET query \"$NAME\" answer $ANSWER"

diag "with others, which the portal answers"
story "captive network" "target $TARGET
	target tcp $TARGET port $ECHO_PORT
	target dns $TARGET query \"$NAME\" answer $ANSWER"

diag "the answer that is asked for is an old one: no uplink can help that"
: >"$LAB/daemon.log"
conf "target $TARGET
	target dns $TARGET query \"$NAME\" answer 198.51.100.81"
lab_start
failovers=$(fact .failovers)
ok "it is the target's fault" wait_until 30 \
    "[ \"\$(fact .primary.cause)\" = target ]"
is "traffic stays" "$(fact .active.interface)" eth1
is "nothing was switched" "$(fact .failovers)" "$failovers"
lab_stop

diag "a backup that is captive proves nothing"
: >"$LAB/daemon.log"
conf "target $TARGET
	target tcp $TARGET port $ECHO_PORT
	target dns $TARGET query \"$NAME\" answer $ANSWER"
names isp-b $WAN2_GATEWAY "--address=/#/$WAN2_GATEWAY"
spawn isp-b "$LAB/portal.log" flow echo $WAN2_GATEWAY $ECHO_PORT
lab_start
ok "the primary is proved" wait_state primary
portal isp-b
cut_upstream
ok "the backup's lies are not believed" wait_state stranded
ok "the event names them" logged 'wan2.*captive network'
is "nothing was switched to it" "$(fact .active.interface)" eth1
paid isp-b
ok "it is used when it was paid" wait_state backup 60
ok "the LAN reaches the world" ping_lan
restore_upstream
ok "traffic returns" wait_state primary
lab_stop

diag "without a name it is not seen"
: >"$LAB/daemon.log"
conf "target $TARGET target tcp $TARGET port $ECHO_PORT"
lab_start
ok "the primary is proved" wait_state primary
portal
sent=$(fact .primary.targets[1].sent) failovers=$(fact .failovers)
ok "the portal answers for a while" wait_until 20 \
    "[ \"\$(fact .primary.targets[1].sent)\" -gt $((sent + 15)) ]"
is "the state is primary" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" "$failovers"
lab_stop
lab_done
