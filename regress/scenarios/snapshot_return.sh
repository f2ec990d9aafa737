#!/bin/bash
# needs: netns
# The proof of return.  A clean one says so; what others changed during an
# outage is in the event; something of ours that is not as it was, though
# netconf was killed in between, raises an alarm.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# lines WHO: of the last event
# shellcheck disable=SC2317 # called by wait_until
lines() {
	ctl -j show event | jq -r ".lines[] | select(.who == \"$1\") | .text"
}

# said WHO WORDS: one of them, soon
# shellcheck disable=SC2317 # called by ok
said() {
	wait_until 5 "lines $1 | grep -qF -- '$2'" || ! lines "$1"
}

there() {
	ok "failover" ctl failover wan2
	ok "a snapshot is kept" wait_until 10 "[ -s $RUN/snapshot ]"
}

back() {
	ok "the primary is good" wait_until 20 \
	    "[ \"\$(fact .primary.status)\" = up ]"
	ok "fallback" ctl fallback
	ok "it has drained" wait_state primary
	ok "the snapshot has done its work" \
	    wait_until 10 "[ ! -e $RUN/snapshot ]"
}

RUN=/run/dialfail
lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback manual
CONF
lab_start
ok "the primary is proved" wait_state primary
there
back
ok "the return was clean" said return "all of ours is as before"
is "and the event says so" "$(fact .event.clean event)" true

there
ip route add 10.99.0.0/16 via 10.7.0.10
ip rule add pref 1000 from 10.99.0.0/16 lookup 100
ip route add 10.98.0.0/16 via 10.7.0.10 table 100
nft add table inet theirs
back
ok "a route of others is told" said others \
    "route 10.99.0.0/16 via 10.7.0.10 dev eth0 table 254 proto 3: new"
ok "one of another table too" said others "10.98.0.0/16"
ok "a rule" said others "rule pref 1000 from 10.99.0.0/16 lookup 100: new"
ok "a table of nft" said others "nft table inet theirs: new"
ok "but of ours all is as before" said return "all of ours is as before"

there
lab_kill9
ip rule add pref 900 from 10.97.0.0/16 lookup 157 protocol 157
echo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter
lab_start
ok "it is still on the backup" wait_state backup
back
ok "a rule with our tag is told" said return \
    "rule pref 900 from 10.97.0.0/16 lookup 157 protocol 157: new"
ok "so is a value of ours" said return "rp_filter: 2, was"
is "the event was not clean" "$(fact .event.clean event)" false
ok "there is an alarm" wait_until 10 "logged 'alarm: leftover:'"
lab_stop
lab_done
