#!/bin/bash
# needs: vm
# From the dial command to addresses on ppp0, against pppd(8) with chat(8) on
# the modem's port, as Debian's /etc/ppp/peers/provider has it; the same modem
# and the same provider.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=3

chat_peer() {
	cat >/etc/ppp/peers/provider <<-PEER
		$MODEM 115200
		connect "chat -f /etc/chat-provider"
		hide-password
		noauth
		nodefaultroute
		noipdefault
		local
		user "site7"
		remotename provider
		nodetach
	PEER
	printf '%s\n' ABORT BUSY ABORT "'NO CARRIER'" "'' ATZ" OK \
	    'ATDT5551234' CONNECT "''" >/etc/chat-provider
	echo 'site7 * secret7 *' >/etc/ppp/chap-secrets
	cp /etc/ppp/chap-secrets /etc/ppp/pap-secrets
	chmod 0600 /etc/ppp/*-secrets
}

# shellcheck disable=SC2317 # called by wait_until
quiet() {
	! ip link show ppp0 2>/dev/null && [ "$(lines hang-up)" -gt "$hung_up" ]
}

lines() {
	grep -c " $1" "$LAB/modem.log"
}

begin() {
	: >"$LAB/address"
	hung_up=$(lines hang-up)
}

# Milliseconds from the last dial to the address.
took() {
	local up
	wait_until 30 "grep -q 'ppp0.* $PPP_ADDRESS ' $LAB/address" || return
	up=$(sed -n "s/^\[\([^]]*\)\].*ppp0.* $PPP_ADDRESS .*/\1/p" \
	    "$LAB/address" | head -n 1)
	echo $(($(date -d "$up" +%s%3N) -
		$(sed -n 's/^\([0-9]*\)\.\([0-9]*\) dial .*/\1\2/p' \
		    "$LAB/modem.log" | tail -n 1)))
}

# Sets ours.
by_dialfail() {
	begin
	lab_start
	ok "the primary is proved" wait_state primary
	ctl failover pots >/dev/null
	ok "the backup takes over" wait_state backup 60
	ours=$(took)
	ctl fallback >/dev/null
	ok "the line is hung up" wait_until 30 quiet
	lab_stop
}

# Sets theirs.
by_chat() {
	begin
	spawn router "$LAB/pppd.log" pppd call provider
	theirs=$(took)
	ok "pppd is up" test -n "$theirs"
	end "$SPAWNED"
	ok "it has hung up" wait_until 30 quiet
}

# rounds WHAT
rounds() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		by_dialfail
		by_chat
		pair "$1" "chat and pppd" ms "$ours" "$theirs"
	done
}

lab_need ppp
command -v chat >/dev/null || skip_all "no chat(8)"
lab_up
lab_modem
lab_conf <<CONF
$(modem_backup)
fallback automatic { after 0s stable 0s drain 0s }
CONF
mkdir -p /etc/ppp/peers
chat_peer
spawn router "$LAB/address" ip -ts -o -4 monitor address
# the first dial of an emulated machine loads much
by_dialfail
by_chat
rounds "dial to IP up, the provider starts late"
# LTE modems: what the provider says first is right behind CONNECT
modem_vanish
lab_modem -e
rounds "dial to IP up, it speaks at once"
lab_done
