import BallotCryptography
import Codec
import Cryptography
import Foundation
import Hashing
import Ristretto
import Testing

/// A file of `Tests/Vectors`.
func vectorFile(_ name: String) throws -> HostAnswer {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Vectors/\(name)"))
    return HostAnswer(value: try JSONSerialization.jsonObject(with: data))
}

extension HostAnswer {
    /// Bytes as vectors write them.
    var hexadecimal: [UInt8] {
        get throws { try #require([UInt8](hexadecimal: try self.text)) }
    }
    var bytes32: Bytes32 { get throws { try #require(Bytes32(exactly: try self.hexadecimal)) } }
    var element: GroupElement { get throws { try GroupElement(try self.bytes32) } }
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
            out += SHA512.hash(writer.bytes)
        }
        return [UInt8](out.prefix(count))
    }

    mutating func below(_ bound: Int) -> Int {
        var value: UInt64 = 0
        for byte in self.bytes(8) { value = value << 8 | UInt64(byte) }
        return Int(value % UInt64(bound))
    }
}

/// A stream of given bytes, as a host's source in a test is one.
struct RecordedRandom: RandomSource {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.rest = bytes[...] }

    mutating func bytes(_ count: Int) -> [UInt8] {
        precondition(count <= self.rest.count, "the recorded bytes are enough")
        defer { self.rest = self.rest.dropFirst(count) }
        return [UInt8](self.rest.prefix(count))
    }
}

/// Ballots of one style as native code and as the host know them.
struct TestRules {
    let electionID: Bytes32
    let style: UInt32
    let contests: [BallotContest]
    let keys: ElectionKeys

    var rules: BallotRules {
        get throws {
            try BallotRules(
                electionID: electionID, style: style, contests: contests, keys: keys)
        }
    }

    /// For the JavaScript face.
    var json: [String: Any] {
        [
            "electionID": BallotWebTests.json(electionID.bytes), "style": Int(style),
            "contests": contests.map { contest in
                var fields = Self.json(contest.shape)
                fields["index"] = Int(contest.index)
                return fields
            },
            "keys": BallotWebTests.json(keys.canonicalBytes),
        ]
    }

    static func json(_ shape: ContestShape) -> [String: Any] {
        [
            "options": shape.options, "min": shape.min, "max": shape.max,
            "blank": shape.countsBlank,
        ]
    }

    /// For the exports.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(electionID)
        writer.write(style)
        writer.write(UInt32(contests.count))
        for contest in contests {
            writer.write(contest.index)
            writer.write(raw: Self.encoded(contest.shape))
        }
        return writer.bytes + keys.canonicalBytes
    }

    static func encoded(_ shape: ContestShape) -> [UInt8] {
        var writer = ByteWriter()
        for number in [shape.options, shape.min, shape.max] { writer.write(UInt32(number)) }
        writer.write(shape.countsBlank)
        return writer.bytes
    }
}

/// A vote with all that native code and host need to encrypt it.
struct TestVote {
    let rules: TestRules
    let seed: Bytes32
    let sequence: UInt32
    let previous: Bytes32
    let choices: [ContestChoice]

    var json: [String: Any] {
        [
            "rules": rules.json, "seed": BallotWebTests.json(seed.bytes), "sequence": Int(sequence),
            "previous": BallotWebTests.json(previous.bytes),
            "choices": choices.map(Self.json),
        ]
    }

    static func json(_ choice: ContestChoice) -> Any {
        switch choice {
        case .options(let options): options
        case .blank: "blank"
        }
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(raw: rules.encoded)
        writer.write(seed)
        writer.write(sequence)
        writer.write(previous)
        writer.write(UInt32(choices.count))
        for choice in choices {
            switch choice {
            case .options(let options):
                writer.write(UInt8(0))
                writer.write(UInt32(options.count))
                for option in options { writer.write(UInt32(option)) }
            case .blank: writer.write(UInt8(1))
            }
        }
        return writer.bytes
    }

    var credential: CredentialKey {
        CredentialKey(
            seed: seed, electionID: rules.electionID, style: rules.style,
            arithmetic: SodiumArithmetic())
    }
}

/// The elections of the tests.
enum TestElection {
    /// The keys of the ballot vectors: three trustees, two needed, six keys.
    static func vectorKeys(_ file: HostAnswer) throws -> ElectionKeys {
        let dkg = try file["dkg"]
        return try ElectionKeys(
            parameters: try CeremonyParameters(
                setupID: try dkg["setupId"].bytes32, trusteeCount: 3, threshold: 2, keyCount: 6),
            jointKeys: try dkg["Y"].list.map { try $0.element },
            verificationKeys: try ["1", "2", "3"].map {
                try dkg["verificationKeys"][$0].list.map { try $0.element }
            })
    }

    /// Keys that nobody made together, enough for any contest.
    static func randomKeys(_ random: inout SeededRandom) throws -> ElectionKeys {
        let parameters = try CeremonyParameters(
            setupID: Bytes32(random.bytes(32)[...]), trusteeCount: 3, threshold: 2, keyCount: 64)
        var rows: [[GroupElement]] = []
        for _ in 0..<4 {
            var row: [GroupElement] = []
            for _ in 0..<64 {
                row.append(try GroupElement(Point(uniform: random.bytes(64)).encoded()))
            }
            rows.append(row)
        }
        return try ElectionKeys(
            parameters: parameters, jointKeys: rows[0],
            verificationKeys: [[GroupElement]](rows[1...]))
    }

    /// A vote of random choices in random contests.
    static func randomVote(
        keys: ElectionKeys, contests: Int, options: Int, _ random: inout SeededRandom
    ) throws -> TestVote {
        var shapes: [BallotContest] = []
        var choices: [ContestChoice] = []
        for position in 0..<contests {
            let count = 1 + random.below(options)
            let most = 1 + random.below(count)
            let least = random.below(most + 1)
            let blank = random.below(2) == 1
            shapes.append(
                BallotContest(
                    index: UInt32(2 * position + 1),
                    shape: try ContestShape(
                        options: count, min: least, max: most, countsBlank: blank)))
            var left = [Int](0..<count)
            var chosen: [Int] = []
            for _ in 0..<(least + random.below(most - least + 1)) {
                chosen.append(left.remove(at: random.below(left.count)))
            }
            choices.append(blank && random.below(3) == 0 ? .blank : .options(chosen))
        }
        let sequence = UInt32(1 + random.below(5))
        return TestVote(
            rules: TestRules(
                electionID: Bytes32(random.bytes(32)[...]), style: UInt32(random.below(9)),
                contests: shapes, keys: keys),
            seed: Bytes32(random.bytes(32)[...]), sequence: sequence,
            previous: sequence == 1 ? .zero : Bytes32(random.bytes(32)[...]), choices: choices)
    }
}
