import Codec
import Cryptography
import Foundation
import Testing
import TransparencyLog

/// Reads a file of `Tests/Vectors/tlog`.
func vectors<Content: Decodable>(_ name: String, as type: Content.Type) throws -> Content {
    var folder = URL(filePath: #filePath)
    repeat {
        folder.deleteLastPathComponent()
    } while folder.lastPathComponent != "Tests"
    let file = folder.appending(path: "Vectors/tlog/\(name).json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Content.self, from: Data(contentsOf: file))
}

/// The entry that the vectors number `index`.
func entry(_ index: UInt64) -> [UInt8] { [UInt8]("entry-\(index)".utf8) }

/// The tree of the vectors' first 70,000 entries, the largest that they use.
let vectorTree: MemoryTree = {
    var tree = MemoryTree()
    for index in UInt64(0)..<70_000 { tree.append(leaf: LogHash.leaf(entry(index))) }
    return tree
}()

func hash(_ hexadecimal: String) throws -> Bytes32 {
    try #require(Bytes32(hexadecimal: hexadecimal))
}

func hashes(_ hexadecimal: [String]) throws -> [Bytes32] { try hexadecimal.map(hash) }

func bytes(_ hexadecimal: String) throws -> [UInt8] {
    try #require(Hexadecimal.decode(hexadecimal))
}

func signer(seed hexadecimal: String) throws -> Ed25519SigningKey {
    Ed25519SigningKey(seed: try hash(hexadecimal))
}

func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A generator of the same numbers in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
