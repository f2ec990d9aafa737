#!/bin/bash
# needs: netns
# What a human sees, through a terminal of tmux: colours where they are wanted,
# and the live view, which shows an outage, becomes small, and outlives a
# restart of the daemon.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
command -v tmux >/dev/null || skip_all "no tmux"

screen() {
	tmux -S "$LAB/tmux" capture-pane -p
}
# on_a_terminal COMMAND...: what it shows there, with ESC as ^[
on_a_terminal() {
	TERM=xterm tmux -S "$LAB/tmux" -f /dev/null new-session -d -x 80 -y 60 \
	    "$* show; echo shown; sleep 60"
	wait_until 15 "screen | grep -q '^shown'" || return
	tmux -S "$LAB/tmux" capture-pane -ep | cat -v
	tmux -S "$LAB/tmux" kill-server
}
shows() {
	wait_until 15 "tmux -S $LAB/tmux capture-pane -p | grep -qE -- '$1'"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "without a terminal it says so" says 1 "top needs a terminal" top
on_a_terminal dialfailctl >"$LAB/shown"
ok "the verdict is green on a terminal" grep -qE '^\^\[\[32m.*  OK' "$LAB/shown"
ok "what carries traffic stands out" grep -q '^eth1 .*\^\[\[1mACTIVE' "$LAB/shown"
on_a_terminal NO_COLOR=1 dialfailctl >"$LAB/shown"
ok "with NO_COLOR there is no colour" \
    [ "$(grep -c '  OK' "$LAB/shown") $(grep -c '\^\[' "$LAB/shown")" = "1 0" ]
on_a_terminal NO_COLOR= dialfailctl >"$LAB/shown"
ok "but with an empty one" grep -qE '^\^\[\[32m.*  OK' "$LAB/shown"
is "nor in a pipe" "$(ctl show | grep -c $'\033')" 0
TERM=xterm tmux -S "$LAB/tmux" -f /dev/null new-session -d -x 80 -y 24 \
    "NO_COLOR= dialfailctl top; echo ended: \$?; sleep 60"
ok "the verdict" shows "OK +primary eth1"
ok "in colour, though NO_COLOR is there, but empty" wait_until 5 \
    "tmux -S $LAB/tmux capture-pane -ep | cat -v | grep '\^\[\[32m.*OK'"
ok "the uplinks" shows "^wan2 "
ok "each target" shows "^$TARGET2 +eth1 +[0-9]+\.[0-9]"
ok "what was, as a graph" shows "^$TARGET +eth1 .*[_.:=+*#-]{3}\$"
cut_upstream
ok "the backup takes over" wait_state backup
ok "the verdict changes" shows "ON BACKUP wan2"
ok "the story of the event" shows "Present event $(fact .event): eth1"
ok "its newest lines" shows "state +.*-> backup"
ok "losses in the graph" shows "^$TARGET +eth1 .*x\$"
tmux -S "$LAB/tmux" resize-window -x 40 -y 12
ok "on a small terminal the verdict stays" shows "ON BACKUP wan2"
is "and nothing is broken off" "$(screen | awk 'length > 40' | wc -l)" 0
tmux -S "$LAB/tmux" resize-window -x 80 -y 24
lab_stop USR1
ok "without a daemon it says so" shows "as it was: .*is dialfaild running"
lab_start
ok "and goes on with the next one" wait_until 15 \
    "! tmux -S $LAB/tmux capture-pane -p | grep -q 'as it was'"
ok "still on the backup" shows "ON BACKUP wan2"
tmux -S "$LAB/tmux" send-keys q
ok "q ends it" shows "ended: 0"
tmux -S "$LAB/tmux" kill-server
# nothing has answered since before the one that ended
TERM=xterm tmux -S "$LAB/tmux" -f /dev/null new-session -d -x 300 -y 24 \
    "dialfailctl top"
ok "one that is started later shows what was before, too" \
    shows "^$TARGET +eth1 .*[_.:=+*#-]{2}x+"
tmux -S "$LAB/tmux" kill-server
lab_stop
lab_done
