package import APISchema
package import Codec
internal import Ledger
package import LedgerClient

/// What a registrar needs of the chain that holds its election: nodes in production, a value in
/// tests.
package protocol ElectionChain: Sendable {
    /// The time of the newest final block, and the block's height.
    func status() async throws(ClientError) -> NodeStatus
    func election() async throws(ClientError) -> ElectionStatus
    func roll(style: UInt32, from: UInt32) async throws(ClientError) -> RollView
    /// Submits a transaction without waiting for its finality.
    func submit(_ transaction: [UInt8]) async throws(ClientError)
    /// Submits a transaction and waits until it is final.
    func submitAndWait(_ transaction: [UInt8]) async throws(ClientError)
    func isFinal(_ transactionID: Bytes32) async throws(ClientError) -> Bool
}

/// The chain as nodes show it.
package struct NodeChain: ElectionChain {
    private let client: NodeClient
    private let reference: String

    /// - Parameter document: the hash of the election's document.
    package init(client: NodeClient, document: Bytes32) {
        self.client = client
        reference = document.description
    }

    package func status() async throws(ClientError) -> NodeStatus { try await client.status() }

    package func election() async throws(ClientError) -> ElectionStatus {
        try await client.election(reference)
    }

    package func roll(style: UInt32, from: UInt32) async throws(ClientError) -> RollView {
        try await client.roll(of: reference, style: style, from: from)
    }

    package func submit(_ transaction: [UInt8]) async throws(ClientError) {
        _ = try await client.submit(transaction)
    }

    package func submitAndWait(_ transaction: [UInt8]) async throws(ClientError) {
        _ = try await client.submitAndWait(transaction)
    }

    package func isFinal(_ transactionID: Bytes32) async throws(ClientError) -> Bool {
        try await client.transactionStatus(transactionID)?.status == "final"
    }
}
