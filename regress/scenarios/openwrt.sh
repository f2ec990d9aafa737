#!/bin/bash
# needs: netns
# The package for OpenWrt, without OpenWrt: its install part puts everything
# where the scripts look for it, and the init script and the alarm programs
# get along with the applets that OpenWrt's busybox has.  procd and the build
# system are played.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
command -v busybox >/dev/null || skip_all "no busybox"

W=$LAB/openwrt
ROOT=$W/root
EXAMPLES=usr/share/doc/dialfail/examples

# What a script may call: of package/utils/busybox/Config-defaults.in those
# that scripts use.  There is no install, hostname, stat, diff, timeout, od.
APPLETS='awk basename cat chgrp chmod chown cp cut date dd dirname echo env expr
false find grep head id ip kill ln logger ls md5sum mkdir mkfifo mknod mktemp mv
nice printf ps pwd readlink rm rmdir sed seq sh sleep sort tail tee test touch tr
true uname uniq wc which xargs yes'

# Of the build system no more than the package uses.
build_system() {
	mkdir -p "$W/build" "$W/tree"
	echo >"$W/rules.mk"
	cat >"$W/build/package.mk" <<-'MK'
		INSTALL_DIR = install -d -m0755
		INSTALL_BIN = install -m0755
		INSTALL_DATA = install -m0644
		define BuildPackage
		install: ; $$(call Package/$(1)/install,$$(ROOT))
		endef
	MK
	ln -s "$B" "$W/tree/build"
	ln -s "$LAB_TOP/etc" "$W/tree/etc"
}

install_package() {
	make -s -C "$LAB_TOP/etc/openwrt" TOPDIR="$W" INCLUDE_DIR="$W/build" \
	    PKG_BUILD_DIR="$W/tree" ROOT="$ROOT" install
}

# As rc.common has it: the script's own functions, then procd's around them.
rc_common() {
	local applet
	mkdir -p "$W/bin"
	for applet in $APPLETS; do
		ln -s "$(command -v busybox)" "$W/bin/$applet"
	done
	cat >"$W/rc.common" <<-SH
		note() { echo "\$*" >>$W/procd; }
		procd_open_instance() { note open; }
		procd_set_param() { note set "\$@"; }
		procd_close_instance() { note close; }
		procd_send_signal() { note signal "\$@"; }
		. "\$1"
		action=\$2
		shift 2
		start() { note start; start_service "\$@"; }
		reload() { reload_service "\$@"; }
		\$action "\$@"
	SH
}

# init ACTION: of the script, as it is installed; what it asked procd for is
# in $W/procd
init() {
	: >"$W/procd"
	env -i PATH="$W/bin" "$W/bin/sh" "$W/rc.common" \
	    "$ROOT/etc/init.d/dialfail" "$@"
}

installed() {
	(cd "$ROOT" && find . -type f | sed 's|^\./||' | sort)
}

lab_up
build_system
ok "the package installs" install_package
is "what it does" "$(installed)" "$(sort <<-FILES
	etc/init.d/dialfail
	usr/libexec/dialfail/dialfail-ppp
	usr/sbin/dialfailctl
	usr/sbin/dialfaild
	$EXAMPLES/dialfail.conf
	$EXAMPLES/lte-uqmi-down
	$EXAMPLES/lte-uqmi-up
	$EXAMPLES/mail
	$EXAMPLES/snmptrap
	$EXAMPLES/syslog
	$EXAMPLES/webhook
FILES
)"
ok "and folders for hooks" test -d "$ROOT/etc/dialfail/hooks/switch.d"
ok "the init script can be run" test -x "$ROOT/etc/init.d/dialfail"

rc_common
rm -r /etc/dialfail
ok "without a configuration it starts nothing" init start
is "it asked for nothing" "$(cat "$W/procd")" start
ok "nor made anything" test ! -e /etc/dialfail
touch /etc/dialfail.conf
ok "with one it starts" init start
is "the daemon, in the foreground, whenever it ends" "$(cat "$W/procd")" "$(
    cat <<-ASKED
	start
	open
	set command /usr/sbin/dialfaild -d -r
	set respawn 3600 1 0
	set term_timeout 60
	set stderr 1
	close
ASKED
)"
is "there is a folder for secrets" \
    "$(stat -c '%a %U' /etc/dialfail/private)" "700 root"
ok "it starts again with that there" init start
ok "a restart" init restart
is "is no stop" "$(head -n 2 "$W/procd" | xargs)" "signal dialfail * USR1 start"

facts=(DIALFAIL_KIND=failover DIALFAIL_TEXT=text DIALFAIL_STATE=backup
    DIALFAIL_UPLINK=wan2 DIALFAIL_EVENT=4f2b DIALFAIL_COUNT=2
    DIALFAIL_TIME=2026-11-26T04:47:16Z)
for program in sendmail curl snmptrap; do
	printf '#!/bin/sh\ncat >%s/%s\n' "$W" $program >"$W/bin/$program"
	chmod 0755 "$W/bin/$program"
done
for program in mail webhook snmptrap syslog; do
	env -i PATH="$W/bin" "${facts[@]}" \
	    "$W/bin/sh" "$ROOT/$EXAMPLES/$program" </dev/null 2>"$W/said"
	is "the alarm program $program finds all it calls" \
	    "$? $(cat "$W/said")" "0 "
done
lab_done
