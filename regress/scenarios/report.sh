#!/bin/bash
# needs: netns
# What is left of an outage: its probes, also after a restart; what another
# configuration would have done of them; and a page for those who ask, which a
# browser shows at the width of a desk and of a phone.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
. "$(dirname "$0")/../lab/browser.sh"

# by_browser NAME WIDTH: how the page looks there
by_browser() {
	local page of="on a $1 of $2" file=$B/pictures/report-$1.png
	if ! command -v chromium >/dev/null; then
		skip "a browser shows it $of" "no chromium"
		return
	fi
	page=$(measure report.html "$2")
	ok "a browser shows it $of, and nothing is wider" \
	    jq -e ".width > 0 and .width <= $2" <<<"$page" ||
		diag "$page $(tail -n 5 "$LAB/chromium.out")"
	ok "its pictures have a size" jq -e ".svgs | length >= 3 and
	    all(.[]; .[2] > $2 / 2 and .[3] > 16)" <<<"$page" || diag "$page"
	ok "and can be taken" picture "$file" "$2" "$(jq .height <<<"$page")"
	ok "with something to see in each" jq -e \
	    'length >= 3 and all(.[]; . > 1)' \
	    <<<"$(colours "$file" "$(jq -c .svgs <<<"$page")")"
}

# rounds FILE: of the primary in what show probes said
rounds() {
	awk -F'\t' '$1 == "R" && $4 == "eth1" { n += $8 } END { print n }' "$1"
}

lab_up
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
CONF
lab_start
ok "the primary is proved" wait_state primary
ctl report >"$LAB/none" 2>"$LAB/err"
is "no report before there was an event" "$?" 1
ok "and why" grep -q "there was no event yet" "$LAB/err"
cut_upstream
ok "the backup takes over" wait_state backup
on lan ping -q -c 20 -i 0.01 "$TARGET" >"$LAB/ping"
restore_upstream
ok "the primary takes over again" wait_state primary
event=$(fact '.events[-1].id' history)
ok "the event is over" wait_until 10 "[ \"\$(fact '.events[-1].over' history)\" = true ]"

is "bad rounds of the primary are kept" \
    "$(fact '[.probes[] | select(.uplink == "eth1" and .verdict == "bad")] | length > 0' probes)" true
is "good ones with their time" \
    "$(fact '[.probes[] | select(.verdict == "good") | .targets[] | .rtt_ms > 0] | any' probes)" true
is "the backup's, too" \
    "$(fact '[.probes[] | .uplink] | index("wan2") != null' probes)" true
# what is counted last comes behind the end
ok "the event knows what the backup carried, and in how many packets" \
    wait_until 10 "[ \"\$(fact '.events[-1] | .backup_packets >= 40 and
	.backup_packets * 28 <= .backup_bytes' history)\" = true ]" ||
    diag "$(fact '.events[-1]' history)"
ctl show probes >"$LAB/probes"

ctl report "$event" >"$LAB/report.html"
ok "the page tells the event" grep -q "<h2>Event $event: eth1 " "$LAB/report.html"
ok "how it was detected" grep -q "Detected in" "$LAB/report.html"
ok "how long the LAN was without" \
    grep -q "Outage seen by the LAN</dt><dd>[0-9]" "$LAB/report.html"
ok "that it switched" grep -q -- "-&gt; backup" "$LAB/report.html"
ok "and how $TARGET answered" grep -q "$TARGET by eth1: .*probes lost" "$LAB/report.html"
is "the outage is as long as what it consisted of" "$(fact '.event |
    .outage_ms >= .detect_ms + .prove_ms - 20 and
    .outage_ms < .duration_s * 1000 + 1000' event "$event")" true
ctl report --since 1h >"$LAB/since.html"
ok "all of an hour is the same event" grep -q "<h2>Event $event" "$LAB/since.html"
ctl report --since 1h -s /run/dialfail/dialfail.sock.ro >"$LAB/since.ro.html"
ok "options stand wherever they like" grep -q "<h2>Event $event" "$LAB/since.ro.html"
ok "nothing in it is fetched" \
    test "$(grep -ciE '(src|href)=|<script|<link|url\(' "$LAB/report.html")" = 0
ctl -s /run/dialfail/dialfail.sock.ro report >"$LAB/ro.html"
ok "those who may only look may have it" grep -q "<h2>Event $event" "$LAB/ro.html"

# what was done would be done again, and less by more patience
sed 's/delay 200ms/& retry 100/' /etc/dialfail.conf >"$LAB/patient.conf"
ctl replay history -f "$LAB/patient.conf" >"$LAB/replay"
ok "another configuration would have done less" grep -qx \
    "would have switched 0 times instead of 1" "$LAB/replay"
ok "what would have been done, and why" \
    grep -qE "  20.* to wan2: eth1 upstream dead" "$LAB/replay"
is "the same in JSON" "$(ctl -j replay history -f "$LAB/patient.conf" | jq -r \
    '.replays | map("\(.uplink) \(.failovers) \(.switches[0].to)") | join(",")')" \
    "eth1 1 wan2,eth1 0 null"
sed "s/^primary eth1 {/& target 198.51.100.99/" /etc/dialfail.conf >"$LAB/more.conf"
is "and which targets nobody has probed" "$(ctl -j replay history \
    -f "$LAB/more.conf" | jq -c '.replays | map(.not_probed)')" \
    '[[],["198.51.100.99"]]'
sed 's/^primary eth1/primary eth9/' /etc/dialfail.conf >"$LAB/elsewhere.conf"
ctl -j replay history -f "$LAB/elsewhere.conf" >"$LAB/replay.half"
is "one that has nothing to tell leaves no half of an answer" \
    "$? $(wc -c <"$LAB/replay.half")" "1 0"
ctl -j report >/dev/null 2>"$LAB/err"
is "of a picture there is none" "$? $(grep -c 'no JSON' "$LAB/err")" "2 1"
ctl -s /nowhere replay "$LAB/probes" >"$LAB/replay.file"
ok "the same from a file, without the daemon" \
    grep -q "/etc/dialfail.conf: 1 failover" "$LAB/replay.file"

lab_stop
lab_start
ok "the primary is proved" wait_state primary
ok "and how long the outage was" \
    [ "$(fact '.events[-1].outage_ms' history)" -gt 0 ]
ctl show probes >"$LAB/probes.again"
ok "what was probed outlives a restart" \
    [ "$(rounds "$LAB/probes.again")" -gt "$(rounds "$LAB/probes")" ]
lab_stop

mkdir -p "$B/pictures"
cp "$LAB/report.html" "$B/pictures"
by_browser desk 1280
by_browser phone 390
lab_done
