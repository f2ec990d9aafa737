#!/bin/bash
# needs: netns
# Requests that dialfailctl would never make, and some that it would: each
# gets an error or a closed door, and the daemon lives.  Ports that are not
# there, or are none, are told in a line.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

SOCKET=/run/dialfail/dialfail.sock
# all types of message that there are, and some that there are not
TYPES=$(($(grep -cE '^	X\(' "$LAB_DIR/../../common/msg.h") + 10))

# le32 NUMBER: as printf's escapes
le32() {
	printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) \
	    $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# request TYPE LENGTH PAYLOAD-BYTES: a header (common/imsg.h) with this type
# and length, and so many bytes behind it
request() {
	# shellcheck disable=SC2059 # it is all escapes
	printf "$(le32 "$1")$(le32 "$2")$(le32 0)$(le32 0)"
	head -c "$3" /dev/zero | tr '\0' A
}

# answered DESCRIPTION PATTERN [SOCKET]: what standard input is answered with
answered() {
	ctlraw "${3:-$SOCKET}" >"$LAB/answer"
	ok "$1" grep -aqE "$2" "$LAB/answer" || diag "$(cat "$LAB/answer")"
}

lab_up
install -m 0600 /dev/null /etc/dialfail/private/isp
echo secret7 >/etc/dialfail/private/isp
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2
backup absent {
	modem "/dev/nosuch" speed 115200
	phone "5551234"
	account "site7" secret file "/etc/dialfail/private/isp"
	dial { after 0s redial 1 }
}
backup fake {
	modem "/etc/passwd" speed 115200
	phone "5551234"
	account "site7" secret file "/etc/dialfail/private/isp"
	dial { after 0s redial 1 }
}
CONF
lab_start
ok "the primary is proved" wait_state primary

diag "the control socket"
answered "no such request" 'not a request.*closed' \
    < <(request 9999 16 0)
answered "type 0" 'not a request.*closed' \
    < <(request 0 16 0)
answered "a message between processes" 'not a request.*closed' \
    < <(request 1 16 0)
answered "shorter than its header" 'closed' \
    < <(request 9999 4 0)
answered "oversized" 'impossible length.*closed' \
    < <(request 9999 $((1 << 20)) 64)
answered "hugely oversized" 'closed' \
    < <(request 9999 $((0x7fffffff)) 64)
answered "a descriptor that does not come" 'closed' \
    < <(request 9999 $((0x80000010)) 0)
answered "half a request" 'open|closed' \
    < <(request 9999 1000 10)
answered "zeros" 'closed' \
    < <(head -c 100000 /dev/zero)
answered "noise" 'closed' \
    < <(head -c 100000 /dev/urandom)
answered "text" 'closed' \
    < <(yes "GET / HTTP/1.1" | head -n 1000)
# every type with a length that none has; and, where only looking is allowed,
# with no payload at all
for ((type = 0; type < TYPES; type++)); do
	request $type 19 3 | ctlraw "$SOCKET"
done >"$LAB/answers"
is "each type with a wrong length is refused" \
    "$(grep -acE '(malformed|not a) request' "$LAB/answers")" $TYPES
for ((type = 0; type < TYPES; type++)); do
	request $type 16 0 | timeout 8 ctlraw "$SOCKET.ro"
done >"$LAB/answers"
is "of the bare ones only monitor is taken on the read-only socket" \
    "$(grep -acE '(malformed|not a) request|not on the read-only' \
        "$LAB/answers")" $((TYPES - 1))

diag "the read-only socket"
ok "it shows" ctl -s "$SOCKET.ro" show
ok "it shows targets" ctl -s "$SOCKET.ro" show targets
for verb in failover fallback confirm 'hold forever' release reload clear \
    'log verbose' 'show config'; do
	# shellcheck disable=SC2086 # words of a command
	ctl -s "$SOCKET.ro" $verb >"$LAB/answer" 2>&1
	is "refused: $verb" "$? $(grep -c 'read-only' "$LAB/answer")" "1 1"
done
is "their modes" "$(stat -c %a%U%G $SOCKET $SOCKET.ro | tr '\n' ' ')" \
    "660root_dialfail 666root_dialfail "

diag "too many at once"
for ((i = 0; i < 40; i++)); do
	spawn router "$LAB/crowd" dialfailctl -s "$SOCKET.ro" monitor
done
ok "they are told so" wait_until 10 "grep -q 'too many monitor' $LAB/crowd"
ok "those who may act have their place" ctl show

diag "words"
ctl nonsense >"$LAB/answer" 2>&1
is "an unknown word is wrong usage" $? 2
ok "valid ones are listed" grep -q failover "$LAB/answer"
ctl failover nosuch >"$LAB/answer" 2>&1
is "no such backup" "$? $(grep -c nosuch "$LAB/answer")" "1 1"
ctl hold for 9d >/dev/null 2>&1
is "too long a time is wrong usage" $? 2
ok "so is one before now, in the same words" says 2 \
    'not a time from 1s to 7d .*: -5m' hold for -5m

diag "ports"
ctl failover absent >"$LAB/answer" 2>&1
is "failover to an absent port is refused" $? 1
ok "the log says why" wait_until 5 "logged 'absent: failed: .*/dev/nosuch'"
ctl failover fake >"$LAB/answer" 2>&1
is "failover to what is no port is refused" $? 1
ok "the log says why" wait_until 5 "logged 'fake: failed: .*/etc/passwd'"

is "it has all been the same daemon" "$(fact .pid)" "$DAEMON"
is "in the same state" "$(state)" primary
ok "nobody was distrusted" test -z "$(logged invalid && echo distrusted)"
lab_stop
lab_done
