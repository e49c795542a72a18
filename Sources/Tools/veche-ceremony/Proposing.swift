import ArgumentParser
import CeremonyStation
import CommandOptions
import Console
import DocumentFiles
import Ledger
import PlainText
import ReplayingClient
import Verification

/// Judges a proposal on a chain that this machine has verified.
func review(
    _ proposal: CommissionProposal, on chain: ReplayedChain
) throws -> ProposalReview {
    try ProposalReview(
        of: proposal, genesis: chain.genesis, state: chain.audit.state, now: Timestamp.now)
}

extension ProposalReview {
    /// Shows all that is to be signed.
    ///
    /// - Throws: `CommandFailure` for what nobody must sign.
    func show() throws {
        guard refusals.isEmpty else {
            throw CommandFailure(
                "The proposal cannot be signed:\n"
                    + refusals.map { "  " + $0.plainLine }.joined(separator: "\n"))
        }
        for line in lines { say(line) }
        for warning in warnings { say("WARNING: " + warning.plainLine) }
    }
}

/// What the first signer of every proposal gives.
struct ProposalOptions: ParsableArguments {
    @Option(help: "The proposal file to write.")
    var output: String

    @OptionGroup var chain: ChainOptions
    @OptionGroup var signer: SignerOptions

    /// Judges and shows a proposal, signs it, and writes it for the other members.
    func propose(_ proposal: CommissionProposal, on chain: ReplayedChain) throws {
        let review = try review(proposal, on: chain)
        try review.show()
        var proposal = proposal
        try proposal.sign(
            with: try signer.openKey(), commission: review.commission,
            domain: chain.genesis.domain)
        try JSONDocument.write(proposal, to: output)
        say(
            "Signed by 1 of \(review.commission.threshold) members that are needed. Next:"
                + " veche-ceremony commission sign \(output)")
    }
}
