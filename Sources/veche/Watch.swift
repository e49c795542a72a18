import APISchema
import ArgumentParser
import Codec
import CommandOptions
import Console
import Ledger
import LedgerClient

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
                    "chain \(status.chainName), block \(status.height) of \(status.time),"
                        + " \(status.logSize) log entries")
                if let election {
                    show(try await client.election(election))
                }
                try await follow(client)
            }
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
                    + " \(style.cast)  turnout \(share / 10).\(share % 10) %  closes \(style.closes)"
            )
        }
    }
}
