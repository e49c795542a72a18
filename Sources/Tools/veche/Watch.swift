import APISchema
import ArgumentParser
import Codec
import CommandOptions
import Console
import Ledger
import LedgerClient
import ReplayingClient
import TransparencyLog
import Verification

struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch turnout and blocks as they happen.",
        discussion: """
            Shows what the node says, not verified: use `veche audit` or `veche results` for that. Ends with \
            Ctrl-C, or after --blocks blocks.

            """ + ExitStatus.help)

    @Option(help: "Show this election's turnout (its short name, document hash or id).")
    var election: String?

    @Option(help: "End after this many blocks.")
    var blocks: Int?

    @OptionGroup var chain: ChainOptions

    func run() async throws {
        try await reportingFailures {
            let genesis = try chain.loadGenesis()
            if genesis.kind == .training { say("TRAINING: votes of this chain do not count.") }
            say("As the node says it, not verified:")
            try await chain.withClient { client in
                let status = try await client.status()
                say(
                    "chain \(status.chainName), block \(status.height) of \(status.time.words()),"
                        + " \(status.logSize) log entries, \(Age(of: status.time).text)")
                try await compareWithCheckpoint(status, client, genesis)
                if let election {
                    show(try await client.election(election))
                }
                try await follow(client)
            }
        }
    }

    /// Points out a node that shows less than a quorum vouches for, or a past state.
    private func compareWithCheckpoint(
        _ status: NodeStatus, _ client: NodeClient, _ genesis: Genesis
    ) async throws {
        var audit = try ChainAudit(genesis: genesis.canonicalBytes)
        if let proof = try await client.successionProof(check: { _ in }) {
            do {
                try audit.learn(proof)
            } catch {
                note("The node's proof of later validators does not hold: \(error).")
            }
        }
        do throws(ClientError) {
            let size = try await client.fullCheckpoint { try audit.expect(checkpoint: $0).size }
            say("a quorum vouches for \(size) log entries")
            if size > status.logSize {
                note("The node shows \(status.logSize) entries: it lags, or hides what came since.")
            }
        } catch {
            note("No quorum is shown to vouch for this: \(error)")
        }
        if Age(of: status.time).seconds > 600 {
            note(
                "The newest block is old: the chain was stopped, or the node hides what came since."
            )
        }
    }

    private func follow(_ client: NodeClient) async throws {
        var left = blocks ?? Int.max
        guard left > 0 else { return }
        try await client.events { event in
            switch event {
            case .block(let block):
                say(
                    "block \(block.height)  \(block.time)  by \(block.proposer)"
                        + "  \(block.transactionCount) transactions, log \(block.logSize)")
                left -= 1
            case .election(let status):
                let names = [
                    status.summary.name, status.summary.document.description,
                    status.summary.electionID?.description,
                ]
                if election == nil || names.contains(election) { show(status) }
            }
            return left > 0 && Output.isOpen
        }
        if left > 0, blocks == nil, Output.isOpen {
            note("The node ended the stream.")
        }
    }

    private func show(_ status: ElectionStatus) {
        say("election '\(status.summary.name)': \(status.summary.phase)")
        for style in status.styles {
            let share =
                style.listed == 0 ? 0 : UInt64(style.cast) * 1000 / UInt64(style.listed)
            say(
                "  style \(style.number)  listed \(style.listed)  issued \(style.issued)  cast"
                    + " \(style.cast)  turnout \(share / 10).\(share % 10) %  closes \(style.closes.words())"
            )
        }
    }
}
