import BallotCryptography
import ClusterElection
import Codec
import Cryptography
import Foundation
import Ledger
import Ristretto
import Synchronization

/// What the library alone takes to check a ballot: measured again and again on a thread of its own,
/// while something else is measured.
final class FloorFigures: Sendable {
    static let batchSize = 512
    private static let pause = 4.0
    private static let certificates = 64

    /// Nanoseconds a ballot, round by round.
    private struct Rounds {
        var decoding: [Double] = []
        var proof: [Double] = []
        var certificate: [Double] = []
        var isFinished = false
    }

    private let ballots: [BallotTransaction]
    private let voters: ClusterVoters
    private let verifier: CredentialVerifier
    private let rounds = Mutex(Rounds())

    /// - Parameter ballots: valid first ballots of voters.
    init(ballots: [BallotTransaction], voters: ClusterVoters) {
        self.ballots = ballots
        self.voters = voters
        verifier = CredentialVerifier(moduli: [voters.issuingKey])
    }

    /// Starts the thread. It ends after `stop()`.
    func start() {
        // The first round pays for what is made once.
        _ = round()
        Thread.detachNewThread {
            while !self.rounds.withLock({ $0.isFinished }) {
                let (decoding, proof, certificate) = self.round()
                self.rounds.withLock { rounds in
                    rounds.decoding.append(decoding)
                    rounds.proof.append(proof)
                    rounds.certificate.append(certificate)
                }
                Thread.sleep(forTimeInterval: Self.pause)
            }
        }
    }

    func stop() { rounds.withLock { $0.isFinished = true } }

    /// Microseconds a ballot: the medians of the rounds so far.
    var medians: (decoding: Double, proof: Double, certificate: Double) {
        rounds.withLock { rounds in
            (
                Samples(rounds: rounds.decoding).median / 1000,
                Samples(rounds: rounds.proof).median / 1000,
                Samples(rounds: rounds.certificate).median / 1000
            )
        }
    }

    private func round() -> (decoding: Double, proof: Double, certificate: Double) {
        var random = SystemRandom()
        var batch: [(ballot: Ballot, rules: BallotRules)] = []
        batch.reserveCapacity(Self.batchSize)
        let start = ThreadTime.nanoseconds
        for ballot in ballots {
            guard let decoded = try? Ballot(ballot.wire, rules: voters.rules) else {
                fatalError("benchmark: a ballot does not decode")
            }
            batch.append((decoded, voters.rules))
        }
        let decoded = ThreadTime.nanoseconds
        let refusals = BallotVerifier.verify(batch, random: &random)
        let verified = ThreadTime.nanoseconds
        require(refusals.allSatisfy { $0 == nil }, "a ballot is refused")
        let some = ballots.prefix(Self.certificates)
        for (transaction, entry) in zip(some, batch) {
            let header = entry.ballot.header
            let message = CredentialMessage.encode(
                electionID: header.electionID, style: header.style,
                credentialKey: header.credentialKey)
            require(
                verifier.isValid(
                    transaction.certificate, of: message, modulus: voters.issuingKey),
                "a certificate is refused")
        }
        let certified = ThreadTime.nanoseconds
        return (
            Double(decoded - start) / Double(batch.count),
            Double(verified - decoded) / Double(batch.count),
            Double(certified - verified) / Double(some.count)
        )
    }
}
