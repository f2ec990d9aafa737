#!/bin/bash
# One default route laid and taken away: netlink, as netconf does it, against
# ip(8).  The Linux backend's test times both.
# shellcheck source=regress/bench/bench.sh
. "$(dirname "$0")/bench.sh"

ROUNDS=3

make -s -C "$(dirname "$0")/../.." B="$B" "$B/unit/netops_linux_test" || exit 1
for ((i = 0; i < ROUNDS; i++)); do
	# a default route, added and deleted: netlink 12 us, ip(8) 10621 us, ...
	"$B/unit/netops_linux_test" 2>&1 | tr -d , |
	    sed -n 's/^a default route.*netlink \([0-9.]*\) us ip(8) \([0-9.]*\) us.*/\1 \2/p'
done >"$BENCH_TMP/route"
[ -s "$BENCH_TMP/route" ] || {
	echo "1..0 # SKIP the Linux backend's test does not run here"
	exit 0
}
while read -r ours theirs; do
	pair "one default route there and back" "ip(8), 2 calls" us \
	    "$ours" "$theirs"
done <"$BENCH_TMP/route"
