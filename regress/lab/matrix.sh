# shellcheck shell=bash
# What can be done to a primary, case by case, and what is to be said of it:
# nobody is called dead who works, nor alive who does not.  Used after lab.sh.
#
# The truth is told by others: a stream from the LAN, and the core that pings
# the router's address on the primary, whose answers pass there or nowhere.

# matrix_up: the lab, whose providers let nobody send with foreign addresses
matrix_up() {
	lab_up
	on isp-b nft -f - <<-NFT
		table inet foreign {
			chain pre {
				type filter hook prerouting priority raw
				iifname "cust" ip saddr != {
				    0.0.0.0, 203.0.113.64/26, 203.0.113.128/26
				} drop
				iifname "cust" ip6 saddr 2001:db8:a::/64 drop
			}
		}
	NFT
}

# matrix_site [PROBE]: eth1 and wan2, which return as soon as they may;
# $LAB_PRIMARY as for lab_conf
matrix_site() {
	LAB_PRIMARY="${1:-$LAB_FAST} ${LAB_PRIMARY:-}" lab_conf <<-CONF
		backup wan2
		fallback automatic { after 0s stable 500ms drain 0s }
		flap { failovers 0 }
	CONF
}

# The primary's own address is reached, through it.
truth() {
	on core ping -n -q -c 1 -W 1 "$PRIMARY_ADDRESS" >/dev/null
}

# gateway_deaf RULE [HOST]: of what comes to the primary's gateway, drop it or
# some
gateway_deaf() {
	on "${2:-isp-a}" nft -f - <<-NFT
		table netdev deaf {
			chain in {
				type filter hook ingress device "cust" priority 0
				$1
			}
		}
	NFT
}

gateway_hears() {
	on "${1:-isp-a}" nft delete table netdev deaf
}

# Where the log ends now, and what was said after that.
matrix_mark() {
	MATRIX_LINE=$(wc -l <"$LAB/daemon.log")
}

matrix_said() {
	tail -n "+$((MATRIX_LINE + 1))" "$LAB/daemon.log" | grep -qE -- "$1"
}

# cause TEXT: the primary's, or null
cause() {
	[ "$(fact "${2:-.primary}.cause")" = "$1" ]
}

# matrix_back: it is said to be up, and so it is
matrix_back() {
	ok "the primary takes over again" wait_state primary
	ok "which is true" wait_until 5 truth
	ok "no cause is left" wait_until 10 cause null
	is "the LAN is seen there" "$(seen_as)" "$PRIMARY_ADDRESS"
}

# dead STORY CAUSE DO UNDO [spared]: the primary is dead by DO, alive again by
# UNDO; spared: the kernel itself had another way for the LAN
dead() {
	local story=$1 cause=$2 switched
	diag "$story"
	flow_start matrix 100
	matrix_mark
	CUT_MS=$(now_ms)
	eval "$3"
	ok "$story: the backup takes over" wait_state backup
	switched=$(now_ms)
	is "the cause" "$(fact .primary.cause)" "$cause"
	ok "the event names it" matrix_said "event .*eth1 (IPv4 )?$cause"
	ok "it is true: nothing comes through" eval "! truth"
	ok "the LAN reaches the core" wait_until 5 ping_lan
	ok "nothing says that it is alive" eval "! matrix_said '-> returning'"
	flow_stop matrix
	if [ "${5:-}" != spared ]; then
		ok "it was true: the LAN had lost packets" test \
		    "$(flow_lost matrix "$CUT_MS" "$switched")" -gt 0
	fi
	ok "and loses none since" test "$(flow_lost matrix "$switched")" -le 1
	eval "$4"
	matrix_back
}

# alive STORY DO UNDO [TRUTH [CAUSE]]: whatever DO does, the primary works, as
# TRUTH knows, though there may be CAUSE to complain
alive() {
	diag "$1"
	matrix_mark
	eval "$2"
	matrix_goes_on "$1" "${4:-truth}" "${5:-null}"
	eval "$3"
	ok "and after that" wait_until 20 "[ \"\$(fact .primary.status)\" = up ]"
}

# matrix_goes_on STORY TRUTH CAUSE: probes are answered for a while
matrix_goes_on() {
	local received
	received=$(fact '.primary.targets[0].received')
	ok "$1: probes are answered" wait_until 20 \
	    "[ \"\$(fact '.primary.targets[0].received')\" -gt $((received + 20)) ]"
	is "the primary" "$(fact .primary.status)" up
	ok "the cause is $3" wait_until 20 "cause '$3'"
	is "the state" "$(state)" primary
	ok "nothing was switched" eval "! matrix_said 'state: .* (dialing|backup)'"
	ok "it is true" wait_until 10 "$2"
}

# matrix_only WORDS: another site, whose only far targets these are
matrix_only() {
	lab_write_conf <<-CONF
		lan = "eth0"
		primary eth1 {
			$1
			target $GATEWAY near
			$LAB_FAST
		}
		backup wan2
		fallback automatic { after 0s stable 500ms drain 0s }
		flap { failovers 0 }
		masquerade from \$lan:network
	CONF
}
