#!/bin/bash
# needs: netns
# IPv4 and IPv6 side by side; one of them dies alone.  Which of them moves
# the site is what `decide` says, and the other one is an alarm.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# site WORD: as `decide` says
site() {
	LAB_PRIMARY="target $TARGET6 $LAB_FAST decide $1" lab_conf <<-CONF
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		flap { failovers 0 }
	CONF
}

# family WORD: up, down or unknown, through the primary
family() {
	fact ".primary.$1.status"
}

# count TEXT: how often the log has it
count() {
	grep -cF -- "$1" "$LAB/daemon.log"
}

# decide WORD: in force, and all is well
decide() {
	diag "decide $1"
	site "$1"
	ok "the site decides by $1" ctl reload
	is "it is in force" "$(fact .primary.decide)" "$1"
	ok "the primary is proved" wait_state primary
	ok "both families are up" wait_until 10 \
	    "[ \"\$(family inet) \$(family inet6)\" = 'up up' ]"
}

lab_up
lab_inet6
site inet
lab_start
ok "the primary is proved" wait_state primary
ok "IPv6 is up" wait_until 10 "[ \"\$(family inet6)\" = up ]"
is "its address is told" "$(fact .primary.inet6.address)" 2001:db8:a::2
is "IPv4 is up" "$(family inet)" up

diag "decide inet"
cut_inet6
ok "IPv6 is down" wait_until 10 "[ \"\$(family inet6)\" = down ]"
ok "an alarm tells it, and why" wait_until 10 \
    "logged 'alarm: family: eth1: IPv6 down: upstream dead; the site stays'"
is "the cause is told" "$(fact .primary.inet6.cause)" "upstream dead"
is "IPv4 has none" "$(fact .primary.inet.cause)" null
is "the primary is up" "$(fact .primary.status)" up
sent=$(fact .primary.targets[0].sent)
ok "it is probed on" wait_until 20 \
    "[ \"\$(fact .primary.targets[0].sent)\" -gt $((sent + 15)) ]"
is "the state is primary" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" 0
is "it was one alarm" "$(count 'alarm: family: eth1: IPv6 down')" 1
restore_inet6
ok "IPv6 is back, and that is told" wait_until 10 \
    "logged 'alarm: family: eth1: IPv6 up again'"
cut_upstream
ok "IPv4 alone moves the site" wait_state backup
ok "the cause names it" logged 'eth1 IPv4 upstream dead'
is "IPv6 is up" "$(family inet6)" up
restore_upstream
ok "the primary takes over again" wait_state primary

decide all
ok "traffic is held" ctl hold for 1h
cut_inet6
ok "IPv6 is down" wait_until 10 "[ \"\$(fact .primary.status)\" = down ]"
ok "what is held is dead in IPv6" wait_until 10 \
    "[ \"\$(fact .verdict)\" = \
    'DOWN  eth1: IPv6 upstream dead; held: nothing is switched' ]"
ok "it is released" ctl release
ok "IPv6 alone moves the site" wait_state backup
ok "the cause names it" logged 'eth1 IPv6 upstream dead'
restore_inet6
ok "the primary takes over again" wait_state primary
cut_upstream
ok "and so does IPv4" wait_state backup
restore_upstream
ok "the primary takes over again" wait_state primary

decide inet6
cut_upstream
ok "IPv4 is down" wait_until 10 "[ \"\$(family inet)\" = down ]"
ok "an alarm tells it" wait_until 10 \
    "logged 'alarm: family: eth1: IPv4 down: .*decide is inet6'"
is "the state is primary" "$(state)" primary
restore_upstream
ok "IPv4 is up" wait_until 10 "[ \"\$(family inet)\" = up ]"
cut_inet6
ok "IPv6 moves the site" wait_state backup
restore_inet6
ok "the primary takes over again" wait_state primary

decide any
failovers=$(fact .failovers)
cut_inet6
ok "IPv6 is down" wait_until 10 "[ \"\$(family inet6)\" = down ]"
ok "an alarm tells it" wait_until 10 \
    "logged 'alarm: family: eth1: IPv6 down: .*decide is any'"
is "the state is primary" "$(state)" primary
is "nothing was switched" "$(fact .failovers)" "$failovers"
cut_upstream
ok "both move the site" wait_state backup
restore_upstream
ok "one of them brings it back" wait_state primary
restore_inet6

ok "the metrics have both families" grep -qF \
    'dialfail_uplink_known{uplink="eth1",role="primary",family="inet6"} 1' \
    <(ctl show metrics)
lab_stop
lab_done
