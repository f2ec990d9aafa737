# shellcheck shell=bash
# Random kill -9 of random processes at random moments, while the primary
# dies and comes back; after lab.sh and kill9.sh.  CAMPAIGN_SEED repeats one.

CHANGES=(cut_upstream restore_upstream restore_upstream 'carrier down' \
    'carrier up' 'carrier up')
cut=0 unplugged=0 settled=0 moves=0 slowest=0

# Up to a second, as chance has it.
any_moment() {
	sleep "$(printf '0.%03d' $((RANDOM % 1000)))"
}

change() {
	local c=${CHANGES[RANDOM % ${#CHANGES[@]}]}
	case $c in
	cut_upstream) cut=1 ;;
	restore_upstream) cut=0 ;;
	'carrier down') unplugged=1 ;;
	'carrier up') unplugged=0 ;;
	esac
	$c
}

nothing_doubled() {
	! { ip rule; ip route show table all; } | sort | uniq -d | grep .
}

# One of the four, or now and then all of them.
kill_some() {
	local names=(parent prober dialer netconf) pids victim
	pids=$(processes)
	victim=$(process "${names[RANDOM % 4]}")
	[ $((RANDOM % 5)) -gt 0 ] || victim=$pids
	# shellcheck disable=SC2086 # one word per pid
	kill -9 $victim 2>/dev/null
	kills=$((kills + 1))
	# shellcheck disable=SC2086
	must "all end" wait_until 5 all_gone $pids
	must "nothing is doubled" nothing_doubled
}

start_again() {
	local began
	began=$(now_ms)
	lab_run
	must "it starts and answers" wait_until 10 "ctl show >/dev/null"
	began=$(($(now_ms) - began))
	[ "$began" -le "$slowest" ] || slowest=$began
}

# Whatever has happened: traffic goes where it must, and nothing is left over.
settle() {
	local want=primary
	[ $((cut + unplugged)) -eq 0 ] || want=backup
	must "the state is $want" wait_state "$want" 30
	must "the LAN reaches the core" wait_until 5 ping_lan
	# without carrier the kernel itself marks routes
	[ $unplugged -eq 1 ] ||
	    must "the network is as ever in $want" \
	        wait_until 10 "same_as '$LAB/campaign.$want'"
	must "the network is as wanted" wait_until 5 \
	    "[ \"\$(fact .network)\" = 'as wanted' ]"
	settled=$((settled + 1))
}

# Descriptors of all four, and their memory in KB.
held() {
	local pid
	for pid in $(processes); do
		find "/proc/$pid/fd" -mindepth 1
	done | wc -l
}

memory() {
	local pid
	for pid in $(processes); do
		sed -n 's/^RssAnon:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
	done | awk '{ n += $1 } END { print n }'
}

there_and_back() {
	cut=1
	cut_upstream
	settle
	cut=0
	restore_upstream
	settle
	moves=$((moves + 1))
}

# kills_for SECONDS
kills_for() {
	local until=$((SECONDS + $1))
	while [ $SECONDS -lt $until ]; do
		change
		any_moment
		[ $((RANDOM % 3)) -gt 0 ] || settle
		kill_some
		start_again
	done
	cut=0 unplugged=0
	restore_upstream
	carrier up
	settle
}

# moves_for SECONDS: without a kill, so that what is not freed adds up
moves_for() {
	local until=$((SECONDS + $1)) fds kb
	there_and_back
	fds=$(held)
	kb=$(memory)
	while [ $SECONDS -lt $until ]; do
		there_and_back
	done
	is "descriptors after $moves failovers" "$(held)" "$fds"
	# history keeps 64 events of up to 200 lines
	ok "memory: $kb KB, then $(memory) KB" \
	    test "$(memory)" -le $((kb + 4096))
}

campaign() {
	RANDOM=${CAMPAIGN_SEED:=$((EPOCHSECONDS % 32768))}
	diag "CAMPAIGN_SEED=$CAMPAIGN_SEED"
	lab_up
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		fallback automatic { after 0s stable 0s drain 0s }
		flap { failovers 0 }
	CONF
	snapshot "$LAB/before"
	lab_start
	ok "the primary is proved" wait_state primary
	snapshot "$LAB/campaign.primary"
	cut_upstream
	ok "the backup takes over" wait_state backup
	snapshot "$LAB/campaign.backup"
	restore_upstream
	kills_for $(($1 * 2 / 3))
	ok "$kills kills; settled $settled times; slowest start $slowest ms" true
	moves_for $(($1 / 3))
	lab_stop
	ok "nothing of ours is left" same_as "$LAB/before"
}
