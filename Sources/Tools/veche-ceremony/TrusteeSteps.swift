import ArgumentParser
import CeremonyStation
import Codec
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger
import ReplayingClient

/// What every step of a trustee needs.
struct TrusteeOptions: ParsableArguments {
    @Option(help: "The trustee's directory.")
    var home: String

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @OptionGroup var chain: ChainOptions
    @OptionGroup var passphrase: PassphraseOptions

    /// Opens the keys, replays the chain, and finds the trustee's place in the election.
    func station() async throws -> TrusteeStation {
        let keys = try TrusteeHome(path: home).open(
            passphrase: try passphrase.read(for: "the trustee's keys"))
        // Two steps at once would each make a message, of which the chain takes one.
        try HomeLock.holdUntilExit(directory: home)
        let replayed = try await chain.replay()
        let (hash, _) = try replayed.election(named: election)
        return try TrusteeStation(
            genesis: replayed.genesis, queries: replayed.queries, election: hash, keys: keys)
    }

    /// Takes one step that is one transaction.
    func take(
        _ step: String, _ transaction: (TrusteeStation) throws -> Transaction
    ) async throws {
        try await reportingFailures {
            let station = try await self.station()
            let bytes = try TrusteeHome(path: home).transaction(for: station.fileName(step)) {
                try transaction(station)
            }
            try await chain.submit(bytes: [bytes])
            say(
                "\(station.name): \(step), key ceremony \(station.ceremony.number), in the log as"
                    + " \(Transaction.id(of: bytes))")
        }
    }
}

extension TrusteeStation {
    /// Where a step's transaction is kept: of one election, one ceremony, one step; and, once they
    /// exist, of one set of keys, which a justified complaint may still change.
    fileprivate func fileName(_ step: String) -> String {
        let keys = ceremony.electionID.map { "-" + $0.description.prefix(8) } ?? ""
        return
            "\(document.name)-\(election.description.prefix(8))-\(ceremony.number)\(keys)-\(step)"
    }
}

struct TrusteeRegister: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Step 1: post your communication key.",
        discussion: ExitStatus.help)
    @OptionGroup var options: TrusteeOptions
    func run() async throws { try await options.take("registered") { try $0.registration() } }
}

struct TrusteeCommit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Step 2: commit to your part of the keys, unseen.",
        discussion: ExitStatus.help)
    @OptionGroup var options: TrusteeOptions
    func run() async throws { try await options.take("committed") { try $0.commitment() } }
}

struct TrusteeDeal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deal",
        abstract: "Step 3: reveal your part, and send each trustee a sealed share.",
        discussion: ExitStatus.help)
    @OptionGroup var options: TrusteeOptions
    func run() async throws { try await options.take("dealt") { try $0.dealing() } }
}

struct TrusteeCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Step 4: open and check the shares that you were sent.",
        discussion: """
            A bad share becomes a complaint, which the ledger judges at once: whoever dealt it is out.

            """ + ExitStatus.help)

    @OptionGroup var options: TrusteeOptions

    func run() async throws {
        try await reportingFailures {
            let station = try await options.station()
            let reviews = try station.reviewDealings()
            for review in reviews {
                let name = station.document.trustees[Int(review.dealer) - 1].name
                say(
                    "\(station.name): the share from \(name) is "
                        + (review.complaint == nil ? "good" : "BAD, a complaint follows"))
            }
            let complaints = reviews.compactMap(\.complaint)
            guard !complaints.isEmpty else { return }
            try await options.chain.submit(complaints)
            throw CommandFailure("\(complaints.count) bad shares; the complaints are in the log.")
        }
    }
}

struct TrusteeConfirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Step 5: sign the joint keys, and prove that you hold your shares.",
        discussion: ExitStatus.help)
    @OptionGroup var options: TrusteeOptions
    func run() async throws { try await options.take("confirmed") { try $0.confirmation() } }
}

struct TrusteeRehearse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rehearse", abstract: "Step 6: decrypt a public test total with the others.",
        discussion: """
            The election opens only if this works: it is the decryption of the last day, rehearsed.

            """ + ExitStatus.help)
    @OptionGroup var options: TrusteeOptions
    func run() async throws { try await options.take("rehearsed") { try $0.rehearsal() } }
}

struct TrusteeDecrypt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "After the close: send your share of each total's decryption.",
        discussion: """
            The totals are computed on this machine from the ballots in the log, each of which is verified. Your \
            share opens these totals and nothing else.

            """ + ExitStatus.help)

    @Flag(help: "Decrypt although this machine's clock says that the election is not closed yet.")
    var despiteClock = false

    @OptionGroup var options: TrusteeOptions

    func run() async throws {
        try await reportingFailures {
            let station = try await options.station()
            let transactions = try station.partialDecryptions()
            for line in try station.smallTotals() { note(line) }
            if let closes = try station.closesFinally(), Timestamp.now < closes, !despiteClock {
                throw CommandFailure(
                    "The chain says that the election is closed, but by this machine's clock it closes"
                        + " at \(closes). Set the clock right, or ask why before you use"
                        + " --despite-clock: a share cannot be taken back.")
            }
            guard !transactions.isEmpty else {
                say("\(station.name): every total has your share, or needs none.")
                return
            }
            try await options.chain.submit(transactions)
            say("\(station.name): shares for \(transactions.count) totals are in the log.")
        }
    }
}
