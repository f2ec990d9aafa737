#!/bin/bash
# needs: netns
# The hub has a backup as well: its branch follows it to the second address;
# both fail over at once, and find each other.  What was recorded changes
# nothing, even behind the hub's restart.  And a hub that has nothing to fail
# over to is one, too.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck disable=SC2016 # expanded by wait_until, whenever it looks
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/lab/streams.sh
. "$LAB_DIR/streams.sh"
# shellcheck source=regress/lab/peers.sh
. "$LAB_DIR/peers.sh"

SITE=${SITE:-vxlan1} # the networks' way, or that of peers_both_kinds.sh
read -ra MORE <<<"${MORE:-}" # others of peers_both_kinds.sh
TUNNELS=("$SITE" "${MORE[@]}" ${WG0:+wg0})
STREAMS=(site "${MORE[@]}" ${WG0:+wg})
declare -A INSIDE=([ipip1]=10.99.2.2 [sit1]=fd00:99:3::2)
WAYS='fallback automatic { after 1s stable 1s drain 2s }'

tunnels() {
	printf 'tunnel %s\n' "${TUNNELS[@]}"
}

# hub_conf [BACKUP]
hub_conf() {
	cat <<-CONF
		primary eth1 { target $TARGET $LAB_FAST }
		${1:+backup $1}
		$WAYS
		peer branch {
			key "$BRANCH_KEY"
			$(tunnels)
			route 10.7.0.0/24 via $SITE
			accept { 192.0.2.0/24 203.0.113.64/26 }
			hello 5s
		}
	CONF
}

# last_backup_ms: when the second of the two was on its backup
last_backup_ms() {
	{ log_ms "> backup"; log_ms "> backup" hub; } | sort -n | tail -n 1
}

# up_tunnels: both ends of them
up_tunnels() {
	local site far
	ends router "$SITE ${MORE[*]}" 1 $PRIMARY_ADDRESS $HUB
	ends hub "$SITE ${MORE[*]}" 2 $HUB $PRIMARY_ADDRESS
	[ "$SITE" != vxlan1 ] || proxy_arp vxlan1
	[ -n "${WG0:-}" ] || return
	site=$(wg genkey)
	far=$(wg genkey)
	wireguard router 1 "$site" "$far" endpoint $HUB:5182
	wireguard hub 2 "$far" "$site" endpoint $PRIMARY_ADDRESS:5182
}

[ -z "${WG0:-}" ] || lab_need wireguard
lab_up
hub_up
up_tunnels
peers_keys
hub_start < <(hub_conf eth2)
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
$WAYS
identity "/etc/dialfail/private/key"
peer hq {
	key "$HUB_KEY"
	address { $HUB $HUB2 }
	$(tunnels)
	route $HUB_SITE via $SITE
	hello 5s
}
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "the hub acknowledges" wait_until 20 "logged 'hq acknowledged'"
is "which show peers tells" "$(fact '.peers[0] |
    "\(.name) \(.acknowledged) \(.silent)"' peers)" "hq true false"
is "and show metrics peers" "$(metric 'peer_acknowledged{peer="hq"}' peers)" 1
is "in the older format, too" \
    "$(ctl show metrics peers prometheus | grep '^dialfail_peer_silent{')" \
    'dialfail_peer_silent{peer="hq"} 0'
ok "the hub is on its primary" wait_until 20 '[ "$(hub_state)" = primary ]'
spawn hub $LAB/echo.log flow echo 10.1.0.1 $ECHO_PORT
stream lan site 10.1.0.1
for i in "${MORE[@]}"; do
	stream router "$i" "${INSIDE[$i]}"
done
[ -z "${WG0:-}" ] || stream router wg 10.99.6.2
ok "the networks behind both have answers" flows "${STREAMS[@]}"

record
flow_start site "$LAB_RATE" 10.1.0.1
cut_upstream
ok "the branch fails over" wait_state backup
up=$(log_ms "> backup")
ok "the hub follows" wait_until 10 "leads_to $WAN2_ADDRESS ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"
ok "the metrics have how long it took until all peers knew" wait_until 10 \
    '[ "$(metric "failover_phase_seconds_count{phase=\"peers\"}")" = 1 ]'
restore_upstream
ok "the branch comes back" wait_state primary
ok "the hub follows it back" wait_until 10 "leads_to $PRIMARY_ADDRESS ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"
flow_stop site
follows_in site "$up"
is "and on the way back nothing" "$(flow_lost site "$RESTORED_MS")" 0

flow_start hub "$LAB_RATE" 10.1.0.1
cut_hub
ok "the hub fails over: the branch follows" wait_until 20 "here_to $HUB2 ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"
flow_stop hub
follows_in hub "$(log_ms "> backup" hub)"
restore_hub
ok "and follows it back" wait_until 30 "here_to $HUB ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"

flow_start both "$LAB_RATE" 10.1.0.1
cut_hub
cut_upstream
ok "both fail over: the branch" wait_state backup
ok "finds the hub" wait_until 20 "here_to $HUB2 ${TUNNELS[*]}"
ok "the hub finds it" wait_until 20 "leads_to $WAN2_ADDRESS ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"
flow_stop both
follows_in both "$(last_backup_ms)"
ip -n hub link del "$SITE"
ends hub "$SITE" 2 $HUB $PRIMARY_ADDRESS
ip neigh flush dev "$SITE" # it has another address there
ok "a tunnel that is made again, for the primary, is led" \
    wait_until 10 "leads_to $WAN2_ADDRESS $SITE"
ok "which is told" grep -q "peers: $SITE is there again" $LAB/hub.log
ok "the networks have answers" flows "${STREAMS[@]}"
restore_hub
restore_upstream
ok "both come back: the branch" wait_state primary
ok "finds the hub" wait_until 30 "here_to $HUB ${TUNNELS[*]}"
ok "the hub finds it" wait_until 30 "leads_to $PRIMARY_ADDRESS ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"

ok "statements were recorded" recorded
replay
ok "what is said again is heard and refused" \
    wait_until 10 '[ "$(refused replayed)" -gt 0 ]'
ok "and changes nothing" leads_to $PRIMARY_ADDRESS "${TUNNELS[@]}"
hub_stop
hub_start < <(hub_conf)
ok "a hub without a backup" wait_until 20 '[ "$(hub_state)" = primary ]'
spawn core $LAB/asked tcpdump -lni any "udp src port 7157 and dst host $CORE1"
ok "it is listened to" wait_until 10 "grep -q ^listening $LAB/asked"
replay
# refused, if the branch itself was heard before
ok "what is said again behind its start is asked about" \
    wait_until 10 "grep -q 'length 124' $LAB/asked ||
	[ \"\$(refused replayed)\" -gt 0 ]"
ok "and changes nothing" leads_to $PRIMARY_ADDRESS "${TUNNELS[@]}"
spawn router $LAB/challenged tcpdump -lni eth1 "udp src port 7157 and src host $HUB"
ok "it is listened to" wait_until 10 "grep -q ^listening $LAB/challenged"
ok "the hub is to forget what the branch said" hub_ctl forget branch
ok "and asks it" wait_until 20 "grep -q 'length 124' $LAB/challenged"
hub_ctl forget nobody >$LAB/said 2>&1
is "nobody is no peer" "$? $(grep -c 'no peer nobody' $LAB/said)" "1 1"
ok "the branch fails over, as asked" ctl failover wan2
ok "and is followed" wait_until 20 "leads_to $WAN2_ADDRESS ${TUNNELS[*]}"
cut_hub
ok "the hub has nowhere to go" wait_until 20 '[ "$(hub_state)" = stranded ]'
ok "its branch's people are told" wait_until 40 \
    "logged 'peer: hq is silent on every uplink'"
restore_hub
ok "it is back" wait_until 20 '[ "$(hub_state)" = primary ]'
ok "the branch comes back" ctl fallback
ok "and is followed" wait_until 20 "leads_to $PRIMARY_ADDRESS ${TUNNELS[*]}"
ok "the networks have answers" flows "${STREAMS[@]}"
lab_done
