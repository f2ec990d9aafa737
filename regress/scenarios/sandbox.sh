#!/bin/bash
# needs: netns
# What `dialfailctl show` says of each process's confinement is what the
# kernel says.  What a process in it can not do is tried in
# regress/unit/sandbox_test.c.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# status PID KEY: of /proc/PID/status, blanks squeezed
status() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr -s '[:space:]' ' ' |
	    sed 's/ $//'
}

# caps PID: the five sets; one number if the first three are the same
caps() {
	local s
	for s in CapPrm CapEff CapBnd CapInh CapAmb; do
		printf '%s ' "$((16#$(status "$1" $s)))"
	done
}

sandbox() {
	fact ".processes[] | select(.name == \"$1\") | .sandbox"
}

# confined NAME PID CAPABILITIES: one that is not root any more
confined() {
	local uid gid
	uid=$(id -u _dialfail)
	gid=$(id -g _dialfail)
	is "$1: uid" "$(status "$2" Uid)" "$uid $uid $uid $uid"
	is "$1: gid" "$(status "$2" Gid)" "$gid $gid $gid $gid"
	is "$1: groups" "$(status "$2" Groups)" "$gid"
	is "$1: capabilities" "$(caps "$2")" "$3 $3 $3 0 0 "
	is "$1: no_new_privs" "$(status "$2" NoNewPrivs)" 1
	is "$1: seccomp filter" "$(status "$2" Seccomp)" 2
	ok "$1: it says so" grep -q "^uid $uid, chroot, .*, no_new_privs, seccomp" \
	    <<<"$(sandbox "$1")"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
CONF
lab_start
ok "the primary is proved" wait_state primary

NET_RAW=$((1 << 13))
parent=$(process parent)
prober=$(process prober)
dialer=$(process dialer)
netconf=$(process netconf)
is "its pid is the daemon's" "$parent" "$DAEMON"
confined parent "$parent" 0
confined prober "$prober" $NET_RAW
confined dialer "$dialer" 0
is "parent: its root is the state directory" \
    "$(stat -Lc %i "/proc/$parent/root")" "$(stat -c %i /var/lib/dialfail)"
for p in "$prober" "$dialer"; do
	is "the root of $(cat "/proc/$p/comm") is an empty directory" \
	    "$(find "/proc/$p/root/" -mindepth 1 | wc -l)" 0
	ok "that nobody can write" test "$(stat -Lc %A:%u "/proc/$p/root")" = \
	    dr-xr-xr-x:0
done
ok "prober: net_raw is named" grep -q net_raw <<<"$(sandbox prober)"
ok "dialer: nothing is" grep -q 'no capabilities' <<<"$(sandbox dialer)"

# net_admin net_raw net_bind_service setuid setgid chown fowner dac_override
bounded=$(((1 << 12) | (1 << 13) | (1 << 10) | (1 << 7) | (1 << 6) | 1 |
    (1 << 3) | (1 << 1)))
is "netconf: root" "$(status "$netconf" Uid)" "0 0 0 0"
is "netconf: bounded capabilities, and CAP_KILL for its programs" \
    "$(caps "$netconf")" "$bounded $bounded $((bounded | 1 << 5)) 0 0 "
ok "netconf: it says so" grep -q \
    '^uid 0, net_admin+net_raw+net_bind_service+setuid+setgid+chown+fowner+dac_override$' \
    <<<"$(sandbox netconf)"
for p in $parent $prober $dialer $netconf; do
	is "$(cat "/proc/$p/comm"): nobody can trace it" \
	    "$(stat -c %u "/proc/$p/mem")" 0
done

# Descriptors: what it needs, and no way out of its root.
for p in $prober $dialer; do
	is "$(cat "/proc/$p/comm"): no directory is open" \
	    "$(find "/proc/$p/fd" -lname '/*' ! -lname '/dev/null' \
	        ! -lname "$LAB/*" -printf '%l\n')" ""
done
lab_stop
lab_done
