import Codec
import Cosigning
import Cryptography
import Ledger
import Testing
import TransparencyLog

/// Cosignatures of checkpoints, honest and not.
@Suite struct CheckpointBookTests {
    private let signers: Signers
    private var book: CheckpointBook<Ed25519Verifier>

    init() throws {
        signers = Signers(validators: 7)
        book = try #require(CheckpointBook(genesis: signers.genesis, verifier: Ed25519Verifier()))
    }

    private func root(_ number: Int) -> Bytes32 { TestBytes.id(number) }

    @discardableResult
    private mutating func take(
        _ size: UInt64, root: Bytes32, by members: [Int], withLog: Bool = true
    ) throws -> Certified? {
        try book.take(
            size: size, root: root,
            lines: signers.lines(book, size: size, root: root, by: members, withLog: withLog))
    }

    @Test mutating func aQuorumOfLinesAndTheLogsOwnCertifyACheckpoint() throws {
        #expect(try take(10, root: root(1), by: [0, 1, 2, 3]) == nil)
        let certified = try #require(try take(10, root: root(1), by: [4]))
        #expect(certified.checkpoint.size == 10)
        #expect(certified.cosignatures.count == 5)
        // More lines of the same are kept, and are no news.
        #expect(try take(10, root: root(1), by: [5]) == nil)
        #expect(book.newest?.cosignatures.count == 6)
        // An older one is not asked for again.
        #expect(try take(9, root: root(2), by: [0, 1, 2, 3, 4]) == nil)
        #expect(book.newest?.checkpoint.size == 10)
    }

    @Test mutating func withoutTheLogsOwnLineNothingIsCertified() throws {
        #expect(try take(10, root: root(1), by: [0, 1, 2, 3, 4], withLog: false) == nil)
        #expect(try take(10, root: root(1), by: [0]) != nil)
    }

    @Test mutating func aLineThatDoesNotVerifyIsItsSendersFault() throws {
        let lines = signers.lines(book, size: 10, root: root(1), by: [0], withLog: false)
        #expect(throws: CheckpointConflict.self) {
            try book.take(size: 11, root: root(1), lines: lines)
        }
    }

    @Test mutating func twoColludingValidatorsDoNotPushOutWhatOthersCertify() throws {
        for number in 0..<300 {
            try take(1 << 60 + UInt64(number), root: root(number), by: [5, 6])
        }
        for member in 0..<4 { #expect(try take(10, root: root(1), by: [member]) == nil) }
        for number in 300..<600 {
            try take(1 << 60 + UInt64(number), root: root(number), by: [5, 6])
        }
        #expect(try take(10, root: root(1), by: [4])?.checkpoint.size == 10)
    }

    @Test mutating func twoTreesOfOneSizeAreToldWithTheValidatorsName() throws {
        try take(10, root: root(1), by: [0, 1])
        try take(10, root: root(2), by: [1])
        #expect(book.equivocations.map(\.validator) == ["v1"])
        #expect(book.equivocations.map(\.size) == [10])
    }

    /// Sizes beyond any log, signed before, hide no contradiction.
    @Test mutating func largeSizesHideNoContradiction() throws {
        for number in 0..<100 {
            try take(1 << 62 + UInt64(number), root: root(number), by: [1])
        }
        try take(10, root: root(1), by: [1])
        try take(10, root: root(2), by: [1])
        #expect(book.equivocations.map(\.size) == [10])
    }

    @Test mutating func sizesAfterAChangeAreCertifiedByTheNewValidators() throws {
        // Validators 0 to 3 go; three new ones come.
        let next = Signers(validators: 7, first: 4)
        let isNamed = book.enter(next.genesis.validators, from: 20)
        #expect(isNamed)
        let old = try take(19, root: root(1), by: [0, 1, 2, 3, 4])
        #expect(old?.checkpoint.size == 19)
        #expect(try take(20, root: root(2), by: [0, 1, 2, 3, 4, 5, 6]) == nil)
        let lines = next.lines(book, size: 20, root: root(2), by: [3, 4], withLog: false)
        let certified = try book.take(size: 20, root: root(2), lines: lines)
        // 4, 5 and 6 of the old set are members of the new one.
        #expect(certified?.cosignatures.count == 5)
    }

    @Test mutating func whatWasCertifiedIsTakenUpAfterARestart() throws {
        let certified = try #require(try take(10, root: root(1), by: [0, 1, 2, 3, 4]))
        let note = SignedNote(
            text: certified.checkpoint.text,
            signatures: signers.lines(
                book, size: 10, root: root(1), by: [0, 1, 2, 3, 4], withLog: true))
        var other = try #require(
            CheckpointBook(genesis: signers.genesis, verifier: Ed25519Verifier()))
        _ = try other.restore(note)
        #expect(other.newest?.checkpoint == certified.checkpoint)
    }
}

/// Validators of a chain in memory with their cosigning keys, `v0` and following.
struct Signers {
    let log: Ed25519SigningKey
    let keys: [Ed25519SigningKey]
    let genesis: Genesis

    init(validators count: Int, first: Int = 0) {
        func key(_ number: Int) -> Ed25519SigningKey {
            Ed25519SigningKey(seed: TestBytes.id(number))
        }
        let log = key(5000)
        let keys = (first..<first + count).map { key(1000 + $0) }
        self.log = log
        self.keys = keys
        genesis = Genesis(
            kind: .training, name: "test", time: Timestamp(milliseconds: 1),
            origin: "log.example/1", logKey: log.publicKey,
            validators: ValidatorSet(
                keys.enumerated().map { offset, cosigning in
                    Validator(
                        name: "v\(first + offset)",
                        consensusKey: key(2000 + first + offset).publicKey,
                        cosigningKey: cosigning.publicKey,
                        nodeKey: key(3000 + first + offset).publicKey)
                }),
            commission: Commission(
                members: [Member(name: "m", key: key(4000).publicKey)], threshold: 1),
            parameters: Parameters())
    }

    /// The lines of members, by place in the set.
    func lines(
        _ book: CheckpointBook<Ed25519Verifier>, size: UInt64, root: Bytes32, by members: [Int],
        withLog: Bool
    ) -> [NoteSignature] {
        let checkpoint = book.checkpoint(size: size, root: root)
        var lines: [NoteSignature] = []
        if withLog {
            lines.append(
                NoteSignature.signed(checkpoint.text, as: book.logKey) { log.sign($0) })
        }
        for member in members {
            let validator = genesis.validators.validators[member]
            guard let key = book.cosignerKey(of: validator) else { continue }
            lines.append(
                Cosignature.signed(checkpoint, at: 1000, as: key) { keys[member].sign($0) })
        }
        return lines
    }
}

/// Bytes for tests.
private enum TestBytes {
    static func id(_ number: Int) -> Bytes32 {
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes[0] = UInt8(truncatingIfNeeded: number >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: number)
        return Bytes32(exactly: bytes) ?? .zero
    }
}
