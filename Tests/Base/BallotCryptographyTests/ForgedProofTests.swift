import BallotCryptography
import Codec
import Ristretto
import Testing

/// Proofs in which one equation alone fails: each equation is needed, alone and in a batch.
@Suite struct ForgedProofTests {
    let election: VectorElection

    init() throws { self.election = try VectorElection() }

    private struct Case {
        let cheat: CheatingProver.Cheat
        let code: RefusalCode
        let equation: SlowVerifier.Equation
    }

    private func cases(_ rules: BallotRules) -> [Case] {
        var cases = [
            Case(cheat: .k1, code: .bit, equation: .bit),
            Case(cheat: .k0, code: .bit, equation: .bit),
            Case(cheat: .ts, code: .signature, equation: .signature),
            Case(cheat: .credentialKey, code: .signature, equation: .signature),
        ]
        for (contest, rule) in rules.contests.enumerated() {
            cases.append(Case(cheat: .a(contest: contest), code: .linkA, equation: .linkA))
            cases.append(Case(cheat: .ta(contest: contest), code: .linkA, equation: .linkA))
            for cell in 0..<rule.shape.cellCount {
                cases.append(
                    Case(
                        cheat: .c(contest: contest, cell: cell), code: .linkC, equation: .linkC))
                cases.append(
                    Case(
                        cheat: .d(contest: contest, cell: cell), code: .linkC, equation: .linkC))
            }
        }
        return cases
    }

    private func values(_ cells: [[Int]]) -> [[Scalar]] {
        cells.map { $0.map { $0 < 0 ? -Scalar(UInt64(-$0)) : Scalar(UInt64($0)) } }
    }

    private func broken(
        _ wire: [UInt8], _ rules: BallotRules
    ) throws -> Set<SlowVerifier.Equation> {
        try SlowVerifier(
            wire, rules: rules, jointKeys: self.election.keys.jointKeys.map(\.bytes)
        ).broken()
    }

    @Test(arguments: [1, 2])
    func proofThatBreaksOneEquationIsRefusedAloneAndInABatch(style: Int) throws {
        let rules = try self.election.rules(style: style)
        let honest = self.values(
            style == 1 ? [[0, 0, 1, 0]] : [[1, 0], [1, 0, 1, 0, 0, 1, 0]])
        var random = SeededRandom(UInt64(style))
        var prover = CheatingProver(rules: rules, keys: self.election.keys)
        let good = try Ballot(prover.wire(honest, random: &random), rules: rules)
        #expect(BallotVerifier.diagnose(good, rules: rules) == nil)
        var bad: [Ballot] = []
        for item in self.cases(rules) {
            prover.cheat = item.cheat
            let wire = prover.wire(honest, random: &random)
            #expect(try self.broken(wire, rules) == [item.equation], "\(item.cheat)")
            let ballot = try Ballot(wire, rules: rules)
            #expect(BallotVerifier.diagnose(ballot, rules: rules) == item.code, "\(item.cheat)")
            #expect(
                BallotVerifier.verify([(good, rules), (ballot, rules)], random: &random)
                    == [nil, .proof], "\(item.cheat)")
            bad.append(ballot)
        }
        let all = (bad + [good]).map { (ballot: $0, rules: rules) }
        #expect(
            BallotVerifier.verify(all, random: &random)
                == [RefusalCode?](repeating: .proof, count: bad.count) + [nil])
    }

    /// Values outside of 0 and 1 whose weighted sum is right, and 0/1 values whose sum is wrong.
    @Test(
        arguments: [
            ([[2, -1, 0, 0]], .bit), ([[-1, 1, 1, 0]], .bit), ([[1, 1, 0, 0]], .sum),
            ([[0, 0, 0, 0]], .sum), ([[1000, -999, 0, 0]], .bit), ([[-3, 2, 2, 0]], .bit),
        ] as [([[Int]], RefusalCode)])
    func provenValuesThatAreNoChoiceAreRefused(cells: [[Int]], code: RefusalCode) throws {
        let rules = try self.election.rules(style: 1)
        var random = SeededRandom(3)
        let prover = CheatingProver(rules: rules, keys: self.election.keys)
        let wire = prover.wire(self.values(cells), random: &random)
        let ballot = try Ballot(wire, rules: rules)
        #expect(try self.broken(wire, rules) == [code == .bit ? .bit : .sum])
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == code)
        #expect(
            BallotVerifier.verify([(ballot, rules)], random: &random) == [code.onLedger])
    }

    /// Half a vote for each of two options: 1/2 is a scalar like any other.
    @Test func halfVotesAreRefused() throws {
        let rules = try self.election.rules(style: 1)
        var random = SeededRandom(4)
        let half = Scalar(2).inverted()
        let prover = CheatingProver(rules: rules, keys: self.election.keys)
        let ballot = try Ballot(
            prover.wire([[half, half, .zero, .zero]], random: &random), rules: rules)
        #expect(BallotVerifier.diagnose(ballot, rules: rules) == .bit)
        #expect(BallotVerifier.verify([(ballot, rules)], random: &random) == [.proof])
    }

    /// The second verifier and ours decide alike, and what ours names is broken.
    @Test func secondVerifierAgreesOnEveryVector() throws {
        let codes: [RefusalCode: SlowVerifier.Equation] = [
            .sum: .sum, .linkA: .linkA, .linkC: .linkC, .bit: .bit, .signature: .signature,
        ]
        let vectors = try self.election.file["ballot"]
        var judged = 0
        for vector in try vectors["accept"].list + vectors["reject"].list {
            let rules = try self.election.rules(style: min(2, try vector["style"].number))
            let wire = try vector["wire"].bytes
            // What is refused before the equations is nothing for them.
            guard let ballot = try? Ballot(wire, rules: rules) else { continue }
            let broken = try self.broken(wire, rules)
            guard let code = BallotVerifier.diagnose(ballot, rules: rules) else {
                #expect(broken.isEmpty)
                continue
            }
            let name = try vector["name"].text
            #expect(broken.contains(try #require(codes[code])), "\(name)")
            judged += 1
        }
        #expect(judged >= 20)
    }
}
