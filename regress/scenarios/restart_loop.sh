#!/bin/bash
# needs: netns
# restart-loop, where nothing else starts the daemon again: after a crash, with
# pauses that grow to a minute and are short again after ten good minutes; not
# after a good end or when it is told to end, and signals reach the daemon.
# sleep(1), date(1) and logger(1) are ours, so that no time passes.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"

fake() {
	{ echo "#!/bin/sh"; cat; } >"$LAB/bin/$1"
	chmod 0755 "$LAB/bin/$1"
}

# begin [CODE...]: the loop, around a daemon that ends with these one after the
# other, and stays when there is no more; a crash at $LAB/now
shell=(sh)
begin() {
	rm -f "$LAB"/{pauses,said,got,args,daemon.pid}
	printf '%s\n' "$@" >"$LAB/codes"
	[ $# -gt 0 ] || : >"$LAB/codes"
	PATH=$LAB/bin:$PATH "${shell[@]}" "$LAB_TOP/etc/rc.d/restart-loop" \
	    "$LAB/bin/daemon" -r &
	loop=$!
	LAB_PIDS+=("$loop")
}

stays() {
	[ -s "$LAB/daemon.pid" ] && kill -0 "$(cat "$LAB/daemon.pid")"
}

# ends CODE: the loop does, with that one, and the daemon is gone
ends() {
	local rc
	wait_until 20 "! kill -0 $loop" || return
	wait "$loop"
	rc=$?
	echo "exit code $rc"
	[ "$rc" -eq "$1" ] && ! stays
}

# told SIGNAL CODE: given to the loop, it reaches the daemon and ends both
told() {
	begin
	ok "$1: the daemon runs" wait_until 10 stays
	kill -s "$1" "$loop"
	ok "$1: both end, with the daemon's exit code" ends "$2"
	is "$1: the daemon was told" "$(cat "$LAB/got")" "$1"
	ok "$1: nothing was started again" [ ! -e "$LAB/pauses" ]
}

mkdir "$LAB/bin"
echo 1000 >"$LAB/now"
fake date <<SH
	cat $LAB/now
SH
fake logger <<SH
	[ \$# -gt 4 ] || exec cat >>$LAB/said
	echo "\$5" >>$LAB/said
SH
fake sleep <<SH
	echo "\$1" >>$LAB/pauses
	echo \$\$ >$LAB/sleep.pid
	[ ! -e $LAB/hold ] || exec tail -f /dev/null
SH
fake daemon <<SH
	echo "\$*" >>$LAB/args
	echo "a word of the daemon" >&2
	code=\$(head -n 1 $LAB/codes)
	sed -i 1d $LAB/codes
	case \$code in
	later*)	echo \$((\$(cat $LAB/now) + 601)) >$LAB/now
		exit \${code#later} ;;
	[0-9]*)	exit "\$code" ;;
	esac
	trap 'echo TERM >>$LAB/got; exit 0' TERM
	trap 'echo USR1 >>$LAB/got; exit 4' USR1
	trap 'echo HUP >>$LAB/got' HUP
	tail -f /dev/null & echo \$\$ >$LAB/daemon.pid
	while :; do wait \$!; done
SH

begin 0
ok "a good end is the end" ends 0
ok "with no pause" [ ! -e "$LAB/pauses" ]
is "the daemon is given its words, and stays in the foreground" \
    "$(cat "$LAB/args")" "-r -d"
ok "what it says goes to the system log" \
    wait_until 10 "grep -qx 'a word of the daemon' $LAB/said"

begin 1 1 139 1 1 1 1 1 later1 1 0
ok "after crashes it ends well" ends 0
is "each pause is longer, up to a minute, and short after a good time" \
    "$(xargs <"$LAB/pauses")" "1 2 4 8 16 32 60 60 1 2"
ok "each crash is told" wait_until 10 \
    "grep -qx 'dialfaild ended with status 139, starting again in 4s' $LAB/said"

told TERM 0
told USR1 4

begin
ok "HUP: the daemon runs" wait_until 10 stays
kill -HUP "$loop"
ok "HUP: the daemon is told" wait_until 10 "grep -qx HUP $LAB/got"
ok "HUP: it goes on" eval "stays && kill -0 $loop"
kill "$loop"
ok "HUP: until it is told to end" ends 0

touch "$LAB/hold"
begin 1
ok "it pauses" wait_until 10 "[ -s $LAB/pauses ]"
kill "$loop"
ok "told to end in a pause, it ends" ends 0
is "and starts nothing" "$(wc -l <"$LAB/args")" 1
ok "what it waited for ends as well" wait_until 10 \
    "! kill -0 \$(cat $LAB/sleep.pid)"
rm "$LAB/hold"

# by bash, which tells what it is about to do; the daemon may not be one yet
# shellcheck disable=SC2016 # expanded by that
shell=(bash -Tc 'trap '\''
	[ "$BASH_COMMAND" != "child=\$!" ] || kill "$$"'\'' DEBUG; . "$0"')
begin
ok "told to end before it knows the daemon, it ends" wait_until 20 \
    "! kill -0 $loop"
ok "and nothing is left" eval "! stays"
lab_done
