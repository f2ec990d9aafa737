#!/bin/bash
# needs: netns
# A stop never cuts a site off.  SIGUSR1 (upgrade) touches nothing in any
# state; SIGTERM leaves a site whose primary is dead on its backup, and takes
# it home when the primary works.  The next start adopts without a loss.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

lab_up
site_nat
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 5m stable 1m drain 1s }
CONF
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
flow_start first
snapshot "$LAB/primary"
lab_stop USR1
ok "SIGUSR1 touches nothing on the primary" same_as "$LAB/primary"
adopted primary eth1 "$LAB/primary"
flow_stop first
is "packets lost by that" "$(flow_fact first lost)" 0

cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" wait_until 2 ping_lan
flow_start second
snapshot "$LAB/backup"
event=$(fact .event)
lab_stop USR1
ok "SIGUSR1 touches nothing on the backup" same_as "$LAB/backup"
adopted backup wan2 "$LAB/backup"

: >"$LAB/daemon.log"
lab_stop TERM
ok "SIGTERM leaves the site on the backup" same_as "$LAB/backup"
ok "the log says so" logged 'leaving the network as it is, traffic on wan2'
ok "the LAN reaches the core" ping_lan
adopted backup wan2 "$LAB/backup"
is "still the same event" "$(fact .event)" "$event"
is "one failover in all" "$(fact .failovers)" 1
flow_stop second
is "packets lost by all of that" "$(flow_fact second lost)" 0

restore_upstream
ok "the primary is good again" wait_until 10 \
    "[ \"\$(fact .primary.status)\" = up ]"
is "it is too early to return" "$(state)" backup
flow_start third
lab_stop TERM
ok "SIGTERM returns to a primary that works, nothing is left" \
    same_as "$LAB/before"
ok "the LAN reaches the core" ping_lan
is "by the primary" "$(seen_as)" "$PRIMARY_ADDRESS"
flow_stop third
ok "at most one packet is lost by the return" \
    test "$(flow_fact third lost)" -le 1
lab_done
