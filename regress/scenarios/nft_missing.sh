#!/bin/bash
# needs: netns
# Without nft(8) nothing can be switched: who installs learns it before the
# first outage, and one that fails is not taken for a switch.
# shellcheck source=regress/lab/lab.sh
. "$(dirname "$0")/../lab/lab.sh"

missing='nft(8) is missing: nothing can be switched; it is in the package nftables'

lab_up
lab_conf <<'CONF'
backup wan2
CONF
nft=$(readlink -f "$(PATH=/usr/sbin:/sbin:/usr/local/sbin:/usr/bin type -P nft)")

diag "it is not there"
mount --bind /dev/null "$nft"
is "dialfaild -nv says so, and what brings it" \
    "$(dialfaild -nv 2>&1 >/dev/null | grep 'nft(8)')" \
    "warning: this machine: $missing"
dialfaild >"$LAB/said" 2>&1
is "the daemon does not start, and says why" "$? $(cat "$LAB/said")" \
    "1 dialfaild: $missing"
umount "$nft"

diag "it fails"
mount --bind "$(type -P false)" "$nft"
lab_start
ok "show says that nothing is set, and why" wait_until 10 \
    "fact .verdict | grep -qE '^NETWORK NOT SET  nft .*: nft: exit 1; traffic is wanted on eth1'"
ok "there is an alarm" wait_until 10 "logged 'alarm: apply: eth1: .*exit 1'"
ok "a failover is refused at once, with the reason" \
    says 1 'the network could not be set: nft .*: nft: exit 1' failover
ok "so would plan say" \
    says 1 'the network could not be set: nft .*: nft: exit 1' plan failover
is "it is no event" "$(ctl show history)" "no event yet"
cut_upstream
ok "a switch that was not done is none" wait_until 20 \
    "fact .verdict | grep -qE '^NETWORK NOT SET  nft .*; traffic is wanted on wan2'"
is "the LAN is cut off, indeed" "$(ping_lan && echo reached)" ""
umount "$nft"
ok "it is done when it can be" wait_until 70 \
    "fact .verdict | grep -q '^ON BACKUP wan2'"
ok "the LAN reaches the core" ping_lan
lab_done
