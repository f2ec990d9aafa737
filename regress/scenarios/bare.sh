#!/bin/bash
# needs: netns
# campaign
# README.md alone, on Debian's smallest system, which has neither a compiler nor
# anything else that dialfail wants: its own commands, from a fresh clone to a
# service that guards an uplink, and its own first configuration; then the
# package in another such system, which takes along what it depends on.
# Services are started by hand there; readme.sh has them by systemd.

# in_it FOLDER COMMAND: typed by its root, in the clone
# shellcheck disable=SC2016 # expanded by the inner shell
in_it() {
	unshare --mount --pid --fork --mount-proc sh -c '
		mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
		exec chroot "$0" env -i HOME=/root TERM=dumb \
		    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		    sh -c "cd /root/dialfail 2>/dev/null; $1"' "$1" "$2"
}

# block: README's commands under "Install", without what is said of them
# shellcheck disable=SC2016 # nothing is expanded
block() {
	sed -n '/^## Install/,/^## /{ /^```/,/^```/{ /^```/d; s/ *#.*//; p } }' \
	    README.md
}

# prepare: what needs the network, which a story does not have; in $bare/said
# a line for each command, with its exit code
prepare() {
	local command deb
	cp -a "$bare/root" "$bare/other"
	: >"$bare/said"
	git -c safe.directory='*' clone -q . "$bare/root/root/dialfail"
	echo "$? git clone" >>"$bare/said"
	while read -r command; do
		case $command in systemctl* | dialfail*) continue ;; esac
		in_it "$bare/root" "$command" >"$bare/out" 2>&1 </dev/null
		echo "$? $command" >>"$bare/said"
		tail -n 5 "$bare/out"
	done < <(block)
	deb=("$B"/deb/dialfail_*.deb)
	[ -e "${deb[-1]}" ] || return 0
	cp "${deb[-1]}" "$bare/other/root/dialfail.deb"
	in_it "$bare/other" 'apt-get -qq update && apt-get -y \
	    --no-install-recommends install /root/dialfail.deb' \
	    >"$bare/out" 2>&1 </dev/null
	echo "$? the package" >>"$bare/said"
}

if [ -z "${LAB_BARE:-}" ]; then
	cd "$(dirname "$0")/../.." || exit 1
	bare=$(mktemp -d)
	export LAB_BARE=$bare B=${B:-build}
	trap 'rm -rf "$bare"' EXIT
	if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
		echo "1..0 # SKIP not root, or no debootstrap"
		exit
	fi
	regress/lab/bare_debian "$bare/root" >"$bare/log" 2>&1 || {
		echo "1..0 # SKIP no bare system here: $(tail -n 1 "$bare/log")"
		exit
	}
	prepare >"$bare/log" 2>&1
	sed 's/^/# /' "$bare/log"
	bash "regress/scenarios/${0##*/}"
	exit
fi
bare=$LAB_BARE
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

# typed FOLDER COMMAND: as in_it, where the lab's router is
# shellcheck disable=SC2317 # called by ok
typed() {
	chroot "$1" env -i HOME=/root TERM=dumb \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    sh -c "cd /root && $2"
}

# moves_in FOLDER: the router is there from now on
moves_in() {
	local d
	for d in dev proc sys run; do
		mount --rbind "/$d" "$1/$d"
	done
}

# first_conf: README's first configuration, with the backup that it has in one
# line, since there is no modem here
# shellcheck disable=SC2016 # nothing is expanded
first_conf() {
	sed -n '/^## A first configuration/,/^## /{ /^```/,/^```/{ /^```/d; p } }' \
	    "$LAB_TOP/README.md" | sed '/^backup lte {/,/^}/c backup wan2'
}

# guards FOLDER: what is installed there carries the site through an outage
guards() {
	ok "what it means, and what stands in the way" typed "$1" "dialfaild -nv"
	ok "it starts" typed "$1" dialfaild
	ok "the primary is proved" wait_state primary
	is "as it says itself" \
	    "$(typed "$1" "dialfailctl show" | awk 'NR == 1 { print $2 }')" OK
	cut_upstream
	ok "the backup takes over" wait_state backup
	ok "the LAN reaches the core" ping_lan
	restore_upstream
	ok "everything out" typed "$1" "dialfailctl clear"
	ok "it has ended" wait_until 10 "! ctl show"
}

lab_up
while read -r status command; do
	is "$command" "$status" 0
done <"$bare/said"
moves_in "$bare/root"
first_conf >"$bare/root/etc/dialfail.conf"
guards "$bare/root"
if [ -e "$bare/other/usr/sbin/dialfaild" ]; then
	moves_in "$bare/other"
	first_conf >"$bare/first"
	install -m 0600 "$bare/first" "$bare/other/etc/dialfail.conf"
	guards "$bare/other"
else
	skip "the package" "none was built"
fi
lab_done
