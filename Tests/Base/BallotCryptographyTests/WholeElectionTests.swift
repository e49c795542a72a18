import BallotCryptography
import Codec
import Cryptography
import Ristretto
import Testing

@Suite struct WholeElectionTests {
    @Test(
        arguments: [
            (trustees: 2, threshold: 2), (trustees: 3, threshold: 2), (trustees: 5, threshold: 3),
            (trustees: 4, threshold: 4),
        ] as [(trustees: UInt32, threshold: UInt32)])
    func randomBallotsDecryptToTheirChoices(trustees: UInt32, threshold: UInt32) throws {
        var election = try WholeElection(
            seed: UInt64(trustees), trustees: trustees, threshold: threshold, keys: 5)
        let shapes = [
            try ContestShape(options: 3, min: 1, max: 1, countsBlank: false),
            try ContestShape(options: 4, min: 0, max: 3, countsBlank: true),
            try ContestShape(options: 5, min: 0, max: 5, countsBlank: false),
        ]
        let rules = try election.rules(shapes)
        var expected = shapes.map { [UInt64](repeating: 0, count: $0.keyCount) }
        var totals = shapes.map { EncryptedTotal(cellCount: $0.keyCount) }
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        for _ in 0..<3 {
            let choices = shapes.map { election.choice($0) }
            let ballot = try election.cast(choices, rules: rules)
            batch.append((ballot, rules))
            for (contest, choice) in choices.enumerated() {
                try totals[contest].add(ballot.ciphertexts[contest])
                switch choice {
                case .blank: expected[contest][shapes[contest].options] += 1
                case .options(let chosen): for option in chosen { expected[contest][option] += 1 }
                }
            }
        }
        #expect(
            BallotVerifier.verify(batch, random: &election.random)
                == [RefusalCode?](repeating: nil, count: batch.count))
        #expect(BallotVerifier.diagnose(batch[0].ballot, rules: rules) == nil)
        // Any t of the trustees: here the last ones.
        let chosen = [UInt32]((trustees - threshold + 1)...trustees)
        for (contest, shape) in shapes.enumerated() {
            #expect(
                try election.counts(
                    totals[contest], unit: UInt32(contest + 1), shape: shape, trustees: chosen)
                    == expected[contest])
        }
    }

    @Test func unanimityAndUnchosenOptionsAreOrdinaryCounts() throws {
        var election = try WholeElection(seed: 20, trustees: 3, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        var total = EncryptedTotal(cellCount: 2)
        for _ in 0..<3 {
            try total.add(try election.cast([.options([1])], rules: rules), position: 0)
        }
        #expect(try election.counts(total, unit: 1, shape: shape, trustees: [1, 3]) == [0, 3])
    }

    /// With A_S the identity every M_k is the identity too, which is a good share.
    @Test func sharesOfAUnitWithoutBallotsVerify() throws {
        var election = try WholeElection(seed: 27, trustees: 2, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let total = EncryptedTotal(cellCount: 2)
        #expect(try election.counts(total, unit: 1, shape: shape, trustees: [1, 2]) == [0, 0])
    }

    @Test func ballotOfSixtyFourCellsVerifies() throws {
        var election = try WholeElection(seed: 21, trustees: 2, threshold: 2, keys: 64)
        let shape = try ContestShape(options: 64, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        let ballot = try election.cast([.options([63])], rules: rules)
        #expect(ballot.wire.count == 269 + 104 + 96 * 64)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [nil])
    }

    @Test func rehearsalDecryptsToTheNumbersOfTheKeys() throws {
        var election = try WholeElection(seed: 22, trustees: 3, threshold: 2, keys: 4)
        let unit = DecryptionUnit.rehearsal(
            electionID: election.electionID, keys: election.keys)
        #expect(unit.unit == UInt32.max)
        var shares: [VerifiedShare] = []
        for share in election.trustees {
            let confirmation = try share.confirmation(
                qualified: election.qualified, keys: election.keys,
                arithmetic: election.arithmetic, random: &election.random)
            try confirmation.check(
                trustee: share.trustee, qualified: election.qualified, keys: election.keys)
            var reader = ByteReader(confirmation.canonicalBytes)
            #expect(try Confirmation(from: &reader) == confirmation)
            let decryption = try share.decrypt(
                unit, keys: election.keys, arithmetic: election.arithmetic,
                random: &election.random)
            shares.append(
                try VerifiedShare(
                    decryption, of: unit, trustee: share.trustee, keys: election.keys))
        }
        #expect(try Tally.rehearsalSucceeds(unit, shares: shares, keys: election.keys))
        #expect(throws: TallyError.tooFewShares(1, needed: 2)) {
            try Tally.rehearsalSucceeds(unit, shares: [shares[0]], keys: election.keys)
        }
    }

    /// One wrong share is named; the others still decrypt.
    @Test func badShareAmongEnoughGoodOnesIsRefusedAlone() throws {
        var election = try WholeElection(seed: 23, trustees: 3, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        var total = EncryptedTotal(cellCount: 2)
        try total.add(try election.cast([.options([0])], rules: rules).ciphertexts[0])
        let unit = DecryptionUnit(electionID: election.electionID, unit: 1, total: total)
        let good = try election.trustees[0].decrypt(
            unit, keys: election.keys, arithmetic: election.arithmetic, random: &election.random)
        #expect(throws: RefusalCode.proof) {
            try good.verify(unit, trustee: 2, keys: election.keys)
        }
        #expect(throws: RefusalCode.length) {
            try PartialDecryption(shares: [good.shares[0]], proof: good.proof).verify(
                unit, trustee: 1, keys: election.keys)
        }
        #expect(throws: RefusalCode.contest) {
            try good.verify(unit, trustee: 4, keys: election.keys)
        }
        #expect(try election.counts(total, unit: 1, shape: shape, trustees: [2, 3]) == [1, 0])
    }

    @Test func credentialCannotBeUsedWithoutItsSecret() throws {
        var election = try WholeElection(seed: 24, trustees: 2, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        let first = try election.cast([.options([0])], rules: rules)
        let second = try election.cast([.options([0])], rules: rules)
        // The signature part (T_s, zs) of another ballot.
        let spliced = [UInt8](first.wire.dropLast(64)) + second.wire.suffix(64)
        let ballot = try Ballot(spliced, rules: rules)
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == .signature)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [.proof])
    }

    @Test(arguments: [[1, 1, 0, 0], [0, 0, 0, 0]] as [[UInt8]])
    func cellsThatBreakTheRuleAreRefused(cells: [UInt8]) throws {
        var election = try WholeElection(seed: 25, trustees: 2, threshold: 2, keys: 4)
        let shape = try ContestShape(options: 4, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape])
        let encrypted = EncryptedBallot(
            cells: [cells], rules: rules, credential: election.credential(), sequence: 1,
            previous: .zero, arithmetic: election.arithmetic, random: &election.random)
        let wire = encrypted.cast(arithmetic: election.arithmetic, random: &election.random)
        let ballot = try Ballot(wire, rules: rules)
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == .sum)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [.sum])
    }

    @Test func cellAboveOneIsRefused() throws {
        var election = try WholeElection(seed: 26, trustees: 2, threshold: 2, keys: 3)
        let shape = try ContestShape(options: 3, min: 0, max: 3, countsBlank: false)
        let rules = try election.rules([shape])
        let encrypted = EncryptedBallot(
            cells: [[2, 0, 0]], rules: rules, credential: election.credential(), sequence: 1,
            previous: .zero, arithmetic: election.arithmetic, random: &election.random)
        let wire = encrypted.cast(arithmetic: election.arithmetic, random: &election.random)
        let ballot = try Ballot(wire, rules: rules)
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == .bit)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [.proof])
    }
}
