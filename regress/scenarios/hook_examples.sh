#!/bin/bash
# needs: netns
# The example hooks for LTE sticks, each against a program that plays the
# stick's own tool: what they ask it for, what address and way out they lay,
# what they say of a card or a network that will not have them; that they say
# no secret on a command line, and bear to stop what was never started.  The
# last one by dialfaild itself, through an outage.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

HOOKS=/etc/dialfail/hooks
TOOLS=/usr/local/bin
SESSION=kept-nowhere-7157

# tool NAME: the program NAME, whose answers are the cases on standard input;
# its arguments and what curl(1) reads are in $LAB/calls
tool() {
	{
		echo '#!/bin/sh'
		echo "sim=\$(cat $LAB/sim) net=\$(cat $LAB/net)"
		echo "echo \"$1 \$*\" >>$LAB/calls"
		cat
	} >"$TOOLS/$1"
	chmod 0755 "$TOOLS/$1"
}

# run HOOK SIM [NET]: with such a card in such a network
run() {
	echo "$2" >$LAB/sim
	echo "${3:-good}" >$LAB/net
	: >$LAB/calls
	env -i PATH=$TOOLS:/usr/sbin:/usr/bin:/sbin:/bin \
	    DIALFAIL_KIND=start DIALFAIL_UPLINK=lte DIALFAIL_INTERFACE=lte \
	    sh "$HOOKS/$1" >$LAB/said 2>&1
}

# fails HOOK TEXT SIM [NET]: so it does, and that is its last word
# shellcheck disable=SC2317 # it is called by ok
fails() {
	local hook=$1 text=$2
	shift 2
	! run "$hook" "$@" && [ "$(tail -n 1 "$LAB/said")" = "$text" ]
}

# asked PATTERN: the tool was
# shellcheck disable=SC2317 # it is called by ok
asked() {
	grep -qE -- "$1" "$LAB/calls"
}

laid() {
	echo "$(ip -4 -br addr show lte | awk '{ print $3 }')" \
	    "$(ip route show default dev lte | xargs)"
}

# works HOOK LAID: it ends well and lays that
works() {
	ok "$1 works" run "$1-up" ready
	is "its address and way out" "$(laid)" "$2"
	run "$1-down" ready
	is "$1-down takes them back" "$(laid)" " "
	ok "the link is down" grep -q 'state DOWN' <<<"$(ip link show lte)"
	run "$1-down" ready
	is "and does so twice" "$(laid)" " "
}

lab_up
cp "$LAB_TOP"/etc/hooks/* $HOOKS
ip link add lte type veth peer name lte netns isp-b
ip -n isp-b -batch - <<IP
	addr add 192.168.8.1/24 dev lte
	link set lte up
	route add 203.0.113.194/32 dev lte
IP
# a veth has no frames without headers
mount -t tmpfs tmpfs /sys/class/net
mkdir -p /sys/class/net/lte/qmi
mkdir -p /run/dialfail

diag "qmicli"
tool qmicli <<'SH'
case $* in
*start-network=*)
	[ $net = good ] || { echo "error: no effect" >&2; exit 1; }
	printf "\tPacket data handle: '31'\n\tCID: '9'\n" ;;
*current-settings*)
	printf '    IPv4 address: 203.0.113.194\n             MTU: 1428\n' ;;
esac
SH
works lte-qmi "203.0.113.194/32 default scope link metric 20000"
run lte-qmi-up ready
is "the interface has the stick's MTU" "$(cat /proc/sys/net/ipv6/conf/lte/mtu)" 1428
ok "it asked for the access point" asked 'apn=internet'
run lte-qmi-down ready
ok "the connection is ended" asked 'wds-stop-network=31 --client-cid=9'
ok "no network is a failure" fails lte-qmi-up "error: no effect" ready bad

diag "uqmi"
tool uqmi <<'SH'
case $* in
*uim-get-sim-state*)
	[ $sim = old ] || printf '{\n\t"card_application_state": "%s"\n}\n' $sim ;;
*get-pin-status*)
	printf '{\n\t"pin1_status": "disabled",\n'
	printf '\t"pin2_status": "not_verified"\n}\n' ;;
*get-serving-system*)
	[ $net = denied ] && r=registration_denied || r=registered
	printf '{\n\t"registration": "%s",\n\t"plmn_mcc": 262\n}\n' $r ;;
*get-client-id*)	echo 9 ;;
*start-network*)	[ $net = bad ] && echo '"No effect"' || echo 31 ;;
*current-settings*)
	printf '{\n\t"mtu": 1428,\n\t"ipv4": {\n'
	printf '\t\t"ip": "203.0.113.194",\n\t\t"dns1": "192.0.2.53"\n\t}\n}\n' ;;
esac
SH
works lte-uqmi "203.0.113.194/32 default scope link metric 20000"
ok "a stick that knows the PIN's state only" run lte-uqmi-up old
is "works, too" "$(laid)" "203.0.113.194/32 default scope link metric 20000"
run lte-uqmi-down ready
ok "the connection is ended" asked 'wds,9 --stop-network 31'
ok "and its client let go" asked 'release-client-id wds'
ok "a locked card is told" fails lte-uqmi-up "the card wants its PIN" \
    pin1_or_upin_pin_required
ok "a blocked one" fails lte-uqmi-up \
    "the card is blocked: it wants its PUK" puk1_or_upin_puk_required
ok "a missing one" fails lte-uqmi-up "no card: unknown" unknown
ok "registration that is denied" fails lte-uqmi-up \
    "registration is denied" ready denied
ok "a connection that is refused" fails lte-uqmi-up \
    'no connection: "No effect"' ready bad
run lte-uqmi-down ready
ok "whose client is let go" asked 'wds,9 --release-client-id wds'

diag "mmcli"
tool mmcli <<'SH'
case $* in
*simple-connect=*)
	[ $net = good ] || { echo "error: couldn't connect" >&2; exit 1; } ;;
-m*-K)
	case $sim in
	missing) printf 'modem.generic.state               : failed\n'
		printf 'modem.generic.state-failed-reason : sim-missing\n' ;;
	locked)	printf 'modem.generic.unlock-required : sim-pin\n'
		printf 'modem.generic.state           : locked\n' ;;
	*)	printf 'modem.generic.state             : registered\n'
		printf 'modem.generic.bearers.length    : 2\n'
		printf 'modem.generic.bearers.value[1]  : /x/Bearer/0\n'
		printf 'modem.generic.bearers.value[2]  : /x/Bearer/1\n' ;;
	esac ;;
"-b /x/Bearer/0 -K")
	printf 'bearer.status.connected : no\n' ;;
"-b /x/Bearer/1 -K")
	[ $sim = other ] && i=wwan9 || i=lte
	cat <<-KEYS
		bearer.status.connected : yes
		bearer.status.interface : $i
		bearer.ipv4-config.method  : static
		bearer.ipv4-config.address : 192.168.8.7
		bearer.ipv4-config.prefix  : 24
		bearer.ipv4-config.gateway : 192.168.8.1
		bearer.ipv4-config.mtu     : --
	KEYS
	;;
esac
SH
works lte-mm \
    "192.168.8.7/24 default via 192.168.8.1 metric 20000"
run lte-mm-up ready
ok "it asked for the access point" asked 'simple-connect=apn=internet'
run lte-mm-down ready
ok "the connection is ended" asked 'simple-disconnect'
ok "a missing card is told" fails lte-mm-up "sim-missing" missing
ok "a locked one" fails lte-mm-up "the card is locked: sim-pin" locked
ok "another interface" fails lte-mm-up "the connection is on wwan9" other
ok "a connection that is refused" fails lte-mm-up \
    "error: couldn't connect" ready bad

diag "curl, to a HiLink stick"
tool curl <<SH
said=\$(cat)
echo "\$said" >>$LAB/calls
answer() {
	printf '<?xml version="1.0" encoding="UTF-8"?>\r\n<response>\r\n%s\r\n' "\$*"
}
case \$*\$said in
*SesTokInfo*)
	[ \$net != away ] || { echo "curl: (28) no answer" >&2; exit 28; }
	answer '<SesInfo>SessionID=$SESSION</SesInfo>'
	answer '<TokInfo>$SESSION</TokInfo>' ;;
*api/pin/status*"SessionID=$SESSION"*)
	case \$sim in
	ready)	answer '<SimState>257</SimState>' ;;
	locked)	answer '<SimState>260</SimState>' ;;
	blocked) answer '<SimState>261</SimState>' ;;
	*)	answer '<SimState>255</SimState>' ;;
	esac ;;
*mobile-dataswitch*"Token: $SESSION"*)
	[ \$net != login ] && answer OK || answer '<code>100003</code>' ;;
*monitoring/status*"SessionID=$SESSION"*)
	if [ \$net = bad ]; then answer '<ConnectionStatus>14</ConnectionStatus>'
	elif [ -e $LAB/asked ]; then answer '<ConnectionStatus>901</ConnectionStatus>'
	else answer '<ConnectionStatus>900</ConnectionStatus>'; : >$LAB/asked
	fi ;;
*)	answer '<code>125002</code>' ;;
esac
SH
works lte-hilink "192.168.8.100/24 default via 192.168.8.1 metric 20000"
run lte-hilink-up ready
ok "it was told to go online" asked '<dataswitch>1</dataswitch>'
is "what is secret was on no command line" \
    "$(grep '^curl ' $LAB/calls | grep -c "$SESSION")" 0
run lte-hilink-down ready
ok "and to go offline" asked '<dataswitch>0</dataswitch>'
ok "a locked card is told" fails lte-hilink-up "the card wants its PIN" locked
ok "a blocked one" fails lte-hilink-up \
    "the card is blocked: it wants its PUK" blocked
ok "a missing one" fails lte-hilink-up "no card: state 255" missing
ok "a stick that wants a login" fails lte-hilink-up \
    "the stick wants a login" ready login
ok "a network that will not have it" fails lte-hilink-up \
    "no connection: status 14" ready bad
run lte-hilink-down ready
run lte-hilink-down ready away
is "a stick that is away can be stopped" "$(laid)" " "

diag "by dialfaild"
umount /sys/class/net
on isp-b nft -f - <<NFT
	table ip stick {
		chain post {
			type nat hook postrouting priority srcnat
			ip saddr 192.168.8.0/24 masquerade
		}
	}
NFT
echo ready >$LAB/sim
echo good >$LAB/net
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup lte {
	interface lte { start "lte-hilink-up" stop "lte-hilink-down" timeout 10s }
}
fallback automatic { after 0s stable 0s drain 0s }
CONF
: >$LAB/calls
lab_start
ok "the primary is proved" wait_state primary
cut_upstream
ok "the stick carries the site" wait_state backup
ok "the LAN reaches the core" wait_until 5 ping_lan
restore_upstream
ok "the primary takes over again" wait_state primary
ok "the stick is offline" wait_until 10 "asked '<dataswitch>0'"
ok "nothing of it is left" wait_until 10 "[ \"\$(laid)\" = ' ' ]"
is "its secret is not in the log" "$(grep -c "$SESSION" $LAB/daemon.log)" 0
lab_stop
lab_done
