package import APISchema
internal import Codec
package import Ledger
package import TransparencyLog

extension NodeClient {
    /// The genesis document, without faults and, where the chain id is known, of this chain.
    package func genesis() async throws(ClientError) -> Genesis {
        try await transport.canonical(
            Genesis.self, "/v1/genesis", limit: Limits.entryBytes
        ) { genesis in
            if let fault = genesis.faults.first {
                throw AnswerFault("its genesis is not usable: \(fault)")
            }
            try check(genesis.chainID)
            return genesis
        }
    }

    /// What the node says about itself.
    package func status() async throws(ClientError) -> NodeStatus {
        try await transport.json(NodeStatus.self, "/v1/status") { status throws(AnswerFault) in
            try check(status.chainID)
            return status
        }
    }

    /// The validators of an epoch that has begun; of the next block's for nil. What the node says of
    /// them is not proved.
    package func validators(epoch: UInt64? = nil) async throws(ClientError) -> ValidatorsView {
        try await transport.json(
            ValidatorsView.self, "/v1/validators" + (epoch.map { "?epoch=\($0)" } ?? ""))
    }

    private func check(_ found: Bytes32) throws(AnswerFault) {
        guard let chainID, chainID != found else { return }
        throw AnswerFault("it serves the chain \(found), not \(chainID)")
    }

    /// Blocks rising from a height, or without one the newest, falling.
    ///
    /// - Parameter limit: 1 to 100.
    package func blocks(
        from height: Height? = nil, limit: Int = 20
    ) async throws(ClientError) -> [BlockSummary] {
        let from = height.map { "from=\($0.rawValue)&" } ?? ""
        return try await transport.json(
            [BlockSummary].self, "/v1/blocks?\(from)limit=\(limit)"
        ) { blocks throws(AnswerFault) in
            guard blocks.count <= limit else {
                throw AnswerFault("it has more blocks than were asked for")
            }
            return blocks
        }
    }

    /// One block; its header hashes to the stated hash.
    package func block(at height: Height) async throws(ClientError) -> BlockDetail {
        try await transport.json(
            BlockDetail.self, "/v1/blocks/\(height.rawValue)"
        ) { block throws(AnswerFault) in
            guard block.summary.height == height.rawValue else {
                throw AnswerFault("it is another block")
            }
            return block
        }
    }

    /// Consecutive blocks rising from a height; none where the chain ends before it.
    ///
    /// - Parameter check: what the blocks must pass to be believed; a server whose blocks do not
    ///   pass is left, and the next is asked.
    package func export(
        from height: Height, limit: Int = ExportChunk.maximumBlocks,
        check: (ExportChunk) throws -> Void = { _ in }
    ) async throws(ClientError) -> ExportChunk {
        try await transport.canonical(
            ExportChunk.self, "/v1/export?from=\(height.rawValue)&limit=\(limit)",
            limit: transport.limits.bulkBytes
        ) { chunk in
            var expected = height
            for block in chunk.blocks {
                guard block.header.height == expected else {
                    throw AnswerFault("the exported blocks have gaps")
                }
                expected = expected.next
            }
            try check(chunk)
            return chunk
        }
    }

    /// The newest checkpoint with the log's own line and the cosignatures, a signed note.
    package func checkpoint() async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/checkpoint", limit: LogLimits.noteSize)
    }

    /// The newest checkpoint with every cosignature that the node has.
    ///
    /// - Parameter check: what the note must pass; its result is returned.
    package func fullCheckpoint<Result>(
        check: ([UInt8]) throws -> Result
    ) async throws(ClientError) -> Result {
        try await transport.bytes("/checkpoint-full", limit: LogLimits.noteSize, check: check)
    }

    /// The same, not checked.
    package func fullCheckpoint() async throws(ClientError) -> [UInt8] {
        try await fullCheckpoint { $0 }
    }

    /// A tile's bytes; what they mean the caller checks against a checkpoint.
    package func bytes(of tile: Tile) async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/" + tile.path, limit: transport.limits.bulkBytes)
    }

    /// Metrics in Prometheus' text form.
    package func metrics() async throws(ClientError) -> String {
        String(
            decoding: try await transport.bytes("/metrics", limit: 4 << 20), as: UTF8.self)
    }

    /// The OpenAPI document, JSON.
    package func openAPI() async throws(ClientError) -> [UInt8] {
        try await transport.bytes("/openapi.json", limit: 4 << 20)
    }
}
