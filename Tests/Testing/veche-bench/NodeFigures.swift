import BallotCryptography
import ClusterElection
import Codec
import Cryptography
import Elections
import Ledger

/// What a ballot costs a validator, step by step: on the state of an election of one contest of four
/// options and a counted blank, with first ballots that carry a certificate.
struct NodeFigures {
    static let batchSize = 512

    let rounds: Int

    func report(to report: Report) throws {
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let commission = (0..<3).map { _ in Ed25519SigningKey.generate() }
        let genesis = Genesis(
            kind: .training, name: "benchmark", time: Timestamp(milliseconds: 1_799_999_000_000),
            origin: "bench.example/1",
            logKey: Ed25519SigningKey.generate().publicKey,
            validators: ValidatorSet(
                (0..<4).map { number in
                    Validator(
                        name: "v\(number)", consensusKey: Ed25519SigningKey.generate().publicKey,
                        cosigningKey: Ed25519SigningKey.generate().publicKey,
                        nodeKey: Ed25519SigningKey.generate().publicKey)
                }),
            commission: Commission(
                members: commission.enumerated().map {
                    Member(name: "member \($0)", key: $1.publicKey)
                }, threshold: 2),
            parameters: Parameters())
        var election = try ClusterElection(
            options: ["anna", "boris", "clara", "dora"], genesis: genesis, commission: commission,
            start: start, opens: 1000, closes: 3_600_000, grace: 2000)
        _ = try election.preparation(voters: Self.batchSize)
        let ballots = try election.ballots(Self.batchSize)
        let entries = ballots.map { Entry($0) }
        let time = start.adding(milliseconds: 2000)
        let (state, chain) = (election.state, election.chain)
        var first = try AdmissionCheck(
            chain: chain, state: state, catalog: election.head.catalog, time: time)
        let prepared = try entries.compactMap { try first.screen($0).ballot }
        let catalog = first.catalog
        func verify(_ batch: Int, _ order: BallotCheck.Order) -> [VerifiedBallot] {
            var verified: [VerifiedBallot] = []
            var random = SystemRandom()
            for begin in stride(from: 0, to: prepared.count, by: batch) {
                let verdicts = BallotCheck.verify(
                    [PreparedBallot](prepared[begin..<begin + batch]), order: order,
                    random: &random)
                for case .valid(let ballot) in verdicts { verified.append(ballot) }
            }
            require(verified.count == entries.count, "a ballot is refused")
            return verified
        }
        let verified = verify(512, .asInBlock)
        func executor() -> BlockExecutor {
            guard
                let executor = try? BlockExecutor(
                    chain: chain, parent: state, catalog: catalog,
                    height: election.head.height.next,
                    time: time, parentHash: .zero)
            else { fatalError("benchmark: no executor") }
            return executor
        }
        var applied = executor()
        for (entry, ballot) in zip(entries, verified) {
            try applied.apply(entry, verified: ballot)
        }
        let rules = try election.voters().rules
        let transactions = ballots.compactMap { bytes -> BallotTransaction? in
            guard case .ballot(let ballot)? = try? Transaction(canonicalBytes: bytes) else {
                return nil
            }
            return ballot
        }
        let modulus = election.document.styles[0].issuingKey
        let credentials = CredentialVerifier(moduli: [modulus])
        let messages = verified.map {
            CredentialMessage.encode(
                electionID: $0.ballot.header.electionID, style: 1,
                credentialKey: $0.ballot.header.credentialKey)
        }
        report.heading("A ballot on a validator, one core, interleaved rounds")
        let names = [
            "node.floor", "node.id", "node.decode", "node.certificate", "node.screen",
            "node.verify16", "node.verify128", "node.verify512", "node.cheapest16",
            "node.cheapest512", "node.check", "node.apply", "node.finish",
        ]
        let samples = measure(
            rounds: rounds,
            [
                Subject(units: 512) {
                    VerificationFigures.verify(transactions.map(\.wire), rules)
                    for (ballot, message) in zip(transactions, messages) {
                        require(
                            credentials.isValid(ballot.certificate, of: message, modulus: modulus),
                            "a certificate is refused")
                    }
                },
                Subject(units: 512) { for bytes in ballots { _ = Transaction.id(of: bytes) } },
                Subject(units: 512) {
                    for ballot in transactions { _ = try? Ballot(ballot.wire, rules: rules) }
                },
                Subject(units: 512) {
                    for (ballot, message) in zip(transactions, messages) {
                        _ = credentials.isValid(ballot.certificate, of: message, modulus: modulus)
                    }
                },
                Subject(units: 512) {
                    var check = try? AdmissionCheck(
                        chain: chain, state: state, catalog: catalog, time: time)
                    for entry in entries { _ = try? check?.screen(entry) }
                },
                Subject(units: 512) { _ = verify(16, .asInBlock) },
                Subject(units: 512) { _ = verify(128, .asInBlock) },
                Subject(units: 512) { _ = verify(512, .asInBlock) },
                Subject(units: 512) { _ = verify(16, .cheapestFirst) },
                Subject(units: 512) { _ = verify(512, .cheapestFirst) },
                Subject(units: 512) {
                    var check = try? AdmissionCheck(
                        chain: chain, state: state, catalog: catalog, time: time)
                    for ballot in verified { _ = try? check?.check(ballot) }
                },
                Subject(units: 512) {
                    var block = executor()
                    for (entry, ballot) in zip(entries, verified) {
                        _ = try? block.apply(entry, verified: ballot)
                    }
                },
                Subject(units: 512) {
                    var block = applied
                    _ = try? block.finish()
                },
            ])
        for (name, sample) in zip(names, samples) {
            report.add(name + ".us", sample, "us", nanoseconds: 1000)
            report.add(name + ".over.floor", sample.ratio(to: samples[0]), "x")
        }
    }
}
