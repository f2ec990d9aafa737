#!/bin/bash
# needs: vm
# The provider's password is in its file, and for as long as it is needed in
# the memory of pppd, which root alone can read; the card's PIN is in its file
# and goes to the modem; the key by which peers know us is in its file, and as
# numbers in the parent.  None of them is on a command line, in an environment,
# as text in the memory of our own processes, in a log (not even when the
# administrator has pppd debug everything), in `show`, in another file, in a
# core.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"

# so that nothing of the test has them on its command line
word=$LAB/word pin=$LAB/pin key=$LAB/key
secrets=(-f "$word" -f "$pin" -f "$key")
homes=(/run/dialfail /var/lib/dialfail /etc/ppp "$LAB/daemon.log")

# shellcheck disable=SC2317 # called by ok
pppd_pid() {
	sed -n 's/^pid //p' /run/dialfail/ppp/lte
}

# found FILE...: which of them hold one of them
found() {
	grep -rlF "${secrets[@]}" "$@" 2>/dev/null
}

# all that `show` can say
shown() {
	local what
	for what in summary backup peers history event config metrics; do
		ctl show $what
		ctl show -j $what
	done 2>/dev/null
}

# shellcheck disable=SC2317 # called by wait_until
told_peers() {
	[[ $(ctl show metrics) =~ dialfail_peer_updates_sent_total\ [1-9] ]]
}

# as_other COMMAND...: as our own unprivileged user
as_other() {
	setpriv --reuid _dialfail --regid _dialfail --clear-groups "$@"
}

# readable: what others can read that has one of them; the test's own apart
readable() {
	as_other grep -rlF --exclude-dir=lab "${secrets[@]}" \
	    /etc/dialfail /etc/dialfail.conf /etc/ppp /run /var/lib 2>/dev/null
}

# nowhere WHEN
nowhere() {
	is "$1: they are on no command line and in no environment" \
	    "$(found /proc/[0-9]*/cmdline /proc/[0-9]*/environ)" ""
	is "$1: they are in no file" "$(found "${homes[@]}")" ""
	is "$1: nor in any that others can read" "$(readable)" ""
	is "$1: the password is not in our memory" \
	    "$(memgrep "$word" "${ours[@]}" | grep -c clean)" 4
	is "$1: nor is the PIN" \
	    "$(memgrep "$pin" "${ours[@]}" | grep -c clean)" 4
	is "$1: nor is the key, as its file has it" \
	    "$(memgrep "$key" "${ours[@]}" | grep -c clean)" 4
}

ulimit -c unlimited
echo "$LAB/core.%e.%p" >/proc/sys/kernel/core_pattern
lab_up
echo 'kept-nowhere-7157' >"$word"
echo 80425717 >"$pin"
dialfailctl keygen /etc/dialfail/private/key >/dev/null
cp /etc/dialfail/private/key "$key"
chmod 0644 "$word" "$pin" "$key"
printf '%s %s\n' pin "$(<"$pin")" tries 3 card 8949020000012345678 register 0 \
    apn internet >"$LAB/network"
lab_modem -d 100 -n "$LAB/network"
install -m 0600 "$pin" /etc/dialfail/private/pin
chmod 0755 "$LAB"
install -m 0644 "$key" /run/open
is "what others can read is found" "$(readable)" /run/open
rm /run/open
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
identity "/etc/dialfail/private/key"
peer hq {
	key "$(dialfailctl keygen /etc/dialfail/private/hub)"
	address { $TARGET2 }
	tunnel gre1
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
ok "the peer is told where we are" wait_until 10 told_peers
is "none of them is shown" "$(shown | grep -cF "${secrets[@]}")" 0
ok "pppd has logged what it sent" logged 'pppd: sent .PAP AuthReq'
is "pppd alone has it" "$(memgrep "$word" "$pid")" "$pid found"
is "nobody else can look there" \
    "$(as_other memgrep "$word" "$pid" "${ours[@]}" | grep -vc hidden)" 0
is "nor open where their files are" \
    "$(as_other ls /etc/dialfail/private 2>&1 | grep -c Permission)" 1
is "nor what pppd was told by" \
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
