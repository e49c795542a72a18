package import ArgumentParser
import Codec
import Console
import DocumentFiles
package import Ledger
package import LedgerClient
package import ReplayingClient
import Verification

/// Reads and checks a genesis document.
///
/// - Throws: `FileFailure`, or `CommandFailure` naming each rule that it breaks.
package func loadGenesis(at path: String) throws -> Genesis {
    let document: Genesis = try JSONDocument.read(at: path)
    let faults = document.faults
    guard faults.isEmpty else {
        throw CommandFailure(
            "\(path) is no usable genesis document:\n"
                + faults.map { "  " + $0.description }.joined(separator: "\n"),
            status: ExitStatus.file)
    }
    return document
}

/// Which chain, and whom to ask.
package struct ChainOptions: ParsableArguments {
    @Option(help: "The chain's genesis.json: what everything is checked against.")
    package var genesis: String

    @Option(
        help: """
            A node's address, as in http://127.0.0.1:8080. Give several: none is believed, and where one fails or \
            errs, the next is asked.
            """)
    package var node: [String]

    package init() {}

    /// Reads and checks the genesis document.
    ///
    /// - Throws: `FileFailure`, or `CommandFailure` naming each rule that it breaks.
    package func loadGenesis() throws -> Genesis {
        try CommandOptions.loadGenesis(at: genesis)
    }

    /// Runs `body` with a client of the nodes, which believes no node of another chain. What is waited
    /// for, and answers that do not hold, are told on standard error.
    package func withClient<Result>(
        _ body: (NodeClient) async throws -> Result
    ) async throws -> Result {
        try await NodeClient.with(
            nodes: node, chainID: try loadGenesis().chainID, limits: .telling, body)
    }

    /// Fetches the whole chain and verifies it, as `ReplayedChain.replay`. That its end is old is told on
    /// standard error.
    ///
    /// - Parameter inspect: called with each block, in order, once it is verified.
    /// - Throws: `ReplayFailure`, `ClientError`.
    package func replay(inspect: (Block) -> Void = { _ in }) async throws -> ReplayedChain {
        let genesis = try loadGenesis()
        let chain = try await withClient {
            try await ReplayedChain.replay(genesis, asking: $0, inspect: inspect)
        }
        if let ageNote = chain.ageNote { note(ageNote) }
        return chain
    }

    /// Sends transactions and waits until receipts prove that all are in the log.
    package func submit(_ transactions: [Transaction]) async throws {
        try await submit(bytes: transactions.map(\.canonicalBytes))
    }

    /// Sends transactions' canonical bytes and waits until receipts prove that all are in the log.
    package func submit(bytes transactions: [[UInt8]]) async throws {
        let genesis = try loadGenesis()
        try await withClient { client in
            // All at once first, so that they need not wait for each other's blocks.
            for transaction in transactions { _ = try await client.submit(transaction) }
            var submission = try ProvenSubmission(client: client, genesis: genesis)
            for transaction in transactions {
                _ = try await submission.run(transaction) { check, receipt in
                    try check.checkInclusion(receipt: receipt, transaction: transaction)
                }
            }
        }
    }
}

extension ClientLimits {
    /// The usual bounds, with a word on standard error about who is waited for and whose answers do
    /// not hold.
    package static var telling: ClientLimits {
        var limits = ClientLimits()
        limits.notice = { note("  " + $0) }
        return limits
    }
}
