# Completion of dialfailctl's words for bash.

_dialfailctl_names() {
	dialfailctl -j show "$1" 2>/dev/null |
	    sed -n 's/{"name": *"\([^"]*\)"/\n\1\n/gp' | sed -n '2~2p'
}

_dialfailctl() {
	local current=${COMP_WORDS[COMP_CWORD]} words=() w list=

	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $w in
		-j | -s | -f) ;;
		*) words+=("$w") ;;
		esac
	done
	case ${words[*]} in
	'') list='show monitor top plan failover fallback confirm hold release
	    drill grant forget reload test clear log keygen pubkey import
	    report replay' ;;
	show) list='summary targets backup peers network history event config
	    metrics probes' ;;
	'show metrics') list='peers prometheus' ;;
	'show metrics peers') list=prometheus ;;
	plan) list='failover fallback' ;;
	hold) list='for forever' ;;
	reload) list=for ;;
	failover) list="for $(_dialfailctl_names backup)" ;;
	drill | 'plan failover') list=$(_dialfailctl_names backup) ;;
	'show peers' | forget) list=$(_dialfailctl_names peers) ;;
	grant) list=$(_dialfailctl_names backup) ;;
	'grant '*) [ ${#words[@]} = 2 ] && list='time bytes dials' ;;
	test) list=alarm ;;
	log) list='brief verbose' ;;
	report) list=--since ;;
	replay) list=history ;;
	esac
	[[ $current != -* ]] || list+=' -V -f -h -j -s --help --version'
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$current")
}

complete -o default -F _dialfailctl dialfailctl
