#!/usr/bin/env bash
# Switches off one rule after the other, to see that the simulation notices. Each rule is a patch in Tests/Testing/Rules, and one copy
# of the sources in .build/rules holds all of them behind a number that is chosen at run time: they cost one build.
#
#   Deploy/rules.sh check            do all patches still apply, and does the table have their rows?
#   Deploy/rules.sh list             the names of the rules; with --findable, without those that no run can find
#   Deploy/rules.sh build            make the copy and build its veche-simulate, which has the option --without NAME
#   Deploy/rules.sh find NAME...     find each of these rules within 2,000 seeds, with the copy as it was built
#   Deploy/rules.sh run NAME...      build, then find
#   Deploy/rules.sh table [NAME...]  build, find all of them unless told, and write the table in Sources/ARCHITECTURE.md
#
# A seed counts only if the same run with all rules breaks no invariant.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$top"

patches=$top/Tests/Testing/Rules
copy=$top/.build/rules

usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; }
generate() { python3 -B "$patches/generate.py" "$@"; }

build_copy() {
    generate make "$copy"
    swift build -c release --package-path "$copy" --product veche-simulate >"$copy/build.log" 2>&1 \
        || { grep -E -A 5 'error:' "$copy/build.log" >&2; fail "The copy in $copy does not build; see $copy/build.log."; }
}

# Prints a line with the name, the seeds until found, the invariant and how it broke; fails where nothing was found.
find_rule() {
    local options
    read -r -a options <<<"$(generate options "$1")"
    "$copy/.build/release/veche-simulate" --without "$1" --seeds 0..1999 --validators 4,4,5,7 "${options[@]}"
}

case "${1:-}" in
    check | list) generate "$@" ;;
    build) build_copy ;;
    find | run)
        [ $# -gt 1 ] || { usage >&2; fail "Name a rule."; }
        [ "$1" = find ] || build_copy
        for name in "${@:2}"; do find_rule "$name"; done
        ;;
    table)
        build_copy
        mapfile -t names < <(generate list)
        [ $# -eq 1 ] || names=("${@:2}")
        # Rules that no run can find are run as well: their patches say why.
        for name in "${names[@]}"; do find_rule "$name" || true; done | tee "$copy/found"
        generate table "$copy/found"
        ;;
    -h | --help) usage ;;
    *) usage >&2; exit 64 ;;
esac
