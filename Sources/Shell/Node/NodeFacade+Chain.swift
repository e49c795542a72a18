import APISchema
import Codec
import Elections
import Ledger
import NodeAPI
import Storage

/// Reads of blocks and elections.
extension NodeFacade {
    func blocks(
        from height: Height?, limit: Int
    ) async throws(ServiceFailure) -> [BlockSummary] {
        let genesis = chain.genesis
        return try await read { snapshot in
            var sets = EpochSets(snapshot, genesis)
            let floor = try snapshot.floor()?.height ?? .genesis
            let first: UInt64
            if let height {
                first = max(1, height.rawValue)
            } else {
                let count = UInt64(limit)
                first = floor.rawValue > count ? floor.rawValue - count + 1 : 1
            }
            guard first <= floor.rawValue else { return [] }
            var summaries: [BlockSummary] = []
            for bytes in try snapshot.headers(from: Height(first), limit: limit) {
                let header = try BlockHeader(canonicalBytes: bytes)
                summaries.append(
                    BlockSummary(header, validators: try sets.validators(of: header.epoch)))
            }
            return height == nil ? summaries.reversed() : summaries
        }
    }

    func block(at height: Height) async throws(ServiceFailure) -> BlockDetail {
        let genesis = chain.genesis
        let detail = try await read { snapshot -> BlockDetail? in
            let blocks = StoredChain(store: snapshot)
            guard let block = try blocks.block(at: height) else { return nil }
            let header = block.header
            var sets = EpochSets(snapshot, genesis)
            let validators = try sets.validators(of: header.epoch)
            let first = header.logSize - UInt64(block.entries.count)
            let transactions = block.entries.enumerated().map { place, entry in
                BlockTransaction(
                    transactionID: entry.id, index: first + UInt64(place),
                    type: entry.bytes.first.flatMap(EntryTag.init(rawValue:)).map { "\($0)" }
                        ?? "unknown",
                    size: entry.bytes.count)
            }
            let signers = try blocks.finalization(from: height)?.finalization.signatures ?? []
            return BlockDetail(
                summary: BlockSummary(header, validators: validators),
                header: Hexadecimal.encode(header.canonicalBytes), transactions: transactions,
                finalizedBy: signers.compactMap { validators[$0.signer]?.name })
        }
        guard let detail else {
            throw .notFound(
                "There is no final block \(height.rawValue) yet; the genesis is at /v1/genesis.")
        }
        return detail
    }

    /// Blocks up to one that has a finalization of its own, so that the chunk proves itself.
    func export(from height: Height, limit: Int) async throws(ServiceFailure) -> ExportChunk {
        try await read { snapshot in
            let source = StoredChain(store: snapshot)
            let floor = try source.floorHeight()
            var blocks: [Block] = []
            var size = 0
            var next = max(height, Height(1))
            var provenCount = 0
            var proof: Certificate?
            while next <= floor, blocks.count < ExportChunk.maximumBlocks {
                let isEnough = blocks.count >= limit || size >= ExportChunk.softSize
                if isEnough, proof != nil { break }
                guard let block = try source.block(at: next) else { break }
                blocks.append(block)
                size += Int(block.header.bodyBytes) + 512
                if let finalization = try source.finalization(at: next) {
                    provenCount = blocks.count
                    proof = finalization
                }
                // A reader knows the validators of what follows only once it has executed this.
                if block.header.nextValidatorsHash != block.header.validatorsHash { break }
                next = next.next
            }
            return ExportChunk(blocks: Array(blocks.prefix(provenCount)), finalization: proof)
        }
    }

    /// Runs a read of one election.
    private func view<Value: Sendable>(
        _ reference: ElectionReference,
        _ body: @escaping @Sendable (ElectionViews, Bytes32) throws -> Value?
    ) async throws(ServiceFailure) -> Value {
        let found = try await read { snapshot -> Value? in
            let views = ElectionViews(state: StoredState(store: snapshot))
            guard let election = try views.find(reference) else { return nil }
            return try body(views, election)
        }
        guard let found else {
            throw .notFound("This chain has no election \(reference); see /v1/elections.")
        }
        return found
    }

    func elections() async throws(ServiceFailure) -> [APISchema.ElectionSummary] {
        try await read { snapshot in
            try ElectionViews(state: StoredState(store: snapshot)).summaries()
        }
    }

    func election(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> APISchema.ElectionStatus {
        try await view(reference) { try $0.status($1) }
    }

    func electionDocument(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> ElectionDocument {
        try await view(reference) { try $0.document($1) }
    }

    func ceremony(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> CeremonyView {
        try await view(reference) { try $0.ceremony($1) }
    }

    func credential(
        _ key: Bytes32, of reference: ElectionReference
    ) async throws(ServiceFailure) -> APISchema.CredentialStatus {
        try await view(reference) { views, election in
            guard let status = try views.credential(key, of: election) else {
                throw ServiceFailure.notFound("This credential has cast no ballot.")
            }
            return status
        }
    }

    func roll(
        style: UInt32, of reference: ElectionReference, from: UInt32, limit: Int
    ) async throws(ServiceFailure) -> RollView {
        try await view(reference) { views, election in
            guard
                let roll = try views.roll(election, style: style, from: from, limit: limit)
            else { throw ServiceFailure.notFound("The election has no ballot style \(style).") }
            return roll
        }
    }

    /// Throws where an election was aborted: what its closing would bring never comes.
    private static func requireNotAborted(_ views: ElectionViews, _ election: Bytes32) throws {
        guard let status = try views.status(election), status.summary.phase == "aborted" else {
            return
        }
        let reason = status.abortReason.map { " The reason given: \($0)" } ?? ""
        throw ServiceFailure.aborted("The election was aborted: it has no result.\(reason)")
    }

    func tally(_ reference: ElectionReference) async throws(ServiceFailure) -> TallyView {
        try await view(reference) { views, election in
            guard let tally = try views.tally(election) else {
                try Self.requireNotAborted(views, election)
                throw ServiceFailure.notFinal(
                    "The election has no keys yet: its key ceremony goes on.",
                    retryAfterSeconds: 30)
            }
            return tally
        }
    }

    func resultProtocol(
        _ reference: ElectionReference
    ) async throws(ServiceFailure) -> [UInt8] {
        try await view(reference) { views, election in
            guard let bytes = try views.resultProtocol(election) else {
                try Self.requireNotAborted(views, election)
                throw ServiceFailure.notFinal(
                    "There is no result protocol yet: ballots are being cast or counted.",
                    retryAfterSeconds: 30)
            }
            return bytes
        }
    }
}
