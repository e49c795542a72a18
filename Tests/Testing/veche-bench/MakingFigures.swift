import BallotCryptography
import Cryptography
import Ristretto

/// Making a ballot: encryption, proof and signature.
struct MakingFigures {
    let election: BenchElection
    let rounds: Int

    func report(to report: Report) throws {
        let rules = try self.election.rules(options: 4)
        report.heading("Making a ballot, one core")
        let samples = measure(
            rounds: self.rounds,
            [
                Subject(units: 16) { self.make(16, rules, SodiumArithmetic()) },
                Subject(units: 16) { self.make(16, rules, ConstantTimeArithmetic()) },
            ])
        report.add("make.k4.native.us", samples[0], "us", nanoseconds: 1000)
        report.add("make.k4.swift.us", samples[1], "us", nanoseconds: 1000)
    }

    private func make<A: SecretArithmetic>(_ count: Int, _ rules: BallotRules, _ arithmetic: A) {
        for index in 0..<count {
            let wire = try? self.election.ballot(
                rules: rules, choice: index % 4, arithmetic: arithmetic)
            require(wire?.count == rules.wireSize, "a ballot is not made")
        }
    }
}
