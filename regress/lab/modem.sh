# shellcheck shell=bash disable=SC2034 # what lab.sh uses
# What stories over a telephone line have in common; used after lab.sh.

lab_need ppp

# Outages are seen within two seconds, at little cost where it is emulated.
LAB_PRIMARY='probe { count 2 interval 100ms timeout 500ms delay 400ms }'

as_wanted() {
	[[ $(ctl show -j 2>/dev/null) =~ \"network\":\ *\"as\ wanted\" ]]
}

# What udev does on a router: the link is there as long as a port is, whatever
# its number.
usb_links() {
	local port was=
	while sleep 0.2; do
		for port in /dev/ttyACM*; do :; done
		[ -e "$port" ] || port=
		[ "$port" != "$was" ] || continue
		rm -f "$MODEM"
		[ -z "$port" ] || ln -s "$port" "$MODEM"
		was=$port
	done
}

# usb_modem [MODEMU-OPTION...]: as lab_modem, at the end of a USB cable that
# the kernel has both ends of (dummy_hcd), so with true DTR and DCD
usb_modem() {
	local m
	[ -n "${VMRUN:-}" ] || skip_all "not without a virtual machine"
	for m in dummy_hcd cdc_acm usbmon "g_serial use_acm=1"; do
		# shellcheck disable=SC2086 # a module and its words
		modprobe -q $m || skip_all "no ${m% *} in this kernel"
	done
	MODEM_SIDE=/dev/ttyGS0
	wait_until 10 "[ -e $MODEM_SIDE ] && [ -e /dev/ttyACM0 ]"
	spawn router "$LAB/udev.log" usb_links
	lab_modem -u /dev/usbmon0 "$@"
}

# usb_cable bind|unbind: plugged in, or pulled out
usb_cable() {
	echo gadget.0 >"/sys/bus/gadget/drivers/g_serial/$1"
}

# begin: the daemon on the primary, all laid; $LAB/before is how it looks
begin() {
	lab_start
	ok "the primary is proved" wait_state primary
	ok "the network is as wanted" wait_until 60 as_wanted
	snapshot "$LAB/before"
}

# on_modem [DIALS]: traffic is on the line, after so many dials
on_modem() {
	ok "the backup takes over" wait_state backup 60
	ok "the LAN reaches the core by it" wait_until 5 ping_lan
	is "the interface" "$(fact .active.interface)" ppp0
	[ -z "${1:-}" ] || is "dials" "$(modem_dials)" "$1"
}

ppp0_gone() {
	! ip link show ppp0 >/dev/null 2>&1
}

# Nothing is noted of a call, and nobody has the port; or the daemon has it,
# to keep the modem ready.
line_free() {
	local lock
	compgen -G '/run/dialfail/ppp/*' && return 1
	tail -n 1 "$LAB/modem.log" | grep -q CONNECT && return 1
	lock=$(readlink -f "$MODEM" | sed 's|^/dev/|/run/lock/LCK..|; s|s/\([0-9]*\)$|s_\1|')
	[ -e "$lock" ] || { flock -n "$MODEM" true; return; }
	[ "$(($(cat "$lock")))" = "$(process netconf)" ]
}

# hung_up [FILE]: no call, no interface, the port free; all as it was
hung_up() {
	ok "ppp0 is gone" wait_until 20 ppp0_gone
	ok "the port is free" wait_until 10 line_free
	ok "everything is as before" wait_until 10 "same_as '${1:-$LAB/before}'"
}

# back_home: the primary works again, and all is as it was
back_home() {
	restore_upstream
	ok "the primary takes over again" wait_state primary 60
	ok "the LAN reaches the core" ping_lan
	hung_up
}

# counted NAME FROM: what the flow has lost since then
counted() {
	flow_stop "$1"
	diag "$(grep -E '^(flow|gap)' "$LAB/flow.$1")"
	is "packets lost" "$(flow_lost "$1" "$2")" 0
}
