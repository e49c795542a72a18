#!/usr/bin/env bash
# Fuzzes decoders and hostile sessions with libFuzzer, which the Swift toolchain brings.
#
#   Deploy/fuzz.sh list                 the names of the decoders, and PeerSession
#   Deploy/fuzz.sh NAME [SECONDS]       one of them (60 seconds unless told)
#   Deploy/fuzz.sh all [SECONDS]        every one, so many seconds each
#
# PeerSession is a hostile peer against the handlers of a node in one process: the bytes choose what
# it says. The program is built in .build/fuzz from the modules that hold decoders and handlers; of
# PeerNetwork and Storage only the files without sockets and disks, so that neither NIO nor RocksDB
# is needed. Corpora grow in .build/fuzz/corpus/NAME and begin with the encodings of Tests/Vectors. An
# input that ends the process is left in .build/fuzz/crashes, and its path is printed.
set -eu
# libFuzzer itself is to see what ends the process, to keep the input.
export SWIFT_BACKTRACE=enable=no
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/.build/fuzz
what=${1:-}
seconds=${2:-60}
if [ -z "$what" ]; then
    sed -n '2,7p' "$0" | sed 's/^# \{0,1\}//'
    exit 64
fi

mkdir -p "$work/corpus" "$work/crashes"
ln -sfn "$root/Sources" "$work/Sources"
ln -sfn "$root/Tests" "$work/Tests"
cp "$root/Package.resolved" "$work/Package.resolved" 2> /dev/null || true
cat > "$work/Package.swift.new" <<'MANIFEST'
// swift-tools-version: 6.2
import PackageDescription

// Made by Deploy/fuzz.sh.
let fuzzed: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .unsafeFlags(["-sanitize=fuzzer"]),
]

let floors = [
    "Base": [
        "Codec", "PlainText", "Hashing", "Ristretto", "BallotCryptography", "Cryptography", "TransparencyLog",
        "Ledger", "NetworkAddresses",
    ],
    "Core": ["Consensus", "BlockSync", "Elections", "Admission", "Cosigning", "Chain"],
    "Shell": [
        "APISchema", "Console", "DocumentFiles", "Files", "PeerNetwork", "Storage", "SystemErrors",
    ],
    "Testing": ["Simulation"],
]

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], sources: [String]? = nil
) -> Target {
    let floor = floors.first { $0.value.contains(name) }!.key
    return .target(
        name: name, dependencies: dependencies, path: "Sources/\(floor)/\(name)", sources: sources,
        swiftSettings: fuzzed)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let all: [Target.Dependency] = [
    "APISchema", "BallotCryptography", "BlockSync", "Chain", "Codec", "Consensus", "DocumentFiles",
    "Elections", "Ledger", "PeerNetwork", "Storage", "TransparencyLog",
]

let package = Package(
    name: "fuzz", platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", path: "Sources/System/CSodium", pkgConfig: "libsodium"),
        module("Codec"), module("Hashing", ["Codec", crypto]),
        module("Ristretto", ["Codec", "Hashing"]),
        module("BallotCryptography", ["Codec", "Hashing", "Ristretto"]),
        module(
            "Cryptography",
            ["CSodium", "Codec", "Ristretto", "BallotCryptography", crypto, cryptoExtras]),
        module("TransparencyLog", ["Codec", "Hashing"]),
        module("Ledger", ["Codec", "Hashing", "TransparencyLog"]),
        module("Consensus", ["Codec", "Ledger"]),
        module("BlockSync", ["Codec", "TransparencyLog", "Ledger"]),
        module(
            "Elections",
            [
                "Codec", "Hashing", "Ristretto", "BallotCryptography", "Cryptography",
                "TransparencyLog", "Ledger",
            ]),
        module("PlainText"), module("NetworkAddresses"), module("SystemErrors"),
        module("Admission", ["Codec", "Ledger", "NetworkAddresses"]),
        module("Cosigning", ["Codec", "Ledger", "TransparencyLog"]),
        module(
            "Chain",
            [
                "Admission", "BlockSync", "Codec", "Consensus", "Cosigning", "Ledger",
                "NetworkAddresses", "TransparencyLog",
            ]),
        module("APISchema", ["Codec", "Ledger", "PlainText"]),
        module("Console", ["PlainText", "SystemErrors", arguments]),
        module("Files", [deques, system]),
        module(
            "DocumentFiles",
            ["Codec", "Console", "Cryptography", "Files", "Ledger", "PlainText", "SystemErrors"]),
        module(
            "PeerNetwork", ["Codec"],
            sources: ["Handshake.swift", "PeerRole.swift", "TransportKinds.swift"]),
        module("Storage", ["Codec", "Ledger"], sources: ["FloorRecord.swift"]),
        .target(
            name: "Decoders", dependencies: all, path: "Tests/Testing/Decoders", swiftSettings: fuzzed),
        module(
            "Simulation",
            [
                "Admission", "BlockSync", "Chain", "Codec", "Consensus", "Cosigning", "Ledger",
                "NetworkAddresses", "TransparencyLog",
            ]),
        .target(
            name: "PeerTraffic",
            dependencies: [
                "BlockSync", "Chain", "Codec", "Consensus", "Cosigning", "Cryptography", "Hashing",
                "Ledger", "Simulation", "TransparencyLog",
            ],
            path: "Tests/Testing/PeerTraffic", swiftSettings: fuzzed),
        .executableTarget(
            name: "FuzzProgram", dependencies: ["Decoders", "PeerTraffic"], path: "Tests/Testing/FuzzProgram",
            swiftSettings: [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ])
MANIFEST
if ! cmp -s "$work/Package.swift.new" "$work/Package.swift"; then
    mv "$work/Package.swift.new" "$work/Package.swift"
fi
swift build --quiet -c release --package-path "$work" --product FuzzProgram >&2
program=$work/.build/release/FuzzProgram

fuzz() {
    corpus=$work/corpus/$1
    mkdir -p "$corpus"
    VECHE_TARGET=$1 VECHE_CORPUS=$corpus VECHE_VECTORS=$root/Tests/Vectors "$program"
    VECHE_TARGET=$1 "$program" "$corpus" -max_total_time="$seconds" -max_len=12288 -timeout=5 \
        -rss_limit_mb=2048 -artifact_prefix="$work/crashes/$1-" -print_final_stats=1 \
        < /dev/null > "$work/$1.log" 2>&1 || {
        tail -n 30 "$work/$1.log"
        echo "$1: a crash, or a limit that was passed; the input is in $work/crashes"
        return 1
    }
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1.log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/$1.log" | tail -n 1)
    echo "$1: $runs inputs in $seconds s, ${covered:-0} places covered, none of them a crash"
}

case $what in
    list) "$program" ;;
    all)
        failed=0
        for name in $("$program"); do fuzz "$name" || failed=1; done
        exit "$failed"
        ;;
    *) fuzz "$what" ;;
esac
