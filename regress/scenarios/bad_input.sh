#!/bin/bash
# needs: netns
# Whatever is wrong at the start ends with one clear line and exit code 1, and
# changes nothing; what is wrong later is told, and the daemon lives.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# refused REASON [COMMAND...]: it does not start, says why, changes nothing
refused() {
	local reason=$1
	shift
	[ $# -gt 0 ] || set -- dialfaild -d
	timeout 20 "$@" >"$LAB/start.out" 2>&1
	is "refused, $reason" $? 1
	ok "the reason is told" grep -qE -- "$reason" "$LAB/start.out" ||
	    diag "$(cat "$LAB/start.out")"
	ok "nothing has changed" same_as "$LAB/before"
}

# refused_file LINE REASON: the configuration from standard input, with tabs
refused_file() {
	lab_write_conf
	refused "^/etc/dialfail.conf:$1: .*$2"
}

# refused_word LINE REASON WORDS: a good file with these in its second line
refused_word() {
	refused_file "$1" "$2" <<-CONF
		primary eth1 { target 198.51.100.7 }
		$3
		backup wan2
	CONF
}

good_file() {
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		${1:-}
	CONF
}

lab_up
ok "its version, without a configuration" \
    eval "dialfaild -V | grep -qx 'dialfaild [0-9.]*'"
ok "the same" eval "dialfaild --version | grep -qx 'dialfaild [0-9.]*'"
ok "its usage" eval "dialfaild -h | grep -q '^usage: dialfaild '"
ok "the same" eval "dialfaild --help | grep -q '^usage: dialfaild '"
snapshot "$LAB/before"
install -m 0600 /dev/null /etc/dialfail/private/isp
echo secret7 >/etc/dialfail/private/isp

# would_be VERDICT [PREFIX...]: what -n ends with; it is no error
would_be() {
	local verdict=$1
	shift
	"$@" dialfaild -n >"$LAB/said" 2>&1
	is "-n, $verdict" $? 0
	is "it ends so" "$(tail -n 1 "$LAB/said")" "configuration $verdict"
}

diag "what the daemon would say to a good file"
good_file
would_be OK
good_file 'alarm "/etc/nosuch"'
would_be "is good, but the daemon will refuse it"
refused '/etc/nosuch'
good_file
chmod g+w /etc/dialfail.conf
would_be "is good, but the daemon will refuse it"
refused 'writable by group or others'

diag "the configuration"
refused_word 2 'nonsense' 'nonsense 1'
refused_word 2 'not valid here' 'hours "mon-fri"'
refused_word 2 '10\.7\.0\.999' 'masquerade from 10.7.0.999'
refused_word 2 'eth1' 'backup eth1'
refused_word 3 'wan2' 'backup wan2'
refused_word 2 'range|1 to 10m|timeout' 'alarm "/bin/true" { timeout 0s }'
refused_word 2 'file' 'backup p { modem "/dev/x" phone "1" account "a" secret "open" }'
refused_word 2 'private/none' \
    'backup p { modem "/dev/x" phone "1" account "a" secret file "/etc/dialfail/private/none" }'
chmod 0640 /etc/dialfail/private/isp
refused_word 2 'readable by group' \
    'backup p { modem "/dev/x" phone "1" account "a" secret file "/etc/dialfail/private/isp" }'
chmod 0600 /etc/dialfail/private/isp
refused_word 2 'loop' 'include "/etc/dialfail.conf"'
refused_word 2 'nosuch' 'include "/etc/dialfail/nosuch"'
refused_file 1 'target' <<'CONF'
primary eth1 { target gateway }
backup wan2
CONF
refused_file 1 'range|1 to 100' <<'CONF'
primary eth1 { target 198.51.100.7 probe { count 0 } }
backup wan2
CONF
good_file
chmod 0620 /etc/dialfail.conf
refused 'dialfail.conf.*writable by group'
chmod 0600 /etc/dialfail.conf
chown _dialfail /etc/dialfail.conf
refused 'dialfail.conf.*not owned by root'
chown root /etc/dialfail.conf
refused 'cannot open "/etc/nosuch.conf"' dialfaild -d -f /etc/nosuch.conf
refused 'not a file' dialfaild -d -f /etc

diag "the system"
install -m 0755 "$B/dialfaild" /usr/local/sbin/
refused 'must be started by root' setpriv --reuid 65534 --regid 65534 \
    --clear-groups /usr/local/sbin/dialfaild -d
cp /etc/passwd "$LAB/passwd"
grep -v '^_dialfail:' "$LAB/passwd" >/etc/passwd
refused 'no such user: _dialfail'
cat "$LAB/passwd" >/etc/passwd

diag "an interface that is missing, and no place for the history"
: >/etc/no-directory
good_file 'state "/etc/no-directory/history"'
ip link del eth1
lab_start
ok "it starts, and the backup takes over" wait_state backup
ok "history: a warning" logged '/etc/no-directory/history: history will not outlive'
is "the cause" "$(fact .primary.cause)" "interface missing"
is "and the event's" "$(fact '.events[-1].cause' history)" "eth1 interface missing"
# with each of the two rounds that make it down, and not again
ok "the log is not flooded with it" test \
    "$(grep -c 'eth1: round bad: interface missing' "$LAB/daemon.log")" -le 2
ok "the LAN reaches the core" wait_until 2 ping_lan
ok "it is told to be missing" \
    grep -q '^  link eth1: no such interface' <<<"$(ctl show network)"
is "but all that can be laid is" "$(fact .as_wanted network)" true
timeout 20 dialfaild -d >"$LAB/start.out" 2>&1
is "a second daemon is refused" $? 1
ok "the reason is told" grep -q 'already running' "$LAB/start.out"
is "the first one does not mind" "$(state)" backup
lab_stop
lab_done
