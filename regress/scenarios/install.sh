#!/bin/bash
# needs: netns
# As README.md has it: make install, a configuration, and a service that guards
# an uplink; here without systemd or OpenRC, so that it is started by hand.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

lab_up
# nothing of ours is here yet
userdel _dialfail 2>/dev/null
rm -rf /etc/dialfail /usr/local/libexec/dialfail
ok "make install" make -s -C "$LAB_TOP" B="$B" PREFIX=/usr/local install
PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
hash -r
ok "there is a user for it" getent passwd _dialfail
is "a folder for secrets" "$(stat -c %a%U /etc/dialfail/private)" 700root
ok "no configuration" test ! -e /etc/dialfail.conf
for page in dialfaild.8 dialfailctl.8 dialfail-peers.7 dialfail.conf.5; do
	ok "the manual $page, with the paths of here" sh -c \
	    "test -s /usr/local/share/man/man${page##*.}/$page &&
	    ! grep '@[A-Z]*@' /usr/local/share/man/man${page##*.}/$page"
done
dialfaild >"$LAB/said" 2>&1
is "without a configuration it does not start" \
    "$? $(grep -c 'cannot open "/etc/dialfail.conf": No such file' "$LAB/said")" "1 1"

install -m 0600 /usr/local/share/doc/dialfail/examples/dialfail.conf \
    /etc/dialfail.conf
dialfaild -n >"$LAB/said" 2>&1
is "the example is fit, but for its secret" \
    "$? $(grep -c 'warning: secret file' "$LAB/said")" "0 1"
lab_conf <<<"backup wan2"
ok "a configuration" dialfaild -n
ok "it starts, and answers at once" eval "dialfaild && ctl show >/dev/null"
ok "the primary is proved" wait_state primary
is "it runs as that user" "$(stat -c %U "/proc/$(fact .pid)")" _dialfail
cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" ping_lan
ok "the story of it" sh -c \
    "dialfailctl show event | grep -q 'dialing -> backup'"
ok "everything out" ctl clear
ok "it has ended" wait_until 10 "! ctl show"
lab_done
