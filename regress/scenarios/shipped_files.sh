#!/bin/bash
# needs: netns
# What is shipped beside the programs and uses them: the dashboard knows no
# metric that does not exist, the textfile collector gets its file or none, and
# alarms go out by mail, as traps, by a webhook and to the system log.
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
for program in sendmail snmptrap curl logger; do
	cat >"$LAB/bin/$program" <<-SH
		#!/bin/sh
		printf '%s\n' "\$@" >$LAB/said.$program
		case $program in curl | sendmail) cat >>$LAB/said.$program ;; esac
		exit \${FAKE_EXIT:-0}
	SH
	chmod 0755 "$LAB/bin/$program"
done
alarm() {
	env -i PATH="$LAB/bin:/usr/bin:/bin" DIALFAIL_KIND=failover \
	    DIALFAIL_TEXT='wan2: "quoted" \ and more' DIALFAIL_STATE=backup \
	    DIALFAIL_UPLINK=wan2 DIALFAIL_EVENT=4f2b DIALFAIL_COUNT=2 \
	    DIALFAIL_TIME="${raised-2026-11-26T04:47:16Z}" FAKE_EXIT="${2:-0}" \
	    sh "$etc/alarm/$1"
}
ok "a mail is sent" alarm mail
is "to those whom its head names" "$(head -n 2 "$LAB/said.sendmail" | xargs)" \
    "-t To: root"
is "of this machine and the kind" \
    "$(sed -n 's/^Subject: //p' "$LAB/said.sendmail")" \
    "$(uname -n): failover wan2"
ok "with the text" grep -qxF 'wan2: "quoted" \ and more' "$LAB/said.sendmail"
ok "when it was raised" grep -qx 'raised 2026-11-26T04:47:16Z' \
    "$LAB/said.sendmail"
ok "and for how many it stands" grep -qx 'alarms 2' "$LAB/said.sendmail"
raised='' ok "also before the clock was set" alarm mail
ok "which it says" grep -qx 'raised while the clock was not set' \
    "$LAB/said.sendmail"
ok "an SNMP trap is sent" alarm snmptrap
ok "with the text" grep -qxF 'wan2: "quoted" \ and more' "$LAB/said.snmptrap"
ok "as an inform" grep -qx -- -Ci "$LAB/said.snmptrap"
ok "a webhook is called" alarm webhook
ok "with a JSON object" sh -c "sed -n '/^{/,\$p' $LAB/said.curl | jq -e '
    .kind == \"failover\" and .count == 2 and .event == \"4f2b\" and
    .text == \"wan2: \\\"quoted\\\" \\\\ and more\"'"
ok "the system log is written to" alarm syslog
ok "by its urgency" grep -qx daemon.alert "$LAB/said.logger"
ok "with when, and how many" grep -q \
    'and more (raised 2026-11-26T04:47:16Z, alarms: 2)$' "$LAB/said.logger"
for program in mail snmptrap webhook syslog; do
	ok "$program: a failure is told" test "$(alarm $program 7; echo $?)" = 7
done
lab_done
