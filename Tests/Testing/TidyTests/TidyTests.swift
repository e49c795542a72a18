import Foundation
import Testing

/// What the compiler does not see: which module may know what (`Sources/ARCHITECTURE.md`).
struct TidyTests {
    static let browser: Set = [
        "Codec", "Hashing", "Ristretto", "BallotCryptography", "TransparencyLog",
    ]
    static let outsideWorld: Set = [
        "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Musl",
    ]

    @Test func baseAndCoreImportNothingOfTheOutsideWorld() throws {
        for file in try SourceTree.swiftFiles(below: "Sources")
        where ["Base", "Core"].contains(file.floor) {
            let forbidden = file.imports.filter {
                $0.hasPrefix("NIO") || Self.outsideWorld.contains($0)
            }
            // Cryptography alone may: swift-crypto's types ask for Foundation's Data.
            if file.module == "Cryptography" { continue }
            #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden)")
        }
    }

    @Test func whatRunsInABrowserKnowsOnlyItsKind() throws {
        for file in try SourceTree.swiftFiles(below: "Sources")
        where Self.browser.contains(file.module) || file.module == "BallotWeb" {
            // Outside a browser SHA-256 is swift-crypto's: the import is conditional.
            let others = Set(file.imports).subtracting(Self.browser)
                .subtracting(file.path == "Sources/Base/Hashing/SHA256.swift" ? ["Crypto"] : [])
            #expect(others.isEmpty, "\(file.path) imports \(others)")
        }
    }

    @Test(arguments: [
        ("CSodium", "Cryptography"), ("CRocksDB", "Storage"), ("CRocksDBLog", "Storage"),
        ("CZlib", "Compression"),
    ])
    func aSystemLibraryHasOneImporter(library: String, importer: String) throws {
        for file in try SourceTree.swiftFiles(below: "Sources")
        where file.imports.contains(library) {
            #expect(file.module == importer, "\(file.path) imports \(library)")
        }
    }

    @Test(arguments: [
        ("Consensus", "Elections"), ("Elections", "Consensus"),
        ("Storage", "PeerNetwork"), ("Storage", "NodeAPI"), ("PeerNetwork", "Storage"),
        ("PeerNetwork", "NodeAPI"), ("NodeAPI", "Storage"), ("NodeAPI", "PeerNetwork"),
        ("NodeAPI", "Elections"), ("NodeAPI", "Consensus"),
        ("veche", "Node"), ("veche", "Storage"), ("veche", "Consensus"),
        ("veche-ceremony", "Node"), ("veche-ceremony", "Storage"), ("veche-ceremony", "Consensus"),
        ("Registrar", "Elections"), ("Verification", "Consensus"),
        ("Files", "DocumentFiles"), ("Files", "Storage"), ("RemoteSigner", "Storage"),
        ("veche-signer", "Storage"), ("veche-signer", "HTTPServing"), ("veche-signer", "Node"),
        ("ReplayingClient", "CommandOptions"), ("ReplayingClient", "Storage"),
        ("ChainStore", "NodeAPI"), ("ChainStore", "PeerNetwork"), ("NodeSetup", "PeerNetwork"),
        ("NodeSetup", "NodeAPI"), ("NodeSetup", "Node"), ("NodeViews", "PeerNetwork"),
        ("NodeViews", "Node"),
    ])
    func modulesThatMustNotMeetDoNotKnowEachOther(module: String, other: String) throws {
        for file in try SourceTree.swiftFiles(below: "Sources") where file.module == module {
            #expect(!file.imports.contains(other), "\(file.path) imports \(other)")
        }
    }

    /// What stands on a floor imports nothing of the floors above it, whatever the manifest says.
    @Test func dependenciesPointDownOnly() throws {
        let floors = ["System", "Base", "Core", "Shell", "Tools"]
        let modules = try floors.map { try SourceTree.modules(of: $0) }
        for file in try SourceTree.swiftFiles(below: "Sources") {
            guard let floor = floors.firstIndex(of: file.floor) else {
                #expect(file.floor == "Testing", "\(file.path) is on no floor")
                continue
            }
            let above = modules[(floor + 1)...].reduce(Set()) { $0.union($1) }
            let wrong = above.intersection(file.imports)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong)")
        }
    }

    @Test func unsafeCodeStaysInTheModulesThatExplainIt() throws {
        let allowed: Set = [
            "BallotWeb", "Compression", "Console", "Cryptography", "Files", "Hashing",
            "ProcessLimits",
            "Storage",
        ]
        for file in try SourceTree.swiftFiles(below: "Sources")
        where !allowed.contains(file.module) {
            for (index, line) in file.lines.enumerated()
            where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                let code = line.components(separatedBy: "//")[0]
                #expect(
                    !code.contains("@unchecked Sendable")
                        || file.lines[..<index].suffix(8)
                            .contains { $0.contains("//") },
                    "\(file.path):\(index + 1) has @unchecked Sendable without a reason")
                let words = code.split { !$0.isLetter && $0 != "_" }
                #expect(!words.contains("unsafe"), "\(file.path):\(index + 1) is unsafe")
            }
        }
    }

    /// `Console` filters what is printed and remembers what could not be written.
    @Test func onlyTheConsoleWritesToStandardOutput() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") where file.module != "Console" {
            for (index, line) in file.lines.enumerated()
            where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                let calls = line.split { !($0.isLetter || $0 == "(" || $0 == ".") }
                    .contains { $0.hasPrefix("print(") || $0.contains("FileHandle.standard") }
                #expect(!calls, "\(file.path):\(index + 1) writes without the console")
            }
        }
    }

    @Test func nothingStandsUnfinishedByItsOwnWords() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "X" + "XX"]
        for directory in ["Sources", "Tests"] {
            for file in try SourceTree.swiftFiles(below: directory) {
                for (index, line) in file.lines.enumerated() {
                    let found = words.filter {
                        line.split { !$0.isLetter }.contains(Substring($0))
                    }
                    #expect(found.isEmpty, "\(file.path):\(index + 1) says \(found)")
                }
            }
        }
    }

    @Test func theTopLevelHoldsSixEntriesAndDotfiles() throws {
        let expected: Set = ["Package.swift", "README.md", "Sources", "Tests", "Genesis", "Deploy"]
        let entries = try FileManager.default.contentsOfDirectory(atPath: SourceTree.top.path)
        let visible = Set(entries.filter { !$0.hasPrefix(".") && $0 != "Package.resolved" })
        #expect(visible == expected)
    }
}
