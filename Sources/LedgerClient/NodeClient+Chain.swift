package import APISchema
internal import Codec
package import Ledger
package import TransparencyLog

extension NodeClient {
    /// The genesis document, without faults and, where the chain id is known, of this chain.
    package func genesis() async throws(ClientError) -> Genesis {
        let (server, genesis) = try await transport.canonical(
            Genesis.self, "/v1/genesis", limit: Limits.entryBytes)
        if let fault = genesis.faults.first {
            throw .badAnswer(server: server, problem: "its genesis is not usable: \(fault)")
        }
        try check(genesis.chainID, of: server)
        return genesis
    }

    /// What the node says about itself.
    package func status() async throws(ClientError) -> NodeStatus {
        let (server, status) = try await transport.json(NodeStatus.self, "/v1/status")
        try check(status.chainID, of: server)
        return status
    }

    /// The validators of an epoch that has begun; of the next block's for nil. What the node says of
    /// them is not proved.
    package func validators(epoch: UInt64? = nil) async throws(ClientError) -> ValidatorsView {
        try await transport.json(
            ValidatorsView.self, "/v1/validators" + (epoch.map { "?epoch=\($0)" } ?? "")
        ).1
    }

    private func check(_ found: Bytes32, of server: String) throws(ClientError) {
        guard let chainID, chainID != found else { return }
        throw .otherChain(server: server, found: found, expected: chainID)
    }

    /// Blocks rising from a height, or without one the newest, falling.
    ///
    /// - Parameter limit: 1 to 100.
    package func blocks(
        from height: Height? = nil, limit: Int = 20
    ) async throws(ClientError) -> [BlockSummary] {
        let from = height.map { "from=\($0.rawValue)&" } ?? ""
        let (server, blocks) = try await transport.json(
            [BlockSummary].self, "/v1/blocks?\(from)limit=\(limit)")
        guard blocks.count <= limit else {
            throw .badAnswer(server: server, problem: "it has more blocks than were asked for")
        }
        return blocks
    }

    /// One block; its header hashes to the stated hash.
    package func block(at height: Height) async throws(ClientError) -> BlockDetail {
        let (server, block) = try await transport.json(
            BlockDetail.self, "/v1/blocks/\(height.rawValue)")
        guard block.summary.height == height.rawValue else {
            throw .badAnswer(server: server, problem: "it is another block")
        }
        return block
    }

    /// Consecutive blocks rising from a height; none where the chain ends before it.
    package func export(
        from height: Height, limit: Int = ExportChunk.maximumBlocks
    ) async throws(ClientError) -> ExportChunk {
        let (server, chunk) = try await transport.canonical(
            ExportChunk.self, "/v1/export?from=\(height.rawValue)&limit=\(limit)",
            limit: transport.limits.bulkBytes)
        var expected = height
        for block in chunk.blocks {
            guard block.header.height == expected else {
                throw .badAnswer(server: server, problem: "the exported blocks have gaps")
            }
            expected = expected.next
        }
        return chunk
    }

    /// The newest checkpoint with the log's own line and the cosignatures, a signed note.
    package func checkpoint() async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/checkpoint", limit: LogLimits.noteSize).body
    }

    /// The newest checkpoint with every cosignature that the node has.
    package func fullCheckpoint() async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/checkpoint-full", limit: LogLimits.noteSize).body
    }

    /// A tile's bytes; what they mean the caller checks against a checkpoint.
    package func bytes(of tile: Tile) async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/" + tile.path, limit: transport.limits.bulkBytes).body
    }

    /// Metrics in Prometheus' text form.
    package func metrics() async throws(ClientError) -> String {
        String(
            decoding: try await transport.bytes("/metrics", limit: 4 << 20).body, as: UTF8.self)
    }

    /// The OpenAPI document, JSON.
    package func openAPI() async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/openapi.json", limit: 4 << 20).body
    }
}
