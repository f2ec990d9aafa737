#!/bin/bash
# needs: netns
# A backup's interface that hooks bring up and down: one that hangs, lies,
# vanishes or fails costs a bounded number of starts, is always stopped again,
# and the first that works carries the site, also through kill -9, and so does
# what it has left in the background.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks

starts() {
	wc -l <$LAB/starts
}

# how WORD: what the start hook will do
how() {
	echo "$1" >$LAB/how.new
	mv $LAB/how.new $LAB/how
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup stick {
	interface wan2 { start "stick-up" stop "stick-down" timeout 1s }
	dial { redial 1 backoff 50ms max 100ms }
}
fallback automatic { after 0s stable 0s drain 0s }
CONF
ip addr flush dev wan2
ip link set wan2 down
: >$LAB/starts
: >$LAB/stops
timeout 10 dialfaild -d >$LAB/start.out 2>&1
ok "a hook that is missing is told" grep -q \
    '^/etc/dialfail.conf:[0-9]*: start ".*/hooks/stick-up": No such file' \
    $LAB/start.out
cat >$HOOKS/stick-up <<SH
	#!/bin/sh
	echo "\$DIALFAIL_KIND \$DIALFAIL_UPLINK \$DIALFAIL_INTERFACE" >>$LAB/starts
	case \$(cat $LAB/how) in
	hang)	sleep 1001 & echo \$! >$LAB/child; sleep 1001 ;;
	lie)	exit 0 ;;
	fail)	echo "no SIM" >&2; exit 3 ;;
	late)	echo \$PPID >$LAB/late.new
		mv $LAB/late.new $LAB/late
		until [ -e $LAB/go ]; do sleep 0.1; done ;;
	esac
	case \$(cat $LAB/how) in
	good | late)
		sleep 1002 & echo \$! >$LAB/client
		ip link set wan2 up
		ip addr replace $WAN2_ADDRESS/26 dev wan2
		ip route replace default via $WAN2_GATEWAY metric 200 ;;
	esac
SH
cat >$HOOKS/stick-down <<SH
	#!/bin/sh
	echo "\$DIALFAIL_KIND" >>$LAB/stops
	kill \$(cat $LAB/client)
	ip addr flush dev wan2
	ip link set wan2 down
SH
sed -i 's/^	#!/#!/' $HOOKS/*
chmod 0757 $HOOKS/stick-*
timeout 10 dialfaild -d >$LAB/start.out 2>&1
ok "so is one that others can write" grep -q \
    'start ".*stick-up": writable by group or others' $LAB/start.out
chmod 0755 $HOOKS/stick-*
chmod 0777 $HOOKS
timeout 10 dialfaild -d >$LAB/start.out 2>&1
ok "and one in a directory that others can write" grep -q \
    'stick-up": others than root can write /etc/dialfail/hooks' $LAB/start.out
chmod 0755 $HOOKS
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
is "it is not started without need" "$(starts)" 0

how hang
cut_upstream
ok "one that hangs is ended" wait_until 20 \
    "logged 'stick: failed: start hook stick-up: killed, it took too long'"
ok "with what it started" wait_until 5 "! kill -0 \$(cat $LAB/child)"
how lie
ok "one that lies is found out" wait_until 20 \
    "logged 'stick: failed: wan2 after its start hook has ended: it is down'"
mv $HOOKS/stick-up $HOOKS/away
ok "one that has vanished is told" wait_until 20 \
    "logged 'stick: failed: start hook stick-up: No such file or directory'"
how good
mv $HOOKS/away $HOOKS/stick-up
ok "the one that works carries the site" wait_state backup
ok "the LAN reaches the core" wait_until 5 ping_lan
is "it finds its facts" "$(tail -n 1 $LAB/starts)" "start stick wan2"
n=$(starts)
ok "starts are bounded: $n" test "$n" -le 12
is "each but the last, and the vanished ones, was stopped again" \
    "$(($(wc -l <$LAB/stops) >= n - 1))" 1

lab_kill9
lab_start
ok "it is found again" wait_state backup
is "and not started again" "$(starts)" "$n"
ok "what its hook left in the background goes on" kill -0 "$(cat $LAB/client)"
stops=$(wc -l <$LAB/stops)
ip addr flush dev wan2
ok "lost, it is stopped" wait_until 10 "[ \$(wc -l <$LAB/stops) -gt $stops ]"
ok "and started again" wait_until 20 "[ \$(wc -l <$LAB/starts) -gt $n ]"
ok "and carries the site" wait_state backup

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the link is stopped" wait_until 10 "! ip addr show wan2 | grep -q 'inet '"
ok "with what was left" wait_until 5 "[ ! -e /proc/$(cat $LAB/client) ]"
ok "nothing has changed" wait_until 5 "same_as $LAB/before"

diag "netconf is killed, and its hook is not ended by its keeper"
netconf=$(process netconf)
how late
ctl failover >$LAB/said 2>&1 &
ok "the start hook runs" wait_until 10 "[ -e $LAB/late ]"
keeper=$(cat $LAB/late)
hook=$(pgrep -P "$keeper")
kill -STOP "$keeper"
kill -9 "$netconf"
ok "all end" wait_until 5 daemon_gone
lab_start
ok "the primary is proved" wait_state primary
ok "how long its start took in the outage is remembered" \
    says 0 'would carry traffic in about [0-9]+ s \(last time [0-9.]+ s\)' show
ok "so is the outage" says 0 '^ +[0-9a-f]+ 2.* on stick, ' show
touch $LAB/go
ok "the hook ends" wait_until 5 "! kill -0 $hook"
ok "it has brought nothing up behind its stop hook" \
    wait_until 5 "same_as $LAB/before"

lab_stop
rm -f /var/lib/dialfail/backups # it remembers the failures until now
: >$LAB/starts
how fail
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "its last words are told" wait_until 20 \
    "logged 'stick: failed: start hook stick-up: exit 3: no SIM'"
ok "too many failures are alarmed" wait_until 30 "logged 'alarm: dial-cap'"
is "after twelve" "$(starts)" 12
lab_stop
lab_done
