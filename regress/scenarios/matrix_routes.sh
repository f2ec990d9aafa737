#!/bin/bash
# needs: netns
# What the router itself has against its primary: routes that go elsewhere,
# reverse path filters, firewalls.  Frames know nothing of that; TCP probes go
# the way of sockets.
# shellcheck disable=SC2317 # cases are called by their names
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/matrix.sh
. "$LAB_DIR/matrix.sh"

default() {
	ip route "$1" default via $GATEWAY "${@:2}"
}

# demote, promote: the site prefers the other uplink; $TARGET2 stays here
demote() {
	default add metric 500
	default del metric 0
	ip route add "$TARGET2" via "$GATEWAY"
}

promote() {
	default add metric 0
	default del metric 500
	ip route del $TARGET2
}

# reverse MODE [MARK]: how strictly paths are looked at, and with which marks
reverse() {
	sysctl_set net.ipv4.conf.eth1.src_valid_mark "${2:-0}"
	sysctl_set net.ipv4.conf.all.rp_filter "$1"
	sysctl_set net.ipv4.conf.eth1.rp_filter "$1"
}

# The LAN has a way there by the primary, whatever the rest of it takes.
by_target() {
	ping_lan "$TARGET2"
}

bound() {
	ping -n -q -c 1 -W 1 -I eth1 "$TARGET"
}

firewall() {
	nft "table inet site { $*; }"
}

no_firewall() {
	nft delete table inet site
}

own_traffic='chain in { type filter hook input priority 0; iifname eth1 drop; }
	chain out { type filter hook output priority 0; oifname eth1 drop; }'
forwarding='chain through { type filter hook forward priority 0; policy drop; }'

# blocked CAUSE: sockets alone see no more than the firewall lets them
blocked() {
	diag "a firewall is against all of our own"
	firewall "$own_traffic"
	ok "the backup takes over" wait_state backup
	is "the cause" "$(fact .primary.cause)" "$1"
	ok "the LAN reaches the core" wait_until 5 ping_lan
	no_firewall
	matrix_back
}

# tcp_status WORD: of the TCP target, through the primary
tcp_status() {
	ok "by sockets it is $1" wait_until 20 \
	    "[ \"\$(fact .primary.targets[3].status)\" = '$1' ]"
}

matrix_up
LAB_PRIMARY="target tcp $TARGET port $ECHO_PORT" matrix_site
lab_start
ok "the primary is proved" wait_state primary
tcp_status up

dead "the default is gone" "no route" "default del" "default add" spared
alive "it is the second choice" demote "tcp_status up" bound
reverse 1
alive "the same, and reverse paths are strict" : "tcp_status down" by_target \
    "some targets dead"
reverse 2
alive "the same, and reverse paths are loose" : "tcp_status up" bound
reverse 1 1
alive "strict, and marks count" : "tcp_status down" by_target \
    "some targets dead"
promote
tcp_status up
reverse 0
alive "a firewall is against all of our own" "firewall '$own_traffic'" \
    "tcp_status down; no_firewall" ping_lan "some targets dead"
tcp_status up
alive "a firewall forwards nothing" "firewall '$forwarding'" no_firewall
lab_stop

diag "sockets alone: strict reverse paths do not hide the way back"
reverse 1
matrix_only "target tcp $TARGET port $ECHO_PORT"
: >"$LAB/daemon.log"
lab_start
ok "the primary is proved" wait_state primary
dead "upstream dead" "upstream dead" cut_upstream restore_upstream
blocked "upstream dead" # a SYN that is dropped is only silence
lab_stop

diag "so do queries, and these are told that they cannot be sent"
names core "$TARGET" --address=/example.net/198.51.100.80
matrix_only "target dns $TARGET query \"www.example.net\""
: >"$LAB/daemon.log"
lab_start
ok "the primary is proved" wait_state primary
blocked "cannot send"
lab_stop
lab_done
