import ArgumentParser
import BallotCryptography
import CommandOptions
import Console
import DocumentFiles
import Ledger
import ReplayingClient
import Verification
import VoterStation

struct Find: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find a tracking code in the log, on any machine.",
        discussion: """
            Fetches the whole log and verifies it, as `veche audit` does, so that no node is believed: neither that a \
            ballot is there nor that it is not. Says whether the encryption with this tracking code was cast, or \
            challenged, and whether another ballot of the same voter replaced it. It does not show how anybody \
            voted.

            """ + ExitStatus.help)

    @Argument(help: "The tracking code.")
    var code: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            guard let code = TrackingCode(self.code) else {
                throw CommandFailure(
                    "'\(self.code)' is no tracking code: it is mistyped somewhere.")
            }
            let genesis = try self.chain.loadGenesis()
            var search = TrackerSearch(code: code)
            let replayed = try await self.chain.replay { search.look(at: $0) }
            guard !search.found.isEmpty else {
                throw CommandFailure(
                    "The log of \(replayed.audit.progress.logSize) entries, verified up to"
                        + " \(replayed.asOf), holds nothing with the tracking code"
                        + " \(code.text). A ballot with it was never cast, or not yet.")
            }
            if self.json {
                let text = try JSONDocument.encode(search.found)
                say(String(decoding: text, as: UTF8.self), terminator: "")
                return
            }
            if genesis.kind == .training { say("TRAINING: votes of this chain do not count.") }
            for line in search.found.flatMap(\.lines) { say(line) }
            say("  as of        \(replayed.asOf)")
        }
    }
}
