#!/bin/bash
# needs: systemd
# The Debian package on a machine whose first process is systemd: installed
# without a configuration, started with one, through an outage, with a mail, a
# hook and the backup's resolvers; a restart, an upgrade and a crash while
# traffic is on the modem cost neither a dial nor a packet; node_exporter gets
# its file; PPPoE is for those who want it; stopped, removed, which leaves what
# is the site's, purged, and nothing is left.
if ! [ -d /run/systemd/system ] || [ -z "${VMRUN:-}" ]; then
	echo "1..0 # SKIP no virtual machine with systemd"
	exit
fi
LAB_INSIDE=machine
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"
# shellcheck source=regress/lab/pppoe.sh
. "$LAB_DIR/pppoe.sh"
PATH=$B/lab:${PATH#"$B:$B/lab:"} # what is installed, not what was built

# With a database of its own, and without triggers: to read what is installed
# here, and to index all manuals, takes minutes where it is emulated.
# shellcheck disable=SC2317 # called by ok
package() {
	dpkg --admindir="$LAB/dpkg" --force-depends --no-triggers "$@"
}

unit() {
	systemctl show -P "$1" dialfail
}

# shellcheck disable=SC2317 # called by wait_until
active() {
	[ "$(unit ActiveState)" = active ]
}

# may_kill: may what netconf runs as root signal other users, 0 or 1
may_kill() {
	local bound
	bound=$(sed -n 's/^CapBnd:[[:space:]]*//p' \
	    "/proc/$(process netconf)/status")
	echo $((16#$bound >> 5 & 1))
}

# newer FILE: the package with a version that follows, as FILE
newer() {
	dpkg-deb -R "$deb" "$LAB/newer" &&
	    sed -i 's/^Version: .*/&+1/' "$LAB/newer/DEBIAN/control" &&
	    dpkg-deb -Znone -b "$LAB/newer" "$1" >/dev/null
}

# same_call NAME: another main process; the same pppd, the same event
same_call() {
	ok "$1: another process runs" \
	    wait_until 30 "[ \$(unit MainPID) -ne $main ] && active"
	main=$(unit MainPID)
	ok "$1: traffic stays on the backup" wait_state backup
	is "$1: pppd is the same" "$(cat /run/ppp0.pid)" "$pppd"
	is "$1: dials" "$(modem_dials)" 1
}

# mail_system: sendmail(1) that hands over to a program which is setgid, as
# Postfix's does, and so keeps its mails where _dialfail may not write
mail_system() {
	install -d -m 0730 -g mail $spool
	install -m 2755 -g mail "$(command -v tee)" /usr/local/sbin/postdrop
	install -m 0755 /dev/stdin /usr/local/sbin/sendmail <<-SH
		#!/bin/sh
		exec postdrop $spool/\$\$ >/dev/null
	SH
	install -m 0755 "$examples/mail" /etc/dialfail/alarm
}

# mailed SUBJECT: there is such a mail
# shellcheck disable=SC2317 # called by wait_until
mailed() {
	grep -qx "Subject: .*: $1" "$spool"/*
}

# A hook writes down what it is told, and what the route is.
switch_hook() {
	install -m 0755 /dev/stdin /etc/dialfail/hooks/switch.d/10-story <<-SH
		#!/bin/sh
		echo "\$DIALFAIL_KIND \$DIALFAIL_UPLINK" \
		    "\$(ip route get $TARGET mark 0 | grep -o 'dev [^ ]*')" \
		    >>$LAB/switched
	SH
}

# What the package and its site have left behind.
left() {
	ls -d /etc/dialfail* /var/lib/dialfail* /run/dialfail* \
	    /lib/systemd/system/dialfail.service \
	    /etc/systemd/system/*/dialfail.service 2>/dev/null
	getent passwd _dialfail
	pgrep -l dialfail
}

# sums: of the site's own files
# shellcheck disable=SC2317 # called by ok
sums() {
	find /etc/dialfail* -type f -exec md5sum {} + | sort
}

# whole: the file of metrics is there, from its first line to its last
whole() {
	grep -q '^dialfail_state{state="primary"} 1' "$metrics" 2>/dev/null &&
	    [ "$(tail -n 1 "$metrics" | cut -d' ' -f1)" = "$last_metric" ]
}

# read_until_other: read it all the time until two others have come; in $torn
# how often it was not whole
read_until_other() {
	local was now n=0 until=$((SECONDS + 60))
	torn=0
	was=$(stat -c %i "$metrics")
	while [ "$n" -lt 2 ] && [ "$SECONDS" -lt "$until" ]; do
		whole || torn=$((torn + 1))
		now=$(stat -c %i "$metrics")
		[ "$now" = "$was" ] || { n=$((n + 1)) was=$now; }
	done
	is "it is another file each time" "$n" 2
}

spool=/var/spool/lab
resolv=/etc/resolv.conf
collector=/var/lib/prometheus/node-exporter
metrics=$collector/dialfail.prom
examples=/usr/share/doc/dialfail/examples
debs=("$B"/deb/dialfail_*.deb)
deb=${debs[0]}
mkdir -p "$LAB/dpkg/info" "$LAB/dpkg/updates"
touch "$LAB/dpkg/status" "$LAB/dpkg/available"
lab_up
snapshot "$LAB/bare"
rm -f /usr/sbin/policy-rc.d # of a container: services are not to be started

ok "the package is installed" package -i "$deb"
ok "with a user" getent passwd _dialfail
is "and a folder for secrets" \
    "$(stat -c '%a %U' /etc/dialfail/private)" "700 root"
ok "without a configuration" [ ! -e /etc/dialfail.conf ]
is "enabled" "$(systemctl is-enabled dialfail)" enabled
is "but it does not run without a configuration" \
    "$(unit ActiveState)" inactive
ok "as open as this job must be" \
    systemd-analyze security --offline=true --threshold=35 \
    /lib/systemd/system/dialfail.service

lab_modem
mail_system
switch_hook
rm -f $resolv
echo "nameserver 192.0.2.53" >$resolv
{
	modem_backup
	echo 'dns follow'
	echo 'alarm "/etc/dialfail/alarm"'
} | lab_conf
ok "it starts" systemctl start dialfail
main=$(unit MainPID)
ok "the primary is proved" wait_state primary
ok "the network is as wanted" wait_until 60 as_wanted
snapshot "$LAB/before"

cut_upstream
on_modem 1
ok "a mail tells it" wait_until 20 "mailed 'failover pots'"
is "by a program that is setgid" "$(stat -c '%U %G' $spool/* | sort -u)" \
    "_dialfail mail"
ok "the hook has seen the new route" wait_until 10 \
    "grep -qx 'failover pots dev ppp0' $LAB/switched"
ok "the backup's resolvers are asked" wait_until 10 \
    "grep -qx 'nameserver $PPP_GATEWAY' $resolv"
pppd=$(cat /run/ppp0.pid)
flow_start main
from=$(now_ms)
ok "restart" systemctl restart dialfail
same_call restart
newer "$LAB/newer.deb"
ok "upgrade" package -i "$LAB/newer.deb"
same_call upgrade
kill -9 "$main"
same_call crash
ok "the network is as wanted" wait_until 60 as_wanted
counted main "$from"
back_home
ok "a mail tells that, too" wait_until 20 "mailed 'fallback eth1'"
ok "and the hook" wait_until 10 \
    "grep -qx 'fallback eth1 dev eth1' $LAB/switched"
is "the site's resolvers are asked again" "$(cat $resolv)" \
    "nameserver 192.0.2.53"

diag "a file for node_exporter"
mkdir -p "$collector"
cp "$examples"/dialfail-textfile.* /etc/systemd/system
systemctl daemon-reload
ok "the timer is enabled" systemctl enable --now dialfail-textfile.timer
last_metric=$(dialfailctl show metrics prometheus | tail -n 1 | cut -d" " -f1)
ok "the file comes" wait_until 20 whole
is "everybody may read it" "$(stat -c %a "$metrics")" 644
is "the service has no complaint" \
    "$(systemctl show -P Result dialfail-textfile)" success
read_until_other
is "and is whole whenever it is read, by the old name or the new" "$torn" 0
is "nothing is left beside it" "$(ls "$collector")" dialfail.prom

ok "it stops" systemctl stop dialfail
ok "and so do its figures" wait_until 30 "! [ -e $metrics ]"
is "and does not run" "$(unit ActiveState)" inactive
ok "the kernel is as it was" wait_until 10 "same_as $LAB/bare"
diag "PPPoE"
pppoe_provider
pppoe_peer
snapshot "$LAB/bare"
lab_conf <<'CONF'
backup dsl { call "dsl" dial { timeout 30s } }
CONF
ok "it starts again" systemctl start dialfail
ok "the primary is proved again" wait_state primary
ok "its figures are back" wait_until 30 whole
ok "an alarm names what is missing" wait_until 10 \
    "journalctl -u dialfail | grep -q 'not-ready.*PPPoE is closed.*pppoe.conf'"
ok "PPPoE is a family of its own" says 1 'could not be brought up' drill
ok "as pppd says" wait_until 10 \
    "journalctl -u dialfail | grep -q 'Address family not supported'"
diag "$(journalctl -u dialfail | grep -i pppoe | tail -n 3)"
is "hooks signal nobody else's processes" "$(may_kill)" 0
install -D -m 0644 "$examples/pppoe.conf" \
    /etc/systemd/system/dialfail.service.d/pppoe.conf
printf '[Service]\nCapabilityBoundingSet=CAP_KILL\n' \
    >/etc/systemd/system/dialfail.service.d/hooks.conf
systemctl daemon-reload
ok "restart" systemctl restart dialfail
ok "the primary is proved once more" wait_state primary
ok "with it there is a drop-in" says 0 good drill
is "and with another one hooks do" "$(may_kill)" 1
systemctl disable -q --now dialfail-textfile.timer
rm -r /etc/systemd/system/dialfail{.service.d,-textfile.*} "$collector"

diag "removed on the backup"
was=$(sums)
cut_upstream
ok "PPPoE takes over" wait_state backup 60
package -r dialfail >"$LAB/removed" 2>&1
ok "who removes it is told what that means" \
    grep -q 'stays on a backup' "$LAB/removed"
ok "it does not run" wait_until 30 "! pgrep dialfail"
ok "the site stays online" ping_lan
ok "it is installed again" package -i "$deb"
ok "and goes on where it was" wait_state backup
restore_upstream
ok "home" wait_until 10 "ctl fallback"
ok "the primary carries traffic again" wait_state primary 60

diag "removed at home"
ok "it is removed" eval "package -r dialfail 2>$LAB/removed"
is "with no word of a backup" "$(grep -c backup "$LAB/removed")" 0
ok "and does not run" wait_until 30 "! pgrep dialfail"
ok "the kernel is as it was" wait_until 10 "same_as $LAB/bare"
is "what is the site's is as it was" "$(sums)" "$was"
ok "so is its user" getent passwd _dialfail
hash -r
is "no program is left" "$(command -v dialfaild dialfailctl)" ""
ok "it is purged" package -P dialfail
is "what is left" "$(left)" ""
lab_done
