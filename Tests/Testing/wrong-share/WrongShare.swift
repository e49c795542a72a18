import APISchema
import ArgumentParser
import BallotCryptography
import CeremonyStation
import Codec
import CommandOptions
import DocumentFiles
import Ledger
import ReplayingClient
import Ristretto

/// A trustee that lies: sends a decryption share that is wrong by one, under an honest proof and
/// signature. The network must refuse it and say whose it is.
@main
struct WrongShare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wrong-share",
        abstract: "For tests and demonstrations: sends a wrong decryption share.",
        discussion: "Exit status 1 says that it was refused, as it must be.")

    @Option(help: "The trustee's directory.")
    var home: String

    @Option(help: "The election's name.")
    var election: String

    @OptionGroup var chain: ChainOptions
    @OptionGroup var passphrase: PassphraseOptions

    func run() async throws {
        try await reportingFailures {
            let keys = try TrusteeHome(path: home).open(
                passphrase: try passphrase.read(for: "the trustee's keys"))
            let replayed = try await chain.replay()
            let (hash, _) = try replayed.election(named: election)
            let station = try TrusteeStation(
                genesis: replayed.genesis, queries: replayed.queries, election: hash, keys: keys)
            let honest = try station.partialDecryptions()
            guard case .partialDecryption(let signed)? = honest.first else {
                throw CommandFailure("There is no total to decrypt.", status: ExitStatus.file)
            }
            let wrong = try shifted(signed.body)
            try await chain.submit([
                .partialDecryption(station.sign(wrong, tag: .partialDecryption))
            ])
            print("\(station.name): the wrong share was accepted")
        }
    }

    /// The same message with its first share moved by the base point.
    private func shifted(_ body: PartialDecryptionMessage) throws -> PartialDecryptionMessage {
        let share = try PartialDecryption(canonicalBytes: body.payload)
        guard let first = share.shares.first, let point = Point(decoding: first) else {
            throw CommandFailure("The share is empty.", status: ExitStatus.file)
        }
        let moved = PartialDecryption(
            shares: [(point + Point.base).encoded()] + share.shares.dropFirst(),
            proof: share.proof)
        return PartialDecryptionMessage(
            election: body.election, trustee: body.trustee, unit: body.unit,
            payload: moved.canonicalBytes)
    }
}
