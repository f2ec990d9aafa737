#!/bin/bash
# needs: netns
# Hooks of a switch: run as root after the route, in order, with the facts and
# nothing else; a failure is told and alarmed, what others can write is not
# run, and none of them holds up the switch or outlives dialfaild.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks/switch.d

# hook NAME: from standard input
hook() {
	{ echo "#!/bin/sh"; cat; } >"$HOOKS/$1"
	chmod 0755 "$HOOKS/$1"
}

# told KEY: by the environment of the last run
told() {
	sed -n "s/^DIALFAIL_$1=//p" "$LAB/hook.facts"
}

lab_up
mkdir -p $HOOKS
setpriv --reuid nobody --clear-groups sleep 1000 &
somebody=$!
hook 10-slow <<SH
	ip route get $TARGET mark 0 >$LAB/hook.route
	echo 10 >>$LAB/hook.order
	echo "slow on \$DIALFAIL_INTERFACE"
	until [ -e $LAB/go ]; do sleep 0.1; done
SH
hook 20-facts <<SH
	{ env; ls -l /proc/self/fd; } >$LAB/hook.facts
	kill -0 $somebody && echo yes >$LAB/hook.signal
	echo 20 >>$LAB/hook.order
SH
hook 30-fails <<-'SH'
	echo "no relay today" >&2
	exit 7
SH
hook 40-anybodys <<SH
	echo 40 >>$LAB/hook.order
SH
chmod 0757 $HOOKS/40-anybodys
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary

cut_upstream
ok "the backup takes over while the first hook runs" wait_state backup
ok "it saw the new route" wait_until 5 "grep -q 'dev wan2' $LAB/hook.route"
ok "the LAN reaches the core" wait_until 2 ping_lan
ok "it goes on" wait_until 5 "[ -s $LAB/hook.order ]"
is "the second has not run" "$(cat $LAB/hook.order)" 10
event=$(fact .event)
touch $LAB/go
ok "a failure is told in the event" wait_until 10 \
    "ctl show event $event | grep '30-fails failed after'"
ok "and alarmed" wait_until 5 \
    "logged 'alarm: hook: switch.d/30-fails failed'"
ok "what others can write is not run" wait_until 5 \
    "logged 'hook: switch.d/40-anybodys failed.*others than root can write it'"
is "the metrics count both" "$(metric hook_failures_total)" 2
is "in order" "$(tr '\n' ' ' <$LAB/hook.order)" "10 20 "
is "kind" "$(told KIND)" failover
is "event" "$(told EVENT)" "$event"
is "uplink" "$(told UPLINK)" wan2
is "from" "$(told FROM)" eth1
is "address" "$(told ADDRESS)" "$WAN2_ADDRESS"
is "gateway" "$(told GATEWAY)" "$WAN2_GATEWAY"
# PWD, OLDPWD and _ are the shell's own
is "nothing else is in its environment" "$(grep -E '^[A-Za-z_0-9]+=' \
    $LAB/hook.facts | cut -d= -f1 | grep -vE 'PWD$|^_$' | sort | tr '\n' ' ')" \
    "DIALFAIL_ADDRESS DIALFAIL_ADDRESS6 DIALFAIL_EVENT DIALFAIL_FROM \
DIALFAIL_GATEWAY DIALFAIL_GATEWAY6 DIALFAIL_INTERFACE DIALFAIL_KIND \
DIALFAIL_UPLINK PATH "
is "it has no descriptor of ours" "$(grep -c 'socket:' $LAB/hook.facts)" 0
is "it may signal a process of another user" "$(cat $LAB/hook.signal)" yes
kill $somebody
ok "its words are in the log" logged 'hook switch.d/10-slow: slow on wan2'

diag "one that hangs while dialfaild is killed"
hook 10-slow <<SH
	sleep 1001 & echo \$! >$LAB/hook.child
	wait
SH
rm $HOOKS/[234]*
restore_upstream
ok "the primary takes over again" wait_state primary
ok "the hook runs" wait_until 10 "[ -s $LAB/hook.child ]"
child=$(cat $LAB/hook.child)
lab_kill9
ok "it ends with all it started" wait_until 5 "! kill -0 $child"
lab_start
ok "the primary is proved" wait_state primary
lab_stop
lab_done
