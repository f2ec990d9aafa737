#!/bin/bash
# needs: netns
# kill -9 of the parent, and how soon a new start probes again, the site on
# its backup.  The service manager's own delay is not in it.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=5

# When the first probe of the primary came by, as now_ms counts.
first_probe() {
	awk -v from="$1" '{ ms = int($1 * 1000) }
	    /echo request/ && ms >= from { printf "%.0f\n", ms; exit }' "$LAB/probes"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the backup takes over" wait_state backup
spawn isp-a "$LAB/probes" tcpdump -ttnl -i cust "icmp[0] = 8"
ok "probes are seen" wait_until 10 "grep -q 'echo request' $LAB/probes"
for ((i = 0; i < ROUNDS; i++)); do
	killed=$(now_ms)
	lab_kill9
	ended=$(now_ms)
	lab_run
	ok "it probes again" wait_until 10 "[ -n \"\$(first_probe $ended)\" ]"
	ok "it is still on the backup" wait_state backup
	alone "kill -9, all ended" ms $((ended - killed))
	alone "restart on the backup to the first probe" ms \
	    $(($(first_probe "$ended") - ended))
done
lab_stop
lab_done
