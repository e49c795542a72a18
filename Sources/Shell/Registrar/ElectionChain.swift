package import APISchema
package import Codec
package import Ledger
package import LedgerClient

/// Where the chain stands.
package struct ChainHead: Hashable, Sendable {
    /// Of the newest final block.
    package let height: UInt64
    /// The block's time.
    package let time: Timestamp

    package init(height: UInt64, time: Timestamp) {
        self.height = height
        self.time = time
    }
}

/// What a registrar needs of the chain that holds its election: nodes in production, a value in
/// tests.
package protocol ElectionChain: Sendable {
    func head() async throws(ClientError) -> ChainHead
    func election() async throws(ClientError) -> ElectionStatus
    func roll(style: UInt32, from: UInt32) async throws(ClientError) -> RollView
    /// Submits a transaction without waiting for its finality.
    func submit(_ transaction: [UInt8]) async throws(ClientError)
    /// Submits a transaction and waits until it is final.
    func submitAndWait(_ transaction: [UInt8]) async throws(ClientError)
    func isFinal(_ transactionID: Bytes32) async throws(ClientError) -> Bool
}

/// The chain as one node shows it, or, with a client of several, the one of them that answers.
package struct NodeChain: ElectionChain {
    private let client: NodeClient
    private let reference: String

    /// - Parameter document: the hash of the election's document.
    package init(client: NodeClient, document: Bytes32) {
        self.client = client
        reference = document.description
    }

    package func head() async throws(ClientError) -> ChainHead {
        let status = try await client.status()
        return ChainHead(height: status.height, time: status.time)
    }

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
