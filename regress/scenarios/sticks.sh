#!/bin/bash
# needs: netns
# Sticks that hang, lie and vanish, each brought up and down by hooks of its
# own behaviour: each costs a bounded number of starts, says why it is of no
# use, and leaves neither a process nor a link nor a route behind.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks
NAME=www.example.net
ANSWER=198.51.100.80

# sticks TIMEOUT NAME...: plugged in, each with an address and a router of the
# other provider's, and its backup in $BACKUPS; one that is absent has no
# interface
sticks() {
	local s n=0 timeout=$1
	shift
	BACKUPS=
	for s in $(ip -n isp-b -br link | sed -n 's/@.*//p' |
	    grep -vx 'cust\|core'); do
		ip -n isp-b link del "$s"
	done
	for s in "$@"; do
		n=$((n + 4))
		[ "$s" = absent ] || {
			ip link add "$s" type veth peer name "$s" netns isp-b
			ip link set "$s" up # for once: it has a queue then
			ip link set "$s" down
			ip -n isp-b addr add 203.0.113.$((192 + n))/31 dev "$s"
			ip -n isp-b link set "$s" up
		}
		echo "at=203.0.113.$((193 + n))/31 by=203.0.113.$((192 + n))" \
		    >"$LAB/$s.line"
		BACKUPS+="backup $s {
			interface $s { start up stop down timeout $timeout }
			dial { redial 1 backoff 1h max 1h }
		}
		"
	done
	: >$LAB/starts
	: >$LAB/stops
}

# times starts|stops STICK
# shellcheck disable=SC2317 # called by wait_until
times() {
	grep -cx "$2" "$LAB/$1"
}

# carries STICK: all of the traffic
# shellcheck disable=SC2317 # it is called by wait_until
carries() {
	settled backup && [ "$(fact .active.interface)" = "$1" ]
}

# what hooks have started and not ended
# shellcheck disable=SC2317 # it is called by wait_until
strays() {
	pgrep -f 'sleep 10[0-9][0-9]|/hooks/'
}

# begin TIMEOUT STICK...: an outage of a site that has them
begin() {
	sticks "$@"
	LAB_PRIMARY="$LAB_FAST
	    target dns $TARGET query \"$NAME\" answer $ANSWER" lab_conf <<-CONF
		$BACKUPS
		fallback automatic { after 0s stable 0s drain 0s }
	CONF
	: >$LAB/daemon.log
	snapshot "$LAB/before"
	lab_start
	ok "the primary is proved" wait_state primary
	cut_upstream
}

# shellcheck disable=SC2317 # called by wait_until
once() {
	[ "$(times starts "$1") $(times stops "$1")" = "1 1" ]
}

# each STICK...: started once, and stopped once, if perhaps not quite yet
each() {
	local s
	for s in "$@"; do
		ok "$s was started once, and stopped" wait_until 5 "once $s"
	done
}

# home: the primary takes over again
home() {
	restore_upstream
	ok "the primary takes over again" wait_state primary
	ok "nothing of a hook runs any more" wait_until 10 "! strays"
}

lab_up
ip -n core route add 203.0.113.192/26 via 203.0.113.5
names core $TARGET --address=/$NAME/$ANSWER
cat >$HOOKS/up <<SH
#!/bin/sh
. $LAB/\$DIALFAIL_UPLINK.line
echo \$DIALFAIL_UPLINK >>$LAB/starts
# up [ADDRESS [ROUTER]]
up() {
	ip link set \$DIALFAIL_INTERFACE up
	[ -z "\$1" ] || ip addr add \$1 dev \$DIALFAIL_INTERFACE
	[ -z "\$2" ] || ip route append default via \$2 metric 20000
}
case \$DIALFAIL_UPLINK in
hangs)	sleep 1001 & sleep 1002 ;;
deaf)	trap '' TERM; sleep 1003; sleep 1004 ;;
exits)	echo "no SIM" >&2; exit 3 ;;
killed)	kill -SEGV \$\$ ;;
absent)	;;
bare)	up ;;
lonely)	up \$at ;;
flash)	up \$at \$by; ip addr flush dev flash ;;
late)	(sleep 8; up \$at \$by) & ;;
floods)	i=0
	while [ \$i -lt 5000 ]; do
		printf 'line \033 %d \377\n' \$((i = i + 1))
	done
	up \$at \$by ;;
parent)	sleep 1005 & up \$at \$by ;;
*)	up \$at \$by ;;
esac
SH
cat >$HOOKS/down <<SH
#!/bin/sh
echo \$DIALFAIL_UPLINK >>$LAB/stops
case \$DIALFAIL_UPLINK in
floods)	sleep 1006 ;;
parent)	pkill -f 'sleep 1005' ;;
stays)	echo "stick is busy" >&2; exit 4 ;;
esac
ip addr flush dev \$DIALFAIL_INTERFACE
ip link set \$DIALFAIL_INTERFACE down
SH
chmod 0755 $HOOKS/*

diag "those that do not come up"
failing=(hangs deaf exits killed absent bare lonely)
begin 2s "${failing[@]}"
ok "none of them is of use" wait_state stranded
while read -r s why; do
	ok "$s: $why" wait_until 5 "logged '$s: failed: .*$why'"
done <<'WHY'
hangs killed, it took too long
deaf killed, it took too long
exits exit 3: no SIM
killed killed by signal 11
absent there is no such interface
bare it has no address
lonely it has no router
WHY
each "${failing[@]}"
ok "people are told" logged 'alarm: stranded'
home
lab_stop
ok "nothing has changed" wait_until 5 "same_as $LAB/before"

diag "those that do, but not for good"
begin 5s captive flash late floods parent stays
names isp-b 203.0.113.196 "--address=/#/203.0.113.196"
on isp-b nft -f - <<NFT
	table ip portal {
		chain pre {
			type nat hook prerouting priority dstnat
			iifname "captive" redirect
		}
	}
NFT
ok "the fourth carries the site" wait_until 30 "carries floods"
ok "a captive one is not believed" logged 'captive.*captive network'
ok "nor one that is gone at once" logged 'flash: .*it has no address'
ok "nor one that is late" logged \
    'late: failed: late after its start hook has ended: it is down'
is "a hundred lines of a flood are logged" \
    "$(grep -c 'hook up: line ? ' $LAB/daemon.log)" 100
ok "the LAN reaches the core" wait_until 5 ping_lan
ok "one that comes up too late is stopped again" wait_until 20 \
    "[ \$(times stops late) -eq 2 ]"

ip link del floods
ok "unplugged, it is lost" wait_until 10 "logged 'floods: lost: there is no'"
ok "the next one carries the site" wait_until 20 "carries parent"
ok "a stop hook that hangs is ended" wait_until 20 \
    "logged 'floods: stop hook down: killed, it took too long'"
ip addr flush dev parent
ok "without an address it is lost, too" wait_until 20 "carries stays"
home
ok "one that stays up is told" wait_until 10 \
    "logged 'alarm: hook: stays: still up after its stop hook'"
ok "and why" wait_until 5 \
    "logged 'stays: stop hook down: exit 4: stick is busy'"
each captive flash parent
lab_stop
lab_done
