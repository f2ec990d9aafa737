#!/bin/bash
# needs: netns
# Two backups that cost nothing, by two providers.  One that is dead is passed
# over; when it works again, traffic moves there, since it is written first;
# when it dies with traffic on it, the other one takes over.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# A third line of the router's: another one of isp-b's customers, without a
# default route.
wan3() {
	ip -batch - <<-IP
		link add wan3 type veth peer name cust3 netns isp-b
		addr add 203.0.113.130/26 dev wan3
		link set wan3 up
	IP
	ip -n isp-b -batch - <<-IP
		addr add 203.0.113.129/26 dev cust3
		link set cust3 up
	IP
}

# first dead|alive: the provider serves the line no longer, without a word
first() {
	case $1 in
	dead)	on isp-b ip rule add iif cust blackhole ;;
	alive)	on isp-b ip rule del iif cust blackhole ;;
	esac
}

# shellcheck disable=SC2317 # called by ok
uses() {
	[ "$(fact .active.interface)" = "$1" ] && ping_lan
}

# shellcheck disable=SC2034 # what lab.sh uses
LAB_PRIMARY=$LAB_FAST
lab_up
wan3
lab_conf <<CONF
backup wan2
backup wan3 { interface, gateway 203.0.113.129 }
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

first dead
cut_upstream
ok "a backup takes over" wait_state backup
ok "it is the second" wait_until 5 uses wan3
ok "the first was tried before" logged 'event proof failed of wan2'
ok "the first is looked at now and then" wait_until 30 \
    "[ \"\$(fact '.backups[0].inet.status')\" = down ]"

first alive
ok "the first takes over when it works" wait_until 60 uses wan2
ok "the reason is told" logged 'a better backup works'
is "the core sees its address" "$(seen_as)" "$WAN2_ADDRESS"

first dead
ok "it dies with traffic on it: the second takes over" wait_until 60 uses wan3
first alive

restore_upstream
ok "the primary takes over again" wait_state primary
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
