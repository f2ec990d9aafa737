#!/bin/bash
# needs: vm
# The provider's password is in its file, and for as long as it is needed in
# the memory of pppd, which root alone can read; the card's PIN is in its file
# and goes to the modem.  Neither is on a command line, in an environment, in
# the memory of our own processes, in a log (not even when the administrator
# has pppd debug everything), in `show`, in another file, in a core.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# so that nothing of the test has them on its command line
word=$LAB/word pin=$LAB/pin
homes=(/run/dialfail /var/lib/dialfail /etc/ppp "$LAB/daemon.log")

# shellcheck disable=SC2317 # called by ok
pppd_pid() {
	sed -n 's/^pid //p' /run/dialfail/ppp/lte
}

# found FILE...: which of them hold one of them
found() {
	grep -rlF -f "$word" -f "$pin" "$@" 2>/dev/null
}

# all that `show` can say
shown() {
	local what
	for what in summary backup history event config metrics; do
		ctl show $what
		ctl show -j $what
	done 2>/dev/null
}

# nowhere WHEN
nowhere() {
	is "$1: they are on no command line and in no environment" \
	    "$(found /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ""
	is "$1: they are in no file" "$(found "${homes[@]}")" ""
	is "$1: the password is not in our memory" \
	    "$(memgrep "$word" "${ours[@]}" | grep -c clean)" 4
	is "$1: nor is the PIN" \
	    "$(memgrep "$pin" "${ours[@]}" | grep -c clean)" 4
}

# as_other COMMAND...: as our own unprivileged user
as_other() {
	setpriv --reuid _dialfail --regid _dialfail --clear-groups "$@"
}

ulimit -c unlimited
echo "$LAB/core.%e.%p" >/proc/sys/kernel/core_pattern
lab_up
echo 'kept-nowhere-7157' >"$word"
echo 80425717 >"$pin"
chmod 0644 "$word" "$pin"
printf '%s %s\n' pin "$(<"$pin")" tries 3 card 8949020000012345678 register 0 \
    apn internet >"$LAB/network"
lab_modem -d 100 -n "$LAB/network"
install -m 0600 "$pin" /etc/dialfail/private/pin
chmod 0755 "$LAB"
modem_password "$(<"$word")"
isp_password "$(<"$word")"
sed -i 's/require-chap/require-pap/' "$LAB/isp.sh"
cp $LAB/isp-etc/chap-secrets $LAB/isp-etc/pap-secrets
echo debug >/etc/ppp/options
lab_conf <<CONF
backup lte {
	modem "$MODEM" speed 115200
	apn "internet"
	pin file "/etc/dialfail/private/pin"
	account "site7" secret file "/etc/dialfail/private/isp"
}
CONF
begin
mapfile -t ours < <(fact '.pid, .processes[].pid' | sort -un)
nowhere "before"

cut_upstream
ok "pppd runs" wait_until 60 "pid=\$(pppd_pid) && [ -n \"\$pid\" ]"
nowhere "while it dials"
on_modem
nowhere "on the line"
ok "the modem was told the PIN" grep -qF -f "$pin" "$LAB/modem.log"
is "neither is shown" "$(shown | grep -cF -f "$word" -f "$pin")" 0
ok "pppd has logged what it sent" logged 'pppd: sent .PAP AuthReq'
is "pppd alone has it" "$(memgrep "$word" "$pid")" "$pid found"
is "nobody else can look there" \
    "$(as_other memgrep "$word" "$pid" "${ours[@]}" | grep -vc hidden)" 0
is "nor open what it was told by" \
    "$(as_other cat "/proc/$pid/fd/4" 2>&1 | grep -c Permission)" 1
is "nor would it leave a core" \
    "$(sed -n 's/^Max core file size *//p' "/proc/$pid/limits" |
	tr -s ' ')" "0 0 bytes "
back_home
nowhere "after it"
for p in "${ours[@]}"; do
	kill -SEGV "$p"
done
ok "all have ended" wait_until 10 daemon_gone
is "nobody has left a core" "$(compgen -G "$LAB/core.*")" ""
lab_done
