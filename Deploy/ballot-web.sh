#!/usr/bin/env bash
# Builds the browser's ballot module: .build/ballot-web/ballot.wasm and ballot.mjs beside it.
# It compiles the same Swift as nodes and tools run, as Embedded Swift for WebAssembly, with the same
# toolchain. What has not changed since the last time is not compiled again.
# usage: Deploy/ballot-web.sh
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$top/.build/ballot-web
modules=(Codec Ristretto BallotCryptography TransparencyLog BallotWeb)
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

mkdir -p "$out"
cd "$top"
toolchain=$(swift --version 2>/dev/null | head -n 1)
inputs="$toolchain ${flags[*]} $(cat Deploy/ballot-web.sh | sha256sum)"
objects=()
for module in "${modules[@]}"; do
    # A module's stamp covers its sources and those of the modules before it.
    inputs="$inputs $(cat Sources/"$module"/*.swift | sha256sum)"
    objects=("$out/$module.o" "${objects[@]}")
    if [ "$(cat "$out/$module.stamp" 2>/dev/null)" != "$inputs" ] || [ ! -f "$out/$module.o" ]; then
        rm -f "$out/$module.stamp"
        swiftc "${flags[@]}" -I "$out" -module-name "$module" \
            -emit-module -emit-module-path "$out/$module.swiftmodule" \
            -c Sources/"$module"/*.swift -o "$out/$module.o"
        printf '%s' "$inputs" >"$out/$module.stamp"
    fi
done

# Memory is stack, data, heap and cannot grow. Swift reserves the name `free`, so the heap's is wrapped.
wasm-ld "${objects[@]}" --no-entry --gc-sections --strip-all --wrap=free \
    --stack-first -z stack-size=$stack_size --initial-memory=$memory_size --max-memory=$memory_size \
    --global-base=$stack_size --export=__heap_base --Map="$out/ballot.map" -o "$out/ballot.wasm"
data_end=$(awk '$NF == "__heap_base" { print $1 }' "$out/ballot.map")
if [ -n "$data_end" ] && [ $((16#$data_end)) -gt $heap_start ]; then
    echo "The module's data ends at $((16#$data_end)), above the start of its heap at $heap_start." >&2
    exit 1
fi
cp Sources/BallotWeb/ballot.mjs "$out/ballot.mjs"
echo "$out/ballot.wasm: $(stat -c %s "$out/ballot.wasm") bytes, $(gzip -9c "$out/ballot.wasm" | wc -c) compressed"
