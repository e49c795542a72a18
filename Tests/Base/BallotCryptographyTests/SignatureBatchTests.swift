import BallotCryptography
import Codec
import Testing

/// The signatures of ballots by themselves: what is cheap comes first, and is not done again.
@Suite struct SignatureBatchTests {
    let election: VectorElection
    let rules: BallotRules

    init() throws {
        self.election = try VectorElection()
        self.rules = try self.election.rules(style: 1)
    }

    private func form(_ name: String, _ change: (inout [UInt8]) -> Void = { _ in }) throws
        -> BallotForm
    {
        var wire = try self.election.wire(name)
        change(&wire)
        return try BallotForm(wire, rules: self.rules)
    }

    private func signature(_ form: BallotForm) throws -> BallotSignature {
        try BallotSignature(form, names: BallotNames(form))
    }

    /// zs, the last scalar, is off by one.
    private func unsigned(_ name: String) throws -> BallotForm {
        try self.form(name) { $0[$0.count - 32] ^= 1 }
    }

    @Test(arguments: [(2, 0), (2, 1), (7, 0), (64, 1), (64, 3), (5, 5)])
    func badSignaturesOfABatchAreNamed(count: Int, bad: Int) throws {
        let good = try ["a0", "a1", "a2", "a3"].map { try self.signature(self.form($0)) }
        let wrong = try self.signature(try self.unsigned("a1"))
        var batch = (0..<count).map { good[$0 % 4] }
        var expected = [Bool](repeating: true, count: count)
        for number in 0..<bad {
            let place = number * count / bad
            batch[place] = wrong
            expected[place] = false
        }
        var random = CountingRandom(UInt64(count))
        #expect(BallotVerifier.signaturesHold(batch, random: &random) == expected)
        #expect(bad > 0 || random.calls == 1)
    }

    @Test func oneSignatureAloneNeedsNoRandomNumbers() throws {
        var random = CountingRandom(1)
        let good = try self.signature(try self.form("a0"))
        let wrong = try self.signature(try self.unsigned("a0"))
        #expect(BallotVerifier.signaturesHold([good], random: &random) == [true])
        #expect(BallotVerifier.signaturesHold([wrong], random: &random) == [false])
        #expect(BallotVerifier.signaturesHold([], random: &random) == [])
        #expect(random.calls == 0)
    }

    /// What is decoded with the signature's part is what is decoded at once.
    @Test func aBallotWithItsSignatureIsTheSameBallot() throws {
        for name in ["a0", "a1", "a0-revote"] {
            let form = try self.form(name)
            let names = BallotNames(form)
            let whole = try form.decoded()
            let parts = try form.decoded(
                names: names, signature: try BallotSignature(form, names: names))
            #expect(parts.ballotID == whole.ballotID && parts.tracker == whole.tracker)
            #expect(parts.challenge == whole.challenge && parts.delta == whole.delta)
            #expect(BallotVerifier.diagnose(parts, rules: self.rules) == nil)
            #expect(parts.memorySize > parts.wire.count)
        }
    }

    /// The rest of the proof decides where signatures were checked before, and says what is wrong.
    @Test func equationsWithoutTheSignatureStillRefuse() throws {
        let good = try self.form("a0").decoded()
        let unsigned = try self.unsigned("a1").decoded()
        let forged = try #require(
            try self.election.file["ballot"]["reject"].list.first { node throws in
                try node["name"].text == "zq + 1"
            })
        let wrong = try Ballot(try forged["wire"].bytes, rules: self.rules)
        var random = CountingRandom(2)
        let batch = [(good, self.rules), (unsigned, self.rules), (wrong, self.rules)]
        #expect(
            BallotVerifier.verify(batch, areSigned: true, random: &random) == [nil, nil, .proof])
        #expect(BallotVerifier.verify(batch, random: &random) == [nil, .proof, .proof])
    }

    @Test func aSignatureThatDoesNotDecodeIsRefusedWithItsCode() throws {
        let end = try self.election.wire("a0").count
        #expect(throws: RefusalCode.scalar) {
            try self.signature(
                try self.form("a0") { for place in (end - 32)..<end { $0[place] = 0xFF } })
        }
        // T_s.
        #expect(throws: RefusalCode.point) {
            try self.signature(try self.form("a0") { $0[end - 33] |= 0x80 })
        }
        // P.
        #expect(throws: RefusalCode.identity) {
            try self.signature(try self.form("a0") { for place in 37..<69 { $0[place] = 0 } })
        }
    }
}
