package import ArgumentParser
import Codec
import DocumentFiles
package import Ledger
package import LedgerClient

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
            A node's address, as in http://127.0.0.1:8080. Several may be given: when one fails, the next is asked.
            """)
    package var node: [String]

    package init() {}

    /// Reads and checks the genesis document.
    ///
    /// - Throws: `FileFailure`, or `CommandFailure` naming each rule that it breaks.
    package func loadGenesis() throws -> Genesis {
        try CommandOptions.loadGenesis(at: genesis)
    }

    /// Runs `body` with a client of the nodes, which refuses nodes of another chain.
    package func withClient<Result>(
        _ body: (NodeClient) async throws -> Result
    ) async throws -> Result {
        try await NodeClient.with(
            nodes: node, chainID: try loadGenesis().chainID, body)
    }

    /// Sends transactions and waits until all are final.
    package func submit(_ transactions: [Transaction]) async throws {
        try await submit(bytes: transactions.map(\.canonicalBytes))
    }

    /// Sends transactions' canonical bytes and waits until all are final.
    package func submit(bytes transactions: [[UInt8]]) async throws {
        try await withClient { client in
            // All at once first, so that they need not wait for each other's blocks.
            for transaction in transactions { _ = try await client.submit(transaction) }
            for transaction in transactions { _ = try await client.waitUntilFinal(transaction) }
        }
    }
}
