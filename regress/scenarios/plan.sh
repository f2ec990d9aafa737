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
	    jq -r '.steps[] | select(.what | IN("prove", "resolvers",
		"hook") | not) | .text' \
		"$LAB/plan" >"$file" && [ -s "$file" ]
}

# done_steps: those that the last switch did, as the event has them
done_steps() {
	ctl -j show event | jq -r '
		[.lines[] | select(.who == "network") | .text |
		    select(startswith("resolvers:") | not)] as $l |
		[$l | to_entries[] | select(.value | test("^[0-9]+ steps? in")) |
		    .key] as $ends |
		(if ($ends | length) > 1 then $ends[-2] + 1 else 0 end) as $from |
		$l[$from:$ends[-1]][]'
}

# programs: those that are planned, in their order
programs() {
	jq -r '.steps[] | select(.what | IN("resolvers", "hook")) | .text' \
	    "$LAB/plan" | tr '\n' ';'
}

lab_up
rm -f /etc/resolv.conf
echo "nameserver 192.0.2.53" >/etc/resolv.conf
mkdir -p /etc/dialfail/hooks/switch.d
for f in stick-up stick-down switch.d/10-a switch.d/20-b; do
	printf '#!/bin/sh\nexit 0\n' >/etc/dialfail/hooks/$f
	chmod 0755 /etc/dialfail/hooks/$f
done
chmod 0777 /etc/dialfail/hooks/switch.d/20-b
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 {
	interface
	dns 203.0.113.2 203.0.113.6
}
backup wan9
backup stick { interface wan8 { start "stick-up" stop "stick-down" } }
dns follow
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
is "resolvers and hooks are among them" "$(programs)" \
    "resolvers 203.0.113.2 203.0.113.6 by /etc/resolv.conf;\
hook switch.d/10-a;\
hook switch.d/20-b: others than root can write it;"
ok "a link that a hook starts" plan "$LAB/planned" failover stick
is "begins with that" "$(jq -r '.steps[0].text' "$LAB/plan")" "hook stick-up"
ok "failover is planned again" plan "$LAB/planned" failover
ok "as text" ctl plan failover wan2
is "nothing has moved" "$(fact .active.interface)" eth1
ok "failover" ctl failover
ok "its steps are those that were told" \
    diff "$LAB/planned" <(done_steps)

ok "the way back is planned" plan "$LAB/planned" fallback
is "resolvers and hooks are among them" "$(programs)" \
    "resolvers as before by /etc/resolv.conf;\
hook switch.d/10-a;\
hook switch.d/20-b: others than root can write it;"
is "to the primary" "$(jq -r '.kind + " " + .uplink' "$LAB/plan")" \
    "fallback eth1"
is "nothing has moved" "$(fact .active.interface)" wan2
ok "fallback" ctl fallback
ok "its steps are those that were told" \
    diff "$LAB/planned" <(done_steps)
lab_stop
lab_done
