import BallotCryptography
import ClassicBallots
import Codec
import Cryptography
import Ristretto

/// Verifying ballots: from the bytes as received to the decision, decoding and hashing included. The
/// RSA certificate of a first ballot is in neither side of the comparison.
struct VerificationFigures {
    static let batchSize = 512

    let election: BenchElection
    let rounds: Int

    func report(to report: Report) throws {
        let four = try self.election.rules(options: 4)
        let wide = try self.election.rules(options: 64)
        let fourWires = try self.election.ballots(Self.batchSize, options: 4, rules: four)
        let wideWires = try self.election.ballots(Self.batchSize, options: 64, rules: wide)
        let classicWires = self.election.classicBallots(16, options: 4)
        let classic = ClassicVerifier(
            key: self.election.keys.jointKeys[0].bytes, electionID: self.election.electionID,
            options: 4)

        report.heading("Verification of ballots, one core, interleaved rounds")
        let samples = measure(
            rounds: self.rounds,
            [
                Subject(units: Self.batchSize) { Self.verify(fourWires, four) },
                Subject(units: classicWires.count) {
                    for wire in classicWires {
                        require((try? classic.verify(wire)) != nil, "a classic ballot is refused")
                    }
                },
                Subject(units: Self.batchSize) { Self.verify(wideWires, wide) },
                Subject(units: 32) { Self.verify([[UInt8]](fourWires.prefix(32)), four) },
                Subject(units: 32) {
                    for wire in fourWires.prefix(32) { Self.verify([wire], four) }
                },
                Subject(units: 32) {
                    for wire in fourWires.prefix(32) {
                        guard let ballot = try? Ballot(wire, rules: four) else {
                            fatalError("benchmark: a ballot does not decode")
                        }
                        require(
                            BallotVerifier.diagnose(ballot, rules: four) == nil,
                            "a ballot is refused")
                    }
                },
            ])
        report.add("verify.k4.batch512.us", samples[0], "us", nanoseconds: 1000)
        report.add("verify.k4.classic.us", samples[1], "us", nanoseconds: 1000)
        report.add("verify.k4.ratio", samples[1].ratio(to: samples[0]), "x")
        report.add("verify.k64.batch512.us", samples[2], "us", nanoseconds: 1000)
        report.add("verify.k64.over.k4", samples[2].ratio(to: samples[0]), "x")
        report.add("verify.k4.batch32.us", samples[3], "us", nanoseconds: 1000)
        report.add("verify.k4.single.us", samples[4], "us", nanoseconds: 1000)
        report.add("verify.k4.equations.us", samples[5], "us", nanoseconds: 1000)

        for (name, options) in [("k2", 2), ("k4", 4), ("k8", 8), ("k16", 16), ("k64", 64)] {
            let size = try self.election.rules(options: options).wireSize
            report.add("bytes.\(name)", Double(size), "bytes")
        }
        report.add("bytes.k4.classic", Double(classicWires[0].count), "bytes")
    }

    /// Decodes and verifies a batch.
    static func verify(_ wires: [[UInt8]], _ rules: BallotRules) {
        var random = SystemRandom()
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        batch.reserveCapacity(wires.count)
        for wire in wires {
            guard let ballot = try? Ballot(wire, rules: rules) else {
                fatalError("benchmark: a ballot does not decode")
            }
            batch.append((ballot, rules))
        }
        let refusals = BallotVerifier.verify(batch, random: &random)
        require(refusals.allSatisfy { $0 == nil }, "a ballot is refused")
    }
}
