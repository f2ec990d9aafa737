#!/bin/bash
# needs: netns
# Where a service manager knows one signal for stop and restart, our script
# tells them apart: a restart is SIGUSR1, which keeps traffic on a backup.  The
# managers are ours, as far as the scripts ask them.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"

# A service that ends of the signal which it writes down.
cat >"$LAB/service" <<SH
#!/bin/sh
trap 'echo USR1 >$LAB/got; exit' USR1
trap 'echo TERM >$LAB/got; exit' TERM
echo \$\$ >$LAB/pid
while :; do sleep 0.1; done
SH
chmod 0755 "$LAB/service"

service_up() {
	[ -s "$LAB/pid" ]
}

service_gone() {
	! kill -0 "$(cat "$LAB/pid")" 2>/dev/null
}

# openrc COMMAND: what its stop does first
openrc() {
	rm -f "$LAB/pid" "$LAB/got"
	"$LAB/service" &
	LAB_PIDS+=("$!")
	wait_until 10 service_up
	cat >"$LAB/openrc-run" <<-SH
	service_get_value() { [ \$1 = child_pid ] && cat $LAB/pid; }
	RC_CMD=$1
	. $LAB_TOP/etc/openrc/dialfail
	stop_pre
	SH
	sh "$LAB/openrc-run"
}

ok "OpenRC: a restart" openrc restart
is "is SIGUSR1" "$(cat "$LAB/got")" USR1
ok "and has ended before the supervisor is stopped" service_gone
ok "OpenRC: a stop" openrc stop
ok "is left to the supervisor" test ! -e "$LAB/got"

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
