#!/usr/bin/env bash
# Measures what the documents claim.
# usage: Deploy/bench.sh ballots [--json] [--rounds N]     the cryptography of ballots, on one core where taskset is there
#        Deploy/bench.sh finality [--json] [--ballots N]   how soon a ballot is final on four validators, and after a killed leader
#        Deploy/bench.sh load [--json] [--rate N] [--seconds N]    what validators do under a steady load of ballots, and what it costs them
#        Deploy/bench.sh attacks [--json] [--seconds N]    what each attack of a stranger costs a validator and those whom it serves
#        Deploy/bench.sh --help | ballots --help | finality --help | load --help | attacks --help    what each figure is
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case "${1:-}" in
    ballots | finality | load | attacks | --help) ;;
    *) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
esac

# What is printed on standard output are the figures alone.
(cd "$top" && swift build -c release --product veche-bench >&2)
bench=$(cd "$top" && swift build -c release --show-bin-path)/veche-bench
if [ "$1" != ballots ] && [ "$1" != --help ]; then
    (cd "$top" && swift build -c release --product veche-node >&2)
    # The processes that it starts end with it, at the latest after half an hour.
    directory=$(mktemp -d "${TMPDIR:-/tmp}/veche-bench.XXXXXX")
    if TMPDIR=$directory timeout --signal=INT --kill-after=30 1800 "$bench" "$@"; then
        rm -rf "$directory"
        exit 0
    fi
    fail "The measurement failed. What the nodes wrote is in $directory."
fi
[ "$1" = --help ] && sed -n '2,7s/^# //p' "$0"

pinned=()
if command -v taskset >/dev/null; then
    # The last core this process may use: the first ones serve the interrupts.
    core=$(taskset -cp $$ | sed 's/.*[:,-] *//')
    pinned=(taskset -c "$core")
fi
"${pinned[@]}" "$bench" "$@"

# A ballot made in a browser, where there is one.
case " $* " in *" --help "*) exit 0 ;; esac
if command -v node >/dev/null && command -v chromium >/dev/null; then
    "$top/Deploy/ballot-web.sh" >&2
    line=$("${pinned[@]}" node "$top/Tests/Tools/BallotWebTests/Host/bench.mjs" "$top/.build/ballot-web")
    case " $* " in
        *" --json "*) printf '%s\n' "$line" ;;
        *) printf '%s\n' "$line" | sed 's/.*"name":"\([^"]*\)","value":\([^,]*\),"unit":"\([^"]*\)".*/\1  \2 \3/' ;;
    esac
fi
