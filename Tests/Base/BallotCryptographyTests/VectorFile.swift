import BallotCryptography
import Codec
import Foundation
import Hashing
import Ristretto
import Testing

/// A value of the frozen vectors, read by path; a missing field fails the test that asks.
struct VectorNode {
    let value: Any

    /// The whole of Tests/Vectors/ballot.json.
    static func ballotFile() throws -> VectorNode { try Self.file("ballot.json") }

    /// The whole of a file in Tests/Vectors.
    static func file(_ name: String) throws -> VectorNode {
        var folder = URL(filePath: #filePath)
        while folder.lastPathComponent != "Tests" { folder.deleteLastPathComponent() }
        let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name)"))
        return VectorNode(value: try JSONSerialization.jsonObject(with: data))
    }

    subscript(_ key: String) -> VectorNode {
        get throws {
            let object = try #require(self.value as? [String: Any])
            return VectorNode(value: try #require(object[key], "no field \(key)"))
        }
    }

    var list: [VectorNode] {
        get throws { try #require(self.value as? [Any]).map { VectorNode(value: $0) } }
    }

    var text: String { get throws { try #require(self.value as? String) } }
    var number: Int { get throws { try #require(self.value as? Int) } }
    var isTrue: Bool { get throws { try #require(self.value as? Bool) } }
    var isNull: Bool { self.value is NSNull }
    var bytes: [UInt8] { get throws { try #require(Hexadecimal.decode(try self.text)) } }
    var bytes32: Bytes32 { get throws { try #require(Bytes32(exactly: try self.bytes)) } }
    var scalar: Scalar { get throws { try #require(Scalar(canonical: try self.bytes32)) } }
    var element: GroupElement { get throws { try GroupElement(try self.bytes32) } }

    /// The 32-byte pieces of a byte string.
    var pieces: [Bytes32] {
        get throws {
            let bytes = try self.bytes
            return stride(from: 0, to: bytes.count, by: 32).map { Bytes32(bytes[$0..<($0 + 32)]) }
        }
    }

    /// The rows of a table of points or scalars.
    var bytes32List: [Bytes32] {
        get throws { try self.list.map { node throws in try node.bytes32 } }
    }

    /// T1 || T2 || z.
    var equalityProof: EqualityProof {
        get throws {
            var reader = ByteReader(try self.bytes)
            let proof = try EqualityProof(from: &reader)
            try reader.finish()
            return proof
        }
    }
}

extension RefusalCode {
    /// The code of a name in the vectors.
    static func named(_ name: String) throws -> RefusalCode {
        try #require(RefusalCode.allCases.first { $0.name == name })
    }
}

/// Reproducible bytes: SHA-512 of a seed and a counter.
struct SeededRandom: RandomSource {
    private let seed: UInt64
    private var count: UInt64 = 0

    init(_ seed: UInt64) { self.seed = seed }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        while out.count < count {
            var writer = ByteWriter()
            writer.write(self.seed)
            writer.write(self.count)
            self.count += 1
            out.append(contentsOf: SHA512.hash(writer.bytes))
        }
        return [UInt8](out.prefix(count))
    }

    /// A number below `bound`, for test cases only.
    mutating func below(_ bound: Int) -> Int {
        var value: UInt64 = 0
        for byte in self.bytes(8) { value = value << 8 | UInt64(byte) }
        return Int(value % UInt64(bound))
    }
}

/// The election of the vectors: keys and the rules of both styles.
struct VectorElection {
    let file: VectorNode
    let keys: ElectionKeys
    let electionID: Bytes32

    init() throws {
        self.file = try VectorNode.ballotFile()
        let dkg = try self.file["dkg"]
        let parameters = try CeremonyParameters(
            setupID: try dkg["setupId"].bytes32, trusteeCount: 3, threshold: 2, keyCount: 6)
        self.keys = try ElectionKeys(
            parameters: parameters,
            jointKeys: try dkg["Y"].list.map { node throws in try node.element },
            verificationKeys: try ["1", "2", "3"].map { trustee throws in
                try dkg["verificationKeys"][trustee].list.map { node throws in try node.element }
            })
        self.electionID = try self.file["ballot"]["electionId"].bytes32
    }

    /// The contests of a style of the vectors.
    func contests(style: Int) throws -> [BallotContest] {
        let styles = try self.file["ballot"]["styles"].list
        let node = try #require(try styles.first { try $0["style"].number == style })
        return try node["contests"].list.map { contest throws in
            BallotContest(
                index: UInt32(try contest["index"].number),
                shape: try ContestShape(
                    options: try contest["options"].number, min: try contest["min"].number,
                    max: try contest["max"].number, countsBlank: try contest["blank"].isTrue))
        }
    }

    /// The rules of a style.
    func rules(style: Int) throws -> BallotRules {
        try BallotRules(
            electionID: self.electionID, style: UInt32(style),
            contests: try self.contests(style: style), keys: self.keys)
    }

    /// The wire of an accepted ballot.
    func wire(_ name: String) throws -> [UInt8] {
        let accepted = try self.file["ballot"]["accept"].list
        return try #require(try accepted.first { try $0["name"].text == name })["wire"].bytes
    }
}
