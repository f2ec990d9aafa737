#!/bin/bash
# needs: netns
# Each outage leaves a file of the frames before it, named by its event; old
# files go when others come.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

DIR=/var/lib/dialfail/capture

command -v tcpdump >/dev/null || skip_all "no tcpdump"

# told EVENT: what its story says of the capture
told() {
	fact '.lines[] | select(.who == "capture").text' event "$1"
}

# frames FILE [FILTER...]: how many there are
frames() {
	local file=$1
	shift
	tcpdump -nnr "$file" "$@" 2>/dev/null | wc -l
}

# frames_since MS FILE FILTER: those from this moment of the wall clock on
frames_since() {
	tcpdump -ttnnr "$2" "$3" 2>/dev/null |
	    awk -v from="$1" '$1 * 1000 >= from' | wc -l
}

# outage: until the backup has taken over; its event in $EVENT, and in $CUT_BY
# when nothing passed any more
outage() {
	cut_upstream
	CUT_BY=$(now_ms)
	ok "the backup takes over" wait_state backup || lab_done
	EVENT=$(fact .event)
}

over() {
	restore_upstream
	ok "the primary takes over again" wait_state primary || lab_done
	ok "the event is over" wait_until 10 "[ \"\$(fact .event)\" = null ]"
}

# old NAME KBYTES DAYS
old() {
	head -c "$2"K /dev/zero >"$DIR/$1"
	touch -d "$3 days ago" "$DIR/$1"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
capture "$DIR" { size 600k keep 14d packets control }
fallback automatic { after 0s stable 1s drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
tcp_open client
is "a connection carries data" "$(tcp_send client | cut -d' ' -f1,2)" "echo ok"
asked=$(now_ms)
ok "the probes are answered for a while" wait_until 10 \
    "[ \$((\$(now_ms) - $asked)) -gt 1500 ]"
ok "nothing is written before an outage" test ! -e $DIR

outage
file=$DIR/$EVENT.pcap
ok "the story names the file" wait_until 5 \
    "told $EVENT | grep -qE '^[0-9]+ frames in $file\$'"
ok "so does show event, for people" \
    grep -q "capture .* frames in .*$EVENT.pcap" \
    <<<"$(ctl show event "$EVENT" | tr -s '\n ' ' ')"
is "its directory is root's alone" "$(stat -c '%A %U' $DIR)" "drwxr-x--- root"
is "and so is the file" "$(stat -c '%A %U' "$file")" "-rw-r----- root"
ok "tcpdump reads it" tcpdump -nnr "$file"
is "all frames are in it" "$(frames "$file")" "$(told "$EVENT" | cut -d' ' -f1)"
request="icmp[icmptype] = icmp-echo and dst $TARGET"
reply="icmp[icmptype] = icmp-echoreply and src $TARGET"
before=$(($(frames "$file" "$request") -
    $(frames_since "$CUT_MS" "$file" "$request")))
ok "probes before the cut are in it: $before" test "$before" -ge 3
ok "and their answers" test "$(frames "$file" "$reply")" -ge 3
ok "probes after the cut, too" \
    test "$(frames_since "$CUT_MS" "$file" "$request")" -ge 3
# an answer may have been under way
is "and no answer to them" \
    "$(frames_since $((CUT_BY + 100)) "$file" "$reply")" 0
ok "ARP is in it" test "$(frames "$file" arp)" -ge 1
ok "so is the connection's beginning" \
    test "$(frames "$file" 'tcp[tcpflags] & tcp-syn != 0')" -ge 1
is "but no data of users" "$(frames "$file" \
    'tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) = 0')" 0
is "headers only" "$(tcpdump -nnr "$file" 2>&1 >/dev/null |
    grep -o 'snapshot length [0-9]*')" "snapshot length 96"
over

# The oldest make room, and what is too old goes; others' files stay.
first=$EVENT
old 00a1.pcap 200 3
old 00a2.pcap 200 2
old 00a3.pcap 1 15
old mine.pcap 1 99
ip link set eth1 down # and the handle on it, too
ok "the backup takes over" wait_state backup
ip link set eth1 up
ip route add default via $GATEWAY # as a DHCP client would
over
outage
ok "a second outage has its own file" wait_until 5 \
    "told $EVENT | grep -q '^[0-9]* frames in $DIR/$EVENT.pcap\$'"
ok "with probes after the interface came back" \
    test "$(frames "$DIR/$EVENT.pcap" "$request")" -ge 3
ok "the oldest has gone" test ! -e $DIR/00a1.pcap
ok "and what was too old" test ! -e $DIR/00a3.pcap
ok "the newer ones are there" test -e "$DIR/$first.pcap" -a -e $DIR/00a2.pcap
ok "what is not ours stays" test -e $DIR/mine.pcap
ok "all are below the size" \
    test "$(cat $DIR/[0-9a-f]*.pcap | wc -c)" -le 600000
over

chmod g+w $DIR
outage
ok "the story tells if there is no file" wait_until 5 \
    "told $EVENT | grep -q 'failed: $DIR: others can write there'"
ok "and there is none" test ! -e "$DIR/$EVENT.pcap"
over
ok "the prober met no wall" test -z "$(grep -i 'capture.*not permitted' \
    "$LAB/daemon.log")"
lab_stop
lab_done
