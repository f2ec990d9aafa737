#!/bin/bash
# needs: netns
# A hub is flooded with datagrams in the name of its branch, a hundred thousand
# a second as far as this machine makes them, from addresses by chance and then
# from the branch's own: the branch that fails over meanwhile is
# followed and has its acknowledgement, what the hub takes of CPU is bounded,
# its own probes are answered, and it counts what it dropped.  Then with what
# the branch itself has said, recorded on its way: it is followed all the same,
# and by a hub that starts meanwhile, too.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

RATE=100000
RECORDED=1000
LEAST=20000 # that are sent in a second of CPU
MUCH=30000  # so many come, however long that takes
EACH=40     # microseconds of CPU that one may take

# dropped: what the gate has not let through, or nobody believed
dropped() {
	echo $(($(refused forged) + $(refused limited) + $(refused replayed)))
}

# unanswered: the hub's probes without an answer so far; one may be on its way
unanswered() {
	hub_ctl -j show targets | jq '[.targets[] | .sent - .received] | add'
}

# all_answered N: the hub's probes, since there were N without an answer
all_answered() {
	ok "the hub's own probes are answered" wait_until 3 \
	    '[ "$(unanswered)" -le '"$1 ]"
}

# ticks NAME: CPU that a process of the hub has used, in hundredths of a second
ticks() {
	sed 's/.*) //' "/proc/$(hub_process "$1")/stat" |
	    awk '{ print $12 + $13 }'
}

hub_process() {
	hub_ctl -j show |
	    jq -r ".processes[] | select(.name == \"$1\") | .pid"
}

# follows_to ADDRESS COMMAND...: the hub, when the branch is asked to move there
follows_to() {
	local there=$1 before since
	before=$(grep -c "hq acknowledged" $LAB/daemon.log)
	since=$(now_ms)
	ok "the branch moves, as asked: ${*:2}" ctl "${@:2}"
	ok "the hub follows it to $there" wait_until 30 "leads_to $there vxlan1"
	ok "and the branch knows" wait_until 30 "known_since $before"
	diag "after $(($(now_ms) - since)) ms"
}

# known_since N: the branch has more acknowledgements than that
known_since() {
	[ "$(grep -c 'hq acknowledged' "$LAB/daemon.log")" -gt "$1" ]
}

# sent KEY: of what the flooder told
sent() {
	sed -n "s/.* $1=\([0-9]*\).*/\1/p" $LAB/flood.log
}

# flood [FROM]: meanwhile the branch fails over, and comes back
flood() {
	local prober parent began ms n lost
	: >$LAB/flood.log
	lost=$(unanswered) n=$(dropped) began=$(now_ms) prober=$(ticks prober) parent=$(ticks parent)
	spawn core $LAB/flood.log peerflood $HUB 7157 "$BRANCH_KEY" "$HUB_KEY" \
	    $RATE "$@"
	ok "the hub counts what is forged, from ${1:-anywhere}" wait_until 20 \
	    '[ "$(dropped)" -gt '$((n + 1000))' ]'
	follows_to $WAN2_ADDRESS failover wan2
	follows_to $PRIMARY_ADDRESS fallback
	ok "so many did not keep it from that" wait_until 60 \
	    '[ "$(dropped)" -gt '$((n + MUCH))' ]'
	end "$SPAWNED"
	ms=$(($(now_ms) - began)) n=$(($(dropped) - n))
	prober=$((($(ticks prober) - prober) * 10))
	parent=$((($(ticks parent) - parent) * 10))
	diag "$(cat $LAB/flood.log)"
	ok "the flooder tells what it took" test "$(sent cpu_ms)" -gt 0 || return
	[ $n -gt 0 ] || return # as was told above
	diag "$n came in $ms ms; CPU: parent $parent ms, prober $prober ms," \
	    "for $RATE it would be $((prober * RATE / n)) ms;" \
	    "in all forged $(refused forged), limited $(refused limited)"
	ok "there was a flood" \
	    test $(($(sent sent) * 1000 / $(sent cpu_ms))) -gt $LEAST
	ok "the prober takes little for each" test $((prober * 1000 / n)) -lt $EACH
	ok "the parent hardly notices" test $((parent * 100 / ms)) -lt 10
	all_answered "$lost"
}

hub_runs() {
	hub_start <<-CONF
		primary eth1 { target $CORE1 }
		backup eth2
		peer branch {
			key "$BRANCH_KEY"
			tunnel vxlan1
			accept { 192.0.2.0/24 203.0.113.64/26 }
			hello 5s
		}
	CONF
}

# replays [FROM]: meanwhile the branch fails over, and comes back while the hub
# starts again
replays() {
	local n lost before flooder
	n=$(dropped) lost=$(unanswered)
	spawn core $LAB/flood.log peerflood -r $HUB 7157 "$BRANCH_KEY" \
	    "$HUB_KEY" $RECORDED "$@"
	flooder=$SPAWNED
	ok "the hub counts what is replayed, from ${1:-anywhere}" wait_until 20 \
	    '[ "$(dropped)" -gt '$((n + 300))' ]'
	follows_to $WAN2_ADDRESS failover wan2
	all_answered "$lost"
	hub_stop
	before=$(grep -c "hq acknowledged" $LAB/daemon.log)
	ok "the branch moves while there is no hub" ctl fallback
	hub_runs
	ok "one that starts follows it" wait_until 30 \
	    "leads_to $PRIMARY_ADDRESS vxlan1"
	ok "and the branch knows" wait_until 30 "known_since $before"
	ok "the tunnel stays there, whatever comes" wait_until 20 \
	    '[ "$(dropped)" -gt 500 ] && leads_to '"$PRIMARY_ADDRESS vxlan1"
	end "$flooder"
	diag "$(cat $LAB/flood.log)"
}

lab_up
hub_up
ends router vxlan1 1 $PRIMARY_ADDRESS $HUB
ends hub vxlan1 2 $HUB $PRIMARY_ADDRESS
peers_keys
hub_runs
branch_runs

flood
flood $PRIMARY_ADDRESS
is "nothing forged was believed" \
    "$(grep -c 'branch moved' $LAB/hub.log)" 5
replays
replays $WAN2_ADDRESS
lab_done
