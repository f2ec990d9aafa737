#!/bin/bash
# needs: netns
# An operator asks what a switch would do, and gets exactly that: the steps
# which plan tells are those which the event lists after failover, and the
# same for the way back.  What cannot be done says why.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# plan FILE WORD...: the steps of the network, one a line
# shellcheck disable=SC2317 # called by ok
plan() {
	local file=$1
	shift
	ctl -j plan "$@" >"$LAB/plan" && jq -e '.schema == 1' "$LAB/plan" &&
	    jq -r '.steps[] | select(.what != "prove") | .text' \
		"$LAB/plan" >"$file" && [ -s "$file" ]
}

# done_steps: those that the last switch did, as the event has them
done_steps() {
	ctl -j show event | jq -r '
		[.lines[] | select(.who == "network") | .text] as $l |
		[$l | to_entries[] | select(.value | test("^[0-9]+ steps? in")) |
		    .key] as $ends |
		(if ($ends | length) > 1 then $ends[-2] + 1 else 0 end) as $from |
		$l[$from:$ends[-1]][]'
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
backup wan9
fallback manual
CONF
lab_start
ok "the primary is proved" wait_state primary
is "on the primary there is no way back" \
    "$(ctl plan fallback)" "it is so already"
is "and no step" "$(ctl -j plan fallback | jq -c .steps)" "[]"
ok "a backup that is not there cannot be used" test \
    "$(ctl plan failover wan9 >"$LAB/said" 2>&1; echo $?)" -eq 1
ok "and why" grep -q 'wan9: no interface' "$LAB/said"
ok "an unknown one is refused" test \
    "$(ctl plan failover nobody 2>/dev/null; echo $?)" -eq 1

tcp_open old
ok "failover is planned" plan "$LAB/planned" failover
is "for the first backup" "$(jq -r '.kind + " " + .uplink' "$LAB/plan")" \
    "failover wan2"
ok "it is proved first" test "$(jq -r '.steps[0].what' "$LAB/plan")" = prove
ok "old flows are counted" test \
    "$(jq '[.steps[] | select(.what == "flows") | .flows] | add' \
	"$LAB/plan")" -ge 1
ok "as text" ctl plan failover wan2
is "nothing has moved" "$(fact .active.interface)" eth1
ok "failover" ctl failover
ok "its steps are those that were told" \
    diff "$LAB/planned" <(done_steps)

ok "the way back is planned" plan "$LAB/planned" fallback
is "to the primary" "$(jq -r '.kind + " " + .uplink' "$LAB/plan")" \
    "fallback eth1"
is "nothing has moved" "$(fact .active.interface)" wan2
ok "fallback" ctl fallback
ok "its steps are those that were told" \
    diff "$LAB/planned" <(done_steps)
lab_stop
lab_done
