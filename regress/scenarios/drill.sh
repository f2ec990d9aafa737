#!/bin/bash
# needs: netns
# A backup is tested while nobody needs it: brought up, proved, measured and
# hung up, without a packet of traffic on it; by hand and by itself.  What fails
# is told, and an outage in the middle of a drill uses what it has brought up.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks
SAVED=/var/lib/dialfail/backups

starts() {
	wc -l <$LAB/starts
}

# how WORD: what the start hook will do
how() {
	echo "$1" >$LAB/how.new
	mv $LAB/how.new $LAB/how
}

# drilled KEY: of the last drill, as show says it
drilled() {
	fact ".backups[0].drill.$1" backup
}

hung_up() {
	ok "it is hung up" wait_until 10 "! ip addr show wan2 | grep -q 'inet '"
	ok "and done" wait_until 10 \
	    "fact .backups[0].status backup | grep -Eq '^(idle|failed)'"
}

lab_up
# the other provider's path is narrower than its first link
ip -n isp-b link set core mtu 1400
ip -n core link set isp-b mtu 1400
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup stick {
	interface wan2 { start "stick-up" stop "stick-down" }
	dial { redial 1 backoff 50ms max 100ms }
	budget { dials 100 }
	drill every 1d
}
fallback automatic { after 0s stable 0s drain 0s }
CONF
ip addr flush dev wan2
ip link set wan2 down
: >$LAB/starts
cat >$HOOKS/stick-up <<SH
#!/bin/sh
echo >>$LAB/starts
while [ "\$(cat $LAB/how)" = wait ]; do sleep 0.1; done
[ "\$(cat $LAB/how)" = good ] || { echo "no SIM" >&2; exit 3; }
ip link set wan2 up
ip addr replace $WAN2_ADDRESS/26 dev wan2
ip route replace default via $WAN2_GATEWAY metric 200
SH
cat >$HOOKS/stick-down <<SH
#!/bin/sh
ip addr flush dev wan2
ip link set wan2 down
SH
chmod 0755 $HOOKS/stick-*
how good
lab_start
ok "the primary is proved" wait_state primary
is "nothing was drilled" "$(drilled ok)" null
ok "nor proved" says 0 'last proved: not yet' show backup

diag "one that works"
flow_start drill 100
ok "the drill is good" ctl drill
diag "$(grep 'drill good' $LAB/daemon.log | tail -n 1)"
flow_stop drill
is "no packet of the LAN was lost" "$(flow_fact drill lost)" 0
is "traffic did not move" "$(fact .failovers)" 0
is "the path is narrow" "$(drilled mtu)" 1400
ok "and has some speed" test "$(drilled kbps)" -gt 1000
ok "it took some time" test "$(drilled ready_ms)" -gt 0
hung_up
ok "it was proved just now" says 0 'last proved: [0-9]+ s ago' show
ok "which is the end of the first line" \
    says 0 'OK  primary eth1 for .*; backup proved [0-9]+ s ago' show
ok "and how long an outage would be" \
    says 0 'would carry traffic in about [0-9]+ s' show
is "it is a call" "$(fact .backups[0].budget.dials.used backup)" 1
ok "history has it" grep -q 'drill of stick good' <<<"$(ctl show history)"
ok "the metrics have it" grep -q '^dialfail_drill_success{uplink="stick"} 1' \
    <<<"$(ctl show metrics)"

diag "those that do not"
cut_backup
ctl drill stick >$LAB/out 2>&1
is "unproved, it fails" "$?" 1
ok "and that is told" grep -q 'the backup could not be proved' $LAB/out
restore_backup
hung_up
how fail
ctl drill >$LAB/out 2>&1
is "not started, it fails" "$?" 1
ok "an alarm has its last words" wait_until 5 \
    "logged 'alarm: drill: stick: .*no SIM'"
ok "the metrics have it" grep -q '^dialfail_drill_success{uplink="stick"} 0' \
    <<<"$(ctl show metrics)"
ctl show event >$LAB/out
ok "its story is told" grep -q 'drill of stick failed' $LAB/out
is "nothing was detected, and it tells of none" \
    "$(grep -c 'detected in' $LAB/out)" 0
ctl failover stick >$LAB/out 2>&1
is "nor is a failover that is asked for" "$?" 1
ok "history tells that, and of which backup" wait_until 5 \
    "ctl show history | tail -n 1 | grep -q 'asked for, stick failed, over'"
diag "$(ctl show event)"

diag "killed, and due by itself"
how good
lab_kill9
sed -i "s/^\(D	stick	\)[^	]*/\1$(($(date +%s) - 90000))/" $SAVED
n=$(starts)
lab_start
ok "the last one is remembered" wait_until 5 "[ \$(drilled ok) = false ]"
ok "the primary is proved" wait_state primary
ok "it is drilled by itself" wait_until 30 "[ \"\$(drilled ok)\" = true ]"
is "once" "$(starts)" $((n + 1))
hung_up
lab_kill9
lab_start
ok "the primary is proved" wait_state primary
ok "that it was proved is remembered" says 0 \
    'last proved: [0-9]+ (s|min) ago' show backup

diag "an outage in the middle"
how wait
n=$(starts)
ctl drill >$LAB/out 2>&1 &
ok "the stick is being started" wait_until 5 "[ \$(starts) -gt $n ]"
ok "another one is refused, and which is in its way is told" says 1 \
    'under way: drill of stick, which is brought up, for [0-9]+ s at most' drill
cut_upstream
ok "the outage is seen" wait_state dialing
how good
ok "the backup takes over" wait_state backup
is "by the same call" "$(starts)" $((n + 1))
ok "the LAN reaches the core" wait_until 5 ping_lan
ok "who asked is told" wait_until 5 \
    "grep -q 'it is used as it is' $LAB/out"
ctl drill >$LAB/out 2>&1
is "no drill now" "$?" 1
ok "and why" grep -q 'traffic is on the backup: stick' $LAB/out
restore_upstream
ok "the primary takes over again" wait_state primary
hung_up
lab_stop
lab_done
