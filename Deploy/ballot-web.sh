#!/usr/bin/env bash
# Builds the browser's ballot module: .build/ballot-web/ballot.wasm and ballot.mjs beside it.
# It compiles the same Swift as nodes and tools run, as Embedded Swift for WebAssembly, with the same
# toolchain. What has not changed since the last time is not compiled again.
# usage: Deploy/ballot-web.sh
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$top/.build/ballot-web
modules=(Codec Hashing Ristretto BallotCryptography TransparencyLog BallotWeb)
stack_size=$((1 << 20))
memory_size=$((16 << 20))
heap_start=$((2 << 20)) # Layout.heapStart of HostMemory.swift

flags=(
    -target wasm32-unknown-none-wasm -O -wmo -parse-as-library -package-name veche
    -enable-experimental-feature Embedded -enable-experimental-feature Extern
    -strict-memory-safety -warnings-as-errors
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature NonisolatedNonsendingByDefault
    -enable-upcoming-feature InferIsolatedConformances
    # WebAssembly keeps return addresses where no overflow reaches them.
    -Xfrontend -disable-stack-protector
)

resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
linker=$resources/../../bin/wasm-ld
if [ ! -x "$linker" ] || [ ! -d "$resources/embedded/wasm32-unknown-none-wasm" ]; then
    echo "This Swift toolchain cannot build for WebAssembly: install the one of swift.org (6.3 or later)." >&2
    exit 1
fi

mkdir -p "$out"
cd "$top"
inputs="$(swift --version 2>/dev/null | head -n 1) ${flags[*]}"

# Compiles a module, if its sources or those of a module before it have changed.
compile() {
    local module=$1 inputs=$2
    [ "$(cat "$out/$module.stamp" 2>/dev/null)" = "$inputs" ] && [ -f "$out/$module.o" ] && return
    rm -f "$out/$module.stamp"
    swiftc "${flags[@]}" -I "$out" -module-name "$module" \
        -emit-module -emit-module-path "$out/$module.swiftmodule" \
        -c Sources/*/"$module"/*.swift -o "$out/$module.o"
    printf '%s' "$inputs" >"$out/$module.stamp"
}

objects=()
beside=
for module in "${modules[@]}"; do
    inputs="$inputs $(cat Sources/*/"$module"/*.swift | sha256sum)"
    objects=("$out/$module.o" "${objects[@]}")
    case $module in
        BallotCryptography) # The next one does not need it.
            compile "$module" "$inputs" &
            beside=$!
            ;;
        BallotWeb)
            wait "$beside"
            compile "$module" "$inputs"
            ;;
        *) compile "$module" "$inputs" ;;
    esac
done

# Memory is stack, data, heap and cannot grow. Swift reserves the name `free`, so the heap's is wrapped.
"$linker" "${objects[@]}" --no-entry --gc-sections --strip-all --wrap=free \
    --stack-first -z stack-size=$stack_size --initial-memory=$memory_size --max-memory=$memory_size \
    --global-base=$stack_size --export=__heap_base --Map="$out/ballot.map" -o "$out/ballot.wasm"
last=$(awk '$4 == "DATA" { data = 1; next } data && $1 != "-" { print $1, $3 }' "$out/ballot.map" | tail -n 1)
data_end=$((16#${last% *} + 16#${last#* }))
if [ "$data_end" -gt "$heap_start" ]; then
    echo "The module's data ends at $data_end, above the start of its heap at $heap_start." >&2
    exit 1
fi
cp Sources/Tools/BallotWeb/ballot.mjs "$out/ballot.mjs"
echo "$out/ballot.wasm: $(stat -c %s "$out/ballot.wasm") bytes, $(gzip -9c "$out/ballot.wasm" | wc -c) compressed"
