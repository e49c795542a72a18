import Codec
import Foundation
import Hashing
import Ristretto
import Testing

/// A stream of bytes from a seed, the same in every run: SHA-512 of the seed and a counter.
struct SeededRandom: RandomSource {
    private var counter: UInt64 = 0
    private let seed: UInt64

    init(_ seed: UInt64) { self.seed = seed }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        while out.count < count {
            var writer = ByteWriter()
            writer.write(seed)
            writer.write(counter)
            counter += 1
            out += SHA512.hash(writer.bytes)
        }
        return [UInt8](out.prefix(count))
    }

    mutating func point() -> Point { Point(uniform: bytes(64)) }
}

func bytes32(_ text: String) throws -> Bytes32 {
    let decoded = try #require(Hexadecimal.decode(text))
    return try #require(Bytes32(exactly: decoded))
}

/// The parts of `Tests/Vectors/ballot.json` that are about the group.
struct GroupVectors: Decodable {
    struct Encodings: Decodable {
        struct Vector: Decodable {
            let name: String
            let hex: String
            let decodes: Bool
        }
        let vectors: [Vector]
    }
    struct ScalarVector: Decodable {
        let hex: String
        let accept: Bool
    }
    struct Generators: Decodable {
        let pedersen: String
        let slack: [String]

        enum CodingKeys: String, CodingKey {
            case pedersen = "H"
            case slack
        }
    }
    let pointEncodings: Encodings
    let scalarEncodings: [ScalarVector]
    let nums: Generators

    static func load() throws -> GroupVectors {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/ballot.json")
        return try JSONDecoder().decode(GroupVectors.self, from: Data(contentsOf: file))
    }
}
