#!/bin/bash
# needs: netns
# The disk of the state is full, then it may only be read: traffic moves all
# the same, each file is complained of once, and what was kept meanwhile is
# written when that works again.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

dir=/var/lib/dialfail
files='history probes backups alarms'

# outage: there and back; a write of each file at both
outage() {
	cut_upstream
	ok "the backup takes over" wait_state backup
	restore_upstream
	ok "the primary takes over again" wait_state primary 60
	ok "the event is over" wait_until 10 "[ \"\$(fact .event)\" = null ]"
}

# told N TEXT: so often, of each file, some of which are written a bit later
told() {
	local f
	for f in $files; do
		wait_until 10 \
		    "[ \$(grep -c '$f: $2' '$LAB/daemon.log') -ge $1 ]"
		is "$f: $2" "$(grep -c "$f: $2" "$LAB/daemon.log")" "$1"
	done
}

# kept N: so many events, with their stories, outlive a restart
kept() {
	local id
	lab_stop
	lab_start
	ok "the primary is proved" wait_state primary
	is "events" "$(ctl show history | grep -c 'upstream dead')" "$1"
	for id in $(seq -f %04.0f "$1"); do
		ok "event $id has its story" says 0 'backup -> returning' \
		    show event "$id"
	done
	ok "and its rounds" says 0 "$1 failovers, $1 returns" replay history
}

lab_up
mkdir -p "$dir"
mount -t tmpfs -o size=512k state "$dir"
program() {
	install -D -m 0755 /dev/stdin /etc/dialfail/alarm
}
program <<-'SH'
	#!/bin/sh
	exit 3
SH
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 { interface wan2 metered yes budget { bytes 100M } }
alarm "/etc/dialfail/alarm"
fallback automatic { after 1s stable 1s drain 0s }
flap { failovers 20 every 1h hold 1m }
CONF
lab_start
ok "the primary is proved" wait_state primary

diag "full"
dd if=/dev/zero of="$dir/ballast" bs=4k 2>/dev/null
outage
outage
told 1 'not written'
told 1 'not written.*No space left'
ok "no half of a file is left" eval "! compgen -G '$dir/*~'"
rm "$dir/ballast"
outage
told 1 'written again'
kept 3

diag "to be read only"
mount -o remount,ro "$dir"
outage
told 2 'not written'
mount -o remount,rw "$dir"
outage
told 2 'written again'
is "lines are broken" "$(grep -c 'broken line' "$LAB/daemon.log")" 0
ok "alarms wait" says 0 'Alarms +[0-9]+ waiting' show
kept 5
lab_stop
lab_done
