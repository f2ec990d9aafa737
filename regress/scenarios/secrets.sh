#!/bin/bash
# needs: vm
# The provider's password is in its file, and for as long as it is needed in
# the memory of pppd, which root alone can read: not on a command line, in an
# environment, in the memory of our own processes, in a log (not even when the
# administrator has pppd debug everything), in `show`, in a file, in a core.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

word=$LAB/word # so that nothing of the test has it on its command line
homes=(/run/dialfail /var/lib/dialfail /etc/ppp "$LAB/daemon.log")

# shellcheck disable=SC2317 # called by ok
pppd_pid() {
	sed -n 's/^pid //p' /run/dialfail/ppp/pots
}

# found FILE...: which of them hold it
found() {
	grep -rlFf "$word" "$@" 2>/dev/null
}

# all that `show` can say
shown() {
	local what
	for what in summary backup history event config; do
		ctl show $what
		ctl show -j $what
	done 2>/dev/null
}

# nowhere WHEN
nowhere() {
	is "$1: it is on no command line and in no environment" \
	    "$(found /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ""
	is "$1: it is in no file" "$(found "${homes[@]}")" ""
	is "$1: it is not in our memory" "$(memgrep "$word" "${ours[@]}" |
	    grep -c clean)" 4
}

# as_other COMMAND...: as our own unprivileged user
as_other() {
	setpriv --reuid _dialfail --regid _dialfail --clear-groups "$@"
}

ulimit -c unlimited
echo "$LAB/core.%e.%p" >/proc/sys/kernel/core_pattern
lab_up
lab_modem -d 100
echo 'kept-nowhere-7157' >"$word"
chmod 0644 "$word"
chmod 0755 "$LAB"
modem_password "$(<"$word")"
isp_password "$(<"$word")"
sed -i 's/require-chap/require-pap/' "$LAB/isp.sh"
cp $LAB/isp-etc/chap-secrets $LAB/isp-etc/pap-secrets
echo debug >/etc/ppp/options
lab_conf <<CONF
$(modem_backup)
CONF
begin
mapfile -t ours < <(fact '.pid, .processes[].pid' | sort -un)
nowhere "before"

cut_upstream
ok "pppd runs" wait_until 60 "pid=\$(pppd_pid) && [ -n \"\$pid\" ]"
nowhere "while it dials"
on_modem
nowhere "on the line"
is "it is not shown" "$(shown | grep -cFf "$word")" 0
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
