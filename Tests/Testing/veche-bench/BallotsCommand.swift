import ArgumentParser
import BallotCryptography

struct BallotsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ballots",
        abstract: "Measures the cryptography of ballots on one core.",
        discussion: """
            Times are processor time of one thread, so that other work on the machine is not counted; \
            Deploy/bench.sh pins the program to one core. Each subject runs once unmeasured, then in \
            rounds that are interleaved with the subjects it is compared with (A B C A B C …), all in \
            one run. NAME is the median of the rounds, NAME.min the fastest round. A ratio is the \
            median of the ratios round by round, since a shared core changes its speed by a factor of \
            two from one second to the next.

            verify.k4.batch512.us   one of 512 four-option ballots verified in a batch, from bytes to \
            decision: parsing, decoding, hashing, one multi-scalar multiplication
            verify.k4.classic.us    one four-option ballot of per-option disjunctive proofs, from bytes \
            to decision, every group operation a call of libsodium
            verify.k4.ratio         the second over the first
            verify.k64.over.k4      a 64-option ballot over a four-option one, both in batches of 512
            msm.N.ns                a term of a sum of N products with 253-bit scalars, points decoded; \
            mixed: every second scalar has 128 bits, as in a batch of ballots
            msm.N.decoding.share    decoding the N points over decoding and summing
            close.3of5.1000totals.s partial decryptions by three trustees, their verification, their \
            combination and the discrete logarithms of 1,000 four-option totals
            node.floor.us           one first ballot of 512: decoding, proof in a batch of 512, certificate, \
            and nothing else; the others are steps of a validator, and NAME.over.floor is their share
            node.screen.us          form, and what the state says before certificate and proof
            node.verifyN.us         certificate, points and proof in batches of N, as in a block
            node.cheapestN.us       the same with certificate and signature before the points, as at \
            admission
            node.check.us           what the state says of a ballot that is verified
            node.apply.us           the same and what the ballot changes, in a block of 512
            node.finish.us          the end of that block: totals and the state's tree
            """)

    @Flag(help: "Print one JSON object a line: name, value, unit.")
    var json = false

    @Option(help: "Rounds of each comparison, from 1.")
    var rounds = 15

    func validate() throws {
        guard self.rounds >= 1 else { throw ValidationError("at least one round") }
    }

    func run() throws {
        let report = Report(asJSON: self.json)
        let election = try BenchElection()
        try VerificationFigures(election: election, rounds: self.rounds).report(to: report)
        try MakingFigures(election: election, rounds: self.rounds).report(to: report)
        GroupFigures(rounds: self.rounds).report(to: report)
        try ClosingFigures(election: election, rounds: self.rounds).report(to: report)
        try NodeFigures(rounds: self.rounds).report(to: report)
    }
}
