# shellcheck shell=bash
# Streams of pings that go on: a tunnel is followed if they do.  Sourced
# behind lab.sh.

# stream HOST NAME ADDRESS
stream() {
	: >"$LAB/ping.$2"
	spawn "$1" "$LAB/ping.$2" ping -n -i 0.2 "$3"
}

answers() {
	grep -c 'bytes from' "$LAB/ping.$1"
}

# flows NAME...: each stream has more answers than before
flows() {
	local i
	for i in "$@"; do
		wait_until 10 "[ \$(answers $i) -gt $(answers "$i") ]" ||
		    { echo "$i"; return 1; }
	done
}
