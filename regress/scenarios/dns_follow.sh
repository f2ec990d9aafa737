#!/bin/bash
# needs: netns
# dns follow: the router asks the backup's resolvers while traffic is there,
# and the file is given back as it was: after kill -9, through a link, at a
# clear; what others wrote meanwhile stays.  Then resolvconf, where it is.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

RESOLV=/etc/resolv.conf

# old_file: as the site has it
old_file() {
	printf '# the site'\''s\nsearch example.net\nnameserver 192.0.2.53\n%s\n' \
	    'options timeout:1' >"$1"
	cp -p "$1" $LAB/resolv.before
}

asks() {
	sed -n 's/^nameserver //p' $RESOLV | tr '\n' ' '
}

there() {
	cut_upstream
	ok "$1: the backup takes over" wait_state backup
}

back() {
	restore_upstream
	ok "$1: the primary takes over again" wait_state primary
}

given_back() {
	ok "$1: the file is as it was" wait_until 5 \
	    "cmp $LAB/resolv.before ${2:-$RESOLV}"
	ok "$1: nothing is left" \
	    wait_until 5 "[ -z \"\$(find /run/dialfail /etc -name 'resolv*' \
	    -newer $LAB/began ! -path $RESOLV)\" ]"
}

lab_up
touch $LAB/began
rm -f $RESOLV
old_file $RESOLV
chmod 0640 $RESOLV
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 {
	interface
	dns 203.0.113.2 2001:db8::53
}
dns follow
fallback automatic { after 0s stable 0s drain 0s }
flap { failovers 0 }
CONF
lab_start
ok "the primary is proved" wait_state primary
ok "nothing is asked elsewhere" cmp $LAB/resolv.before $RESOLV

there file
ok "its resolvers are asked" wait_until 5 \
    "[ '203.0.113.2 2001:db8::53 ' = \"\$(asks)\" ]"
is "all else of the file stays" "$(grep -v '^nameserver\|dialfail' $RESOLV)" \
    "$(grep -v '^nameserver' $LAB/resolv.before)"
is "as its mode does" "$(stat -c %a $RESOLV)" 640
event=$(fact .event)
ok "the event tells" wait_until 5 \
    "ctl show event $event | grep 'resolvers: 203.0.113.2'"
ok "show network tells" grep 'resolvers 203.0.113.2' <<<"$(ctl show network)"
lab_kill9 netconf
lab_start
ok "kill -9: on the backup" wait_state backup
is "kill -9: they are asked still" "$(asks)" "203.0.113.2 2001:db8::53 "
back kill-9
given_back kill-9

there others
ok "they are asked" wait_until 5 "grep -q 203.0.113.2 $RESOLV"
echo "nameserver 192.0.2.99" >$RESOLV
ok "show network tells of others" wait_until 5 \
    "ctl show network | grep 'changed by others'"
back others
ok "what they wrote is left alone, and said" wait_until 5 \
    "logged 'resolvers: $RESOLV was changed by others: left alone'"
is "so it is" "$(cat $RESOLV)" "nameserver 192.0.2.99"

rm $RESOLV
old_file $LAB/real.conf
ln -s $LAB/real.conf $RESOLV
there link
ok "its target is written" wait_until 5 "grep -q 203.0.113.2 $LAB/real.conf"
ok "and stays one" test -L $RESOLV
ok "dialfailctl clear" ctl clear
ok "dialfaild ends" wait_until 10 daemon_gone
given_back clear $LAB/real.conf

cat >/usr/local/sbin/resolvconf <<SH
#!/bin/sh
{ echo "\$@"; [ "\$1" = -d ] || cat; } >>$LAB/resolvconf.log
SH
chmod 0755 /usr/local/sbin/resolvconf
restore_upstream
lab_start
ok "the primary is proved" wait_state primary
there resolvconf
ok "it is told of the interface" wait_until 5 \
    "grep -q '^-a wan2.dialfail' $LAB/resolvconf.log"
ok "and the resolvers" wait_until 5 \
    "grep -q '^nameserver 203.0.113.2' $LAB/resolvconf.log"
back resolvconf
ok "and of its end" wait_until 5 \
    "grep -q '^-d wan2.dialfail' $LAB/resolvconf.log"
given_back resolvconf $LAB/real.conf
lab_stop
lab_done
