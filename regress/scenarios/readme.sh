#!/bin/bash
# needs: systemd
# README.md's own way to a running service, word for word and as a user would
# type it: its block of commands under "Install", each of which works, on a
# machine with systemd.  Only the build is from before, since to compile takes
# minutes where it is emulated; and "then edit it" is done by this story.
if ! [ -d /run/systemd/system ] || [ -z "${VMRUN:-}" ]; then
	echo "1..0 # SKIP no virtual machine with systemd"
	exit
fi
LAB_INSIDE=machine
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"
PATH=$B/lab:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin # as root has it

# block: the commands, without what is said of them
# shellcheck disable=SC2016 # nothing is expanded
block() {
	sed -n '/^## Install/,/^## /{ /^```/,/^```/{ /^```/d; s/ *#.*//; p } }' \
	    "$LAB_TOP/README.md"
}

# typed COMMAND: in the tree, with the build there (B is in the environment)
# shellcheck disable=SC2317 # called by ok
typed() {
	(cd "$LAB_TOP" && bash -c "$1")
}

lab_up
# nothing of ours is here yet
userdel _dialfail 2>/dev/null
rm -rf /etc/dialfail* /usr/local/libexec/dialfail
rm -f /usr/sbin/policy-rc.d # of a container
mapfile -t commands < <(block)
ok "there are some" [ ${#commands[@]} -gt 4 ]
ok "and fewer than ten" [ ${#commands[@]} -lt 10 ]
for command in "${commands[@]}"; do
	ok "$command" typed "$command"
	case $command in
	*\ /etc/dialfail.conf) lab_conf <<<"backup wan2" ;;
	esac
done
ok "the primary is proved" wait_state primary
is "it is enabled" "$(systemctl is-enabled dialfail)" enabled
cut_upstream
ok "the backup takes over" wait_state backup
ok "the LAN reaches the core" ping_lan
ok "the story of it" sh -c \
    "dialfailctl show event | grep -q 'dialing -> backup'"
ok "everything out" ctl clear
ok "it has ended" wait_until 10 "! ctl show"
lab_done
