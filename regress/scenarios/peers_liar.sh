#!/bin/bash
# needs: netns
# A hub whose prober is in somebody else's hands: it holds all keys of tags, and
# alters, forges, replays and drops what it is to pass on (dialfaild-liar.c).
# Nothing is believed but what the branch has signed, its tunnel goes where that
# says and never anywhere else, and people see the counts.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

# remotes: all that the hub's end led to since it was watched
remotes() {
	sed -n 's/.* remote \([0-9.]*\) .*/\1/p' $LAB/links | sort -u
}

# follows_to ADDRESS COMMAND...: the hub, when the branch is asked to move there
follows_to() {
	local before
	before=$(grep -c "hq acknowledged" $LAB/daemon.log)
	ok "the branch moves: ${*:2}" ctl "${@:2}"
	ok "the hub follows it to $1" wait_until 30 "leads_to $1 vxlan1"
	ok "and the branch knows" wait_until 30 \
	    '[ "$(grep -c "hq acknowledged" $LAB/daemon.log)" -gt '"$before"' ]'
}

# counted NAME: the hub has refused some for it; hellos bring more
counted() {
	ok "people see what is $1" wait_until 30 "[ \$(refused $1) -gt 0 ]"
}

lab_up
hub_up
ends router vxlan1 1 $PRIMARY_ADDRESS $HUB
ends hub vxlan1 2 $HUB $PRIMARY_ADDRESS
peers_keys
spawn hub $LAB/links ip -d monitor link
HUB_DAEMON=dialfaild-liar hub_start <<CONF
primary eth1 { target $TARGET }
backup eth2
peer branch {
	key "$BRANCH_KEY"
	tunnel vxlan1
	hello 5s
}
CONF
branch_runs
follows_to $WAN2_ADDRESS failover wan2
follows_to $PRIMARY_ADDRESS fallback

is "its tunnel never led elsewhere" "$(remotes | paste -sd ' ')" \
    "$(printf '%s\n' $PRIMARY_ADDRESS $WAN2_ADDRESS | sort | paste -sd ' ')"
counted forged
counted replayed
is "nothing the branch said was refused for where it is" \
    "$(refused address)$(refused moves)" 00
ok "the branch acknowledges where the hub is, nevertheless" \
    wait_until 20 'hub_ctl -j show peers | jq -e ".peers[0].acknowledged"'
is "the hub follows the branch alone" \
    "$(grep 'branch moved' $LAB/hub.log | grep -cv "it is at $PRIMARY_ADDRESS\|it is at $WAN2_ADDRESS")" 0
lab_done
