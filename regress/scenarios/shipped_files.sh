#!/bin/bash
# needs: netns
# What is shipped beside the programs and uses them: shells' completions know
# every command, the dashboard no metric that does not exist, the textfile
# collector gets its file or none, and alarms go out as traps, by a webhook
# and to the system log.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
etc=$LAB_TOP/etc

lab_up
# with all that has metrics, but no modem
LAB_PRIMARY=$LAB_FAST lab_conf <<'CONF'
backup wan2 { interface standby hot every 1s }
backup stick {
	interface stick { start "stick-up" stop "stick-down" }
	budget { dials 30 }
}
CONF
for hook in stick-up stick-down; do
	install -m 755 /bin/true /etc/dialfail/hooks/$hook
done
lab_start
ok "the primary is proved" wait_state primary

# words PREFIX...: those that dialfailctl says are valid behind them
words() {
	ctl "$@" no-such-word 2>&1 | sed -n 's/^\t\([a-z]*\) .*/\1/p'
}

# all_in FILE WORD...: each of them is there
all_in() {
	local file=$1 w missing=0
	shift
	[ $# -gt 0 ] || return 1
	for w in "$@"; do
		grep -qE "(^|[^a-z])$w([^a-z]|\$)" "$file" ||
		    { echo "$w is not in $file"; missing=1; }
	done
	return "$missing"
}

mapfile -t all < <(words; words show; words plan; words test; words log
	words grant wan2; words show metrics)
ok "there are words to look for" test "${#all[@]}" -gt 30
for shell in dialfailctl.bash _dialfailctl dialfailctl.fish; do
	ok "$shell knows each of them" all_in "$etc/completion/$shell" "${all[@]}"
done

# completed WORD...: what bash offers for the last one
completed() {
	# shellcheck disable=SC2016 # bash's own variables
	bash -c '. "$0"; COMP_WORDS=(dialfailctl "$@"); COMP_CWORD=$#
		_dialfailctl; echo "${COMPREPLY[*]}"' \
	    "$etc/completion/dialfailctl.bash" "$@"
}
is "bash completes a command" "$(completed -j mon)" monitor
is "and all of them" "$(completed '' | tr ' ' '\n' | sort)" "$(words | sort)"
is "and what is shown" "$(completed show '' | tr ' ' '\n' | sort)" \
    "$(words show | sort)"
is "and names of backups" "$(completed failover w)" wan2
is "and kinds of costs" "$(completed grant wan2 b)" bytes
is "and options" "$(completed show -)" "-V -f -h -j -s --help --version"
if command -v zsh >/dev/null; then
	ok "zsh takes its file" zsh -n "$etc/completion/_dialfailctl"
fi
if command -v fish >/dev/null; then
	ok "fish takes its file" fish -n "$etc/completion/dialfailctl.fish"
fi

# every name in the dashboard is one that the manual has; those that this
# site has are told by it with their labels
ok "the dashboard is JSON" jq -e '.panels | length > 10' "$etc/metrics/dialfail-grafana.json"
jq -r '.. | .expr? // empty' "$etc/metrics/dialfail-grafana.json" |
    grep -oE 'dialfail_[a-z_]+' | sort -u >"$LAB/used"
mandoc -Tascii "$LAB_TOP/parent/dialfailctl.8" 2>/dev/null | col -b |
    tr -s ', \n' '\n' >"$LAB/manual"
documented() {
	local name missing=0
	while read -r name; do
		name=${name#dialfail_}
		grep -qxE "${name%_bucket}(_total)?" "$LAB/manual" ||
		    grep -qx "${name%_total}" "$LAB/manual" ||
		    { echo "no such metric: $name"; missing=1; }
	done <"$LAB/used"
	return "$missing"
}
ok "its metrics are in the manual" documented
ok "the hot backup is proved" wait_until 10 \
    "fact '.backups[0].ready' backup | grep -q true"
ctl show metrics prometheus | grep '^dialfail_' >"$LAB/have"

# dashboard_uses: "METRIC LABEL" and "METRIC LABEL=\"VALUE\"" of selectors and
# legends, where instance is Prometheus' own
dashboard_uses() {
	local metric labels legend
	jq -r '.panels[].targets[] | .legendFormat as $l | .expr |
	    scan("(dialfail_[a-z_]+)\\{([^}]*)\\}") | [.[0], .[1], $l] | @tsv' \
	    "$etc/metrics/dialfail-grafana.json" |
	    while IFS=$'\t' read -r metric labels legend; do
		echo "$metric"
		grep -oE '[a-z]+="[^"]*"' <<<"$labels" | sed "s/^/$metric /"
		grep -oE '\{\{[a-z]+' <<<"$legend" | sed "s/^../$metric /"
		[ "${metric%_bucket}" = "$metric" ] || echo "$metric le"
	done | grep -v ' instance$' | sort -u
}

# told USE...: each of them is in what this site tells
told() {
	local metric label missing=0
	while read -r metric label; do
		case $label in
		'')	grep -qE "^${metric}[{ ]" "$LAB/have" ;;
		*=*)	grep -qE "^$metric\{(.*,)?${label}[,}]" "$LAB/have" ;;
		*)	grep -qE "^$metric\{(.*,)?$label=\"" "$LAB/have" ;;
		esac || { echo "not told: $metric $label"; missing=1; }
	done
	return "$missing"
}
ok "panels use metrics and labels" test "$(dashboard_uses | wc -l)" -gt 40
ok "each of them is told, but that of modems" eval \
    'dashboard_uses | grep -v "^dialfail_modem_signal_dbm" | told'
ok "no label is taken for another" eval \
    '! echo "dialfail_state verdict" | told'

mkdir "$LAB/collector"
sed "s|@RUNDIR@|/run/dialfail|" "$etc/metrics/dialfail-textfile" >"$LAB/textfile"
ok "the collector gets its file" sh "$LAB/textfile" "$LAB/collector"
ok "with the state in it" grep -q '^dialfail_state{state="primary"} 1' \
    "$LAB/collector/dialfail.prom"
is "which everybody may read" "$(stat -c %a "$LAB/collector/dialfail.prom")" 644
lab_stop
ok "without a daemon it fails" sh -c \
    "! sh $LAB/textfile $LAB/collector 2>/dev/null"
is "and leaves no old figures" "$(ls "$LAB/collector")" ""

# Programs that write down what they are given.
mkdir "$LAB/bin"
for program in snmptrap curl logger; do
	cat >"$LAB/bin/$program" <<-SH
		#!/bin/sh
		printf '%s\n' "\$@" >$LAB/said.$program
		[ $program != curl ] || cat >>$LAB/said.$program
		exit \${FAKE_EXIT:-0}
	SH
	chmod 0755 "$LAB/bin/$program"
done
alarm() {
	env -i PATH="$LAB/bin:/usr/bin:/bin" DIALFAIL_KIND=failover \
	    DIALFAIL_TEXT='wan2: "quoted" \ and more' DIALFAIL_STATE=backup \
	    DIALFAIL_UPLINK=wan2 DIALFAIL_EVENT=4f2b DIALFAIL_COUNT=2 \
	    DIALFAIL_TIME=2026-11-26T04:47:16Z FAKE_EXIT="${2:-0}" \
	    sh "$etc/alarm/$1"
}
ok "an SNMP trap is sent" alarm snmptrap
ok "with the text" grep -qxF 'wan2: "quoted" \ and more' "$LAB/said.snmptrap"
ok "as an inform" grep -qx -- -Ci "$LAB/said.snmptrap"
ok "a webhook is called" alarm webhook
ok "with a JSON object" sh -c "sed -n '/^{/,\$p' $LAB/said.curl | jq -e '
    .kind == \"failover\" and .count == 2 and .event == \"4f2b\" and
    .text == \"wan2: \\\"quoted\\\" \\\\ and more\"'"
ok "the system log is written to" alarm syslog
ok "by its urgency" grep -qx daemon.alert "$LAB/said.logger"
for program in snmptrap webhook syslog; do
	ok "$program: a failure is told" test "$(alarm $program 7; echo $?)" = 7
done
lab_done
