#!/bin/bash
# needs: netns
# long
# Four hundred branches of one hub fail over within ten seconds, every other one
# to a backup behind NAT, while three datagrams of ten are lost: within 30 s of
# the last move each of them is followed, and those that VXLAN cannot follow are
# told so; nobody is taken for silent meanwhile.  The hub is a dialfaild, with
# its kernel; the branches are one program, with the same protocol and keys.
# shellcheck disable=SC2317 # functions that ok and wait_until call
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

N=400
HUB=203.0.113.10
FOLLOWED_MS=40000 # from the first move on
SILENT_MS=45000 # the first ones would have been called so by then
PATH=$B/bench:$PATH

# tunnels HERE THERE "WORDS": the ends of all, and what is inside
tunnels() {
	local i
	for ((i = 0; i < N; i++)); do
		echo "link add t$i type vxlan id $((i + 1)) $3 dstport 4789 nolearning"
		echo "addr add 10.$1.$((i >> 8)).$((i & 255)) peer 10.$2.$((i >> 8)).$((i & 255)) dev t$i"
		echo "link set t$i up"
	done
}

# remotes NET: how many tunnels of the hub lead to that one
remotes() {
	ip -d link show type vxlan | grep -c "remote 9\.$1\."
}

# carry: by all tunnels to branches that are not behind NAT
carry() {
	local i
	for ((i = 0; i < N; i += 2)); do
		echo "10.51.$((i >> 8)).$((i & 255))"
	done | xargs -P 8 -I HOST sh -c \
	    'ping -n -q -c 1 -W 2 HOST >/dev/null || { echo HOST; exit 1; }'
}

fleet() {
	sed -n "s/.* $1=\([0-9]*\).*/\1/p" $LAB/fleet
}

[ -x "$B/bench/hub" ] || skip_all "no branches here: make benchprogs"
ip netns add branches
ip -batch - <<-IP
	link set lo up
	link add eth1 type veth peer name eth1 netns branches
	addr add $HUB/30 dev eth1
	link set eth1 up
	route add default via 203.0.113.9
IP
ip -n branches -batch - <<-IP
	link set lo up
	addr add 203.0.113.9/30 dev eth1
	link set eth1 up
	route add local 9.0.0.0/8 dev lo
IP
tunnels 50 51 "local $HUB remote 9.250.0.1" | ip -batch - ||
    skip_all "no VXLAN in this kernel"
tunnels 51 50 "remote $HUB" | ip -n branches -batch -
hub conf $N fleet 2>$LAB/seed >$LAB/peers
install -m 600 $LAB/seed /etc/dialfail/private/key
lab_write_conf <<-CONF
	primary eth1 { target 203.0.113.9 }
	identity "/etc/dialfail/private/key"
	$(cat $LAB/peers)
CONF
lab_start
ok "the hub's primary is proved" wait_state primary 60
spawn branches $LAB/fleet hub fleet $N $HUB
ok "all branches are followed" wait_until 60 "grep -q began_ms $LAB/fleet"
is "by the kernel" "$(remotes 0)" $N
began=$(now_ms)
ok "the kernel follows all that it can" \
    wait_until 60 "[ \$(remotes 1) -eq $((N / 2)) ]"
took=$(($(now_ms) - began))
diag "which took $took ms, the moves 10 s of that and before them 5 s of rest"
ok "in time" test "$took" -le $((FOLLOWED_MS + 5000))
is "and the tunnels carry" "$(carry)" ""
ok "all have an answer where they are now" \
    wait_until 60 "grep -q latest_ms $LAB/fleet"
diag "the last one $(fleet latest_ms) ms after its move, by $(fleet sent) datagrams"
is "the others are told that they are behind NAT" "$(fleet nat)" $((N / 2))
is "and are where they were" "$(remotes 0)" $((N / 2))
ok "a while is waited for" wait_until $((SILENT_MS / 1000 + 10)) \
    "[ \$((\$(now_ms) - $began)) -gt $SILENT_MS ]"
is "nobody is silent" "$(fact .peers.silent)" 0
is "nor was" "$(grep -c 'silent on every uplink' $LAB/daemon.log)" 0
is "the branches have nothing to complain of" "$(grep -c '^hub: ' $LAB/fleet)" 0
lab_done
