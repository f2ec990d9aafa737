#!/bin/bash
# needs: netns
# detect.sh PROFILE EVENT [long]: from what happens to the primary to the
# verdict, and from its repair to the verdict that it is good, against others
# in the same outage; see rivals.sh for where they come from.
#
# PROFILE: default, fast, loss (one that looks for losses as dpinger does)
# EVENT: dead (silence behind the first router), loss20, loss40 (that much of
# the probes), carrier, mac (the gateway has a new address, nobody says so)
# long: mwan3's shipped settings, which need minutes
#
# The others' settings, with default: dpinger's own with the alarm at 20 % that
# pfSense has, mwan3track 2 of 4 targets, every 5 s, 2 s for an answer, 3 bad
# looks, 3 good ones, as its users recommend; with fast: dpinger every 200 ms,
# lost after 400, 60 % of the last 2 s; mwan3track 1 s, 1 s, 2 bad, 3 good.
# fping(8) is in the loop that people write around it.
#
# What was not seen in a minute is "none".  Repair is the verdict alone: the
# configuration returns at once.  What mwan3 or a script then does with routes
# is not in their time.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"
# shellcheck source=regress/bench/rivals.sh
. "$LAB_DIR/../bench/rivals.sh"

LAB_TICK=${LAB_TICK:-0.5} # who waits does not load the machine
profile=$1 event=$2 long=${3:-}
rounds=3 watch=20 heal=20 window=0 words='' dpinger='' mwan3='' fping=''
case $profile in
default)
	rounds=2 watch=45 heal=75 window=60
	dpinger='-L 20%' dpinger_is='20 % of 60 s'
	mwan3=2_5_2_3_3
	fping='3 -c 3' fping_is='3, each 3 s'
	;;
fast)
	words='probe { count 3 interval 100ms timeout 100ms delay 10ms
	    retry 0 success any }'
	window=2
	dpinger='-s 200 -l 400 -t 2000 -L 60% -H 1000' dpinger_is='60 % of 2 s'
	mwan3=2_1_1_2_3
	fping='0.1 -c 3 -p 100 -t 100' fping_is='3, each 0.1 s'
	;;
loss)
	words='probe { count 20 interval 100ms timeout 500ms delay 100ms
	    success 17 require 2 }'
	rounds=2 watch=60 heal=75 window=60
	dpinger='-L 20%' dpinger_is='20 % of 60 s'
	;;
esac
case $event in
dead) what="silent death" ;;
loss20) what="20 % loss" ;;
loss40) what="40 % loss" ;;
carrier) what="carrier loss" ;;
mac) what="gateway's new MAC: false alarm" heal=0 ;;
esac
[ "$event" != loss20 ] && [ "$event" != loss40 ] || rounds=1 watch=60
[ "$event" != mac ] || rounds=1 watch=50
[ "$event" != carrier ] || [ "$profile" != default ] || rounds=1
[ -z "$long" ] || mwan3='2_10_4_5_5' rounds=1 watch=150 heal=90

# --- what happens -----------------------------------------------------------

happens() {
	CUT_MS=$(now_ms)
	case $event in
	dead)	cut_upstream ;;
	loss*)	on isp-a nft -f - <<-NFT ;;
			table ip loss {
				chain forward {
					type filter hook forward priority 0
					iifname { "cust", "other" } \
					    numgen random mod 100 < ${event#loss} drop
				}
			}
		NFT
	carrier)
		carrier down
		ip -n isp-a link set other down ;;
	mac)
		ip -n isp-a link set cust address 02:00:00:00:01:0$((RANDOM % 10))
		ip -n isp-a link set other address 02:00:00:00:02:0$((RANDOM % 10))
		CUT_MS=$(now_ms) ;;
	esac
}

# A carrier's routes went with it.
ends() {
	RESTORED_MS=$(now_ms)
	case $event in
	dead)	restore_upstream ;;
	loss*)	on isp-a nft delete table ip loss ;;
	carrier)
		ip -n isp-a -batch - <<-IP
			link set cust up
			link set other up
			route replace default via 203.0.113.2
		IP
		;;
	esac
}

# --- who says what ----------------------------------------------------------

# start NAME TITLE: somebody else has been started who says this
start() {
	others+=("$1")
	title[$1]=$2
}

rivals() {
	[ -z "$fping" ] || if command -v fping >/dev/null; then
		# shellcheck disable=SC2086 # words
		fping_start $fping
		start fping "fping, $fping_is"
	else
		no_row "$what, $profile: fping" "no fping"
	fi
	[ -z "$dpinger" ] || if find_dpinger; then
		# shellcheck disable=SC2086
		dpinger_start $dpinger
		start dpinger "dpinger, $dpinger_is"
	else
		no_row "$what, $profile: dpinger" \
		    "no dpinger, which DPINGER would name"
	fi
	[ -z "$mwan3" ] || if find_mwan3; then
		# shellcheck disable=SC2086
		mwan3_start $mwan3 "$TARGET" "$TARGET2" 198.51.100.9 198.51.100.10
		mwan3_is=${mwan3#2_}
		start mwan3.$mwan3 "mwan3track, ${mwan3_is//_//}"
	else
		no_row "$what, $profile: mwan3track" \
		    "no mwan3track, which MWAN3 would name"
	fi
}

# all_say WORD SINCE
# shellcheck disable=SC2317 # called by wait_until
all_say() {
	local name
	for name in dialfail "${others[@]}"; do
		[ -n "$(first "$name" "$1" "$2")" ] || return
	done
}

# shellcheck disable=SC2317
none_down() {
	local name
	for name in dialfail "${others[@]}"; do
		[ "$(at_last "$name")" != down ] || return
	done
}

# arrives ADDRESS: when its probes reach the core again
arrives() {
	awk -v since="$CUT_MS" -v from="$1" '$3 == from && $1 * 1000 >= since {
		printf "%.0f\n", $1 * 1000 - since; exit }' "$LAB/arrived" |
	    grep . || echo none
}

# figures WHAT WORD SINCE: what each said
figures() {
	local name
	for name in "${others[@]}"; do
		pair "$1, $profile" "${title[$name]}" ms \
		    "$(first dialfail "$2" "$3" | grep . || echo none)" \
		    "$(first "$name" "$2" "$3" | grep . || echo none)"
	done
	[ ${#others[@]} -gt 0 ] ||
	    alone "$1, $profile" ms "$(first dialfail "$2" "$3")"
}

# --- the run ----------------------------------------------------------------

declare -A title
others=()
lab_up
other_host
ip -n core addr add 198.51.100.9/32 dev lo
ip -n core addr add 198.51.100.10/32 dev lo
LAB_PRIMARY=$words lab_conf <<'CONF'
backup wan2
fallback automatic { after 0s stable 0s drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
spawn router "$LAB/monitor" ours
ok "the monitor listens" wait_until 10 \
    "ctl reload && [ -s $LAB/says.dialfail ]"
rivals
RESTORED_MS=$(now_ms)
[ "$event" != mac ] || spawn core "$LAB/arrived" tcpdump -ttnl -i isp-a \
    "icmp[0] = 8"
for ((i = 0; i < rounds; i++)); do
	# dpinger's window is to be full of good; then at any moment
	wait_until $window "[ \$(now_ms) -gt $((RESTORED_MS + window * 1000)) ]"
	sleep $((RANDOM % 3)).$((RANDOM % 900 + 100))
	happens
	wait_until $watch "all_say down $CUT_MS" >/dev/null
	figures "$what" down "$CUT_MS"
	ends
	if [ "$event" = mac ]; then
		pair "gateway's new MAC: probes arrive, $profile" \
		    "the kernel's own ARP" ms "$(arrives $PRIMARY_ADDRESS)" \
		    "$(arrives $OTHER_ADDRESS)"
		break
	fi
	wait_until $heal none_down >/dev/null
	figures "end of it ($what)" up "$RESTORED_MS"
	ok "the primary has the traffic again" wait_state primary 60
done
lab_stop
lab_done
