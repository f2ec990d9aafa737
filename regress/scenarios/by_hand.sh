#!/bin/bash
# needs: netns
# An operator moves traffic: failover, for a time and confirmed, fallback,
# hold and release; what is refused, why, and with which exit code.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# rounds: good ones of the primary
rounds() {
	ctl show metrics | sed -n \
	    's/^dialfail_rounds_total{uplink="eth1",.*"good"} //p' | head -n 1
}

lab_up
ok "without a daemon the exit code is 3" says 3 'dialfaild' show
ok "its usage" says 0 '^usage: dialfailctl ' -h
ok "and its commands" grep -q 'hold .*forever' "$LAB/said"
ok "the same, as others say it" says 0 '^usage: dialfailctl ' show --help
ok "a wrong option" says 2 '^usage: dialfailctl ' -x
ok "its version" says 0 '^dialfailctl [0-9.]+$' -V
ok "the same" says 0 '^dialfailctl [0-9.]+$' show --version
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 1s stable 1s drain 1s }
CONF
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"

diag "refused"
ok "an unknown verb: usage" says 2 'failover' frobnicate
ok "an unknown backup" says 1 'no such backup: wan9' failover wan9
ok "all is well" says 0 'OK +primary eth1' show summary
ok "nothing to confirm" says 1 'nothing waits to be confirmed' confirm
ok "nothing is held" says 1 'nothing is held' release
ok "a time without unit: usage" says 2 '' failover for 10
ok "too long a time" says 2 '' hold for 30d
ok "fallback at home is done already" says 0 'so already' fallback
is "nothing has happened" "$(fact .failovers)" 0

diag "another user"
other() {
	setpriv --reuid nobody --regid nogroup --clear-groups dialfailctl "$@"
}
is "may look" "$(other show -j | jq -r .state)" primary
ok "and see what would be done" other plan failover
denied='1 dialfailctl: /run/dialfail/dialfail.sock: permission denied: this is for root and the group _dialfail; others may show, plan and monitor'
other fallback >"$LAB/said" 2>&1
is "but not act" "$? $(cat "$LAB/said")" "$denied"
other show config >"$LAB/said" 2>&1
is "nor read the configuration" "$? $(cat "$LAB/said")" "$denied"
ok "nothing has changed" same_as "$LAB/before"

diag "one that fails"
cut_backup
ok "it says why" says 1 \
    "could not be proved: wan2: upstream dead: no answer from $TARGET" failover
restore_backup
ok "all is well again" wait_state primary

diag "the log"
ok "brief" says 0 'log is brief' log brief
noted=$(grep -c noted $LAB/daemon.log)
bad=$(rounds)
ok "rounds go on" wait_until 10 "[ \$(rounds) -gt $((bad + 3)) ]"
is "and are not told" "$(grep -c noted $LAB/daemon.log)" "$noted"
ok "verbose" says 0 'log is verbose' log verbose
ok "they are" wait_until 10 "[ \$(grep -c noted $LAB/daemon.log) -gt $noted ]"

diag "failover and fallback"
ok "failover" says 0 '' failover
is "is done when it is answered" "$(state)" backup
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
ok "the primary is good for longer than after and stable" wait_until 20 \
    "[ \"\$(fact .since_s)\" -ge 3 ]"
is "traffic stays where it was put" "$(state)" backup
ok "fallback" says 0 '' fallback
is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
ok "the backup drains, then all is as before" wait_until 10 \
    "[ \"\$(state)\" = primary ] && same_as '$LAB/before'"

diag "for a time, unconfirmed"
ok "failover for 2s" says 0 '' failover wan2 for 2s
is "traffic is on the backup" "$(state)" backup
ok "the log has the time" logged \
    'primary -> dialing: asked by an operator, for 2 s unless confirmed'
ok "it goes back by itself" wait_state primary 15
ok "an alarm says why" logged 'alarm: unconfirmed'

diag "for a time, confirmed"
ok "failover for 1h" says 0 '' failover for 1h
ok "again: what it changes is told" \
    says 0 'already, and returns unless confirmed' failover for 2h
ok "without a time: that the time is dropped is told" says 0 \
    'already, and stays, no longer for a time$' failover
ok "once" says 0 'stays until fallback$' failover
ok "for a time again" says 0 'returns unless confirmed' failover for 4s
ok "confirm" says 0 '' confirm
ok "there is no more to confirm" says 1 'nothing waits' confirm
ok "the time has passed" wait_until 20 "[ \"\$(fact .since_s)\" -ge 6 ]"
is "traffic stays" "$(state)" backup
ok "release gives it back to automatic" says 0 '' release
ok "which returns" wait_state primary

diag "hold keeps traffic through an outage"
ok "hold for 1h" says 0 '' hold for 1h
ok "show tells it" test "$(fact .hold.left_s)" -gt 3000
ok "no drill, and for how long" says 1 \
    'not while traffic is held: for 3[0-9]{3} s more' drill
cut_upstream
ok "the primary is seen dead" wait_until 20 \
    "[ \"\$(fact .primary.status)\" = down ]"
ok "an alarm says so" wait_until 10 "logged 'alarm: held'"
bad=$(fact .primary.bad_rounds)
ok "for many rounds" wait_until 20 \
    "[ \"\$(fact .primary.bad_rounds)\" -gt $((bad + 5)) ]"
is "traffic is held" "$(fact .active.interface)" eth1
is "the verdict does not call that well" "$(fact .verdict)" \
    "DOWN  eth1: upstream dead; held: nothing is switched"
ok "release" says 0 '' release
ok "the backup takes over" wait_state backup
is "seen under the backup's address" "$(seen_as)" "$WAN2_ADDRESS"
ok "fallback to a dead primary is refused" \
    says 1 'the primary is not good: upstream dead' fallback

diag "hold on the backup, for a time"
ok "hold for 8s" says 0 '' hold for 8s
restore_upstream
ok "the primary is good" wait_until 10 "[ \"\$(fact .primary.status)\" = up ]"
is "it is held still" "$(fact .active.interface)" wan2
ok "the hold ends, traffic returns" wait_state primary
ok "the log says so" logged 'hold-ended'

ok "hold forever" says 0 '' hold forever
is "has no end" "$(fact .hold.left_s)" null
ok "nor has a refusal" says 1 'traffic is held: until release' drill
ok "release" says 0 '' release
is "nothing is held" "$(fact .hold)" null
ok "everything is as before" wait_until 10 "same_as '$LAB/before'"
lab_stop
lab_done
