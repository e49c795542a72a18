import APISchema
import Chain
import Codec
import Cosigning
import Elections
import Files
import Ledger
import Logging
import NetworkAddresses
import NodeAPI
import NodeSetup
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

    /// Whether a transaction waits for a block.
    func isPending(_ id: Bytes32) async -> Bool { await driver.read { $0.isPending(id) } }

    /// The newest certified checkpoint.
    private func published() async -> Certified? { await driver.read { $0.published } }

    /// How many entries it covers, and its note with the cosignatures of a quorum.
    func certified() async -> (size: UInt64, note: SignedNote)? {
        await published().map { ($0.checkpoint.size, $0.note(cosignatures: $0.quorum)) }
    }

    var genesis: Genesis { chain.genesis }

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
        guard let certified = await published() else {
            throw .notFinal(
                "No checkpoint is certified yet: the chain has just begun.", retryAfterSeconds: 1)
        }
        let count = full ? Int.max : certified.served
        return certified.note(cosignatures: count).bytes
    }
}
