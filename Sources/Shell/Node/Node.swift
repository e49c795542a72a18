// Node: one running node, validator or observer. It reads the operator's configuration, opens what
// the other modules offer, and joins them: storage, network and clock drive the pure cores of
// agreement, synchronization and elections. It decides nothing that those decide.

package import APISchema
import Admission
import Chain
import ChainStore
import Codec
import Consensus
import Cosigning
import Cryptography
package import DocumentFiles
import Elections
import Files
import Foundation
package import Ledger
package import Logging
import NetworkAddresses
import NetworkErrors
package import NodeAPI
package import NodeSetup
import PeerNetwork
import ProcessLimits
package import ProcessLogs
import RemoteSigner
import ServiceLifecycle
import Storage
import TransparencyLog

/// A running node, validator or observer. Making it opens and checks everything; `run` works until
/// it is asked to stop.
package final class Node: Service {
    private let home: NodeHome
    private let driver: ChainDriver
    private let network: PeerNetwork
    private let work: NodeWork
    private let facade: NodeFacade
    private let server: APIServer
    private let alarm: AlarmClock
    private let broadcaster: EventBroadcaster
    private let stop: StopSignal
    private let store: NodeStore
    private let disks: NodeDisks
    private let logger: Logger
    private let ports = PortBox()
    /// The round from which the operator lets a validator in quarantine vote.
    private let voteFrom: Round?

    /// Opens keys, data and ports of the node whose directory `home` is.
    ///
    /// - Parameter voteFrom: the round from which a validator in quarantine may vote, by its operator's
    ///   word that the key signed nothing in it or after it.
    /// - Parameter logRate: what bounds the lines of the log, for the metrics.
    package init(
        home: NodeHome, passphrase: Passphrase, voteFrom: Round? = nil, logger: Logger,
        logRate: LogRate? = nil
    ) throws(NodeFailure) {
        do {
            let parts = try NodeParts(
                home: home, passphrase: passphrase, voteFrom: voteFrom, logger: logger)
            let driver = ChainDriver(parts.driver)
            let ports = ports
            self.home = home
            self.voteFrom = voteFrom
            self.driver = driver
            network = parts.driver.network
            alarm = parts.driver.alarm
            broadcaster = parts.broadcaster
            stop = parts.driver.stop
            self.logger = logger
            store = parts.driver.store
            disks = NodeDisks()
            work = NodeWork(
                driver: driver, chain: parts.chain, store: parts.driver.store,
                network: parts.driver.network, broadcaster: broadcaster,
                queues: parts.driver.queues)
            facade = NodeFacade(
                driver: driver, chain: parts.chain, configuration: home.configuration,
                store: parts.driver.store, network: parts.driver.network,
                broadcaster: broadcaster, readers: disks.clients, clock: parts.driver.clock,
                logger: logger, logRate: logRate, genesisBytes: home.genesis.canonicalBytes)
            let api = home.configuration.api
            server = APIServer(
                service: facade, host: api.host, port: api.port,
                limits: parts.apiLimits, proxies: home.configuration.proxies,
                events: broadcaster, logger: logger
            ) { port in
                logger.info("the HTTP interface listens", metadata: ["port": "\(port)"])
                ports.set(port)
            }
        } catch {
            throw NodeFailure(error)
        }
    }

    /// The port of the HTTP interface, once it listens; nil if the node ended before.
    package func apiPort() async -> Int? { await ports.wait() }

    /// Takes in a transaction as the HTTP interface does, from a client of an address.
    package func submit(
        _ bytes: [UInt8], from address: String
    ) async throws(ServiceFailure) -> SubmissionAnswer {
        try await facade.submit(bytes, source: AddressGroup(address))
    }

    /// Works until cancelled or asked to shut down gracefully.
    ///
    /// - Throws: `NodeFailure` when something stops the node.
    package func run() async throws {
        defer { ports.set(nil) }
        // Blocks are executed on threads of their own: agreement never waits for checks of transactions,
        // which give way to everything else.
        let executions = WorkerPool(label: "veche.execution", threads: NodeLimits.workers)
        let checks = WorkerPool(
            label: "veche.checks", threads: NodeLimits.workers, niceness: NodeLimits.checkNiceness)
        defer {
            executions.finish()
            checks.finish()
        }
        let outcome = await withTaskGroup(of: NodeFailure?.self) { group in
            await self.start(&group, executions: executions, checks: checks)
            // The first task to end ends the node: with a failure, because it was cancelled, or
            // because the HTTP interface has been shut down gracefully.
            let first = await group.next() ?? nil
            group.cancelAll()
            await self.driver.end()
            self.broadcaster.finish()
            self.alarm.finish()
            return first
        }
        await closeStore()
        if let outcome { throw outcome }
        logger.info("the node has stopped")
    }

    /// Ends what works below the tasks, which have all ended: the threads first, then the database.
    /// Left to the process' end they would end in any order, and a lock of the database that is gone
    /// aborts the process.
    private func closeStore() async {
        for executor in disks.all + [driver.executor] { await executor.run {} }
        await driver.executor.run { [store] in store.close() }
    }

    private func start(
        _ group: inout TaskGroup<NodeFailure?>, executions: WorkerPool, checks: WorkerPool
    ) async {
        let (driver, work, network, server, stop) = (driver, work, network, server, stop)
        let (alarm, broadcaster, inputs) = (alarm, broadcaster, work.queues.inputs)
        await withTaskExecutorPreference(disks.waiting) { await work.restoreMempool() }
        await driver.handle(.started(voteFrom: voteFrom))
        // Tasks that end because the driver ended its queues wait for the reason why it did.
        group.addTask { await stop.wait() }
        group.addTask {
            await driver.run()
            return await stop.wait()
        }
        group.addTask {
            for await _ in alarm.rings { inputs.offer(.tick) }
            return await stop.wait()
        }
        for _ in 0..<NodeLimits.workers {
            group.addTask(executorPreference: executions) {
                await work.runExecutions()
                return await stop.wait()
            }
            group.addTask(executorPreference: checks) {
                await work.runJudgements()
                return await stop.wait()
            }
        }
        // Final blocks are stored apart from waiting transactions, and neither waits for those who read.
        for (disk, run) in [
            (disks.floor, work.runCommits), (disks.waiting, work.runWaiting),
            (disks.reader, work.runAnswers), (disks.pages, work.runPublications),
        ] {
            group.addTask(executorPreference: disk) {
                await run()
                return await stop.wait()
            }
        }
        group.addTask {
            await driver.listen()
            // The network ends its events before it says why it ended, which is the reason to stop.
            return await stop.wait()
        }
        group.addTask {
            do {
                try await network.run()
                return nil
            } catch {
                return NodeFailure(error)
            }
        }
        group.addTask {
            // Event streams end now and requests in flight are let finish, but nobody may hold up the
            // node's end.
            do {
                try await gracefulShutdown()
                broadcaster.finish()
                try await Task.sleep(for: .seconds(NodeLimits.shutdownSeconds))
            } catch {
                // Cancelled: the node ends already.
            }
            return nil
        }
        let api = home.configuration.api
        group.addTask {
            do {
                try await server.run()
                return nil
            } catch is CancellationError {
                return nil
            } catch {
                return .network(
                    "The HTTP interface cannot listen on "
                        + "\(HostAndPort(host: api.host, port: api.port)): "
                        + "\(NetworkError.reason(error)). Stop the "
                        + "program that has the port, or configure another one."
                        + PortHolder(of: api.port).note)
            }
        }
    }
}

/// The threads of work that blocks, each of which is idle before the store is closed.
private struct NodeDisks {
    /// Where final blocks are stored.
    let floor = BlockingExecutor(label: "veche.floor")
    /// Where waiting transactions are made durable, apart from the blocks.
    let waiting = BlockingExecutor(label: "veche.mempool")
    /// Where blocks are read for peers.
    let reader = BlockingExecutor(label: "veche.sync")
    /// Where final blocks are read for live pages: peers that ask without end do not hold them up.
    let pages = BlockingExecutor(label: "veche.pages")
    /// Where clients' questions are read.
    let clients = (0..<2).map { BlockingExecutor(label: "veche.reads.\($0)") }

    var all: [BlockingExecutor] { [floor, waiting, reader, pages] + clients }
}

/// The HTTP port, for those who wait for it.
private final class PortBox: Sendable {
    private let stream: AsyncStream<Int?>
    private let continuation: AsyncStream<Int?>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

    func set(_ port: Int?) { continuation.yield(port) }

    func wait() async -> Int? {
        for await port in stream { return port }
        return nil
    }
}

/// What a node is made of, opened and checked in the order in which failures are best told.
private struct NodeParts {
    let driver: DriverParts
    let chain: ChainContext
    let broadcaster: EventBroadcaster
    /// The bounds of the HTTP interface, as far as descriptors reach.
    let apiLimits: APILimits

    init(
        home: NodeHome, passphrase: Passphrase, voteFrom: Round?, logger: Logger
    ) throws {
        chain = ChainContext(genesis: home.genesis)
        let chain = chain
        apiLimits = try Self.apiLimits(of: home, logger: logger)
        // Before the keys: of two nodes on one directory the second takes nobody's signer.
        let directory = try DataDirectory(path: home.dataPath)
        let keys = try NodeKeys(home: home, passphrase: passphrase) { path throws(NodeFailure) in
            try Self.connect(path, chain: chain, logger: logger)
        }
        let hasJournal = FileManager.default.fileExists(
            atPath: directory.path(of: VoteJournal.fileName))
        var options = StoreOptions()
        if let mebibytes = home.configuration.limits?.databaseCacheMiB {
            options.blockCacheBytes = mebibytes << 20
        }
        let store = try NodeStore(in: directory, chainID: chain.chainID, options: options)
        let opened = try OpenedChain(store, chain: chain)
        logger.info(
            "the chain is opened",
            metadata: [
                "chain": "\(chain.genesis.name)", "kind": "\(chain.genesis.kind.name)",
                "height": "\(opened.floor.height.rawValue)",
                "entries": "\(opened.point.frontier.size)",
            ])
        let change = try ElectionQueries(opened.point.state).validatorChange(chain.genesis)
        try keys.check(
            name: home.configuration.name, present: opened.validators,
            coming: change.flatMap { $0.effective == nil ? $0.validators : nil })
        let signer = keys.validating.map {
            NodeSigner(
                consensus: $0.signer, cosigning: $0.cosigning, log: $0.log, node: keys.node,
                domain: chain.domain)
        }
        let voting = try signer.map { signer in
            try VotingParts(
                opened, signer: signer, in: directory, isExpected: hasJournal,
                signed: try Self.signedRound(store), logger: logger)
        }
        if voting != nil, let voteFrom {
            logger.warning(
                """
                the operator says that this validator's key signed nothing from this round on; \
                if it did, the chain can fork
                """,
                metadata: ["from": "\(voteFrom)"])
        }
        let facts = try ChainFacts(of: opened.point, genesis: chain.genesis)
        let former = opened.terms.flatMap { term in term.validators.validators.map(\.nodeKey) }
        var limits = ChainMachineLimits()
        limits.mempool = home.configuration.mempoolLimits
        let machine = NodeMachine(
            ChainStart(
                genesis: chain.genesis, signer: signer, replica: voting?.replica,
                journal: voting?.journal.extent, journalDoubt: voting?.doubt,
                floor: opened.floor, head: FinalPoint(opened.point), facts: facts,
                formerValidators: Set(former),
                cosigning: try Self.cosigning(opened, store, chain: chain)),
            application: ElectionApplication(domain: chain.domain), verifier: Ed25519Verifier(),
            limits: limits)
        let clock = NodeClock()
        broadcaster = EventBroadcaster(limits: apiLimits)
        driver = DriverParts(
            executor: BlockingExecutor(label: "veche.driver"), machine: machine,
            journal: voting?.journal, store: store,
            network: try PeerNetwork(
                configuration: home.configuration.peerNetwork(
                    nodeSeed: keys.node.exportSeed().bytes, chainID: chain.chainID,
                    validators: Set(opened.validators.validators.map(\.nodeKey))),
                logger: logger),
            clock: clock, alarm: AlarmClock(clock: clock), logger: logger, stop: StopSignal(),
            queues: NodeQueues())
    }

    /// Sets descriptors aside for storage and peers before anything is opened; clients have the rest.
    private static func apiLimits(
        of home: NodeHome, logger: Logger
    ) throws(NodeFailure) -> APILimits {
        var limits = home.configuration.apiLimits
        let claimed = try home.configuration.descriptorBudget.claimed()
        if claimed.clientConnections < limits.connections {
            logger.warning(
                """
                the process may have too few file descriptors for the usual number of HTTP connections
                """,
                metadata: [
                    "limit": "\(DescriptorLimit.current.hard)",
                    "connections": "\(claimed.clientConnections)", "usual": "\(limits.connections)",
                ])
            limits.connections = claimed.clientConnections
            // Streams and readers in line leave half of the places to those who ask and go.
            limits.subscribers = min(limits.subscribers, limits.connections / 4)
            limits.waitingSubscribers = min(limits.waitingSubscribers, limits.connections / 4)
        }
        return limits
    }

    /// Takes the key of the process that holds it; waits a while for one that is not there yet.
    private static func connect(
        _ path: String, chain: ChainContext, logger: Logger
    ) throws(NodeFailure) -> SignerClient {
        let end = ContinuousClock.now + .seconds(NodeLimits.signerSeconds)
        var isTold = false
        while true {
            do throws(SignerConnectionFailure) {
                return try SignerClient(socket: path, domain: chain.domain)
            } catch {
                guard error.isTemporary, ContinuousClock.now < end else {
                    throw .configuration("\(error)")
                }
                if !isTold { logger.warning("the node waits for its signer: \(error)") }
                isTold = true
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
    }

    /// Cosigning as the store left it, with all that were validators.
    private static func cosigning(
        _ opened: OpenedChain, _ store: NodeStore, chain: ChainContext
    ) throws -> Cosigning<Ed25519Verifier> {
        let failure = NodeFailure.configuration(
            "A validator's name cannot name a checkpoint key.")
        guard var book = CheckpointBook(genesis: chain.genesis, verifier: Ed25519Verifier()) else {
            throw failure
        }
        for term in opened.terms {
            guard book.enter(term.validators, from: term.start) else { throw failure }
        }
        let frontier = opened.point.frontier
        var cosigning = Cosigning(
            book: book, cosignedSize: try cosignedSize(store),
            final: DueCheckpoint(size: frontier.size, root: frontier.root))
        guard let bytes = try store.note(NoteName.checkpoint) else { return cosigning }
        let note: SignedNote
        do throws(NoteError) {
            note = try SignedNote(parsing: bytes)
        } catch {
            throw NodeFailure.inconsistent("The stored checkpoint cannot be read: \(error)")
        }
        do throws(CheckpointConflict) {
            try cosigning.restore(note)
        } catch {
            throw NodeFailure.inconsistent("The stored checkpoint: \(error.description)")
        }
        return cosigning
    }

    /// A round in which the key is known to have signed: a journal that knows less is an old one.
    private static func signedRound(_ store: NodeStore) throws -> Round? {
        guard let bytes = try store.note(NoteName.signedRound) else { return nil }
        do {
            return try Round(canonicalBytes: bytes)
        } catch {
            throw NodeFailure.inconsistent("The stored round of the last vote is bad.")
        }
    }

    private static func cosignedSize(_ store: NodeStore) throws -> UInt64 {
        guard let bytes = try store.note(NoteName.cosigned) else { return 0 }
        var reader = ByteReader(bytes)
        do {
            return try reader.readUInt64()
        } catch {
            throw NodeFailure.inconsistent(
                "The stored size of the last cosigned checkpoint is bad.")
        }
    }
}

/// What a node with a consensus key votes with.
private struct VotingParts {
    let replica: NodeReplica
    let journal: VoteJournal
    let doubt: JournalDoubt?

    init(
        _ opened: OpenedChain, signer: NodeSigner, in directory: DataDirectory, isExpected: Bool,
        signed: Round?, logger: Logger
    ) throws {
        let domain = signer.domain
        let (file, state) = try VoteJournal.open(
            in: directory, chainID: domain.chainID, key: signer.consensusKey,
            isExpected: isExpected, signed: signed)
        journal = file
        switch state {
        case .intact: doubt = nil
        case .corrupt(let offset): doubt = .damaged(atByte: offset)
        case .outdated(let round): doubt = .outdated(round)
        case .missing: doubt = .missing
        }
        if let doubt { logger.error("\(doubt)") }
        let parameters = opened.parameters
        replica = NodeReplica(
            configuration: ReplicaConfiguration(
                domain: domain, parameters: parameters, validators: opened.validators,
                key: signer.consensusKey,
                nonce: Bytes32(SystemRandom.bytes(Bytes32.size)[...]),
                listening: max(
                    ConsensusDelays.listening, 2 * UInt64(parameters.heartbeatMilliseconds)),
                boundary: opened.boundary),
            verifier: Ed25519Verifier(), signer: signer, floor: opened.floor, journal: state,
            signerRecord: signer.consensus.record)
    }
}
