import BallotCryptography
import Codec
import Cryptography
import Foundation
import Hashing
import Ristretto
import Testing

/// A source that counts how often it was asked.
struct CountingRandom: RandomSource {
    private var source: SeededRandom
    private(set) var calls = 0
    private(set) var bytesDrawn = 0

    init(_ seed: UInt64) { self.source = SeededRandom(seed) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        self.calls += 1
        self.bytesDrawn += count
        return self.source.bytes(count)
    }
}

@Suite struct BatchTests {
    let election: VectorElection
    let rules: BallotRules

    init() throws {
        self.election = try VectorElection()
        self.rules = try self.election.rules(style: 1)
    }

    private func good() throws -> [Ballot] {
        try ["a0", "a1", "a2", "a3"].map { name throws in
            try Ballot(try self.election.wire(name), rules: self.rules)
        }
    }

    /// A ballot that fails in the group equations alone.
    private func bad() throws -> Ballot {
        let node = try #require(
            try self.election.file["ballot"]["reject"].list.first { node throws in
                try node["name"].text == "zq + 1"
            })
        return try Ballot(try node["wire"].bytes, rules: self.rules)
    }

    /// Every sum over a batch takes fresh weights, so the source counts the sums: at most
    /// 1 + 2 k log2 n for k bad ballots among n. One bad ballot fails in n, n/2, n/4, … and leaves as
    /// many good halves, so together the sums go over fewer than 3 n ballots.
    @Test(arguments: [(512, 0), (512, 1), (512, 2), (512, 8), (300, 1), (33, 33)])
    func badBallotsOfABatchCostTheOthersLittle(count: Int, bad: Int) throws {
        let good = try self.good()
        let wrong = try self.bad()
        let places = (0..<bad).map {
            ($0 * count) / max(bad, 1) + ($0 * 7) % max(1, count / (bad + 1))
        }
        var batch = (0..<count).map { (ballot: good[$0 % 4], rules: self.rules) }
        var expected = [RefusalCode?](repeating: nil, count: count)
        for place in Set(places) {
            batch[place].ballot = wrong
            expected[place] = .proof
        }
        let badCount = Set(places).count
        var random = CountingRandom(UInt64(count + bad))
        #expect(BallotVerifier.verify(batch, random: &random) == expected)
        let levels = Int.bitWidth - (count - 1).leadingZeroBitCount
        #expect(random.calls <= 1 + 2 * badCount * levels)
        #expect(random.calls < 2 * count)
        #expect(badCount > 0 || random.calls == 1)
    }

    private func signatureHolds(_ form: BallotForm) throws -> Bool {
        try BallotSignature(form, names: BallotNames(form)).holds
    }

    /// The signature is one equation of many, and needs no other part of the proof.
    @Test func theSignatureAloneTellsWhetherTheCredentialsOwnerMadeTheBallot() throws {
        for name in ["a0", "a0-revote", "b0"] {
            let rules = try self.election.rules(style: name.hasPrefix("a") ? 1 : 2)
            let wire = try self.election.wire(name)
            #expect(try self.signatureHolds(BallotForm(wire, rules: rules)))
            for place in WireLayout(rules).fields(.scalar) + WireLayout(rules).fields(.point) {
                var changed = wire
                changed[place.start] ^= 2
                let form = try BallotForm(changed, rules: rules)
                let ballot: Ballot
                do throws(RefusalCode) {
                    ballot = try form.decoded()
                } catch {
                    continue
                }
                let isSignature = BallotVerifier.diagnose(ballot, rules: rules) == .signature
                #expect(try self.signatureHolds(form) == !isSignature)
                #expect(form.ballotID == ballot.ballotID && form.tracker == ballot.tracker)
            }
        }
    }

    /// Mixtures of good ballots and of ballots with any kind of damage, of both styles: the batch
    /// decides as `diagnose` does for each. `VECHE_RANDOM_BATCHES` asks for another number.
    @Test func batchDecidesAsTheConjunctionOfSingleDecisions() throws {
        var random = SeededRandom(11)
        var candidates: [(ballot: Ballot, rules: BallotRules, code: RefusalCode?)] = []
        for (style, names) in [
            (1, ["a0", "a1", "a2", "a3", "a0-revote"]), (2, ["b0", "b1", "b2"]),
        ] {
            let rules = try self.election.rules(style: style)
            let layout = WireLayout(rules)
            let wires = try names.map { name throws in try self.election.wire(name) }
            for round in 0..<24 {
                var wire = wires[round % wires.count]
                if round >= wires.count {
                    let kind: WireLayout.Kind = round % 2 == 0 ? .scalar : .point
                    let fields = layout.fields(kind)
                    wire = wire.swapping(
                        fields[random.below(fields.count)], fields[random.below(fields.count)])
                }
                let ballot = try Ballot(wire, rules: rules)
                candidates.append(
                    (ballot, rules, BallotVerifier.diagnose(ballot, rules: rules)?.onLedger))
            }
        }
        let codes = Set(candidates.map(\.code))
        #expect(codes == [nil, .proof, .sum])
        let environment = ProcessInfo.processInfo.environment["VECHE_RANDOM_BATCHES"]
        let rounds = environment.flatMap { Int($0) } ?? 200
        for _ in 0..<rounds {
            let chosen = (0..<(1 + random.below(12))).map { _ in
                candidates[random.below(candidates.count)]
            }
            let answers = BallotVerifier.verify(
                chosen.map { (ballot: $0.ballot, rules: $0.rules) }, random: &random)
            #expect(answers == chosen.map(\.code))
        }
    }

    /// A neutral-point test in place of the ristretto identity takes only some of these.
    @Test func twoHundredValidBallotsAreAccepted() throws {
        var election = try WholeElection(seed: 200, trustees: 2, threshold: 2, keys: 3)
        let shape = try ContestShape(options: 3, min: 0, max: 2, countsBlank: false)
        let rules = try election.rules([shape])
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        for _ in 0..<200 {
            let ballot = try election.cast([election.choice(shape)], rules: rules)
            #expect(BallotVerifier.diagnose(ballot, rules: rules) == nil)
            #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [nil])
            batch.append((ballot, rules))
        }
        #expect(
            BallotVerifier.verify(batch, random: &election.random)
                == [RefusalCode?](repeating: nil, count: 200))
    }

    /// 32 fresh bytes for every sum, also for the second of the same batch.
    @Test func everySumTakesFreshRandomBytes() throws {
        let batch = try self.good().map { (ballot: $0, rules: self.rules) }
        var random = CountingRandom(12)
        for round in 1...3 {
            #expect(
                BallotVerifier.verify(batch, random: &random)
                    == [RefusalCode?](repeating: nil, count: 4))
            #expect(random.calls == round)
            #expect(random.bytesDrawn == 32 * round)
        }
    }

    /// Weights differ between two runs over one batch, between batches, and from each other; none
    /// is zero and each is below 2^128.
    @Test func weightsOfTwoRunsDiffer() throws {
        let batch = [Bytes32(SHA256.hash([1])[...]), Bytes32(SHA256.hash([2])[...])]
        var runs: [BatchWeights] = [
            BatchWeights(fresh: SystemRandom.bytes(32), batch: batch),
            BatchWeights(fresh: SystemRandom.bytes(32), batch: batch),
            BatchWeights(fresh: [UInt8](repeating: 0, count: 32), batch: batch),
            BatchWeights(fresh: [UInt8](repeating: 0, count: 32), batch: batch.reversed()),
        ]
        var seen: Set<Scalar> = []
        for index in runs.indices {
            for _ in 0..<100 {
                let weight = runs[index].next()
                #expect(!weight.isZero)
                #expect(weight.encoded.bytes.suffix(16).allSatisfy { $0 == 0 })
                #expect(seen.insert(weight).inserted)
            }
        }
    }
}
