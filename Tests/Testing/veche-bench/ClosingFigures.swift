import BallotCryptography
import Codec
import Cryptography
import Ristretto

/// Closing an election: partial decryptions, their verification, combination, discrete logarithms.
struct ClosingFigures {
    static let totals = 1000
    static let options = 4
    static let ballotsPerTotal: UInt32 = 20_000

    let election: BenchElection
    let rounds: Int

    func report(to report: Report) throws {
        report.heading("Closing, one core")
        let start = ProcessorTime.nanoseconds
        let logarithms = DiscreteLogarithms(bound: 20_000_000)
        report.add(
            "dlog.table20M.ms", Double(ProcessorTime.nanoseconds - start) / 1_000_000, "ms")
        let arithmetic = self.election.arithmetic
        let twelve = arithmetic.multiplyBase(by: Scalar(12_000_000))
        let samples = measure(
            rounds: self.rounds,
            [
                Subject(units: 1) {
                    require(
                        logarithms.logarithm(of: twelve, atMost: 20_000_000) == 12_000_000,
                        "the logarithm is wrong")
                }
            ])
        report.add("dlog.12M.ms", samples[0], "ms", nanoseconds: 1_000_000)

        let (units, expected) = self.units()
        let shape = try ContestShape(options: Self.options, min: 1, max: 1, countsBlank: false)
        var random = SystemRandom()
        var times = [ProcessorTime.nanoseconds]
        let trustees = [UInt32](1...BenchElection.threshold)
        var decryptions: [[PartialDecryption]] = []
        for unit in units {
            var answers: [PartialDecryption] = []
            for trustee in trustees {
                answers.append(
                    try self.election.trustees[Int(trustee) - 1].decrypt(
                        unit, keys: self.election.keys, arithmetic: arithmetic, random: &random))
            }
            decryptions.append(answers)
        }
        times.append(ProcessorTime.nanoseconds)
        var shares: [[VerifiedShare]] = []
        for (unit, answers) in zip(units, decryptions) {
            var verified: [VerifiedShare] = []
            for (trustee, answer) in zip(trustees, answers) {
                verified.append(
                    try VerifiedShare(
                        answer, of: unit, trustee: trustee, keys: self.election.keys))
            }
            shares.append(verified)
        }
        times.append(ProcessorTime.nanoseconds)
        for (index, unit) in units.enumerated() {
            let counts = try Tally.counts(
                of: unit, shares: shares[index], keys: self.election.keys, shape: shape,
                logarithms: logarithms)
            require(counts == expected[index], "a count is wrong")
        }
        times.append(ProcessorTime.nanoseconds)
        let seconds = zip(times.dropFirst(), times).map { Double($0 - $1) / 1_000_000_000 }
        report.add("close.3of5.1000totals.s", seconds.reduce(0, +), "s")
        report.add("close.decrypt.s", seconds[0], "s")
        report.add("close.verify.s", seconds[1], "s")
        report.add("close.combine.s", seconds[2], "s")
    }

    /// Totals of 20 000 ballots each and their counts, encrypted at once: who adds 20 000
    /// ciphertexts gets a sum of the same form.
    private func units() -> (units: [DecryptionUnit], counts: [[UInt64]]) {
        var random = SystemRandom()
        let arithmetic = self.election.arithmetic
        var units: [DecryptionUnit] = []
        var counts: [[UInt64]] = []
        for number in 1...UInt32(Self.totals) {
            var left = UInt64(Self.ballotsPerTotal)
            var votes: [UInt64] = []
            for _ in 1..<Self.options {
                votes.append(UInt64.random(in: 0...left))
                left -= votes.last ?? 0
            }
            votes.append(left)
            let r = random.scalar()
            let cells = zip(self.election.keys.jointKeys, votes).map { key, count in
                arithmetic.multiply(key.point, by: r)
                    + arithmetic.multiplyBase(by: Scalar(count))
            }
            let total = EncryptedTotal(
                a: arithmetic.multiplyBase(by: r), c: cells, counted: Self.ballotsPerTotal)
            units.append(
                DecryptionUnit(electionID: self.election.electionID, unit: number, total: total))
            counts.append(votes)
        }
        return (units, counts)
    }
}
