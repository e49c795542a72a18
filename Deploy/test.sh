#!/usr/bin/env bash
# Sets everything up on a Debian machine and passes all tests. It can be run again.
# usage: Deploy/test.sh [--filter PATTERN]    (a filter runs a part: swift test's own)
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

case "${1:-}" in
    -h | --help) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
esac

prepare_machine python3 python3-z3 curl nodejs chromium
build
say "Checking the style of the sources"
(cd "$top" && swift format lint --strict --parallel --recursive Package.swift Sources Tests)
say "Running the tests"
cd "$top"
if [ $# -gt 0 ]; then
    swift test -c release --skip-build "$@"
else
    # The browser's tests have the machine to themselves: Chromium crashes at its start beside everything else.
    swift test -c release --skip-build --filter BallotWebTests
    swift test -c release --skip-build --skip BallotWebTests
fi
say "All tests passed."
