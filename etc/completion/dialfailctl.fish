# Completion of dialfailctl's words for fish.

function __dialfailctl_first
    set -l words (commandline -opc)
    test (count $words) -eq 1
end

function __dialfailctl_behind
    set -l words (commandline -opc)
    test (count $words) -eq 2; and test $words[2] = $argv[1]
end

function __dialfailctl_third
    set -l words (commandline -opc)
    test (count $words) -eq 3; and test $words[2] = $argv[1]
end

complete -c dialfailctl -f
complete -c dialfailctl -s V -l version -d 'print the version'
complete -c dialfailctl -s h -l help -d 'print the usage'
complete -c dialfailctl -s j -d 'answer in JSON'
complete -c dialfailctl -s s -r -d 'another socket'
complete -c dialfailctl -s f -r -d 'the other configuration of replay'

complete -c dialfailctl -n __dialfailctl_first -a show -d 'what is going on'
complete -c dialfailctl -n __dialfailctl_first -a monitor -d 'events as they happen'
complete -c dialfailctl -n __dialfailctl_first -a top -d 'a live view'
complete -c dialfailctl -n __dialfailctl_first -a plan -d 'the steps of a switch, first'
complete -c dialfailctl -n __dialfailctl_first -a failover -d 'to a backup'
complete -c dialfailctl -n __dialfailctl_first -a fallback -d 'to the primary, now; again: end its drain'
complete -c dialfailctl -n __dialfailctl_first -a confirm -d 'a failover or reload stays'
complete -c dialfailctl -n __dialfailctl_first -a hold -d 'switch nothing'
complete -c dialfailctl -n __dialfailctl_first -a release -d 'end a hold'
complete -c dialfailctl -n __dialfailctl_first -a drill -d 'test a backup, moving nothing'
complete -c dialfailctl -n __dialfailctl_first -a grant -d 'more than its budget'
complete -c dialfailctl -n __dialfailctl_first -a forget -d 'what a peer said before'
complete -c dialfailctl -n __dialfailctl_first -a reload -d 'read the configuration'
complete -c dialfailctl -n __dialfailctl_first -a test -d 'run the alarm program'
complete -c dialfailctl -n __dialfailctl_first -a clear -d 'everything out of the kernel'
complete -c dialfailctl -n __dialfailctl_first -a log -d 'how much is logged'
complete -c dialfailctl -n __dialfailctl_first -a keygen -d 'a new secret key'
complete -c dialfailctl -n __dialfailctl_first -a pubkey -d 'the public key of one'
complete -c dialfailctl -n __dialfailctl_first -a import -d 'from another program'
complete -c dialfailctl -n __dialfailctl_first -a report -d 'a page for a browser'
complete -c dialfailctl -n __dialfailctl_first -a replay -d 'what a configuration would have done'

complete -c dialfailctl -n '__dialfailctl_behind show' -a 'summary targets backup peers network history event config metrics probes'
complete -c dialfailctl -n '__dialfailctl_behind plan' -a 'failover fallback'
complete -c dialfailctl -n '__dialfailctl_behind hold' -a 'for forever'
complete -c dialfailctl -n '__dialfailctl_behind reload' -a for
complete -c dialfailctl -n '__dialfailctl_behind failover' -a for
complete -c dialfailctl -n '__dialfailctl_behind test' -a alarm
complete -c dialfailctl -n '__dialfailctl_behind log' -a 'brief verbose'
complete -c dialfailctl -n '__dialfailctl_behind report' -a --since
complete -c dialfailctl -n '__dialfailctl_behind replay' -a history -F
complete -c dialfailctl -n '__dialfailctl_behind keygen' -F
complete -c dialfailctl -n '__dialfailctl_behind pubkey' -F
complete -c dialfailctl -n '__dialfailctl_behind import' -F
complete -c dialfailctl -n '__dialfailctl_third grant' -a 'time bytes dials'
complete -c dialfailctl -n '__dialfailctl_third show' -a 'peers prometheus'
