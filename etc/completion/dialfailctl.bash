# Completion of dialfailctl's words for bash.

# _dialfailctl_names backup|peers [OPTION...]: those there are
_dialfailctl_names() {
	local what=$1
	shift
	dialfailctl "$@" -j show "$what" 2>/dev/null |
	    grep -o '{"name": *"[^"]*"' | cut -d '"' -f 4
}

_dialfailctl() {
	local current=${COMP_WORDS[COMP_CWORD]} words=() socket=() i list=

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-s | -js) socket=(-s "${COMP_WORDS[++i]}") ;;
		-f) ((++i)) ;;
		-j) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
	done
	COMPREPLY=()
	[ "$i" -eq "$COMP_CWORD" ] || return # a file: the shell knows those
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
	failover) list="for $(_dialfailctl_names backup "${socket[@]}")" ;;
	drill | grant | 'plan failover')
		list=$(_dialfailctl_names backup "${socket[@]}") ;;
	'show peers' | forget)
		list=$(_dialfailctl_names peers "${socket[@]}") ;;
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
