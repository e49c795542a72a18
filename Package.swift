// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every target of ours (`Sources/ARCHITECTURE.md`).
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(
    name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

/// The targets of one floor of `Sources` or `Tests`: each is a folder in it.
func floor(_ path: String, _ targets: [Target]) -> [Target] {
    for target in targets { target.path = "\(path)/\(target.name)" }
    return targets
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let systemLibraries = floor(
    "Sources/System",
    [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CRocksDBLog", dependencies: ["CRocksDB"]),
    ])

let base = floor(
    "Sources/Base",
    [
        module("Codec"),
        module("PlainText"),
        module("Hashing", ["Codec", crypto]),
        module("Ristretto", ["Codec", "Hashing"]),
        module("BallotCryptography", ["Codec", "Hashing", "Ristretto"]),
        module(
            "Cryptography",
            ["CSodium", "Codec", "Ristretto", "BallotCryptography", crypto, cryptoExtras]),
        module("TransparencyLog", ["Codec", "Hashing"]),
        module("Ledger", ["Codec", "Hashing", "PlainText", "TransparencyLog"]),
        module("NetworkAddresses"),
    ])

let core = floor(
    "Sources/Core",
    [
        module("Consensus", ["Codec", "Ledger"]),
        module(
            "Elections",
            [
                "BallotCryptography", "Codec", "Cryptography", "Hashing", "Ledger", "Ristretto",
                "TransparencyLog",
            ]),
        module("BlockSync", ["Codec", "TransparencyLog", "Ledger"]),
        module("Admission", ["Codec", "Ledger", "NetworkAddresses"]),
        module("Cosigning", ["Codec", "Ledger", "TransparencyLog"]),
        module(
            "Chain",
            [
                "Admission", "BlockSync", "Codec", "Consensus", "Cosigning", "Ledger",
                "NetworkAddresses", "TransparencyLog",
            ]),
        module(
            "Verification",
            [
                "BallotCryptography", "Codec", "Cryptography", "Elections", "Hashing", "Ledger",
                "Ristretto", "TransparencyLog",
            ]),
    ])

let shell = floor(
    "Sources/Shell",
    [
        module("ProcessLimits"),
        module("Compression", ["CZlib"]),
        module("ProcessLogs", ["NetworkErrors", "PlainText", logging]),
        module(
            "HTTPServing",
            [
                "NetworkAddresses", "NetworkErrors", "PlainText", hummingbird, hummingbirdCore,
                logging, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1,
            ]),
        module("APISchema", ["Codec", "Ledger", "PlainText"]),
        module("Files", [dequeModule, system]),
        module("SystemErrors"),
        module("NetworkErrors", ["SystemErrors", nioCore, nioPosix, nioSSL]),
        module("Console", ["PlainText", "SystemErrors", argumentParser]),
        module(
            "DocumentFiles",
            ["Codec", "Console", "Cryptography", "Files", "Ledger", "PlainText", "SystemErrors"]),
        module(
            "CeremonyStation",
            [
                "BallotCryptography", "Codec", "Cryptography", "DocumentFiles", "Elections",
                "Hashing", "Ledger", "PlainText", "Ristretto",
            ]),
        module(
            "ReplayingClient",
            [
                "APISchema", "Codec", "Console", "Cryptography", "Elections", "Ledger",
                "LedgerClient", "TransparencyLog", "Verification",
            ]),
        module(
            "CommandOptions",
            [
                "Codec", "Console", "Cryptography", "DocumentFiles", "Ledger", "LedgerClient",
                "PlainText", "ReplayingClient", "Verification", argumentParser,
            ]),
        module(
            "VoterStation",
            [
                "BallotCryptography", "Codec", "Cryptography", "DocumentFiles", "Ledger",
                "PlainText", "Verification",
            ]),
        module("Storage", ["CRocksDB", "CRocksDBLog", "Codec", "Files", "Ledger"]),
        module(
            "PeerNetwork",
            [
                "Codec", "Cryptography", "Ledger", "NetworkAddresses", "NetworkErrors", "PlainText",
                nioCore, nioPosix, nioSSL, x509, swiftASN1, crypto, logging,
            ]),
        module(
            "NodeAPI",
            [
                "APISchema", "Codec", "Compression", "Hashing", "HTTPServing", "Ledger",
                "NetworkAddresses", "PlainText", "TransparencyLog", hummingbird, hummingbirdCore,
                logging, nioCore, serviceLifecycle,
            ]),
        module(
            "LedgerClient",
            [
                "APISchema", "Codec", "Ledger", "NetworkAddresses", "NetworkErrors", "PlainText",
                "TransparencyLog", asyncHTTPClient, nioCore, nioHTTP1,
            ]),
        module(
            "RemoteSigner",
            [
                "Codec", "Consensus", "Cryptography", "DocumentFiles", "Files", "Hashing", "Ledger",
                "NetworkErrors", "PlainText", logging, nioCore, nioPosix, serviceLifecycle,
                unixSignals,
            ]),
        module(
            "ChainStore",
            [
                "BlockSync", "Chain", "Codec", "Consensus", "Cryptography", "Elections", "Files",
                "Ledger", "Storage", "TransparencyLog",
            ]),
        module(
            "NodeSetup",
            [
                "ChainStore", "Codec", "Consensus", "Cryptography", "DocumentFiles", "Elections",
                "Files", "Ledger", "NetworkAddresses", "RemoteSigner", "Storage", "SystemErrors",
                "TransparencyLog",
            ]),
        module(
            "NodeViews",
            [
                "APISchema", "BallotCryptography", "ChainStore", "Codec", "Elections", "Ledger",
                "NodeAPI", "Storage", "TransparencyLog",
            ]),
        module(
            "Node",
            [
                "Admission", "APISchema", "BallotCryptography", "BlockSync", "Chain", "ChainStore",
                "Codec", "Consensus", "Cosigning", "Cryptography", "DocumentFiles", "Elections",
                "Files", "Ledger", "NetworkAddresses", "NetworkErrors", "NodeAPI", "NodeSetup",
                "NodeViews", "PeerNetwork", "PlainText", "ProcessLimits", "ProcessLogs",
                "RemoteSigner", "Storage", "TransparencyLog", dequeModule, logging,
                serviceLifecycle, unixSignals,
            ]),
        module(
            "Registrar",
            [
                "APISchema", "BallotCryptography", "Codec", "Cryptography", "DocumentFiles",
                "Hashing", "HTTPServing", "Ledger", "LedgerClient", "NetworkAddresses", "PlainText",
                "Ristretto", "SystemErrors", "TransparencyLog", grdb, hummingbird, logging, nioCore,
                serviceLifecycle,
            ]),
    ])

let tools = floor(
    "Sources/Tools",
    [
        tool(
            "veche-node",
            [
                "APISchema", "Codec", "Console", "Cryptography", "DocumentFiles", "Files", "Ledger",
                "LedgerClient", "NetworkAddresses", "Node", "NodeSetup", "PlainText",
                "ProcessLimits", "ProcessLogs", "Storage", "TransparencyLog", argumentParser,
                logging,
            ]),
        tool(
            "veche-signer",
            [
                "Console", "Cryptography", "DocumentFiles", "Files", "Ledger", "ProcessLimits",
                "ProcessLogs", "RemoteSigner", argumentParser, logging,
            ]),
        tool(
            "veche",
            [
                "APISchema", "BallotCryptography", "Codec", "CommandOptions", "Console",
                "Cryptography", "DocumentFiles", "Elections", "Ledger", "LedgerClient", "PlainText",
                "ReplayingClient", "Ristretto", "TransparencyLog", "Verification", "VoterStation",
                argumentParser,
            ]),
        tool(
            "veche-ceremony",
            [
                "APISchema", "BallotCryptography", "CeremonyStation", "Codec", "CommandOptions",
                "Console", "Cryptography", "DocumentFiles", "Elections", "Hashing", "Ledger",
                "LedgerClient", "PlainText", "ReplayingClient", "TransparencyLog", "Verification",
                argumentParser,
            ]),
        tool(
            "veche-registrar",
            [
                "APISchema", "Codec", "Console", "Cryptography", "DocumentFiles", "Ledger",
                "LedgerClient", "PlainText", "ProcessLimits", "ProcessLogs", "Registrar",
                argumentParser, logging,
            ]),
        // Compiled to WebAssembly by `Deploy/ballot-web.sh`; here it is built for the tests.
        .target(
            name: "BallotWeb",
            dependencies: [
                "BallotCryptography", "Codec", "Hashing", "Ristretto", "TransparencyLog",
            ],
            exclude: ["ballot.mjs"], swiftSettings: settings),
    ])

/// What the tests stand on: simulated clusters, and a program that runs them.
let simulation = floor(
    "Sources/Testing",
    [
        module(
            "Simulation",
            [
                "Admission", "BlockSync", "Chain", "Codec", "Consensus", "Cosigning",
                "Ledger", "NetworkAddresses", "TransparencyLog",
            ]),
        tool("veche-simulate", ["Console", "Simulation", argumentParser]),
    ])

/// Support and programs of the tests: harnesses, what dishonest participants would run, benchmarks.
let testSupport = floor(
    "Tests/Testing",
    [
        .target(
            name: "ClassicBallots",
            dependencies: ["BallotCryptography", "Codec", "Cryptography", "Hashing", "Ristretto"],
            swiftSettings: settings),
        .executableTarget(
            name: "veche-bench",
            dependencies: [
                "APISchema", "Attackers", "BallotCryptography", "ClassicBallots", "ClusterElection",
                "Codec", "Cryptography", "DocumentFiles", "Elections", "Hashing", "Ledger",
                "LedgerClient", "ProcessHarness", "Ristretto", argumentParser, asyncHTTPClient,
                nioCore, nioHTTP1,
            ], swiftSettings: settings),
        .executableTarget(
            name: "wrong-share",
            dependencies: [
                "APISchema", "BallotCryptography", "CeremonyStation", "Codec", "CommandOptions",
                "Cryptography", "DocumentFiles", "Ledger", "LedgerClient", "ReplayingClient",
                "Ristretto", argumentParser,
            ], swiftSettings: settings),
        .target(name: "ProcessHarness", swiftSettings: settings),
        module(
            "ClusterElection",
            [
                "BallotCryptography", "Codec", "Cryptography", "Elections", "Hashing", "Ledger",
                "Ristretto", "TransparencyLog",
            ]),
        module(
            "Attackers",
            [
                "APISchema", "Codec", "Ledger", nioCore, nioPosix, nioTLS, nioSSL, x509, swiftASN1,
                crypto,
            ]),
        module("FrozenVectors", ["Codec"]),
        module("Mutations"),
        module("RawConnections", [nioCore, nioPosix]),
        module(
            "Decoders",
            [
                "APISchema", "BallotCryptography", "BlockSync", "Chain", "Codec", "Consensus",
                "DocumentFiles", "Elections", "Ledger", "PeerNetwork", "Storage", "TransparencyLog",
            ]),
        module(
            "PeerTraffic",
            [
                "BlockSync", "Chain", "Codec", "Consensus", "Cosigning", "Cryptography", "Hashing",
                "Ledger", "Simulation", "TransparencyLog",
            ]),
    ])

let testTargets: [Target] =
    floor(
        "Tests/Base",
        [
            tests("CodecTests", ["Codec"]),
            tests("HashingTests", ["Codec", "Hashing"]),
            tests("NetworkAddressesTests", ["NetworkAddresses"]),
            tests("PlainTextTests", ["PlainText"]),
            tests("RistrettoTests", ["Codec", "Cryptography", "Hashing", "Ristretto"]),
            tests(
                "BallotCryptographyTests",
                [
                    "BallotCryptography", "Codec", "Cryptography", "Hashing", "Mutations",
                    "Ristretto",
                ]),
            tests(
                "CryptographyTests",
                ["BallotCryptography", "Codec", "Cryptography", "Hashing", "Ristretto"]),
            tests(
                "TransparencyLogTests",
                [
                    "Codec", "Cryptography", "FrozenVectors", "Hashing", "Mutations",
                    "TransparencyLog",
                ]),
            tests(
                "LedgerTests",
                ["Codec", "Cryptography", "Hashing", "Ledger", "Mutations", "TransparencyLog"]),
        ])
    + floor(
        "Tests/Core",
        [
            tests("ConsensusTests", ["Codec", "Consensus", "Ledger", "Simulation"]),
            tests(
                "ElectionsTests",
                [
                    "BallotCryptography", "Codec", "Cryptography", "Elections", "Hashing", "Ledger",
                    "Mutations", "Ristretto", "TransparencyLog",
                ]),
            tests("AdmissionTests", ["Admission", "Codec", "Ledger", "NetworkAddresses"]),
            tests(
                "CosigningTests",
                ["Codec", "Cosigning", "Cryptography", "Ledger", "TransparencyLog"]),
            tests(
                "ChainTests",
                [
                    "Admission", "BlockSync", "Chain", "Codec", "Consensus", "Cosigning", "Ledger",
                    "NetworkAddresses", "Simulation", "TransparencyLog",
                ]),
            tests("BlockSyncTests", ["BlockSync", "Codec", "Consensus", "Ledger", "Simulation"]),
            tests(
                "VerificationTests",
                [
                    "BallotCryptography", "Codec", "Cryptography", "Elections", "FrozenVectors",
                    "Hashing", "Ledger", "Ristretto", "TransparencyLog", "Verification",
                ]),
        ])
    + floor(
        "Tests/Shell",
        [
            tests(
                "CeremonyStationTests",
                [
                    "BallotCryptography", "CeremonyStation", "Codec", "Cryptography",
                    "DocumentFiles", "Elections", "Hashing", "Ledger", "Ristretto",
                    "TransparencyLog",
                ]),
            tests(
                "VoterStationTests",
                [
                    "BallotCryptography", "Codec", "Cryptography", "DocumentFiles", "Hashing",
                    "Ledger", "Ristretto", "Verification", "VoterStation",
                ]),
            tests(
                "DocumentFilesTests",
                ["Codec", "Cryptography", "DocumentFiles", "Ledger", "PlainText"]),
            tests(
                "ErrorWordsTests",
                [
                    "Admission", "BallotCryptography", "BlockSync", "Codec", "CommandOptions",
                    "Consensus", "Cryptography", "DocumentFiles", "Elections", "Files", "Ledger",
                    "LedgerClient", "NetworkErrors", "Node", "NodeAPI", "PeerNetwork",
                    "RemoteSigner", "Storage", "SystemErrors", "TransparencyLog", "Verification",
                    "VoterStation", nioCore,
                ]),
            tests("LedgerClientTests", ["LedgerClient"]),
            tests("ProcessLimitsTests", ["ProcessLimits", nioCore, nioPosix]),
            tests("CompressionTests", ["Compression"]),
            tests("HTTPServingTests", ["HTTPServing", "NetworkAddresses", "PlainText", logging]),
            tests("ProcessLogsTests", ["PlainText", "ProcessLogs", logging]),
            tests("FilesTests", ["Files"]),
            tests("StorageTests", ["Codec", "Files", "Ledger", "Storage"]),
            tests(
                "PeerNetworkTests",
                [
                    "Codec", "Cryptography", "Ledger", "NetworkAddresses", "PeerNetwork", logging,
                    nioCore, nioPosix, nioSSL,
                ]),
            tests(
                "NodeTests",
                [
                    "APISchema", "BallotCryptography", "ClusterElection", "Codec", "Consensus",
                    "Cryptography", "DocumentFiles", "Elections", "Files", "Ledger", "LedgerClient",
                    "NetworkAddresses", "Node", "NodeAPI", "NodeSetup", "NodeViews",
                    "RawConnections", "Storage", "TransparencyLog", logging, nioCore, nioPosix,
                ]),
            tests(
                "RegistrarTests",
                [
                    "APISchema", "BallotCryptography", "Codec", "Cryptography", "DocumentFiles",
                    "Ledger", "LedgerClient", "NetworkAddresses", "RawConnections", "Registrar",
                    grdb, logging,
                ]),
            tests(
                "RemoteSignerTests",
                [
                    "Codec", "Consensus", "Cryptography", "Files", "Ledger", "RemoteSigner",
                    logging, nioCore, nioPosix,
                ]),
        ])
    + floor(
        "Tests/Tools",
        [
            tests(
                "EndToEndTests",
                [
                    "APISchema", "BallotCryptography", "Codec", "Cryptography", "DocumentFiles",
                    "Elections", "Hashing", "Ledger", "LedgerClient", "ProcessHarness", "Ristretto",
                    "TransparencyLog", "veche", "veche-ceremony", "veche-node", "veche-registrar",
                    "Verification", "wrong-share", nioCore, nioHTTP1, nioPosix,
                ]),
            tests(
                "ClusterTests",
                [
                    "APISchema", "Attackers", "ClusterElection", "Codec", "Consensus",
                    "Cryptography", "DocumentFiles", "Ledger", "Node", "NodeSetup", "PeerNetwork",
                    "PeerTraffic", "ProcessHarness", "Storage", "TransparencyLog", "veche-ceremony",
                    "veche-node", "veche-signer", logging, nioCore, nioPosix,
                ]),
            .testTarget(
                name: "BallotWebTests",
                dependencies: [
                    "BallotCryptography", "BallotWeb", "Codec", "Cryptography", "Hashing", "Ledger",
                    "Ristretto", "TransparencyLog", "Verification",
                ],
                exclude: ["Host"], swiftSettings: settings),
        ])
    + floor(
        "Tests/Testing",
        [
            tests("SimulationTests", ["Codec", "Consensus", "Ledger", "Simulation"]),
            tests("PeerTrafficTests", ["Codec", "Consensus", "Ledger", "PeerTraffic"]),
            tests("FuzzTests", ["Codec", "Decoders", "Mutations"]),
            tests("TidyTests"),
            tests("ClassicBallotsTests", ["ClassicBallots", "Codec", "Cryptography", "Ristretto"]),
        ])

let package = Package(
    name: "veche",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "veche", targets: ["veche"]),
        .executable(name: "veche-ceremony", targets: ["veche-ceremony"]),
        .executable(name: "veche-node", targets: ["veche-node"]),
        .executable(name: "veche-registrar", targets: ["veche-registrar"]),
        .executable(name: "veche-signer", targets: ["veche-signer"]),
        .executable(name: "veche-simulate", targets: ["veche-simulate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: systemLibraries + base + core + shell + tools + simulation + testSupport + testTargets
)
