#!/bin/bash
# needs: netns
# Where a service manager knows one signal for stop and restart, our script
# tells them apart: a restart is SIGUSR1, which keeps traffic on a backup.  The
# managers are ours, as far as the scripts ask them.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# openrc COMMAND: the signals of its stop
openrc() {
	RC_CMD=$1 sh -c '. "$0" && echo "$retry"' \
	    "$LAB_TOP/etc/openrc/dialfail"
}

is "OpenRC: a restart" "$(openrc restart)" USR1/60
is "OpenRC: a stop" "$(openrc stop)" TERM/60

# rc.subr(8) of FreeBSD and NetBSD: how it stops
cat >/etc/rc.subr <<'SH'
_rc_subr_loaded=:
load_rc_config() { :; }
run_rc_command() { echo "${sig_stop:-TERM}"; }
SH
for system in freebsd netbsd; do
	script=$LAB_TOP/etc/rc.d/dialfail.$system
	is "$system: a restart" "$(sh "$script" restart)" USR1
	is "$system: one that is asked for once" \
	    "$(sh "$script" onerestart)" USR1
	is "$system: a stop" "$(sh "$script" stop)" TERM
done

# rc.subr(8) of OpenBSD: a restart is the script twice
mkdir -p /etc/rc.d
cat >/etc/rc.d/rc.subr <<'SH'
pkill() { echo "$1"; }
rc_cmd() {
	case $1 in
	restart)	sh "$script" stop && sh "$script" start ;;
	stop)	rc_stop ;;
	esac
}
SH
export script=$LAB_TOP/etc/rc.d/dialfail.openbsd
is "openbsd: a restart" "$(sh "$script" restart)" -USR1
is "openbsd: a stop" "$(sh "$script" stop)" -TERM
lab_done
