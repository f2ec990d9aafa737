#!/bin/bash
# needs: netns
# Reload: what has not changed is left alone, a broken file changes nothing
# and its errors reach the operator, and a configuration that nobody confirms
# goes back by itself.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

sha() {
	fact .config.sha256
}

sent() {
	fact '[.primary.targets[].sent] | add'
}

# site [BACKUPS-AND-MORE]: a configuration, the primary as $PRIMARY_WORDS say
site() {
	LAB_PRIMARY="$LAB_FAST ${PRIMARY_WORDS:-}" lab_conf <<-CONF
		backup wan2
		fallback automatic { after 1s stable 1s drain 1s }
		${1:-}
	CONF
}

# broken LINE REASON: reads a file that must be refused, and why
broken() {
	local was
	was=$(sha)
	lab_write_conf
	ctl reload >"$LAB/reload.out" 2>&1
	is "refused: $2" $? 1
	ok "its line and the reason are told" \
	    grep -q "^/etc/dialfail.conf:$1: .*$2" "$LAB/reload.out"
	is "the old one stays" "$(sha)" "$was"
	ok "show has its line, too" wait_until 5 \
	    "[ \"\$(fact .config.file_error)\" = /etc/dialfail.conf:$1 ]"
}

lab_up
site
lab_start
ok "the primary is proved" wait_state primary
snapshot "$LAB/before"
flow_start main

ctl show config >"$LAB/shown"
# behind it dialfaild tells what that comes to
ok "what is in force is read again to the same" eval \
    "dialfaild -nv -f $LAB/shown 2>$LAB/err | diff -u -I '^#' $LAB/shown -"

since=$(fact .since)
before=$(sent)
ok "reload of the same file" ctl reload
ok "statistics go on" test "$(sent)" -ge "$before"
is "so does the state" "$(fact .since)" "$since"
ok "the network is the same" same_as "$LAB/before"

diag "files with errors"
sed '2s/^/nonsense 1\n/' /etc/dialfail.conf >"$LAB/good"
broken 2 nonsense <"$LAB/good"
broken 1 "address" <<'CONF'
primary eth1 { target 198.51.100.700 }
CONF
broken 1 "target" <<'CONF'
primary eth1 { target 192.0.2.1 near }
backup wan2
CONF
broken 3 "wan2" <<'CONF'
primary eth1 { target 198.51.100.7 }
backup wan2
backup wan2
CONF
broken 2 "include" <<'CONF'
primary eth1 { target 198.51.100.7 }
include "/etc/dialfail.conf"
CONF
is "the state is untouched" "$(state) $(fact .since)" "primary $since"
site
chmod 0620 /etc/dialfail.conf
ctl reload >"$LAB/reload.out" 2>&1
is "refused: writable by the group" $? 1
ok "the reason is told" grep -q 'writable by group' "$LAB/reload.out"
chmod 0600 /etc/dialfail.conf

diag "names that are not there"
site "lan = lan5
masquerade from \$lan:network"
ctl reload >"$LAB/reload.out" 2>"$LAB/warnings"
is "a LAN: in force, with a warning" "$? $(cat "$LAB/reload.out" "$LAB/warnings")" \
    "0 in force
warning: masquerade: there is no interface lan5 now"
note='note: masquerade: there is no interface lan5: its networks get nowhere'
ok "show has a mark" wait_until 5 \
    "says 0 '^Network  as wanted; 1 NOTE, see show network' show"
is "with its name" "$(fact .network_note)" "$note"
ok "so has show network" says 0 "$note" show network
is "the log says it once" "$(grep -c "$note" "$LAB/daemon.log")" 1
ok "the primary is good" wait_state primary
was=$(sha)
since=$(fact .since)
sed -i 's/^primary eth1/primary eth7/' /etc/dialfail.conf
ctl reload >"$LAB/reload.out" 2>&1
is "a primary: refused while the present one is there" "$?" 1
ok "the reason is told" grep -qx \
    "/etc/dialfail.conf: traffic would leave eth1, which is there, for eth7, which is not" \
    "$LAB/reload.out"
is "the old one stays, and traffic where it is" \
    "$(sha) $(state) $(fact .since)" "$was primary $since"

diag "changes"
PRIMARY_WORDS="target 198.51.100.9" site
ok "a target more" ctl reload
ok "it is probed" wait_until 5 "ctl show targets | grep -q 198.51.100.9"
ok "the primary is proved again" wait_state primary
site "backup eth9"
ok "a backup more" ctl reload
is "it is there" "$(fact '.backups | map(.name) | join(" ")')" "wan2 eth9"
site
ok "a backup less" ctl reload
is "it is gone" "$(fact '.backups | map(.name) | join(" ")')" wan2
ok "the primary is proved" wait_state primary

diag "SIGHUP"
was=$(sha)
site "# another one"
ok "show sees another one" wait_until 5 "[ \"\$(fact .config.file)\" = other ]"
kill -HUP "$DAEMON"
ok "the new file is in force" wait_until 5 "[ \"\$(sha)\" != $was ]"
ok "show sees the same one" wait_until 5 "[ \"\$(fact .config.file)\" = same ]"
was=$(sha)
echo nonsense >>/etc/dialfail.conf
kill -HUP "$DAEMON"
ok "errors of a broken one are logged" \
    wait_until 5 "logged '/etc/dialfail.conf:[0-9]+: .*nonsense'"
is "the old one stays" "$(sha)" "$was"

diag "a configuration that parses but is wrong"
PRIMARY_WORDS="gateway 192.0.2.99" site
ok "reload for 8s" ctl reload for 8s # it takes one of them to be seen
ok "the primary seems dead, the backup takes over" wait_state backup
ok "it goes back by itself" wait_until 20 "[ \"\$(sha)\" = $was ]"
ok "an alarm tells so" wait_until 5 "logged 'alarm: unconfirmed'"
ok "and all is well" wait_state primary
ctl confirm >/dev/null 2>&1
is "there is nothing to confirm" $? 1

site "# the one that stays"
ok "reload for 1h" ctl reload for 1h
now=$(sha)
ok "confirm" ctl confirm
is "nothing waits for it any more" "$(fact .config.confirm_s)" null
is "the new one stays" "$(sha)" "$now"
ok "the network is as before" wait_until 10 "same_as '$LAB/before'"
flow_stop main

lab_stop
lab_done
