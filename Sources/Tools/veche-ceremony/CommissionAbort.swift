import ArgumentParser
import CeremonyStation
import CommandOptions
import Elections
import Ledger
import ReplayingClient

struct CommissionAbort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Propose to end an election without a result.",
        discussion: """
            With a reason that everybody sees. Writes the proposal for the other members to sign with `commission \
            sign`.

            """ + ExitStatus.help)

    @Option(help: "The election: its short name, its document's hash or its election id.")
    var election: String

    @Option(help: "Why, for everybody to read.")
    var reason: String

    @OptionGroup var proposal: ProposalOptions

    func run() async throws {
        try await reportingFailures {
            try requirePlain(reason, "--reason")
            let replayed = try await proposal.chain.replay()
            let (hash, _) = try replayed.election(named: election)
            try proposal.propose(
                CommissionProposal(aborting: AbortElection(election: hash, reason: reason)),
                on: replayed)
        }
    }
}
