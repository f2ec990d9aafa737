#!/bin/bash
# needs: netns
# kill -9 of each of the four processes while traffic is on the primary: it
# goes on, the rest exits and says why, a new start finds all in its place.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/kill9.sh
. "$LAB_DIR/kill9.sh"

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
snapshot "$LAB/before"
lab_start
ok "the primary is proved" wait_state primary
flow_start main
kill9_each primary eth1 parent prober dialer netconf

lab_stop
ok "nothing of ours is left" same_as "$LAB/before"
lab_done
