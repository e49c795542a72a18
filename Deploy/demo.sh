#!/usr/bin/env bash
# A whole election on this machine: validators, an observer, real ballots, a proved tally.
# Sets everything up (system packages, build), runs the election of Genesis/demo, checks it, and prints a summary.
#
# usage: Deploy/demo.sh [--voters N] [--validators N] [--dir DIR] [--keep] [--no-build]
#   --voters N      how many of the 2,000 voters of Genesis/demo/voters.csv vote (default 300)
#   --validators N  validators of the network, 4 to 31 (default 4)
#   --dir DIR       where everything is kept; must not exist or be empty (default: a fresh directory, which is named)
#   --keep          leave the network running at the end and say what to try
#   --no-build      use what is built already
# No step depends on the machine's speed: what has to reach the log in time is timed in this run, and gets five times as long.
# Exit status: 0 only if the tally equals the register's choices, all checked receipts hold and the audit accepts the log.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

voters=300 validators=4 dir="" keep=no build=yes
usage() { sed -n '2,13s/^# \{0,1\}//p' "$0"; }
while [ $# -gt 0 ]; do
    case "$1" in
        --voters) voters=${2:-}; shift 2 || fail "--voters needs a number." ;;
        --validators) validators=${2:-}; shift 2 || fail "--validators needs a number." ;;
        --dir) dir=${2:-}; shift 2 || fail "--dir needs a directory." ;;
        --keep) keep=yes; shift ;;
        --no-build) build=no; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "Unknown option: $1" ;;
    esac
done
register=$top/Genesis/demo/voters.csv
listed=$(($(wc -l <"$register") - 1))
case "$voters" in '' | *[!0-9]*) fail "--voters must be a number from 1 to $listed, not '$voters'." ;; esac
case "$validators" in '' | *[!0-9]*) fail "--validators must be a number from 4 to 31, not '$validators'." ;; esac
[ "$voters" -ge 1 ] && [ "$voters" -le "$listed" ] || fail "--voters must be from 1 to $listed (the register's size)."
[ "$validators" -ge 4 ] && [ "$validators" -le 31 ] || fail "--validators must be from 4 to 31."

prepare_machine curl
if [ "$build" = yes ]; then build; fi
bin=$top/.build/release
for program in veche veche-node veche-ceremony veche-registrar wrong-share; do
    [ -x "$bin/$program" ] || fail "$bin/$program is not built; run without --no-build."
done

if [ -n "$dir" ]; then
    [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is not empty. Name a directory that does not exist yet."
    mkdir -p "$dir"
else
    dir=$(mktemp -d "${TMPDIR:-/tmp}/veche-demo.XXXXXX")
fi
dir=$(cd "$dir" && pwd)
started=$(date +%s)
say "The election's directory is $dir"

# ---- processes: every one that is started is kept by id, and ended by id

declare -A running=()
start() { # NAME COMMAND...: in the background, log in DIR/logs/NAME.log
    local name=$1
    shift
    "$@" >>"$dir/logs/$name.log" 2>&1 &
    running[$name]=$!
}
stop_all() {
    local name id
    for name in "${!running[@]}"; do kill -TERM "${running[$name]}" 2>/dev/null || true; done
    # What else runs in the background; those that have children of their own lead a group.
    for id in $(jobs -p); do kill -TERM -- "-$id" 2>/dev/null || kill -TERM "$id" 2>/dev/null || true; done
    wait || true
    running=()
}
on_exit() {
    local status=$?
    trap - INT TERM
    if [ "$status" -ne 0 ]; then
        stop_all
        cat >&2 <<FAILED

The demonstration failed (exit status $status). Everything that it started is stopped.
What to do: read the last lines above, and those of the logs in $dir/logs. Where a step took too long, run it with fewer
voters, as in Deploy/demo.sh --voters 24. If it fails again, report it with the directory $dir/logs.
FAILED
    fi
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# How long a step may take that only a broken network never takes.
patience=900
# Waits until a command succeeds: WHAT COMMAND...
wait_for() {
    local what=$1 end
    shift
    end=$(($(date +%s) + patience))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || fail "Waited $patience seconds in vain for: $what."
        sleep 0.2
    done
}
# Runs a command, and sets `took` to the seconds that it took, rounded up.
took=1
timed() {
    local before
    before=$(date +%s%N)
    "$@"
    took=$((($(date +%s%N) - before) / 1000000000 + 1))
}
utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

mkdir -p "$dir/logs" "$dir/voters" "$dir/votes"
umask 077
printf 'demonstration passphrase\n' >"$dir/passphrase"
secret=(--passphrase-file "$dir/passphrase")

# ---- the network

# Below the ports that the system hands out to clients: one of these could hold a node's port.
count_of_ports=$((2 * (validators + 1) + 1))
first_of_clients=$(cut -f 1 /proc/sys/net/ipv4/ip_local_port_range 2>/dev/null || echo 32768)
lowest=10000
[ "$first_of_clients" -ge $((lowest + 1000)) ] || lowest=1024
highest=$((first_of_clients - count_of_ports))
[ "$highest" -gt "$lowest" ] || { lowest=10000 highest=32000; }
free=no
for ((attempt = 0; attempt < 1000; attempt++)); do
    base_port=$((lowest + RANDOM % (highest - lowest)))
    free=yes
    for ((i = 0; i < count_of_ports; i++)); do port_is_free $((base_port + i)) || free=no; done
    [ "$free" = no ] || break
done
[ "$free" = yes ] || fail "No $count_of_ports free ports in a row were found between $lowest and $highest."

say "Making a network of $validators validators and an observer (keys, genesis, a directory each)"
"$bin/veche-node" localnet --validators "$validators" --observers 1 --directory "$dir/net" --base-port "$base_port" \
    --kind training --chain-name demo --origin demo.veche.example/2026 --epoch-length 64 \
    --commission 7 --commission-threshold 4
genesis=$dir/net/genesis.json
urls=()
for ((i = 1; i <= validators; i++)); do urls+=("$(cat "$dir/net/validator-$i/api-url")"); done
observer=$(cat "$dir/net/observer-1/api-url")

say "Starting the nodes"
for ((i = 1; i <= validators; i++)); do start "validator-$i" "$bin/veche-node" run --home "$dir/net/validator-$i"; done
start observer-1 "$bin/veche-node" run --home "$dir/net/observer-1"
is_voting() { "$bin/veche-node" status --url "$1" --json | grep -Eq '"voting" ?: ?true'; }
for url in "${urls[@]}"; do wait_for "the validator at $url to vote" is_voting "$url"; done
wait_for "the observer to follow" "$bin/veche-node" status --url "$observer"
"$bin/veche-node" status --url "${urls[0]}"

chain=(--genesis "$genesis" --node "${urls[0]}" --node "${urls[1]}")

# ---- keys of the election's people

say "Making the keys of five trustees and of the registrar"
for t in 1 2 3 4 5; do
    "$bin/veche-ceremony" trustee init --home "$dir/trustee-$t" --name "Trustee $t" --cost interactive "${secret[@]}" >>"$dir/logs/trustee-$t.log" 2>&1 &
    pids[t]=$!
done
"$bin/veche-registrar" init --home "$dir/registrar" --name "Registrar" --template "$top/Genesis/demo/election.json" "${secret[@]}"
for t in 1 2 3 4 5; do wait "${pids[t]}"; done

# ---- create

commission() { # STEP OPTION...: member 1 proposes
    "$bin/veche-ceremony" commission "$@" "${chain[@]}" --key "$dir/net/commission/member-1.key" \
        --passphrase-file "$dir/net/commission/passphrase" >>"$dir/logs/commission.log"
}
member_signs() { # NUMBER PROPOSAL OPTION...
    local member=$1 proposal=$2
    shift 2
    "$bin/veche-ceremony" commission sign "$proposal" "${chain[@]}" --key "$dir/net/commission/member-$member.key" \
        --passphrase-file "$dir/net/commission/passphrase" --yes "$@" | tee -a "$dir/logs/commission.log" | tail -n 1
}
create() { # OPENS CLOSES CEREMONY-ENDS FILE
    # shellcheck disable=SC2046
    commission create --template "$top/Genesis/demo/election.json" \
        $(for t in 1 2 3 4 5; do printf -- '--trustee %s ' "$dir/trustee-$t/trustee.public.json"; done) \
        --registrar "$dir/registrar/registrar.public.json" --opens "$(utc "$1")" --closes "$(utc "$2")" \
        --ceremony-ends "$(utc "$3")" --output "$4"
}

# The election must be in the log before it opens. Five programs in turn propose, sign and send it; a trial says how long one takes.
now=$(date +%s)
timed create $((now + 86400)) $((now + 90000)) $((now + 80000)) "$dir/trial.json"
now=$(date +%s)
opens=$((now + 10 + 5 * 5 * took))
closes=$((opens + 40 + voters / 6))
say "Creating the election: it opens at $(utc $opens), closes at $(utc $closes); four of seven members sign"
create $opens $closes $((now + 7200)) "$dir/create.json"
member_signs 2 "$dir/create.json"
member_signs 3 "$dir/create.json"
timed member_signs 4 "$dir/create.json" --submit

# ---- the window stays open until all have voted

# One program of a member replays the log: the time it takes grows with the ballots and with what else the machine does.
cast_ballots() { find "$dir/votes" -name '*.json' -size +0 | wc -l; }
replay() { "$bin/veche" results --election demo "${chain[@]}" >/dev/null; }
# Members 1, 2 and 3 sign the next extension in advance, so that one program sends it when it is needed.
prepare_extension() {
    extended=$((extended + 1))
    next_closes=$((closes + 30 + 20 * took))
    timed commission extend --election demo --closes "$(utc $next_closes)" \
        --reason "casting takes longer than estimated" --output "$dir/extend-$extended.json"
    member_signs 2 "$dir/extend-$extended.json" >>"$dir/logs/window.log"
    timed member_signs 3 "$dir/extend-$extended.json" >>"$dir/logs/window.log"
}
# Runs beside everything else until DIR/all-cast exists. DIR/closes and DIR/extended say how things are.
keep_window_open() {
    local extended=0 next_closes timed_at=0 cast
    printf '%s\n' $closes >"$dir/closes"
    printf '0\n' >"$dir/extended"
    prepare_extension
    until [ -e "$dir/all-cast" ]; do
        cast=$(cast_ballots)
        if [ "$cast" -ge $((2 * timed_at + 10)) ]; then
            timed_at=$cast
            timed replay
        fi
        if [ $((closes - $(date +%s))) -lt $((10 + 5 * took)) ]; then
            say "More time is needed: the commission extends the window to $(utc $next_closes)"
            timed member_signs 4 "$dir/extend-$extended.json" --submit
            closes=$next_closes
            printf '%s\n' $closes >"$dir/closes"
            printf '%s\n' $extended >"$dir/extended"
            prepare_extension
        fi
        sleep 0.5
    done
}
# A group of its own, so that it can be ended with all its children.
set -m
keep_window_open &
window_keeper=$!
set +m
require_window() {
    kill -0 "$window_keeper" 2>/dev/null || fail "The window could not be extended: see $dir/logs/commission.log."
}

# ---- key ceremony

trustees() { # STEP NUMBER...: one process per trustee, all at once
    local step=$1 t failed=no
    shift
    for t in "$@"; do
        "$bin/veche-ceremony" trustee "$step" --home "$dir/trustee-$t" --election demo "${chain[@]}" "${secret[@]}" \
            >>"$dir/logs/trustee-$t.log" 2>&1 &
        pids[t]=$!
    done
    for t in "$@"; do wait "${pids[t]}" || { failed=yes; tail -n 3 "$dir/logs/trustee-$t.log" >&2; }; done
    [ "$failed" = no ] || fail "A trustee could not take the step '$step'."
}
say "Key ceremony: five trustees make the election's keys; nobody ever holds them whole"
for step in register commit deal check confirm rehearse; do
    printf '   %s\n' "$step"
    trustees "$step" 1 2 3 4 5
    require_window
done

# ---- roll and registrar

say "The registrar commits the roll of $listed voters and starts to issue"
"$bin/veche-registrar" roll --home "$dir/registrar" --register "$register" --election demo "${chain[@]}" "${secret[@]}"
registrar_port=$((base_port + 2 * (validators + 1)))
registrar=http://127.0.0.1:$registrar_port
start registrar "$bin/veche-registrar" serve --home "$dir/registrar" --election demo --listen "127.0.0.1:$registrar_port" \
    "${chain[@]}" "${secret[@]}"
wait_for "the registrar to answer" curl -fsS "$registrar/v1/status"
is_open() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"open"'; }
wait_for "the election to open" is_open

# ---- casting

cast_one() { # LINE-NUMBER: one voter, as the register's line says
    local number=$1 line voter code style project parks i first nodes=()
    line=$(sed -n "$((number + 1))p" "$REGISTER")
    IFS=, read -r voter code style project parks <<<"$line"
    local home=$DIR/voters/$voter
    mkdir -p "$home"
    printf '%s\n' "$code" >"$home/code"
    read -r -a all <<<"$URLS"
    first=$((number % ${#all[@]}))
    for ((i = 0; i < ${#all[@]}; i++)); do nodes+=(--node "${all[$(((first + i) % ${#all[@]}))]}"); done
    # The command goes on where it was when it is run again: it never casts twice.
    for ((i = 0; i < 5; i++)); do
        "$BIN/veche" vote --genesis "$GENESIS" "${nodes[@]}" --registrar "$REGISTRAR" --election demo --voter "$voter" \
            --code-file "$home/code" --home "$home" --passphrase-file "$DIR/passphrase" --yes --json \
            --select "project=$project" --select "parks=${parks:-none}" >"$home/outcome.json" 2>>"$DIR/logs/votes.log" &&
            { mv "$home/outcome.json" "$DIR/votes/$voter.json"; return 0; }
        sleep 1
    done
    printf 'The ballot of %s was not cast: see %s/logs/votes.log\n' "$voter" "$DIR" >&2
    return 1
}
export -f cast_one
export REGISTER=$register DIR=$dir BIN=$bin GENESIS=$genesis REGISTRAR=$registrar URLS="${urls[*]}"

say "The first voter does not trust the machine and challenges it before casting"
line=$(sed -n 2p "$register")
IFS=, read -r voter code style project parks <<<"$line"
mkdir -p "$dir/voters/$voter"
printf '%s\n' "$code" >"$dir/voters/$voter/code"
"$bin/veche" vote "${chain[@]}" --registrar "$registrar" --election demo --voter "$voter" --challenge \
    --code-file "$dir/voters/$voter/code" --home "$dir/voters/$voter" "${secret[@]}" \
    --select "project=$project" --select "parks=${parks:-none}" | tee "$dir/challenge"
challenged=$(sed -n 's/.*encrypted choices: //p' "$dir/challenge")
printf '   on another machine, asking another node:\n'
"$bin/veche" open "$dir/voters/$voter/challenge-1.opening.json" --tracking-code "$challenged" --genesis "$genesis" \
    --node "$observer" --select "project=$project" --select "parks=${parks:-none}"
sed 's/"opening" : "\(..\)/"opening" : "ff/' "$dir/voters/$voter/challenge-1.opening.json" >"$dir/changed.opening.json"
if "$bin/veche" open "$dir/changed.opening.json" --genesis "$genesis" --node "$observer" 2>/dev/null; then
    fail "A changed opening was accepted."
fi

say "Casting $voters ballots, spread over all validators"
casting_started=$(date +%s.%N)
at_once=$((4 * $(nproc)))
[ "$at_once" -le 12 ] || at_once=12
seq 1 "$voters" >"$dir/numbers"
set -m
xargs -a "$dir/numbers" -P "$at_once" -I{} bash -c 'cast_one {} || exit 255' &
casting=$!
set +m
killed=no progress=0
while kill -0 "$casting" 2>/dev/null; do
    cast=$(cast_ballots)
    if [ "$cast" -ge $((progress + voters / 10 + 1)) ]; then
        progress=$cast
        printf '   %s of %s ballots are final\n' "$cast" "$voters"
    fi
    if [ "$killed" = no ] && [ "$cast" -ge $((voters / 3)) ]; then
        killed=yes
        say "Killing validator-2 with SIGKILL in mid-election"
        kill -KILL "${running[validator-2]}"
        wait "${running[validator-2]}" 2>/dev/null || true
        unset "running[validator-2]"
        dead_since=$(date +%s)
    fi
    if [ "$killed" = yes ] && [ $(($(date +%s) - dead_since)) -ge 4 ]; then
        killed=done
        say "Starting validator-2 again"
        start validator-2 "$bin/veche-node" run --home "$dir/net/validator-2"
    fi
    require_window
    sleep 0.5
done
wait "$casting" || fail "Not every ballot was cast."
casting_ended=$(date +%s.%N)
touch "$dir/all-cast"
wait "$window_keeper" || fail "The window could not be extended: see $dir/logs/commission.log."
closes=$(cat "$dir/closes")
extended=$(cat "$dir/extended")
if [ "$killed" = yes ]; then
    say "Starting validator-2 again"
    start validator-2 "$bin/veche-node" run --home "$dir/net/validator-2"
fi
say "All $voters ballots are final; validator-2 must have caught up and vote again"
wait_for "validator-2 to vote again" is_voting "${urls[1]}"

# ---- close, decrypt, sign

say "Waiting for the close by chain time, $(utc $closes) and the grace"
is_closed() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"(closed|decrypting)"'; }
wait_for "the election to close" is_closed

say "Decrypting: trustee 4 sends a wrong share, trustee 5 is missing, trustees 1, 2 and 3 suffice"
if "$bin/wrong-share" --home "$dir/trustee-4" --election demo "${chain[@]}" "${secret[@]}"; then
    fail "A wrong share was accepted."
fi
trustees decrypt 1 2 3
is_tallied() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"(tallied|signed|final)"'; }
wait_for "the tally" is_tallied
wait_for "the result protocol" curl -fsS "$observer/v1/elections/demo/protocol"

say "Four commission members sign the result protocol"
for m in 1 2 3 4; do
    "$bin/veche-ceremony" commission sign --protocol --election demo "${chain[@]}" --key "$dir/net/commission/member-$m.key" \
        --passphrase-file "$dir/net/commission/passphrase" --yes --save "$dir/protocol.json" |
        tee -a "$dir/logs/commission.log" | tail -n 3
done
is_final() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"final"'; }
wait_for "the protocol to be final" is_final

# ---- what everybody can check

say "The result, from the observer"
"$bin/veche" results --genesis "$genesis" --node "$observer" --election demo

say "Comparing with the register's choices"
awk -F, -v n="$voters" 'NR > 1 && NR <= n + 1 {
    count["project," $4]++
    m = split($5, parks, "+")
    for (i = 1; i <= m; i++) count["parks," parks[i]]++
} END { for (key in count) print key "," count[key] }' "$register" | sort >"$dir/expected.csv"
"$bin/veche" results --genesis "$genesis" --node "$observer" --election demo --csv |
    awk -F, 'NR > 1 && $4 > 0 { count[$2 "," $3] += $4 } END { for (key in count) print key "," count[key] }' | sort >"$dir/tallied.csv"
if diff -u "$dir/expected.csv" "$dir/tallied.csv"; then
    printf '   every option of every contest has the number of votes that the register holds\n'
else
    fail "The tally differs from the register's choices (above)."
fi

say "Checking ten receipts offline"
checked=0
for ((i = 0; i < 10 && i < voters; i++)); do
    number=$((1 + i * voters / 10))
    voter=$(sed -n "$((number + 1))p" "$register" | cut -d, -f1)
    "$bin/veche" check --genesis "$genesis" --home "$dir/voters/$voter"
    checked=$((checked + 1))
done

say "Auditing the whole log from the observer"
"$bin/veche" audit --genesis "$genesis" --node "$observer" --election demo

# ---- summary

summary() {
    local elapsed heights blocks
    elapsed=$(awk -v a="$casting_started" -v b="$casting_ended" 'BEGIN { printf "%.1f", b - a }')
    cat "$dir"/votes/*.json | sed -n 's/.*"finalityMilliseconds" *: *\([0-9]*\).*/\1/p' | sort -n >"$dir/finality"
    heights=$("$bin/veche-node" status --url "$observer" --json)
    blocks=$(sed -n 's/.*"height" *: *\([0-9]*\).*/\1/p' <<<"$heights" | head -n 1)
    printf 'ballots                %s\n' "$voters"
    printf 'blocks                 %s\n' "$blocks"
    printf 'time to finality       median %s ms, 99th percentile %s ms\n' \
        "$(awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }' "$dir/finality")" \
        "$(awk '{ v[NR] = $1 } END { i = int(NR * 0.99 + 0.999999); print v[i < 1 ? 1 : i] }' "$dir/finality")"
    printf 'ballots per second     %s (%s s of casting by separate voters'"'"' processes)\n' \
        "$(awk -v n="$voters" -v s="$elapsed" 'BEGIN { printf "%.1f", n / s }')" "$elapsed"
    printf 'window extensions      %s\n' "$extended"
    printf 'receipts checked       %s\n' "$checked"
    printf 'log root               %s\n' "$(sed -n 's/.*"logRoot" *: *"\([0-9a-f]*\)".*/\1/p' <<<"$heights" | head -n 1)"
    printf 'the whole election     %s s\n' "$(($(date +%s) - started))"
}
say "Summary"
summary | tee "$dir/summary"

if [ "$keep" = yes ]; then
    say "The network goes on. Try, for as long as it runs:"
    cat <<TRY
   $bin/veche-node status --url $observer
   $bin/veche watch --genesis $genesis --node $observer --election demo
   $bin/veche results --genesis $genesis --node $observer --election demo
   $bin/veche check --genesis $genesis --home $dir/voters/v0001
   curl $observer/checkpoint
   curl -N $observer/v1/events
   To end it: kill ${running[*]}
TRY
    disown -a
else
    stop_all
    say "The network is stopped; everything it made stays in $dir"
fi
