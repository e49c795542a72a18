import APISchema
import Codec
import Ledger
import NodeAPI
import NodeViews
import TransparencyLog

/// What is read of one moment of the final chain alone.
extension NodeFacade {
    private func view<Value: Sendable>(
        _ body: @escaping @Sendable (ChainViews) throws -> Value
    ) async throws(ServiceFailure) -> Value {
        let genesis = genesis
        return try await read { try body(ChainViews($0, genesis: genesis)) }
    }

    func blocks(
        from height: Height?, limit: Int
    ) async throws(ServiceFailure) -> [BlockSummary] {
        try await view { try $0.blocks(from: height, limit: limit) }
    }

    func block(at height: Height) async throws(ServiceFailure) -> BlockDetail {
        if let detail = try await view({ try $0.block(at: height) }) { return detail }
        throw .notFound(
            "There is no final block \(height.rawValue) yet; the genesis is at /v1/genesis.")
    }

    func export(from height: Height, limit: Int) async throws(ServiceFailure) -> ExportChunk {
        try await view { try $0.export(from: height, limit: limit) }
    }

    func validators(epoch: UInt64?) async throws(ServiceFailure) -> ValidatorsView {
        try await view { try $0.validators(epoch: epoch) }
    }

    func succession() async throws(ServiceFailure) -> SuccessionProof {
        try await view { try $0.succession() }
    }

    func tile(_ tile: Tile) async throws(ServiceFailure) -> [UInt8] {
        try await view { try $0.tile(tile) }
    }

    func transactionStatus(_ id: Bytes32) async throws(ServiceFailure) -> TransactionStatus {
        if let found = try await view({ try $0.status(of: id) }) { return found }
        if await isPending(id) { return TransactionStatus(transactionID: id, status: "pending") }
        throw .notFound(
            "This node knows no transaction \(id). It may be on its way: ask again, or send its "
                + "bytes again.")
    }

    func transactionBytes(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        if let bytes = try await view({ try $0.bytes(of: id) }) { return bytes }
        throw await missing(id)
    }

    func receipt(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        guard let (size, note) = await certified() else { throw await missing(id) }
        let receipt = try await view { try $0.receipt(of: id, size: size, checkpoint: note) }
        if let receipt { return receipt }
        throw await missing(id)
    }

    /// Why a transaction is not in the log.
    private func missing(_ id: Bytes32) async -> ServiceFailure {
        if await isPending(id) {
            return .notFinal("The transaction waits for a block.", retryAfterSeconds: 1)
        }
        return .notFound(
            "This node knows no transaction \(id). Check the id, or send the bytes again.")
    }

    // MARK: - Elections

    func elections() async throws(ServiceFailure) -> [ElectionSummary] {
        try await read { try ElectionAnswers($0).elections() }
    }

    func election(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionStatus {
        try await read { try ElectionAnswers($0).election(reference) }
    }

    func electionDocument(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionDocument {
        try await read { try ElectionAnswers($0).document(reference) }
    }

    func ceremony(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> CeremonyView {
        try await read { try ElectionAnswers($0).ceremony(reference) }
    }

    func credential(
        _ key: Bytes32, of reference: ElectionReference
    ) async throws(ServiceFailure) -> CredentialStatus {
        try await read { try ElectionAnswers($0).credential(key, of: reference) }
    }

    func roll(
        style: UInt32, of reference: ElectionReference, from: UInt32, limit: Int
    ) async throws(ServiceFailure) -> RollView {
        try await read {
            try ElectionAnswers($0).roll(style: style, of: reference, from: from, limit: limit)
        }
    }

    func tally(_ reference: ElectionReference) async throws(ServiceFailure) -> TallyView {
        try await read { try ElectionAnswers($0).tally(reference) }
    }

    func resultProtocol(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> [UInt8] {
        try await read { try ElectionAnswers($0).resultProtocol(reference) }
    }
}
