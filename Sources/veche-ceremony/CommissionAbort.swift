import ArgumentParser
import CeremonyStation
import CommandOptions
import Console
import DocumentFiles
import Elections
import Ledger

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

    @Option(help: "The proposal file to write.")
    var output: String

    @OptionGroup var chain: ChainOptions
    @OptionGroup var signer: SignerOptions

    func run() async throws {
        try await reportingFailures {
            try requirePlain(reason, "--reason")
            let replayed = try await chain.replay()
            let (hash, document) = try replayed.election(named: election)
            var proposal = CommissionProposal(
                aborting: AbortElection(election: hash, reason: reason))
            try proposal.sign(
                with: try signer.openKey(), commission: document.commission,
                domain: replayed.genesis.domain)
            try JSONDocument.write(proposal, to: output)
            for line in proposal.summary { say(line) }
            say(
                "Signed by 1 of \(document.commission.threshold) members that are needed. Next:"
                    + " veche-ceremony commission sign \(output)")
        }
    }
}
