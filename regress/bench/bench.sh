# shellcheck shell=bash
# What the rows have in common; used after lab.sh.  A row measures two ways of
# doing the same, in turn or at the same time, on the same machine, and reports
# each pair on a line of its own; "run" makes the table of them.

# pair WHAT OTHER UNIT OURS THEIRS: OTHER names the other way
pair() {
	printf '# pair\t%s\t%s\t%s\t%s\t%s\n' "$@"
}

# alone WHAT UNIT OURS: nothing to compare with
alone() {
	pair "$1" - "$2" "$3" -
}

# no_row WHAT REASON...
no_row() {
	printf '# skip\t%s\t%s\n' "$1" "${*:2}"
}

# middle NUMBER...: the median, the greater one of two
middle() {
	printf '%s\n' "$@" | sort -n | sed -n "$(($# / 2 + 1))p"
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# told TEXT KEY: of the last event's first line with that text
told() {
	fact "[.lines[] | select(.text | test(\"$1\")) | .$2][0]" event
}

# told_ms TEXT: when, as now_ms counts
told_ms() {
	date -d "$(told "$1" time)" +%s%3N
}
