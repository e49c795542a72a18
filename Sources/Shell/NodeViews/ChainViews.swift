package import APISchema
import BallotCryptography
import ChainStore
package import Codec
import Elections
package import Ledger
import NodeAPI
package import Storage
package import TransparencyLog

/// Blocks, validators and log of the final chain, as the HTTP interface shows them.
package struct ChainViews {
    private let snapshot: StoreSnapshot
    private let genesis: Genesis

    /// - Parameter snapshot: one moment of the store, which all answers are about.
    package init(_ snapshot: StoreSnapshot, genesis: Genesis) {
        self.snapshot = snapshot
        self.genesis = genesis
    }

    private var chain: StoredChain<StoreSnapshot> { StoredChain(store: snapshot) }
    private var queries: ElectionQueries { ElectionQueries(StoredState(store: snapshot)) }

    // MARK: - Blocks

    /// Rising from `height`, or the newest in falling order where it is nil.
    package func blocks(from height: Height?, limit: Int) throws -> [BlockSummary] {
        var sets = EpochSets(queries, genesis)
        let floor = try chain.floorHeight()
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

    /// Nil where there is no such final block yet.
    package func block(at height: Height) throws -> BlockDetail? {
        guard let block = try chain.block(at: height) else { return nil }
        let header = block.header
        var sets = EpochSets(queries, genesis)
        let validators = try sets.validators(of: header.epoch)
        let first = header.logSize - UInt64(block.entries.count)
        let transactions = block.entries.enumerated().map { place, entry in
            BlockTransaction(
                transactionID: entry.id, index: first + UInt64(place),
                type: entry.bytes.first.flatMap(EntryTag.init(rawValue:)).map { "\($0)" }
                    ?? "unknown",
                size: entry.bytes.count)
        }
        let signers = try chain.finalization(from: height)?.finalization.signatures ?? []
        return BlockDetail(
            summary: BlockSummary(header, validators: validators),
            header: Hexadecimal.encode(header.canonicalBytes), transactions: transactions,
            finalizedBy: signers.compactMap { validators[$0.signer]?.name })
    }

    /// Blocks up to one that has a finalization of its own, so that the chunk proves itself.
    package func export(from height: Height, limit: Int) throws -> ExportChunk {
        let source = chain
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

    // MARK: - Validators

    /// The validators of an epoch that has begun; of the next block's for nil.
    package func validators(epoch: UInt64?) throws -> ValidatorsView {
        let queries = queries
        let next = genesis.parameters.epoch(of: try queries.head().height.next)
        let epoch = Epoch(epoch ?? next.rawValue)
        guard epoch <= next else {
            throw ServiceFailure.notFound(
                "The chain is in epoch \(next.rawValue); the validators of a later one are not "
                    + "known.")
        }
        let set = try queries.validators(of: epoch, genesis)
        let change = try queries.validatorChange(genesis)
        return ValidatorsView(
            epoch: epoch.rawValue, setHash: set.hash, quorum: set.quorum,
            validators: set.validators,
            pending: change.flatMap { change in
                guard change.effective == nil else { return nil }
                return PendingValidators(
                    number: change.number, setHash: change.validators.hash,
                    validators: change.validators.validators,
                    ready: change.synced.map { Int($0.rawValue) }, needed: change.quorum)
            })
    }

    /// Every change of the validators, proven from genesis.
    package func succession() throws -> SuccessionProof {
        let (queries, blocks) = (queries, chain)
        var steps: [SuccessionStep] = []
        var number: UInt32 = 1
        while let change = try queries.validatorChange(number: number, genesis),
            steps.count < SuccessionProof.limit
        {
            number += 1
            guard let effective = change.effective, effective > .first else { continue }
            let last = genesis.parameters.lastHeight(of: Epoch(effective.rawValue - 1))
            guard let header = try blocks.header(at: last),
                let finalization = try blocks.finalization(at: last)
            else {
                throw StateFault("the block that ended an epoch has no finalization")
            }
            guard header.nextValidatorsHash != header.validatorsHash else { continue }
            steps.append(
                SuccessionStep(
                    boundary: FinalizedHeader(header: header, finalization: finalization),
                    next: change.validators))
        }
        return SuccessionProof(steps: steps)
    }

    // MARK: - The log

    /// Where a transaction is in the log; nil for one that is not.
    package func status(of id: Bytes32) throws -> TransactionStatus? {
        guard let index = try snapshot.logIndex(ofTransaction: id),
            let height = try chain.height(ofEntry: index)
        else { return nil }
        return TransactionStatus(
            transactionID: id, status: "final", height: height.rawValue, index: index,
            time: try chain.header(at: height)?.time)
    }

    /// The bytes of a transaction in the log; nil for one that is not.
    package func bytes(of id: Bytes32) throws -> [UInt8]? {
        try snapshot.logIndex(ofTransaction: id).flatMap { try snapshot.entry(at: $0) }
    }

    /// The proof that a transaction is in the log of a checkpoint; nil for one that is not in the log.
    ///
    /// - Parameters:
    ///   - size: the checkpoint's.
    ///   - checkpoint: its note.
    /// - Throws: `ServiceFailure.notFinal` where the checkpoint does not cover it yet.
    package func receipt(
        of id: Bytes32, size: UInt64, checkpoint: SignedNote
    ) throws -> [UInt8]? {
        guard let index = try snapshot.logIndex(ofTransaction: id) else { return nil }
        guard index < size, let bytes = try snapshot.entry(at: index) else {
            throw ServiceFailure.notFinal(
                "The transaction is final; a certified checkpoint that covers it will be there "
                    + "in about a second.", retryAfterSeconds: 1)
        }
        let hashes = try inclusionProof(
            index: index, size: size, from: StoredTree(store: snapshot))
        return LogProof(
            extra: ReceiptExtra(transactionID: id, tracker: try Self.tracker(of: bytes)).bytes,
            index: index, hashes: hashes, checkpoint: checkpoint
        ).bytes
    }

    /// The tracker of a ballot in the log; zero for any other transaction.
    private static func tracker(of bytes: [UInt8]) throws -> Bytes32 {
        guard BallotCheck.isBallot(bytes),
            case .ballot(let transaction) = try Transaction(canonicalBytes: bytes)
        else { return .zero }
        return try BallotOutline(transaction.wire).tracker
    }

    /// A tile's content, as wide as asked for.
    ///
    /// - Throws: `ServiceFailure.notFound` for one that the log does not cover yet.
    package func tile(_ tile: Tile) throws -> [UInt8] {
        let size = try snapshot.floor()?.logSize ?? 0
        guard tile.isCovered(bySize: size) else {
            throw ServiceFailure.notFound(
                "The log has \(size) entries; this tile is not, or not yet, a part of it.")
        }
        let first = tile.index * UInt64(LogLimits.tileWidth)
        switch tile.content {
        case .hashes(let level):
            let hashes = try snapshot.logHashes(
                height: level * 8, from: first, count: tile.width)
            return hashes.reduce(into: []) { bytes, hash in hash.append(to: &bytes) }
        case .entries:
            let entries = try snapshot.entries(from: first, limit: tile.width, byteLimit: .max)
            return try EntryBundle.encode(entries)
        }
    }
}

/// Sets of validators by epoch, each looked up once.
struct EpochSets {
    private let queries: ElectionQueries
    private let genesis: Genesis
    private var known: [Epoch: ValidatorSet] = [:]

    init(_ queries: ElectionQueries, _ genesis: Genesis) {
        self.queries = queries
        self.genesis = genesis
    }

    mutating func validators(of epoch: Epoch) throws -> ValidatorSet {
        if let set = known[epoch] { return set }
        let set = try queries.validators(of: epoch, genesis)
        known[epoch] = set
        return set
    }
}
