import BallotCryptography
import Codec
import Ristretto
import Testing

/// What an accepted ballot can hold.
@Suite struct BallotContentTests {
    private func shape(_ random: inout SeededRandom) throws -> ContestShape {
        while true {
            let options = 1 + random.below(6)
            let maximum = 1 + random.below(options)
            let minimum = random.below(maximum + 1)
            // A shape may have too many cells; then another is drawn.
            if let shape = try? ContestShape(
                options: options, min: minimum, max: maximum, countsBlank: random.below(2) == 0)
            {
                return shape
            }
        }
    }

    /// Cell values that are a choice, nearly one, or anything.
    private func cells(_ shape: ContestShape, _ random: inout SeededRandom) throws -> [UInt8] {
        var cells = [UInt8](repeating: 0, count: shape.cellCount)
        let count = shape.min + random.below(shape.max - shape.min + 1)
        var options = [Int](0..<shape.options)
        while options.count > count { options.remove(at: random.below(options.count)) }
        cells = try shape.cells(for: .options(options))
        switch random.below(3) {
        case 0: break
        case 1: cells[random.below(cells.count)] = UInt8(random.below(3))
        default: for index in cells.indices { cells[index] = UInt8(random.below(3)) }
        }
        return cells
    }

    /// Random contests, random cell values proven by who knows every secret of the ballot: accepted
    /// exactly if they are 0 and 1 and a choice within min…max, and then they decrypt to it.
    @Test func acceptedBallotsDecryptToZerosAndOnesWithinTheRule() throws {
        var election = try WholeElection(seed: 15, trustees: 3, threshold: 2, keys: 7)
        var accepted = 0
        var refused: [RefusalCode: Int] = [:]
        for _ in 0..<120 {
            let shapes = try (0..<(1 + election.random.below(3))).map { _ in
                try self.shape(&election.random)
            }
            let rules = try election.rules(shapes)
            let cells = try shapes.map { try self.cells($0, &election.random) }
            let wire = CheatingProver(rules: rules, keys: election.keys).wire(
                cells.map { $0.map { Scalar(UInt64($0)) } }, random: &election.random)
            let ballot = try Ballot(wire, rules: rules)
            let choices = zip(shapes, cells).map { $0.choice(of: $1) }
            let code = BallotVerifier.verify([(ballot, rules)], random: &election.random)[0]
            #expect((code == nil) == !choices.contains(nil), "\(cells) of \(shapes)")
            #expect(BallotVerifier.diagnose(ballot, rules: rules)?.onLedger == code)
            if let code { refused[code, default: 0] += 1 }
            guard code == nil else { continue }
            accepted += 1
            for (contest, shape) in shapes.enumerated() {
                var total = EncryptedTotal(cellCount: shape.keyCount)
                try total.add(ballot.ciphertexts[contest])
                let counts = try election.counts(
                    total, unit: UInt32(contest + 1), shape: shape, trustees: [1, 3])
                #expect(counts == cells[contest].prefix(shape.keyCount).map { UInt64($0) })
                let selected = counts.prefix(shape.options).reduce(0, +)
                let isBlank = shape.countsBlank && counts[shape.options] == 1
                #expect(counts.allSatisfy { $0 <= 1 })
                #expect(
                    isBlank
                        ? selected == 0
                        : (UInt64(shape.min)...UInt64(shape.max)).contains(selected))
            }
        }
        #expect(accepted >= 10)
        #expect(refused[.sum] ?? 0 >= 10 && refused[.proof] ?? 0 >= 3)
    }

    /// The ledger refuses a second ciphertext with the same A; here, that one r is what makes it.
    @Test func sameRandomnessShowsAsTheSameA() throws {
        var election = try WholeElection(seed: 31, trustees: 2, threshold: 2, keys: 2)
        let shape = try ContestShape(options: 2, min: 1, max: 1, countsBlank: false)
        let rules = try election.rules([shape, shape])
        var prover = CheatingProver(rules: rules, keys: election.keys)
        prover.r = election.random.scalar()
        let ballot = try Ballot(
            prover.wire([[.one, .zero], [.zero, .one]], random: &election.random), rules: rules)
        // The proof itself is good: only the ledger's rule stands against it.
        #expect(BallotVerifier.verify([(ballot, rules)], random: &election.random) == [nil])
        #expect(ballot.ciphertexts[0].a == ballot.ciphertexts[1].a)
    }
}
