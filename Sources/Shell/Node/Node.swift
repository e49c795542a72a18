package import APISchema
import Codec
import Consensus
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
    /// The threads of blocking work, each of which is idle before the store is closed.
    private let executors: [BlockingExecutor]
    private let logger: Logger
    private let ports = PortBox()

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
            self.driver = driver
            network = parts.driver.network
            alarm = parts.driver.alarm
            broadcaster = parts.driver.broadcaster
            stop = parts.driver.stop
            self.logger = logger
            store = parts.driver.store
            let disk = BlockingExecutor(label: "veche.mempool")
            let reader = BlockingExecutor(label: "veche.sync")
            let readers = (0..<2).map { BlockingExecutor(label: "veche.reads.\($0)") }
            executors = [parts.driver.executor, disk, reader] + readers
            work = NodeWork(
                driver: driver, chain: parts.driver.chain, store: parts.driver.store,
                network: parts.driver.network, disk: disk, reader: reader)
            facade = NodeFacade(
                driver: driver, chain: parts.driver.chain, configuration: home.configuration,
                store: parts.driver.store, network: parts.driver.network,
                broadcaster: parts.driver.broadcaster, readers: readers,
                logger: logger, logRate: logRate, genesisBytes: home.genesis.canonicalBytes)
            let api = home.configuration.api
            server = APIServer(
                service: facade, host: api.host, port: api.port,
                limits: parts.apiLimits, proxies: home.configuration.proxies,
                events: parts.driver.broadcaster, logger: logger
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
        let outcome = await withTaskGroup(of: NodeFailure?.self) { group in
            await self.start(&group)
            // The first task to end ends the node: with a failure, because it was cancelled, or
            // because the HTTP interface has been shut down gracefully.
            let first = await group.next() ?? nil
            group.cancelAll()
            await self.driver.shutDown()
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
        for executor in executors { await executor.run {} }
        await executors[0].run { [store] in store.close() }
    }

    private func start(_ group: inout TaskGroup<NodeFailure?>) async {
        let (driver, work, network, server, stop) = (driver, work, network, server, stop)
        let (alarm, broadcaster) = (alarm, broadcaster)
        await work.restoreMempool()
        await driver.start()
        group.addTask { await stop.wait() }
        group.addTask {
            for await _ in alarm.rings { await driver.tick() }
            return nil
        }
        group.addTask {
            await work.runAnswers()
            return nil
        }
        for _ in 0..<2 {
            group.addTask {
                await work.runExecutions()
                return nil
            }
            group.addTask {
                await work.runAdmissions()
                return nil
            }
        }
        group.addTask {
            for await event in network.events { await driver.handle(event) }
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
            await work.judgeRestored()
            // This task's end is no reason to stop the node.
            return await stop.wait()
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
    /// The bounds of the HTTP interface, as far as descriptors reach.
    let apiLimits: APILimits

    init(
        home: NodeHome, passphrase: Passphrase, voteFrom: Round?, logger: Logger
    ) throws {
        let chain = ChainContext(genesis: home.genesis)
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
        let book = try Self.book(opened, chain: chain)
        var journal: VoteJournal?
        var replica: NodeReplica?
        var note: String?
        if let validating = keys.validating {
            let (file, state) = try VoteJournal.open(
                in: directory, chainID: chain.chainID, key: validating.consensusKey,
                isExpected: hasJournal, signed: try Self.signedRound(store))
            journal = file
            switch state {
            case .intact: break
            case .corrupt(let offset):
                note =
                    "the vote journal is damaged at byte \(offset): this validator cannot know what "
                    + "it signed, and votes only when enough others have said where they are"
            case .outdated(let round):
                note =
                    "the vote journal is older than epoch \(round.epoch.rawValue), view "
                    + "\(round.view.rawValue), where the key signed: this validator cannot "
                    + "know what it signed, and votes only when enough others have said where they are"
            case .missing:
                note =
                    "the vote journal is missing: this validator cannot know what it signed, and votes "
                    + "only when enough others have said where they are"
            }
            if let note { logger.error("\(note)") }
            replica = NodeReplica(
                configuration: ReplicaConfiguration(
                    domain: chain.domain, parameters: chain.genesis.parameters,
                    validators: opened.validators, key: validating.consensusKey,
                    nonce: Bytes32(SystemRandom.bytes(Bytes32.size)[...]),
                    listening: max(
                        ConsensusDelays.listening,
                        2 * UInt64(chain.genesis.parameters.heartbeatMilliseconds)),
                    boundary: opened.boundary),
                verifier: Ed25519Verifier(), signer: validating.signer, floor: opened.floor,
                journal: state, signerRecord: validating.signer.record)
            if let voteFrom {
                logger.warning(
                    """
                    the operator says that this validator's key signed nothing from this round on; \
                    if it did, the chain can fork
                    """,
                    metadata: ["from": "\(voteFrom)"])
            }
        }
        let clock = NodeClock()
        driver = DriverParts(
            executor: BlockingExecutor(label: "veche.driver"), chain: chain, keys: keys,
            store: store, journal: journal,
            network: try PeerNetwork(
                configuration: home.configuration.peerNetwork(
                    nodeSeed: keys.node.exportSeed().bytes, chainID: chain.chainID,
                    validators: Set(opened.validators.validators.map(\.nodeKey))),
                logger: logger),
            clock: clock, alarm: AlarmClock(clock: clock),
            broadcaster: EventBroadcaster(limits: apiLimits), logger: logger,
            stop: StopSignal(), replica: replica, opened: opened,
            mempoolLimits: home.configuration.mempoolLimits, book: book,
            cosignedSize: try Self.cosignedSize(store), votingNote: note, voteFrom: voteFrom)
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

    private static func book(
        _ opened: OpenedChain, chain: ChainContext
    ) throws(NodeFailure) -> CheckpointBook {
        let failure = NodeFailure.configuration(
            "A validator's name cannot name a checkpoint key.")
        guard var book = CheckpointBook(genesis: chain.genesis) else { throw failure }
        for term in opened.terms {
            guard book.enter(term.validators, from: term.start) else { throw failure }
        }
        return book
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
