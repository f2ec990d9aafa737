# shellcheck shell=bash
# The same short story for each kind of interface that a primary may be; used
# after lab.sh.

# kind_conf INTERFACE [WORDS]: eth1 is only what is below it
kind_conf() {
	local probe='count 2 interval 100ms timeout 500ms delay 400ms'
	lab_write_conf <<-CONF
		lan = "eth0"
		primary $1 {
			target $TARGET
			target $TARGET2
			target $GATEWAY near
			${2:-}
			probe { $probe }
		}
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		masquerade from \$lan:network
	CONF
}

# What eth1 and its other end had goes, for others to have it.
kind_bare() {
	ip addr flush dev eth1
	ip -n isp-a addr flush dev cust
}

# kind_cut CAUSE, kind_back: there and back
kind_cut() {
	ok "the backup takes over" wait_state backup 60
	is "the cause is told" "$(fact .primary.cause)" "$1"
	ok "the LAN reaches the core" wait_until 5 ping_lan
	is "by the backup" "$(seen_as)" "$WAN2_ADDRESS"
}

kind_back() {
	ok "the primary takes over again" wait_state primary 60
	is "seen under the primary's address" "$(seen_as)" "$PRIMARY_ADDRESS"
	ok "the network is as wanted" wait_until 30 \
	    "[ \"\$(fact .network)\" = 'as wanted' ]"
}

# Without what a bridge counts down.
kind_snapshot() {
	snapshot "$1"
	sed -i 's/_timer *[0-9.]*//g' "$1"
}

# shellcheck disable=SC2317 # called by ok and wait_until
kind_same() {
	kind_snapshot "$LAB/snapshot.now"
	diff -u "$1" "$LAB/snapshot.now"
}

# kind_story: proved, its upstream cut, back; as it was, and left as found
kind_story() {
	kind_snapshot "$LAB/before.start"
	lab_start
	kind_back
	kind_snapshot "$LAB/before"
	cut_upstream
	kind_cut "upstream dead"
	restore_upstream
	kind_back
	ok "everything is as before" wait_until 10 "kind_same '$LAB/before'"
}

kind_end() {
	lab_stop
	ok "nothing of ours is left" kind_same "$LAB/before.start"
	lab_done
}
