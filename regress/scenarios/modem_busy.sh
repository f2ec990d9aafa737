#!/bin/bash
# needs: vm
# campaign
# What a dial may come to before it works: BUSY, and silence until its deadline,
# which is the modem's to keep us no longer than that.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

lab_up
lab_modem
modem_backup '' "after 0s timeout 10s backoff 1s" | lab_conf
begin

modem_says busy ok
cut_upstream
on_modem 2
ok "BUSY is told" logged "failed: .*BUSY"
back_home

modem_says silence ok
from=$(grep -c . "$LAB/daemon.log")
cut_upstream
on_modem
ok "dialled again" test "$(modem_dials)" -ge 4
# from the dial to the end of its deadline, and what it takes to hang up
took=$(tail -n "+$from" "$LAB/daemon.log" | awk '
    function s(t) { split(t, a, ":"); return a[1] * 3600 + a[2] * 60 + a[3] }
    /link (opening|idle) -> dialing/ && !b { b = s($1) }
    /pots: failed/ && !e { e = s($1) }
    END { printf "%d", (e - b) * 1000 }')
diag "silence was given up after $took ms"
ok "silence is given up in time" test "$took" -ge 1000 -a \
    "$took" -le $((12000 * LAB_PATIENCE))
back_home

lab_stop
lab_done
