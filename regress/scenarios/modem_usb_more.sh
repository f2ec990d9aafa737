#!/bin/bash
# needs: vm
# campaign
# A modem on USB is not there at the start, and is found in a call when it comes;
# is unplugged while it stands by, and while it dials; and is reset after calls
# that it refused, by which its port comes back as another.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# shellcheck disable=SC2317 # called by wait_until
modem_is() {
	[[ $(fact '.backups[0].modem') == "$1"* ]]
}

heard() {
	grep -c -- "<- $1" "$LAB/modem.log"
}

lab_up
echo "card 8949020000012345678" >"$LAB/network"
usb_modem -s -n "$LAB/network"
modem_backup 'phone "*99***1#"' 'after 0s backoff 1s max 2s' | lab_conf
usb_cable unbind
begin
ok "the missing port is shown" wait_until 20 modem_is "not ready: "
usb_cable bind
ok "the modem is ready" wait_until 30 modem_is ready
ok "by DTR, which has ended the call it was in" \
    grep -q 'hang-up: DTR low' "$LAB/modem.log"
ok "as is shown" modem_is "ready, DTR helped 1 of 1 times"

diag "unplugged while it stands by"
usb_cable unbind
ok "the missing port is shown" wait_until 20 modem_is "not ready: "
usb_cable bind
ok "the modem is ready again" wait_until 30 modem_is ready
is "nothing was dialled for it" "$(modem_dials)" 0

diag "unplugged while it dials"
modem_says silence no-carrier no-carrier no-carrier ok
cut_upstream
ok "it dials" wait_until 20 "[ \$(modem_dials) -eq 1 ]"
usb_cable unbind
ok "it is told" wait_until 20 "logged 'the port has gone away'"
usb_cable bind

diag "it refuses calls"
ok "it is reset" wait_until 60 "[ \$(heard AT.CFUN=1,1) -eq 1 ]"
is "dials before it" "$(sed '/<- AT.CFUN=1,1/q' "$LAB/modem.log" |
    grep -c ' dial ')" 4
on_modem 5
is "one reset was enough" "$(heard AT.CFUN=1,1)" 1

back_home
lab_stop
lab_done
