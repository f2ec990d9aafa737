#!/bin/bash
# needs: vm
# campaign
# A line that drops with traffic on it is dialled again, and traffic goes on,
# also by a modem that was stuck in data mode when we came, or that talks
# rubbish when it is dialled.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# redialled DIALS: the line drops, traffic is on it again after so many dials
redialled() {
	modem_drop
	ok "the line is dialled again" \
	    wait_until 60 "ping_lan && [ \$(modem_dials) -ge $1 ]"
	on_modem "$1"
}

lab_up
lab_modem -s
modem_backup '' 'after 0s backoff 1s' | lab_conf
begin

cut_upstream
on_modem 1
ok "it did not answer AT at first" logged 'no answer to AT'
event=$(fact .event)
redialled 2
ok "the loss is told" logged 'pots: (backup )?lost'
modem_says garbage ok
redialled 4
is "it is the same event" "$(fact .event)" "$event"
back_home

lab_stop
lab_done
