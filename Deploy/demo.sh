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
# Exit status: 0 only if the tally equals the register's choices, all checked receipts hold and the audit accepts the log.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

voters=300 validators=4 dir="" keep=no build=yes
usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; }
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
    local name
    for name in "${!running[@]}"; do kill -TERM "${running[$name]}" 2>/dev/null || true; done
    for name in "${!running[@]}"; do wait "${running[$name]}" 2>/dev/null || true; done
    running=()
}
on_exit() {
    local status=$?
    if [ "$status" -ne 0 ]; then
        stop_all
        printf '\nThe demonstration failed (exit status %s). Logs are in %s/logs.\n' "$status" "$dir" >&2
    fi
}
trap on_exit EXIT
trap 'exit 130' INT TERM

# Waits until a command succeeds: SECONDS WHAT COMMAND...
wait_for() {
    local bound=$1 what=$2 end
    shift 2
    end=$(($(date +%s) + bound))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || fail "Waited $bound seconds in vain for: $what."
        sleep 0.2
    done
}
utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

mkdir -p "$dir/logs" "$dir/voters" "$dir/votes"
umask 077
printf 'demonstration passphrase\n' >"$dir/passphrase"
secret=(--passphrase-file "$dir/passphrase")

# ---- the network

base_port=$((20000 + RANDOM % 20000))
while :; do
    free=yes
    for ((i = 0; i < 2 * (validators + 1) + 1; i++)); do port_is_free $((base_port + i)) || free=no; done
    [ "$free" = yes ] && break
    base_port=$((20000 + RANDOM % 20000))
done

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
for url in "${urls[@]}"; do wait_for 60 "the validator at $url to vote" is_voting "$url"; done
wait_for 60 "the observer to follow" "$bin/veche-node" status --url "$observer"
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

# Members 2, 3 and 4 sign what member 1 proposed; the last one sends it.
others_sign() { # PROPOSAL
    local m
    for m in 2 3 4; do
        "$bin/veche-ceremony" commission sign "$1" "${chain[@]}" --key "$dir/net/commission/member-$m.key" \
            --passphrase-file "$dir/net/commission/passphrase" --yes $([ "$m" = 4 ] && printf -- --submit) |
            tee -a "$dir/logs/commission.log" | tail -n 1
    done
}
extended=0
# Moves the close if it is nearer than SECONDS.
extend_if_nearer_than() {
    [ $((closes - $(date +%s))) -lt "$1" ] || return 0
    closes=$(($(date +%s) + $1 + 45))
    extended=$((extended + 1))
    say "More time is needed: the commission extends the window to $(utc $closes)"
    "$bin/veche-ceremony" commission extend --election demo "${chain[@]}" --closes "$(utc $closes)" \
        --reason "casting takes longer than estimated" --key "$dir/net/commission/member-1.key" \
        --passphrase-file "$dir/net/commission/passphrase" --output "$dir/extend-$extended.json" >>"$dir/logs/commission.log"
    others_sign "$dir/extend-$extended.json"
}

now=$(date +%s)
opens=$((now + 20))
closes=$((now + 60 + voters / 6))
say "Creating the election: it opens at $(utc $opens), closes at $(utc $closes); four of seven members sign"
"$bin/veche-ceremony" commission create --template "$top/Genesis/demo/election.json" "${chain[@]}" \
    $(for t in 1 2 3 4 5; do printf -- '--trustee %s ' "$dir/trustee-$t/trustee.public.json"; done) \
    --registrar "$dir/registrar/registrar.public.json" --opens "$(utc $opens)" --closes "$(utc $closes)" \
    --ceremony-ends "$(utc $((now + 1200)))" --key "$dir/net/commission/member-1.key" \
    --passphrase-file "$dir/net/commission/passphrase" --output "$dir/create.json"
others_sign "$dir/create.json"

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
    extend_if_nearer_than 30
done

# ---- roll and registrar

say "The registrar commits the roll of $listed voters and starts to issue"
"$bin/veche-registrar" roll --home "$dir/registrar" --register "$register" --election demo "${chain[@]}" "${secret[@]}"
registrar_port=$((base_port + 2 * (validators + 1)))
registrar=http://127.0.0.1:$registrar_port
start registrar "$bin/veche-registrar" serve --home "$dir/registrar" --election demo --listen "127.0.0.1:$registrar_port" \
    "${chain[@]}" "${secret[@]}"
wait_for 30 "the registrar to answer" curl -fsS "$registrar/v1/status"
is_open() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"open"'; }
wait_for 120 "the election to open" is_open
extend_if_nearer_than 25

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
    "$BIN/veche" vote --genesis "$GENESIS" "${nodes[@]}" --registrar "$REGISTRAR" --election demo --voter "$voter" \
        --code-file "$home/code" --home "$home" --passphrase-file "$DIR/passphrase" --yes --json \
        --select "project=$project" --select "parks=${parks:-none}" >"$DIR/votes/$voter.json" 2>>"$DIR/logs/votes.log" ||
        { printf 'The ballot of %s was not cast: see %s/logs/votes.log\n' "$voter" "$DIR" >&2; return 1; }
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
seq 1 "$voters" | xargs -P 12 -I{} bash -c 'cast_one {} || exit 1' &
casting=$!
killed=no progress=0
while kill -0 "$casting" 2>/dev/null; do
    cast=$(find "$dir/votes" -name '*.json' -size +0 | wc -l)
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
    extend_if_nearer_than 20
    sleep 0.5
done
wait "$casting" || fail "Not every ballot was cast."
casting_ended=$(date +%s.%N)
if [ "$killed" = yes ]; then
    say "Starting validator-2 again"
    start validator-2 "$bin/veche-node" run --home "$dir/net/validator-2"
fi
say "All $voters ballots are final; validator-2 must have caught up and vote again"
wait_for 60 "validator-2 to vote again" is_voting "${urls[1]}"

# ---- close, decrypt, sign

say "Waiting for the close by chain time, $(utc $closes) and the grace"
is_closed() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"(closed|decrypting)"'; }
wait_for $((closes - $(date +%s) + 90)) "the election to close" is_closed

say "Decrypting: trustee 4 sends a wrong share, trustee 5 is missing, trustees 1, 2 and 3 suffice"
if "$bin/wrong-share" --home "$dir/trustee-4" --election demo "${chain[@]}" "${secret[@]}"; then
    fail "A wrong share was accepted."
fi
trustees decrypt 1 2 3
is_tallied() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"(tallied|signed|final)"'; }
wait_for 60 "the tally" is_tallied
wait_for 60 "the result protocol" curl -fsS "$observer/v1/elections/demo/protocol"

say "Four commission members sign the result protocol"
for m in 1 2 3 4; do
    "$bin/veche-ceremony" commission sign --protocol --election demo "${chain[@]}" --key "$dir/net/commission/member-$m.key" \
        --passphrase-file "$dir/net/commission/passphrase" --yes --save "$dir/protocol.json" |
        tee -a "$dir/logs/commission.log" | tail -n 3
done
is_final() { curl -fsS "$observer/v1/elections/demo" | grep -Eq '"phase" ?: ?"final"'; }
wait_for 60 "the protocol to be final" is_final

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
