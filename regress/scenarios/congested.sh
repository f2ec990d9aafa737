#!/bin/bash
# needs: vm
# An upload fills a slow uplink with a buffer of four seconds: answers come
# late, and some not at all.  That is no outage and is called by its name; the
# true one in the middle of it is seen.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

PORT=9

# What TCP makes of it, until it is ended.
upload() {
	spawn core "$LAB/upload.log" sh -c "tail -f /dev/null | busybox nc -l -p $PORT >/dev/null"
	spawn lan "$LAB/upload.log" sh -c \
	    "until busybox nc $TARGET2 $PORT </dev/zero; do sleep 1; done"
	UPLOAD=$SPAWNED
}

# congested MORE-THAN: rounds so far that were that
# shellcheck disable=SC2317 # called by wait_until
congested() {
	[ "$(ctl show metrics | sed -n \
	    's/^dialfail_rounds_total.*="eth1".*"congested"} //p')" -gt "$1" ]
}

lab_up
# that fills what it finds; others are kinder
on lan sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control'
tc qdisc add dev eth1 root tbf rate 1mbit burst 5kb latency 4s 2>/dev/null ||
    skip_all "no tbf in this kernel"
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 500ms drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary

upload
ok "the buffer fills: it is congested" wait_until 60 \
    "[ \"\$(fact .primary.cause)\" = congested ]"
ok "show says so" wait_until 10 "ctl show | grep -i congested"
ok "for a while" wait_until 60 "congested 30"
diag "$(ctl show targets)"
is "it is up" "$(fact .primary.status)" up
is "nothing was switched" "$(fact .failovers)" 0
ok "no target is blamed" eval "! logged 'alarm: one-target'"

cut_upstream
ok "a true outage is seen" wait_state backup 30
diag "after $(($(now_ms) - CUT_MS)) ms"
# questions to the gateway wait in the queue as well
ok "the cause is told" wait_until 20 \
    "[ \"\$(fact .primary.cause)\" = 'upstream dead' ]"
ok "the LAN reaches the core" wait_until 5 ping_lan

end "$UPLOAD"
restore_upstream
ok "the primary takes over again" wait_state primary
ok "no cause is left" wait_until 20 "[ \"\$(fact .primary.cause)\" = null ]"
lab_stop
lab_done
