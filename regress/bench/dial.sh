#!/bin/bash
# needs: vm
# dial.sh once|quiet|late RTT: from CONNECT to addresses on ppp0, against
# pppd(8) with chat(8) on the modem's port, as Debian's /etc/ppp/peers/provider
# has it, and against wvdial(1) as wvdialconf(1) sets it up; a modem of the same
# kind, since dialfail keeps its own ready, and the same provider.  It speaks at
# once, right behind CONNECT as LTE modems do; or is quiet: it hears from the
# beginning, and speaks when it is spoken to or after half a second, as access
# servers do that find out who calls; or is late, and deaf for half a second.
# RTT: of the line, milliseconds.  Who loses the provider's first frame waits
# for its timer of 1 s, which is 3 s by default: the others are better off here
# than outside.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
# shellcheck source=regress/bench/bench.sh
. "$LAB_DIR/../bench/bench.sh"

ROUNDS=3
THEIRS=/run/lab/modem1
when=${1:-once}
rtt=${2:-0}

chat_peer() {
	cat >/etc/ppp/peers/provider <<-PEER
		$THEIRS 115200
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

# A pseudo-terminal has no carrier to be looked for.
wvdial_peer() {
	printf '%s\n' noauth 'name wvdial' nodefaultroute >/etc/ppp/peers/wvdial
	cat >/etc/wvdial.conf <<-CONF
		[Dialer Defaults]
		Init1 = ATZ
		Modem Type = Analog Modem
		Baud = 115200
		New PPPD = yes
		Modem = $THEIRS
		ISDN = 0
		Carrier Check = no
		Auto Reconnect = off
		Auto DNS = off
		Phone = 5551234
		Username = site7
		Password = secret7
	CONF
}

# shellcheck disable=SC2317 # called by wait_until
line_over() {
	! ip link show ppp0 2>/dev/null && [ "$(lines hang-up)" -gt "$hung_up" ]
}

lines() {
	grep -c " $1" "$LAB/modem.log"
}

begin() {
	: >"$LAB/address"
	hung_up=$(lines hang-up)
}

# Milliseconds from CONNECT to the address.
took() {
	local up
	wait_until 40 "grep -q 'ppp0.* $PPP_ADDRESS ' $LAB/address" || return
	up=$(sed -n "s/^\[\([^]]*\)\].*ppp0.* $PPP_ADDRESS .*/\1/p" \
	    "$LAB/address" | head -n 1)
	echo $(($(date -d "$up" +%s%3N) -
		$(sed -n 's/^\([0-9]*\)\.\([0-9]*\) .*-> CONNECT.*/\1\2/p' \
		    "$LAB/modem.log" | tail -n 1)))
}

# Sets ours.
by_dialfail() {
	begin
	ctl failover pots >/dev/null
	ok "the backup takes over" wait_state backup 60
	ours=$(took)
	ctl fallback >/dev/null
	ok "the line is hung up" wait_until 30 line_over
	ok "traffic is back" wait_state primary 30
}

# by_other PROGRAM [ARGUMENT...]: sets theirs; it may come to nothing
by_other() {
	begin
	spawn router "$LAB/other.log" "$@"
	theirs=$(took)
	end "$SPAWNED"
	# wvdial finds no modem now and then: then there is no call
	[ -z "$theirs" ] || ok "$1 has hung up" wait_until 30 line_over
}

# rounds NAME PROGRAM [ARGUMENT...]
rounds() {
	local i name=$1
	shift
	by_other "$@" # the first of an emulated machine loads much
	if [ -z "$theirs" ]; then
		no_row "dial $when $rtt" "$name brings no address"
		return
	fi
	for ((i = 0; i < ROUNDS; i++)); do
		by_dialfail
		by_other "$@"
		pair "CONNECT to IP up, peer $told, RTT $rtt ms" "$name" ms \
		    "$ours" "${theirs:-none}"
		# a provider who is deaf is waited for by all
		[ "$late" = 0 ] || [ -z "$theirs" ] ||
		    pair "  without those 0.5 s, RTT $rtt ms" "$name" ms \
		    $((ours - late)) $((theirs - late))
		[ "$late$rtt" != 00 ] || [ -z "$theirs" ] ||
		    ok "4 times as fast" test $((4 * ours)) -le "$theirs"
		overhead+=($((ours - late - 11 * rtt / 2)))
	done
}

lab_need ppp
command -v chat >/dev/null || skip_all "no chat(8)"
case $when in
once)	told="at once" late=0 words=(-e) ;;
quiet)	told=quiet late=0 words=(-l) ;;
late)	told="0.5 s late" late=500 words=() ;;
esac
# shellcheck disable=SC2034 # what lab.sh uses
LAB_PRIMARY='probe { timeout 2s }'
lab_up
words+=(-d $((rtt / 2)))
lab_modem "${words[@]}"
MODEM=$THEIRS MODEM_SIDE=$THEIRS lab_modem "${words[@]}"
case $when in
quiet)	isp_serves noipv6 connect /bin/true connect-delay 500 ;;
late)	sed -i '1i sleep 0.5' "$LAB/isp.sh" ;;
esac
lab_conf <<CONF
$(modem_backup)
fallback automatic { after 0s stable 0s drain 0s }
CONF
mkdir -p /etc/ppp/peers
chat_peer
wvdial_peer
spawn router "$LAB/address" ip -ts -o -4 monitor address
lab_start
ok "the primary is proved" wait_state primary
by_dialfail
overhead=()
rounds "pppd connect chat" pppd call provider
if command -v wvdial >/dev/null; then
	# wvdial's tasks share the stack, and 8 MB are too few for them: it
	# aborts when the peer speaks ("stack_magic" in wvtask.cc)
	ulimit -s unlimited
	rounds wvdial wvdial
else
	no_row "dial $when $rtt" "no wvdial"
fi
more=$(middle "${overhead[@]}")
alone "  more than 5.5 RTT, RTT $rtt ms" ms "$((more > 0 ? more : 0))"
ok "at most 5.5 round trips and 50 ms" test "$more" -le 50
lab_stop
lab_done
