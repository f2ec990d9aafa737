#!/bin/bash
# needs: netns
# What a backup may cost: counted by the kernel's octets and the calls placed,
# told at 75, 90 and 100 %, counted on through kill -9 and a new boot; a backup
# that carries traffic is not cut, but it is used for no new call, until more is
# granted.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks
SAVED=/var/lib/dialfail/backups

starts() {
	wc -l <$LAB/starts
}

# spent WHAT: of the budget, as show says it
spent() {
	fact ".backups[0].budget.$1.used" backup
}

# spend OCTETS: by the LAN, there and back
spend() {
	on lan ping -n -q -f -c $(($1 / 2800)) -s 1372 $TARGET >/dev/null
}

# carried: octets of the backup's interface, as the kernel counts them
carried() {
	ip -s -j link show wan2 | jq '.[].stats64 | .rx.bytes + .tx.bytes'
}

# neither today nor tomorrow: none of what is spent is forgotten meanwhile
day=$(LC_ALL=C date -d '3 days' +%a)

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup stick {
	interface wan2 { start "stick-up" stop "stick-down" }
	dial { redial 1 backoff 50ms max 100ms }
	budget { bytes 2M dials 2 weekly ${day,} then refuse }
}
fallback automatic { after 0s stable 0s drain 0s }
CONF
ip addr flush dev wan2
ip link set wan2 down
: >$LAB/starts
cat >$HOOKS/stick-up <<SH
#!/bin/sh
echo >>$LAB/starts
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
lab_start
ok "the primary is proved" wait_state primary
is "nothing is spent" "$(spent dials)" 0

cut_upstream
ok "the backup takes over" wait_state backup
is "one call" "$(spent dials)" 1
is "that is half of them: no alarm" "$(grep -c 'alarm: budget' $LAB/daemon.log)" 0
ok "the LAN reaches the core" wait_until 5 ping_lan
spend 1600000
ok "75 % are told" wait_until 20 \
    "logged 'alarm: budget: stick: [78][0-9] % of its budget: bytes'"
spend 250000
ok "90 % are told" wait_until 20 \
    "logged 'alarm: budget: stick: 9[0-9] % of its budget: bytes'"

diag "killed and started again"
before=$(carried)
lab_kill9
lab_start
ok "it is found again" wait_state backup
ok "octets are neither lost nor counted twice" wait_until 15 \
    "[ \$(spent bytes) -ge $before ] && [ \$(spent bytes) -le \$(carried) ]"
diag "$(spent bytes) of $before to $(carried)"
spend 300000
ok "100 % are told, and what follows" wait_until 20 \
    "logged 'alarm: budget: stick: 1[0-9][0-9] % of .*in 10 minutes'"
ok "traffic stays" ping_lan
is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"

diag "a new boot"
lab_stop USR1
sed -i 's/^\(V	1	\)[^	]*/\1another-boot/' $SAVED
lab_start
ok "it is found again" wait_state backup
ok "it was told before: no new call" wait_until 10 \
    "[ \"\$(fact .backups[0].no_new_call backup)\" = 'its bytes are used up' ]"
ok "traffic stays all the same" ping_lan
is "nothing was forgotten" "$(($(spent bytes) > 2000000)) $(spent dials)" "1 1"
restore_upstream
ok "the primary takes over again" wait_state primary
cut_upstream
ok "the next outage gets no call" wait_state stranded
is "so many were started" "$(starts)" 1
ok "and show says why" grep -q 'no new call: its bytes are used up' \
    <<<"$(ctl show)"
ctl failover >$LAB/out 2>&1
ok "nor is one placed by hand, and until when is told" grep -Eq \
    "no call: stick: its bytes are used up; not before $day .* 00:00, unless" \
    $LAB/out
ok "the metrics have it" grep -qE \
    '^dialfail_budget_used_ratio\{uplink="stick",resource="bytes"\} [12]\.' \
    <<<"$(ctl show metrics)" || diag "$(ctl show metrics | grep budget)"

diag "more is granted"
ctl grant stick time 2h >$LAB/out 2>&1
is "of what has no limit there is no more" "$?" 1
ok "of octets" ctl grant stick bytes 100M
ok "the backup takes over" wait_state backup
is "the second call" "$(spent dials)" 2
ok "all of them are told" wait_until 5 \
    "logged 'alarm: budget: stick: 100 % of its budget: dials 2 of 2'"
ok "of calls" ctl grant stick dials 5
is "that many" "$(fact '.backups[0].budget.dials.limit')" 7
restore_upstream
ok "the primary takes over again" wait_state primary
lab_stop
lab_done
