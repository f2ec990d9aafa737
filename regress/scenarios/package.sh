#!/bin/bash
# needs: systemd
# The Debian package on a machine whose first process is systemd: installed
# without a configuration, started with one, through an outage; a restart, an
# upgrade and a crash while traffic is on the modem cost neither a dial nor a
# packet; stopped, purged, and nothing is left.
if ! [ -d /run/systemd/system ] || [ -z "${VMRUN:-}" ]; then
	echo "1..0 # SKIP no virtual machine with systemd"
	exit
fi
LAB_INSIDE=machine
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/modem.sh
. "$LAB_DIR/modem.sh"
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

# What the package and its site have left behind.
left() {
	ls -d /etc/dialfail* /var/lib/dialfail /run/dialfail/ppp/* \
	    /lib/systemd/system/dialfail.service \
	    /etc/systemd/system/*/dialfail.service 2>/dev/null
	getent passwd _dialfail
	pgrep -l dialfail
}

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
    systemd-analyze security --offline=true --threshold=38 \
    /lib/systemd/system/dialfail.service

lab_modem
modem_backup | lab_conf
ok "it starts" systemctl start dialfail
main=$(unit MainPID)
ok "the primary is proved" wait_state primary
ok "the network is as wanted" wait_until 60 as_wanted
snapshot "$LAB/before"

cut_upstream
on_modem 1
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

ok "it stops" systemctl stop dialfail
is "and does not run" "$(unit ActiveState)" inactive
ok "the kernel is as it was" wait_until 10 "same_as $LAB/bare"
ok "it is purged" package -P dialfail
is "what is left" "$(left)" ""
lab_done
