# shellcheck shell=bash
# What else watches an uplink, in a host of its own; used after bench.sh.  The
# verdicts of each are lines "down MS" and "up MS" in $LAB/says.NAME, as
# now_ms counts; "-" is something else that was said.
#
# Two of them Debian has no package of; they are named by the environment:
#	DPINGER	the program, of github.com/dennypage/dpinger; or in PATH
#	MWAN3	the folder net/mwan3/files of github.com/openwrt/packages

OTHER_ADDRESS=203.0.113.18

# other_host [NAME N]: as far away from the core as the router is; the Nth has
# the address 203.0.113.(18 + 4 * N)
other_host() {
	local name=${1:-other} net=$((16 + 4 * ${2:-0}))
	ip netns add "$name"
	ip -n "$name" -batch - <<-IP
		link set lo up
		link add eth1 type veth peer name $name netns isp-a
		addr add 203.0.113.$((net + 2))/30 dev eth1
		link set eth1 up
	IP
	ip -n isp-a addr add 203.0.113.$((net + 1))/30 dev "$name"
	ip -n isp-a link set "$name" up
	ip -n "$name" route add default via 203.0.113.$((net + 1))
	ip -n core route add 203.0.113.$net/30 via 203.0.113.1
}

# first NAME WORD SINCE: how long after that it said so, having said otherwise
# before, or nothing
first() {
	awk -v word="$2" -v since="$3" '
	    BEGIN { last = "up" }
	    $1 == word && last != word && $2 >= since { print $2 - since; exit }
	    $1 != "-" { last = $1 }' "$LAB/says.$1"
}

# at_last NAME: its last word
at_last() {
	awk '$1 != "-" { last = $1 } END { print last }' "$LAB/says.$1"
}

# ours: dialfail's own, from the lines of its monitor
ours() {
	: >"$LAB/says.dialfail"
	dialfailctl -j monitor | jq --unbuffered -r '
	    (if .who != "state" then "-"
	    elif .text | test("-> dialing") then "down"
	    elif .text | test("-> (returning|primary)") then "up"
	    else "-" end) + " " + ((.time[0:19] + "Z" | fromdate) * 1000 +
	    (.time[20:23] | tonumber) | tostring)' >>"$LAB/says.dialfail"
}

find_dpinger() {
	DPINGER=${DPINGER:-$(command -v dpinger)}
	[ -x "$DPINGER" ]
}

# dpinger_start OPTION...: it calls the program for each alarm, 1 or 0
dpinger_start() {
	cat >"$LAB/alert" <<-'SH'
		#!/bin/bash
		words=(up down)
		echo "${words[$2]} $((${EPOCHREALTIME/[.,]/} / 1000))" \
		    >>/run/lab/says.dpinger
	SH
	chmod +x "$LAB/alert"
	: >"$LAB/says.dpinger"
	spawn other "$LAB/dpinger" "$DPINGER" -f -B $OTHER_ADDRESS -r 0 \
	    -C "$LAB/alert" "$@" "$TARGET"
}

find_mwan3() {
	[ -e "${MWAN3:-}/usr/sbin/mwan3track" ] &&
	    command -v busybox >/dev/null
}

# What OpenWrt has around the tracker.  An interface's name has its settings:
# RELIABILITY_INTERVAL_TIMEOUT_DOWN_UP.
mwan3_files() {
	over /usr/lib
	over /usr/sbin
	mkdir -p /usr/lib/functions /usr/lib/mwan3
	cp "$MWAN3/lib/mwan3/common.sh" /usr/lib/mwan3/
	cat >/usr/lib/functions.sh <<-'SH'
		config_load() { :; }
		uci_get_state() { :; }
		uci_toggle_state() { :; }
		config_get() {
			local found= IFS=_
			set -- "$1" "$3" "${4:-}" $2
			case $2 in
			reliability) found=$4 ;;
			interval) found=$5 ;;
			timeout) found=$6 ;;
			down) found=$7 ;;
			up) found=$8 ;;
			esac
			eval "$1=\${found:-\$3}"
		}
		config_get_bool() { config_get "$@"; }
		config_list_foreach() {
			local a
			for a in $TRACK_IPS; do "$3" "$a"; done
		}
	SH
	cat >/usr/lib/functions/network.sh <<-SH
		network_flush_cache() { :; }
		network_is_up() { :; }
		network_get_device() { eval "\$1=eth1"; }
		network_get_ipaddr() { eval "\$1=$OTHER_ADDRESS"; }
	SH
	# what would change the routes
	cat >/usr/sbin/hotplug-call <<-'SH'
		#!/bin/bash
		case $ACTION in
		connected) word=up ;;
		disconnected) word=down ;;
		*) exit 0 ;;
		esac
		echo "$word $((${EPOCHREALTIME/[.,]/} / 1000))" \
		    >>"/run/lab/says.mwan3.$INTERFACE"
	SH
	chmod +x /usr/sbin/hotplug-call
}

# mwan3_start SETTINGS TARGET...
mwan3_start() {
	[ -e /usr/lib/mwan3 ] || mwan3_files
	: >"$LAB/says.mwan3.$1"
	spawn other "$LAB/mwan3.$1" env TRACK_IPS="${*:2}" \
	    busybox ash "$MWAN3/usr/sbin/mwan3track" "$1"
}

# As quick to believe an outage as we are: a second bad look, at once.
# shellcheck disable=SC2317 # bash in the other host calls it
fping_loop() {
	local word last='' pause=$1
	shift
	while sleep "$pause"; do
		word=down
		for _ in 1 2; do
			! fping -q "$@" 2>&1 | grep -q min/avg/max || word=up
			[ $word = down ] || break
		done
		[ $word = "$last" ] || echo "$word $(now_ms)"
		last=$word
	done
}

# fping_start PAUSE OPTION...: the loop that people write
fping_start() {
	: >"$LAB/says.fping"
	spawn other "$LAB/says.fping" bash -c "$(declare -f now_ms fping_loop)
	    fping_loop \"\$@\"" - "$@" "$TARGET" "$TARGET2"
}
