import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct TallyVectorTests {
    let election: VectorElection
    let tally: VectorNode
    let unit: DecryptionUnit
    let shape: ContestShape

    init() throws {
        self.election = try VectorElection()
        self.tally = try self.election.file["tally"]
        self.shape = try self.election.contests(style: 1)[0].shape
        let rules = try self.election.rules(style: 1)
        var total = EncryptedTotal(cellCount: self.shape.keyCount)
        try total.add(try Ballot(try self.election.wire("a0"), rules: rules).ciphertexts[0])
        for name in ["a1", "a2", "a3"] {
            try total.add(try Ballot(try self.election.wire(name), rules: rules).ciphertexts[0])
        }
        // A revote takes the replaced ballot out of the sum.
        try total.subtract(try Ballot(try self.election.wire("a0"), rules: rules).ciphertexts[0])
        try total.add(
            try Ballot(try self.election.wire("a0-revote"), rules: rules).ciphertexts[0])
        self.unit = DecryptionUnit(
            electionID: self.election.electionID, unit: UInt32(try self.tally["unit"].number),
            total: total)
    }

    private func decryption(_ node: VectorNode) throws -> PartialDecryption {
        PartialDecryption(
            shares: try node["M"].bytes32List, proof: try node["proof"].equalityProof)
    }

    private func verified(_ trustee: UInt32) throws -> VerifiedShare {
        try VerifiedShare(
            try self.decryption(try self.tally["shares"]["\(trustee)"]), of: self.unit,
            trustee: trustee, keys: self.election.keys)
    }

    @Test func runningSumIsThatOfTheCountedBallots() throws {
        #expect(self.unit.total.a.encoded() == (try self.tally["A"].bytes32))
        #expect(self.unit.total.c.map { $0.encoded() } == (try self.tally["C"].bytes32List))
        #expect(self.unit.total.counted == 4)
        var reader = ByteReader(self.unit.total.canonicalBytes)
        #expect(try EncryptedTotal(from: &reader) == self.unit.total)
    }

    @Test func sharesOfTheVectorsVerifyAndAnyEnoughOfThemCount() throws {
        let logarithms = DiscreteLogarithms(bound: 100)
        for (name, expected) in [
            ("1,2", [1, 2]), ("1,3", [1, 3]), ("2,3", [2, 3]), ("1,2,3", [1, 2, 3]),
        ] as [(String, [UInt32])] {
            let shares = try expected.map { trustee throws in try self.verified(trustee) }
            let counts = try Tally.counts(
                of: self.unit, shares: shares.reversed(), keys: self.election.keys,
                shape: self.shape, logarithms: logarithms)
            let results = try self.tally["results"][name].list.map { node throws in
                UInt64(try node.number)
            }
            #expect(counts == results)
        }
        #expect(throws: TallyError.tooFewShares(1, needed: 2)) {
            try Tally.counts(
                of: self.unit, shares: [try self.verified(2), try self.verified(2)],
                keys: self.election.keys, shape: self.shape, logarithms: logarithms)
        }
    }

    @Test func lagrangeCoefficientsAreThoseOfTheVectors() throws {
        let node = try self.tally["lagrangeAtZero"]["1,3"]
        #expect(Tally.lagrangeAtZero([1, 3]) == [try node["1"].scalar, try node["3"].scalar])
    }

    @Test func trusteesMakeTheSharesOfTheVectors() throws {
        for trustee in 1...UInt32(3) {
            let secrets = try self.election.file["dkg"]["secretShares"]["\(trustee)"].list
            let share = TrusteeKeyShare(
                trustee: trustee, shares: try secrets.map { node throws in try node.scalar })
            var random = SeededRandom(UInt64(trustee))
            let made = try share.decrypt(
                self.unit, keys: self.election.keys, arithmetic: SodiumArithmetic(),
                random: &random)
            let given = try self.decryption(try self.tally["shares"]["\(trustee)"])
            #expect(made.shares == given.shares)
            try made.verify(self.unit, trustee: trustee, keys: self.election.keys)
            var reader = ByteReader(made.canonicalBytes)
            #expect(try PartialDecryption(from: &reader) == made)
        }
    }

    @Test func wrongSharesOfTheVectorsAreRefused() throws {
        let vectors = try self.tally["negative"].list
        #expect(vectors.count == 5)
        for vector in vectors {
            let unit = DecryptionUnit(
                electionID: self.election.electionID, unit: UInt32(try vector["unit"].number),
                total: self.unit.total)
            let expected = try RefusalCode.named(try vector["error"].text)
            let name = try vector["name"].text
            #expect(throws: expected, "\(name)") {
                try self.decryption(vector).verify(
                    unit, trustee: UInt32(try vector["trustee"].number), keys: self.election.keys)
            }
        }
    }

    @Test func equalityProofsOfTheVectorsVerifyOrAreRefused() throws {
        let dleq = try self.election.file["dleq"]
        let label = TranscriptLabel(try dleq["label"].text)
        try dleq["proof"].equalityProof.verify(
            label, [try dleq["ctx"].bytes], statement: try self.statement(dleq))
        for vector in try dleq["negative"].list {
            let expected = try RefusalCode.named(try vector["error"].text)
            guard expected != .length else {
                #expect(throws: CodecError.self) { try vector["proof"].equalityProof }
                continue
            }
            let name = try vector["name"].text
            #expect(throws: expected, "\(name)") {
                try vector["proof"].equalityProof.verify(
                    label, [try vector["ctx"].bytes], statement: try self.statement(vector))
            }
        }
    }

    /// M was chosen after the challenge of a transcript that forgot the statement.
    @Test func weakFiatShamirForgeryIsRefused() throws {
        let vector = try self.election.file["weakFiatShamirForgery"]
        #expect(throws: try RefusalCode.named(try vector["error"].text)) {
            try vector["proof"].equalityProof.verify(
                TranscriptLabel("test/dleq"), [[UInt8]("ctx".utf8)],
                statement: try self.statement(vector))
        }
    }

    private func statement(_ node: VectorNode) throws -> EqualityProof.Statement {
        EqualityProof.Statement(
            key: try node["X"].element, other: try node["A"].element,
            product: try node["M"].element)
    }

    @Test func unitWithoutBallotsCountsZerosWithoutShares() throws {
        let empty = DecryptionUnit(
            electionID: self.election.electionID, unit: 2,
            total: EncryptedTotal(cellCount: self.shape.keyCount))
        let counts = try Tally.counts(
            of: empty, shares: [], keys: self.election.keys, shape: self.shape,
            logarithms: DiscreteLogarithms(bound: 10))
        #expect(counts == [0, 0, 0, 0])
    }

    @Test func countsThatNoBallotsGiveAreInconsistent() throws {
        let ranged = try ContestShape(options: 4, min: 1, max: 3, countsBlank: true)
        #expect(Tally.areConsistent([3, 2, 1, 0, 1], counted: 4, shape: ranged))
        #expect(!Tally.areConsistent([5, 0, 0, 0, 0], counted: 4, shape: ranged))
        #expect(!Tally.areConsistent([1, 1, 0, 0, 0], counted: 4, shape: ranged))
        #expect(!Tally.areConsistent([1, 1, 1, 1, 3], counted: 4, shape: ranged))
        #expect(!Tally.areConsistent([2, 0, 0, 0, 3], counted: 4, shape: ranged))
        #expect(!Tally.areConsistent([1, 1], counted: 2, shape: ranged))
    }

    @Test(arguments: [0, 1, 16, 17, 288, 289, 999_999, 1_000_000] as [UInt64])
    func logarithmsAreFoundUpToTheBound(value: UInt64) {
        let logarithms = DiscreteLogarithms(bound: 1_000_000)
        let point = MultiScalar.sum([Scalar(value)], [.base])
        #expect(logarithms.logarithm(of: point, atMost: 1_000_000) == value)
        #expect(value == 0 || logarithms.logarithm(of: point, atMost: value - 1) == nil)
    }

    @Test func logarithmAboveTheCountIsOutOfRange() throws {
        var total = EncryptedTotal(cellCount: 4)
        try total.add(
            BallotCiphertext(
                contest: 0, a: self.unit.total.a.encoded(),
                c: self.unit.total.c.map { $0.encoded() }))
        let unit = DecryptionUnit(electionID: self.election.electionID, unit: 1, total: total)
        #expect(throws: TallyError.outOfRange(cell: 2)) {
            try Tally.counts(
                of: unit, shares: [try self.verified(1), try self.verified(2)],
                keys: self.election.keys, shape: self.shape,
                logarithms: DiscreteLogarithms(bound: 10))
        }
    }
}
