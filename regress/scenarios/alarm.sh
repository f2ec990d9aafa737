#!/bin/bash
# needs: netns
# The alarm program: run as _dialfail with the facts in its environment, ended
# when it hangs, heard when it fails, refused when others could write it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

program() {
	cat >/etc/dialfail/alarm
	chmod 0755 /etc/dialfail/alarm
}

# Facts of the last alarm of a kind, written by the program.
told() {
	sed -n "s/^$2=//p" "$LAB/alarms/$1" 2>/dev/null
}

lab_up
install -d -o _dialfail "$LAB/alarms"
program <<-SH
	#!/bin/sh
	{ env; id; ls -l /proc/self/fd; } >$LAB/alarms/new
	mv $LAB/alarms/new $LAB/alarms/\$DIALFAIL_KIND
SH
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
alarm "/etc/dialfail/alarm" { timeout 1s }
CONF
chmod 0757 /etc/dialfail/alarm
timeout 10 dialfaild -d >"$LAB/start.out" 2>&1
is "a program that others can write is refused" $? 1
ok "with its line" grep -q \
    '^/etc/dialfail.conf:[0-9]*: alarm .*writable by group or others' \
    "$LAB/start.out"
chmod 0755 /etc/dialfail/alarm
lab_start
ok "the primary is proved" wait_state primary

cut_upstream
ok "the backup takes over" wait_state backup
ok "the alarm comes" wait_until 10 "[ -e $LAB/alarms/failover ]"
is "kind" "$(told failover DIALFAIL_KIND)" failover
is "event" "$(told failover DIALFAIL_EVENT)" "$(fact .event)"
is "uplink" "$(told failover DIALFAIL_UPLINK)" wan2
is "state" "$(told failover DIALFAIL_STATE)" backup
ok "text" grep -q 'upstream dead' <<<"$(told failover DIALFAIL_TEXT)"
# PWD, OLDPWD and _ are the shell's own
is "nothing else is in its environment" "$(grep -E '^[A-Za-z_]+=' \
    "$LAB/alarms/failover" | cut -d= -f1 | grep -vE 'PWD$|^(_|uid)$' | sort |
    tr '\n' ' ')" "DIALFAIL_COUNT DIALFAIL_EVENT DIALFAIL_KIND \
DIALFAIL_STATE DIALFAIL_TEXT DIALFAIL_TIME DIALFAIL_UPLINK PATH "
ok "it runs as _dialfail alone" grep -q \
    'uid=\([0-9]*\)(_dialfail) gid=[0-9]*(_dialfail) groups=[0-9]*(_dialfail)$' \
    "$LAB/alarms/failover"
is "it has no descriptor of ours" \
    "$(grep -c 'socket:' "$LAB/alarms/failover")" 0
ok "it is told to have been sent" wait_until 5 "logged 'alarm: sent'"

restore_upstream
ok "the primary takes over again" wait_state primary
ok "the alarm comes" wait_until 10 "[ -e $LAB/alarms/fallback ]"
is "uplink" "$(told fallback DIALFAIL_UPLINK)" eth1
is "of the same event" "$(told fallback DIALFAIL_EVENT)" \
    "$(told failover DIALFAIL_EVENT)"

diag "a program that fails"
program <<-'SH'
	#!/bin/sh
	echo "no mail today" >&2
	exit 3
SH
cut_upstream
ok "the backup takes over" wait_state backup
ok "its last words are logged" \
    wait_until 10 "logged 'alarm: failed: exit 3: no mail today'"

ok "it waits" says 0 'Alarms   1 waiting for [0-9]+ s: exit 3: no mail' show
ok "a test tells why" says 1 'failed: exit 3: no mail today' test alarm

diag "a program that hangs, with a child of its own"
program <<-SH
	#!/bin/sh
	sleep 1001 & echo \$! >$LAB/alarms/child
	sleep 1001
SH
ok "it is ended" says 1 'failed: killed, it took too long' test alarm
ok "with its child" wait_until 5 "! kill -0 \$(cat $LAB/alarms/child)"

diag "a program that others can write by now"
chmod 0777 /etc/dialfail/alarm
ok "it is not run" says 1 'failed: others than root can write it' test alarm

diag "what waits outlives a restart, and is told when traffic has moved"
rm -f "$LAB"/alarms/*
chmod 0755 /etc/dialfail/alarm
lab_stop USR1
lab_start
ok "it waits still" says 0 'Alarms   1 waiting' show
program <<-SH
	#!/bin/sh
	{ env; date +%s; } >$LAB/alarms/new
	mv $LAB/alarms/new $LAB/alarms/\$DIALFAIL_KIND
SH
restore_upstream
ok "the primary takes over again" wait_state primary 60
ok "the new one comes" wait_until 10 "[ -e $LAB/alarms/fallback ]"
ok "and then the old one" wait_until 10 "[ -e $LAB/alarms/failover ]"
ok "with its own time" [ "$(date -d "$(told failover DIALFAIL_TIME)" +%s)" -lt \
    "$(date -d "$(told fallback DIALFAIL_TIME)" +%s)" ]
ok "none waits" wait_until 10 "ctl show | grep -q 'Alarms   none waiting'"
ok "a test" says 0 'sent' test alarm
is "kind" "$(told test DIALFAIL_KIND)" test

lab_stop
lab_done
