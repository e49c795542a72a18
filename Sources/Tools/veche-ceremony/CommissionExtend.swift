import ArgumentParser
import CeremonyStation
import Codec
import CommandOptions
import Elections
import Ledger
import PlainText
import ReplayingClient

struct CommissionExtend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Propose a later close, as its first signer.",
        discussion: """
            Only before the close, only later, with a reason that everybody sees. Writes the proposal for the \
            other members to sign with `commission sign`.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "The new close, UTC, as in 2026-09-18T20:00:00Z.")
    var closes: String

    @Option(help: "A style's number, once for each style (default: all styles).")
    var style: [UInt32] = []

    @Option(help: "Why, for everybody to read.")
    var reason: String

    @OptionGroup var proposal: ProposalOptions

    func run() async throws {
        try await reportingFailures {
            try requirePlain(reason, "--reason")
            guard let closes = Timestamp(closes) else {
                throw CommandFailure("--closes needs a UTC time, not '\(closes.plainLine)'.")
            }
            let replayed = try await proposal.chain.replay()
            let (hash, document) = try replayed.election(named: election)
            let styles = style.isEmpty ? document.styles.map(\.number) : style
            try proposal.propose(
                CommissionProposal(
                    extending: ExtendWindow(
                        election: hash, styles: Set(styles).sorted(), closes: closes,
                        reason: reason)), on: replayed)
        }
    }
}
