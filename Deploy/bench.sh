#!/usr/bin/env bash
# Measures what the documents claim. Pinned to one core where taskset is there.
# usage: Deploy/bench.sh ballots [--json] [--rounds N]     the cryptography of ballots
#        Deploy/bench.sh --help | ballots --help           what each figure is
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case "${1:-}" in
    ballots | --help) ;;
    *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac

# What is printed on standard output are the figures alone.
(cd "$top" && swift build -c release --product veche-bench >&2)
bench=$(cd "$top" && swift build -c release --show-bin-path)/veche-bench
[ "$1" = --help ] && sed -n '2,4s/^# //p' "$0"

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
    line=$("${pinned[@]}" node "$top/Tests/BallotWebTests/Host/bench.mjs" "$top/.build/ballot-web")
    case " $* " in
        *" --json "*) printf '%s\n' "$line" ;;
        *) printf '%s\n' "$line" | sed 's/.*"name":"\([^"]*\)","value":\([^,]*\),"unit":"\([^"]*\)".*/\1  \2 \3/' ;;
    esac
fi
