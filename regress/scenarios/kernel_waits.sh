#!/bin/bash
# needs: vm
# netconf and prober stand still within the kernel, as while somebody removes
# thousands of interfaces and holds the lock of them all: no signal reaches
# them, so they are left alone, and answer afterwards.  Who stands still
# otherwise is given up at once.  The freezer of cgroups makes them stand for
# as long as it is asked to, in the same state.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

FREEZER=$LAB/freezer
LONG=9 # seconds; a child may be silent for 5

# stand NAME...: within the kernel
stand() {
	local i
	for i; do
		process "$i" >$FREEZER/it/cgroup.procs
	done
	echo FROZEN >$FREEZER/it/freezer.state
}

on_they_go() {
	echo THAWED >$FREEZER/it/freezer.state
}

lab_up
mkdir -p $FREEZER
ok "there is a freezer" mount -t cgroup -o freezer none $FREEZER
mkdir $FREEZER/it
lab_conf <<<'backup wan2'
lab_start
ok "the primary is proved" wait_state primary

pids=$(processes)
stand netconf prober
sleep $LONG
is "the same processes are there" "$(processes)" "$pids"
for i in netconf prober; do
	ok "$i was left alone" \
	    wait_until 10 \
	    "logged '$i .* waits for the kernel: it is left alone for 60 s'"
done
on_they_go
for i in netconf prober; do
	ok "$i answers again" wait_until 10 "logged '$i .* answers again'"
done
ok "netconf does what it is asked to" \
    wait_until 10 "dialfailctl show network | grep -q wan2"
is "still the same processes" "$(processes)" "$pids"
ok "and the primary is good" in_state primary
lab_stop

lab_start
ok "the primary is proved again" wait_state primary
kill -STOP "$(process netconf)"
ok "who is stopped is given up" wait_until 20 "logged 'netconf .* does not answer'"
kill -KILL "$(pgrep -x netconf)"
ok "the daemon ends" wait_until 10 daemon_gone
lab_done
