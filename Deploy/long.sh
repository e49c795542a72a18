#!/usr/bin/env bash
# The tests that take longer than a change may wait for. Each part goes on where it was interrupted, as long as the commit is the
# same, and says when it last passed and on which commit.
#
#   Deploy/long.sh [PART...]    run parts, all of them unless told
#   Deploy/long.sh status       when each part last passed, and how far it is on this commit
#
#   seeds      100,000 seeds of whole clusters with all faults (hours)
#   twins      all 262,144 cases of one validator that runs twice (hours)
#   rules      each rule that is switched off is found within 2,000 seeds (half an hour, and a build of its own)
#   fuzz       each decoder and the sessions of peers under libFuzzer, 600 seconds each (hours, and a build of its own)
#   traffic    hostile peers behind a real TLS handshake, a minute from each of 60 seeds (an hour)
#   attacks    every attack on a validator for a minute each, with figures (half an hour)
#   stops      500 stops of nodes at random moments (half an hour)
#
# VECHE_LONG_SCALE=N does one Nth of the steps of each part, to try a change of the script itself; that is not noted as passed.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$top"

parts=(seeds twins rules fuzz traffic attacks stops)
records=$top/.build/long
scale=${VECHE_LONG_SCALE:-1}
commit=$(git rev-parse --short=12 HEAD)
[ -z "$(git status --porcelain)" ] || commit=$commit-changed

usage() { sed -n '2,18s/^# \{0,1\}//p' "$0"; }

case "${1:-}" in
    -h | --help) usage; exit 0 ;;
    status) mode=status; shift ;;
    *) mode=run ;;
esac
chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || chosen=("${parts[@]}")
for part in "${chosen[@]}"; do
    case " ${parts[*]} " in
        *" $part "*) ;;
        *) usage >&2; fail "There is no part '$part'." ;;
    esac
done

# The steps of a part: a line each, with what its `do_...` needs.
steps() {
    local n
    case $1 in
        seeds) for ((n = 0; n < 100000; n += 1000)); do echo "$n $((n + 999))"; done ;;
        twins) for ((n = 0; n < 262144; n += 4096)); do echo "$n $((n + 4095))"; done ;;
        rules) Deploy/rules.sh list --findable ;;
        fuzz) "$top/Deploy/fuzz.sh" list ;;
        traffic) for ((n = 1; n <= 60; n++)); do echo "$n"; done ;;
        attacks) sed -n 's/^    case \([a-zA-Z]*\)$/\1/p' Tests/Testing/Attackers/Attack.swift ;;
        stops) for ((n = 1; n <= 25; n++)); do echo "$n"; done ;;
    esac
}

prepare() {
    case $1 in
        seeds | twins) swift build -c release --product veche-simulate ;;
        rules) Deploy/rules.sh build ;;
        fuzz) ;;
        traffic | attacks | stops) swift build -c release --build-tests ;;
    esac
}

simulate() { "$top/.build/release/veche-simulate" --jobs "$(nproc)" "$@"; }

step() {
    local part=$1
    shift
    case $part in
        seeds) simulate --seeds "$1..$2" --validators 4,5,6,7,10,13 ;;
        twins) simulate --twins --seeds "$1..$2" ;;
        rules) Deploy/rules.sh find "$1" ;;
        fuzz) Deploy/fuzz.sh "$1" 600 ;;
        traffic) VECHE_TRAFFIC_SEED=$1 VECHE_TRAFFIC_SECONDS=60 swift test -c release --skip-build --filter HostileTrafficTests ;;
        attacks) .build/release/veche-bench attacks --attack "$1" --seconds 60 ;;
        stops) VECHE_STOP_SEED=$1 VECHE_STOPS=20 swift test -c release --skip-build --filter aStopAtAnyMomentIsClean ;;
    esac
}

show() {
    local part=$1 done=0 all=""
    [ ! -d "$records/$part/$commit" ] || done=$(find "$records/$part/$commit" -type f | wc -l)
    printf '%-10s %s' "$part" "$(cat "$records/$part/passed" 2>/dev/null || echo 'has not passed here yet')"
    [ "$done" -eq 0 ] || printf ' (%s: %s steps done)' "$commit" "$done"
    printf '\n'
}

run_part() {
    local part=$1 line name log=$records/$1/log number=0 count
    local finished=$records/$part/$commit
    mkdir -p "$finished"
    say "$part: preparing"
    prepare "$part" >"$records/$part/build.log" 2>&1 || fail "The build failed; see $records/$part/build.log."
    local lines=()
    mapfile -t lines < <(steps "$part")
    count=${#lines[@]}
    [ "$count" -gt 0 ] || fail "$part has no steps."
    for line in "${lines[@]}"; do
        number=$((number + 1))
        [ $((number % scale)) -eq 0 ] || continue
        name=$finished/${line// /-}
        [ ! -e "$name" ] || continue
        printf '%s: step %s of %s (%s)\n' "$part" "$number" "$count" "$line"
        # shellcheck disable=SC2086
        step "$part" $line >"$log" 2>&1 || {
            tail -n 40 "$log" >&2
            fail "$part failed at '$line' on $commit. All that it wrote is in $log; the steps before it need not be run again."
        }
        mv "$log" "$name"
    done
    if [ "$scale" -eq 1 ]; then
        printf 'passed %s on %s\n' "$(date -u +%Y-%m-%dT%H:%MZ)" "$commit" >"$records/$part/passed"
    fi
    show "$part"
}

if [ "$mode" = status ]; then
    for part in "${chosen[@]}"; do show "$part"; done
    exit 0
fi
prepare_machine python3 curl nodejs chromium
for part in "${chosen[@]}"; do run_part "$part"; done
