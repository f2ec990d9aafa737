#!/bin/bash
# needs: netns
# Completion for bash, zsh and fish: each of them offers every command, the
# names of the site's backups and peers, and by another socket, too; and no
# word where it is not valid.
# shellcheck source=regress/lab/lab.sh disable=SC2317 # called by ok
. "$(dirname "$0")/../lab/lab.sh"
FILES=$LAB_TOP/etc/completion

lab_up
key=$(ctl keygen /etc/dialfail/private/left)
ctl keygen /etc/dialfail/private/key >/dev/null
LAB_PRIMARY=$LAB_FAST lab_conf <<CONF
backup wan2
identity "/etc/dialfail/private/key"
peer left { tunnel gre0, address 8.8.4.4, key "$key" }
CONF
lab_start
ok "the primary is proved" wait_state primary

# words PREFIX...: those that dialfailctl says are valid behind them
words() {
	ctl "$@" no-such-word 2>&1 | sed -n 's/^\t\([a-z]*\) .*/\1/p'
}

# offered SHELL WORD...: what it offers for the last one, sorted, in a line
offered() {
	"offered_by_$1" "${@:2}" | tr -s ' \t\n' '\n' | sort -u | xargs
}

offered_by_bash() {
	# shellcheck disable=SC2016 # bash's own variables
	bash -c '. "$0"; COMP_WORDS=(dialfailctl "$@"); COMP_CWORD=$#
		_dialfailctl; echo "${COMPREPLY[*]}"' \
	    "$FILES/dialfailctl.bash" "$@"
}

# It tells a description behind a tab.
offered_by_fish() {
	fish --no-config -c "source $FILES/dialfailctl.fish
		complete -C 'dialfailctl $*'" | cut -f 1
}

# A user who types it on a terminal: the shell's compadd tells what is added.
zsh_user() {
	mkdir "$LAB/zsh"
	cat >"$LAB/zsh/.zshrc" <<-ZSH
		fpath=($FILES \$fpath)
		LISTMAX=1000 # asks for none of them
		autoload -Uz compinit && compinit -u -d $LAB/zsh/dump
		compadd() {
			local -a hits
			if [[ " \$* " != *' -'[OAD]' '* ]]; then
				builtin compadd -O hits "\$@"
				print -rl -- \$hits >>$LAB/zsh/offered
			fi
			builtin compadd "\$@"
		}
		leave() { exit }
		zle -N leave
		bindkey '^I' complete-word '^X' leave
	ZSH
	cat >"$LAB/zsh/types" <<-'ZSH'
		zmodload zsh/zpty
		zpty user zsh -d -i
		zpty -wn user "$1"$'\t\x18'
		while zpty -r user; do :; done
	ZSH
}

offered_by_zsh() {
	: >"$LAB/zsh/offered"
	ZDOTDIR=$LAB/zsh timeout 20 zsh -f "$LAB/zsh/types" "dialfailctl $*" \
	    >"$LAB/zsh/screen"
	cat "$LAB/zsh/offered"
}

# completes SHELL: all that is promised
completes() {
	local shell=$1 table
	is "$shell offers all commands" "$(offered "$shell" '')" \
	    "$(words | sort | xargs)"
	for table in show plan test log "show metrics" "grant wan2"; do
		# shellcheck disable=SC2086 # a word each
		is "$shell: behind $table" "$(offered "$shell" $table '')" \
		    "$(words $table | sort | xargs)"
	done
	is "$shell completes a word" "$(offered "$shell" -j mon)" monitor
	is "$shell: nothing behind what takes nothing" \
	    "$(offered "$shell" show targets '')" ""
	is "$shell: names of backups" "$(offered "$shell" drill '')" wan2
	is "$shell: and what is valid beside them" \
	    "$(offered "$shell" failover '')" "for wan2"
	is "$shell: names of peers" "$(offered "$shell" forget '')" left
	is "$shell: also to be shown" "$(offered "$shell" show peers '')" left
}

mapfile -t all < <(words; words show; words plan; words test; words log
	words grant wan2; words show metrics)
ok "there are words to look for" test "${#all[@]}" -gt 30
zsh_user
for shell in bash zsh fish; do
	if command -v $shell >/dev/null; then
		completes $shell
	else
		skip "$shell offers all commands" "no $shell"
	fi
done

mv /run/dialfail/dialfail.sock "$LAB/other"
for shell in bash zsh fish; do
	command -v $shell >/dev/null || continue # as is told above
	is "$shell: words behind another socket" \
	    "$(offered $shell -s "$LAB/other" show metrics '')" "peers prometheus"
	is "$shell: names from there" \
	    "$(offered $shell -s "$LAB/other" drill '')" wan2
	is "$shell: with two options in one word" \
	    "$(offered $shell -js "$LAB/other" drill '')" wan2
	is "$shell: and behind another file" \
	    "$(offered $shell -f "$LAB/other" log b)" brief
done
lab_stop
lab_done
