import APISchema
import BallotCryptography
import Chain
import Codec
import Cosigning
import Elections
import Files
import Ledger
import Logging
import NetworkAddresses
import NodeAPI
import PeerNetwork
import ProcessLogs
import Storage
import TransparencyLog

/// What the HTTP interface asks of the node. Reads go to snapshots of the store on threads of their
/// own; only what is not final yet is asked of the driver.
struct NodeFacade: NodeService {
    let driver: ChainDriver
    let chain: ChainContext
    let configuration: NodeConfiguration
    let store: NodeStore
    let network: PeerNetwork
    let broadcaster: EventBroadcaster
    let readers: [BlockingExecutor]
    let clock: NodeClock
    let logger: Logger
    /// What bounds the lines of the log, where anything does.
    let logRate: LogRate?
    let genesisBytes: [UInt8]

    /// Runs a read on one of the reading threads. A storage fault is the machine's: the client gets
    /// a general answer, and the node stops.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoreSnapshot) throws -> Value
    ) async throws(ServiceFailure) -> Value {
        let reader = readers[Int.random(in: readers.indices)]
        let store = store
        let result = await reader.run { () -> Result<Value, any Error> in
            Result { try body(store.snapshot()) }
        }
        switch result {
        case .success(let value): return value
        case .failure(let failure as ServiceFailure): throw failure
        case .failure(let error):
            await driver.fail(error)
            throw .broken
        }
    }

    func submit(
        _ bytes: [UInt8], source: AddressGroup
    ) async throws(ServiceFailure) -> SubmissionAnswer {
        guard bytes.count <= Limits.entryBytes else {
            throw .tooLarge("A transaction has at most \(Limits.entryBytes) bytes.")
        }
        let transaction = Entry(bytes)
        return try SubmissionAnswer(
            await driver.submit(transaction, from: source), of: transaction.id)
    }

    func transactionStatus(_ id: Bytes32) async throws(ServiceFailure) -> TransactionStatus {
        let found = try await read { snapshot -> TransactionStatus? in
            guard let index = try snapshot.logIndex(ofTransaction: id) else { return nil }
            let blocks = StoredChain(store: snapshot)
            guard let height = try blocks.height(ofEntry: index) else { return nil }
            return TransactionStatus(
                transactionID: id, status: "final", height: height.rawValue, index: index,
                time: try blocks.header(at: height)?.time)
        }
        if let found { return found }
        if await driver.read({ $0.isPending(id) }) {
            return TransactionStatus(transactionID: id, status: "pending")
        }
        throw .notFound(
            "This node knows no transaction \(id). It may be on its way: ask again, or send its "
                + "bytes again.")
    }

    func transactionBytes(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        let bytes = try await read { snapshot in
            try snapshot.logIndex(ofTransaction: id).flatMap { try snapshot.entry(at: $0) }
        }
        if let bytes { return bytes }
        throw await missing(id)
    }

    func receipt(_ id: Bytes32) async throws(ServiceFailure) -> [UInt8] {
        guard let certified = await driver.read({ $0.published }) else { throw await missing(id) }
        let cosignatures = certified.quorum
        let receipt = try await read { snapshot -> [UInt8]? in
            guard let index = try snapshot.logIndex(ofTransaction: id) else { return nil }
            let size = certified.checkpoint.size
            guard index < size, let bytes = try snapshot.entry(at: index) else {
                throw ServiceFailure.notFinal(
                    "The transaction is final; a certified checkpoint that covers it will be there "
                        + "in about a second.", retryAfterSeconds: 1)
            }
            let tracker = try Self.tracker(of: bytes)
            let hashes = try inclusionProof(
                index: index, size: size, from: StoredTree(store: snapshot))
            return LogProof(
                extra: ReceiptExtra(transactionID: id, tracker: tracker).bytes, index: index,
                hashes: hashes, checkpoint: certified.note(cosignatures: cosignatures)
            ).bytes
        }
        if let receipt { return receipt }
        throw await missing(id)
    }

    /// Why a transaction is not in the log.
    private func missing(_ id: Bytes32) async -> ServiceFailure {
        if await driver.read({ $0.isPending(id) }) {
            return .notFinal("The transaction waits for a block.", retryAfterSeconds: 1)
        }
        return .notFound(
            "This node knows no transaction \(id). Check the id, or send the bytes again.")
    }

    func checkHealth() async throws(ServiceFailure) {
        guard await driver.read({ !$0.hasStopped }) else {
            throw .unavailable("The node has stopped.", retryAfterSeconds: 30)
        }
    }

    func checkReadiness() async throws(ServiceFailure) -> NodeReadiness {
        let now = clock.now().clock
        return try await driver.read { $0.checkReadiness(now: now) }.get()
    }

    func status() async throws(ServiceFailure) -> NodeStatus {
        let (genesis, id) = (chain.genesis, chain.chainID)
        return await driver.read { $0.status(of: genesis, id: id) }
    }

    func metrics() async throws(ServiceFailure) -> String {
        let (statistics, subscribers) = (network.statistics(), broadcaster.count)
        let (omitted, now) = (logRate?.omitted ?? 0, clock.now().clock)
        return await driver.read {
            $0.metricsText(
                network: statistics, subscribers: subscribers, omittedLogLines: omitted, now: now)
        }
    }

    func events(
        for group: AddressGroup, cutOff: @escaping @Sendable () -> Void
    ) async throws(ServiceFailure) -> EventSubscription {
        try await broadcaster.subscribe(from: group, cutOff: cutOff)
    }

    func checkpoint(full: Bool) async throws(ServiceFailure) -> [UInt8] {
        guard let certified = await driver.read({ $0.published }) else {
            throw .notFinal(
                "No checkpoint is certified yet: the chain has just begun.", retryAfterSeconds: 1)
        }
        let count = full ? Int.max : certified.served
        return certified.note(cosignatures: count).bytes
    }

    func tile(_ tile: Tile) async throws(ServiceFailure) -> [UInt8] {
        try await read { snapshot in
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
                let entries = try snapshot.entries(
                    from: first, limit: tile.width, byteLimit: .max)
                return try EntryBundle.encode(entries)
            }
        }
    }
}

extension NodeFacade {
    /// The tracker of a ballot in the log; zero for any other transaction.
    fileprivate static func tracker(of bytes: [UInt8]) throws -> Bytes32 {
        guard BallotCheck.isBallot(bytes),
            case .ballot(let transaction) = try Transaction(canonicalBytes: bytes)
        else { return .zero }
        return try BallotOutline(transaction.wire).tracker
    }
}
