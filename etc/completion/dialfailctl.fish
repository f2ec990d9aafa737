# Completion of dialfailctl's words for fish.

# The words so far, without options and what belongs to those.
function __dialfailctl_words
    set -l all (commandline -opc)
    set -l skip 0
    for word in $all[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case -s -js -f
                set skip 1
            case -j
            case '*'
                echo $word
        end
    end
end

# These are the words so far, and no others.
function __dialfailctl_behind
    set -l words (__dialfailctl_words)
    test "$words" = "$argv"
end

# There are two, and this is the first.
function __dialfailctl_third
    set -l words (__dialfailctl_words)
    test (count $words) -eq 2; and test $words[1] = $argv[1]
end

# __dialfailctl_names backup|peers: those there are
function __dialfailctl_names
    set -l all (commandline -opc)
    set -l socket
    if set -l i (contains -i -- -s $all); or set -l i (contains -i -- -js $all)
        set socket -s $all[(math $i + 1)]
    end
    dialfailctl $socket -j show $argv[1] 2>/dev/null |
        string match -ar '\{"name": *"[^"]*"' | string split -f 4 '"'
end

complete -c dialfailctl -f
complete -c dialfailctl -s V -l version -d 'print the version'
complete -c dialfailctl -s h -l help -d 'print the usage'
complete -c dialfailctl -s j -d 'answer in JSON'
complete -c dialfailctl -s s -rF -d 'another socket'
complete -c dialfailctl -s f -rF -d 'the other configuration of replay'

complete -c dialfailctl -n __dialfailctl_behind -a show -d 'what is going on'
complete -c dialfailctl -n __dialfailctl_behind -a monitor -d 'events as they happen'
complete -c dialfailctl -n __dialfailctl_behind -a top -d 'a live view'
complete -c dialfailctl -n __dialfailctl_behind -a plan -d 'the steps of a switch, first'
complete -c dialfailctl -n __dialfailctl_behind -a failover -d 'to a backup'
complete -c dialfailctl -n __dialfailctl_behind -a fallback -d 'to the primary, now; again: end its drain'
complete -c dialfailctl -n __dialfailctl_behind -a confirm -d 'a failover or reload stays'
complete -c dialfailctl -n __dialfailctl_behind -a hold -d 'switch nothing'
complete -c dialfailctl -n __dialfailctl_behind -a release -d 'end a hold'
complete -c dialfailctl -n __dialfailctl_behind -a drill -d 'test a backup, moving nothing'
complete -c dialfailctl -n __dialfailctl_behind -a grant -d 'more than its budget'
complete -c dialfailctl -n __dialfailctl_behind -a forget -d 'what a peer said before'
complete -c dialfailctl -n __dialfailctl_behind -a reload -d 'read the configuration'
complete -c dialfailctl -n __dialfailctl_behind -a test -d 'run the alarm program'
complete -c dialfailctl -n __dialfailctl_behind -a clear -d 'everything out of the kernel'
complete -c dialfailctl -n __dialfailctl_behind -a log -d 'how much is logged'
complete -c dialfailctl -n __dialfailctl_behind -a keygen -d 'a new secret key'
complete -c dialfailctl -n __dialfailctl_behind -a pubkey -d 'the public key of one'
complete -c dialfailctl -n __dialfailctl_behind -a import -d 'from another program'
complete -c dialfailctl -n __dialfailctl_behind -a report -d 'a page for a browser'
complete -c dialfailctl -n __dialfailctl_behind -a replay -d 'what a configuration would have done'

complete -c dialfailctl -n '__dialfailctl_behind show' -a 'summary targets backup peers network history event config metrics probes'
complete -c dialfailctl -n '__dialfailctl_behind plan' -a 'failover fallback'
complete -c dialfailctl -n '__dialfailctl_behind hold' -a 'for forever'
complete -c dialfailctl -n '__dialfailctl_behind reload' -a for
complete -c dialfailctl -n '__dialfailctl_behind failover' -a 'for (__dialfailctl_names backup)'
complete -c dialfailctl -n '__dialfailctl_behind plan failover' -a '(__dialfailctl_names backup)'
complete -c dialfailctl -n '__dialfailctl_behind drill' -a '(__dialfailctl_names backup)'
complete -c dialfailctl -n '__dialfailctl_behind grant' -a '(__dialfailctl_names backup)'
complete -c dialfailctl -n '__dialfailctl_behind forget' -a '(__dialfailctl_names peers)'
complete -c dialfailctl -n '__dialfailctl_behind show peers' -a '(__dialfailctl_names peers)'
complete -c dialfailctl -n '__dialfailctl_behind test' -a alarm
complete -c dialfailctl -n '__dialfailctl_behind log' -a 'brief verbose'
complete -c dialfailctl -n '__dialfailctl_behind report' -a --since
complete -c dialfailctl -n '__dialfailctl_behind replay' -a history -F
complete -c dialfailctl -n '__dialfailctl_behind keygen' -F
complete -c dialfailctl -n '__dialfailctl_behind pubkey' -F
complete -c dialfailctl -n '__dialfailctl_behind import' -F
complete -c dialfailctl -n '__dialfailctl_third grant' -a 'time bytes dials'
complete -c dialfailctl -n '__dialfailctl_behind show metrics' -a 'peers prometheus'
