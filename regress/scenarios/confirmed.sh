#!/bin/bash
# needs: netns
# The file has errors when the machine starts, with nobody at hand: with -r the
# last configuration that was confirmed keeps the site online, says so, and
# gives way to a good file.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

KEPT=/var/lib/dialfail.confirmed

# site DRAIN: a configuration that this tells from others
site() {
	LAB_PRIMARY=$LAB_FAST lab_conf <<-CONF
		backup wan2
		fallback automatic { after 0s stable 0s drain $1 }
	CONF
}

# kept DRAIN: it is that one
# shellcheck disable=SC2317 # called by wait_until
kept() {
	grep -q "drain $1" "$KEPT"
}

# refused WORD...: dialfaild so, which names the error and ends
# shellcheck disable=SC2317 # called by ok
refused() {
	timeout 10 dialfaild -d "$@" >"$LAB/refused" 2>&1
	[ $? = 1 ] && grep -q "^/etc/dialfail.conf:1: .*nonsense" "$LAB/refused"
}

lab_up
site 11s
lab_start
ok "the primary is proved" wait_state primary
ok "what runs is kept" wait_until 5 kept 11s
is "by root for itself" "$(stat -c '%U %a' $KEPT)" "root 600"
site 12s
ok "reload" ctl reload
ok "the new one is kept" wait_until 5 kept 12s
inode=$(stat -c %i $KEPT)
ok "reload of the same" ctl reload
site 13s
ok "reload for 1h" ctl reload for 1h
is "what waits to be confirmed is not kept, nor the same once more" \
    "$(stat -c %i $KEPT)" "$inode"
ok "confirm" ctl confirm
ok "it is kept then" wait_until 5 kept 13s
site 14s
ok "reload for 1h" ctl reload for 1h
lab_stop
lab_start
ok "a start in that hour runs it" wait_state primary
is "but is no confirmation" "$(grep -c 'drain 13s' $KEPT)" 1
lab_stop
lab_start -r
ok "with -r" wait_state primary
is "it is the one that was confirmed" "$(fact .config.source)" confirmed
ok "since the other was not" logged 'dialfail.conf was not confirmed'
lab_stop
cp /etc/dialfail.conf $LAB/trial.conf
chmod 0600 $LAB/trial.conf
lab_start -f $LAB/trial.conf
ok "another file" wait_state primary
is "is not kept" "$(grep -c 'drain 13s' $KEPT)" 1
timeout 10 dialfaild -d -r -f $LAB/trial.conf 2>/dev/null
is "nor is -r for it" $? 2
lab_stop

diag "a start with a broken file"
echo nonsense 1 >/etc/dialfail.conf
ok "is refused" refused
ok "-n -r says what would run" dialfaild -n -r
mv $KEPT $KEPT.good
ok "with -r, too, if none was confirmed" refused -r
install -o _dialfail -m 0600 $KEPT.good $KEPT
ok "or if it is not root's" refused -r
mv $KEPT.good $KEPT
lab_start -r
ok "else the confirmed one runs" wait_state primary
is "it says so" "$(fact .config.source)" confirmed
ok "to people" says 0 'THE LAST CONFIRMED ONE' show
ok "in the metrics" says 0 'config_last_reload_successful 0' show metrics
ok "and an alarm" logged 'alarm: config: the file has errors'
cut_upstream
ok "the site goes to its backup" wait_state backup
restore_upstream
ok "and home" wait_state primary
is "it stays the one that was confirmed" "$(grep -c 'drain 13s' $KEPT)" 1

diag "a key that is none, in a file that parses"
lab_stop
site 15s
key=/etc/dialfail/private/key
hub=$(ctl keygen $LAB/hub)
ctl keygen $key >/dev/null
cat >>/etc/dialfail.conf <<CONF
identity "$key"
peer hub { key "$hub" address 198.51.100.9 tunnel gre1 }
CONF
ok "it parses" dialfaild -n
echo nonsense >$key
lab_start -r
ok "the confirmed one runs" wait_state primary
ok "since that is no key" logged 'not a key as'
is "it says so" "$(fact .config.source)" confirmed

diag "the file is mended"
site 15s
ok "reload" ctl reload
is "the file is in force" "$(fact .config.source)" file
ok "and kept" wait_until 5 kept 15s
lab_stop
lab_done
