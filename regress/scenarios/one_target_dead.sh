#!/bin/bash
# needs: netns
# The near target is silent, which is nothing; one of two far targets is
# switched off: with `require any` that is no outage, but it is told; with
# `require all` it is the target's fault.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# status ADDRESS: as `show targets` has it
status() {
	fact ".targets[] | select(.address == \"$1\" and .via == \"eth1\") | .status" \
	    targets
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

diag "a near one says nothing of what is behind it"
on isp-a sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
ok "it is down" wait_until 10 "[ \"\$(status $GATEWAY)\" = down ]"
sent=$(fact .primary.targets[0].sent)
ok "it is probed on" wait_until 20 \
    "[ \"\$(fact .primary.targets[0].sent)\" -gt $((sent + 9)) ]"
is "the primary is up, and has no cause" \
    "$(fact '.primary | .status + " " + (.cause // "none")')" "up none"
# a third, if that of the near one were counted; on a busy machine one is late
is "nor loss" "$(fact '.primary.inet.loss_pct < 10')" true
on isp-a sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
ok "it is up again" wait_until 10 "[ \"\$(status $GATEWAY)\" = up ]"

diag "a far one"
target_off "$TARGET"
ok "the target is down" wait_until 10 "[ \"\$(status $TARGET)\" = down ]"
is "the other one is up" "$(status "$TARGET2")" up
sent=$(fact .primary.targets[0].sent)
ok "it is probed on" wait_until 20 \
    "[ \"\$(fact .primary.targets[0].sent)\" -gt $((sent + 15)) ]"
is "the primary is up" "$(fact .primary.status)" up
is "the cause is told" "$(fact .primary.cause)" "some targets dead"
is "the state is primary" "$(state)" primary
ok "it never was another" test -z \
    "$(grep 'state: primary ->' "$LAB/daemon.log")"
is "nothing was switched" "$(fact .failovers)" 0
ok "an alarm tells it" wait_until 10 "logged 'alarm: one-target: eth1'"
is "and no more than one" "$(grep -c "alarm: one-target: eth1: target $TARGET does not answer" \
    "$LAB/daemon.log")" 1
ok "nothing has changed" same_as "$LAB/before"

target_on "$TARGET"
ok "the target is up again" wait_until 10 "[ \"\$(status $TARGET)\" = up ]"
ok "no cause is left" wait_until 10 "[ \"\$(fact .primary.cause)\" = null ]"
ok "that is told, too" wait_until 10 \
    "logged \"eth1: target $TARGET answers again\""
lab_stop

diag "require all"
LAB_PRIMARY="probe { interval 50ms timeout 300ms delay 200ms require all }" \
    lab_conf <<'CONF'
backup wan2
CONF
lab_start
ok "the primary is proved" wait_state primary
target_off "$TARGET"
ok "it is the target's fault" wait_until 20 \
    "[ \"\$(fact .primary.cause)\" = target ]"
ok "the state is primary" wait_state primary
is "nothing was switched" "$(fact .failovers)" 0
lab_stop
lab_done
