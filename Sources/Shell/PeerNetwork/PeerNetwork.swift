import Codec
package import Logging
import NIOCore
import NIOPosix
import NetworkAddresses
import Synchronization

/// A node's connections to its peers. `run()` listens, dials and serves until its task is cancelled;
/// everything else may be called from anywhere and never waits.
package final class PeerNetwork: Sendable {
    /// Our own node key.
    package let ownID: PeerID
    /// What our own key makes us at present.
    package var ownRole: PeerRole { role(of: ownID) }
    /// What comes in.
    package let events: PeerEvents

    let configuration: PeerNetworkConfiguration
    let certificate: NodeCertificate
    let table: PeerTable
    let inbox: Inbox
    let budgets: QueueBudgets
    let sockets: PeerSockets
    /// What all observers together are read at most.
    let observersRate: CommonRate
    let logger: Logger
    let logGate = LogGate()
    /// Keys of those that we dial.
    private let configuredPeers: Set<PeerID>
    /// Who is a validator at present.
    private let validatorKeys: Mutex<Set<PeerID>>
    /// Random at each start; part of every hello.
    let instance: UInt64
    let listening = ListeningState()

    /// - Throws: `badSeed` or `badCertificate`.
    package init(
        configuration: PeerNetworkConfiguration, logger: Logger
    ) throws(PeerNetworkError) {
        certificate = try NodeCertificate(seed: configuration.nodeSeed)
        ownID = certificate.nodeKey
        validatorKeys = Mutex(configuration.validatorKeys)
        inbox = Inbox(limits: configuration.limits)
        budgets = QueueBudgets(limits: configuration.limits)
        configuredPeers = Set(configuration.dial.map(\.nodeKey))
        table = PeerTable(
            ownID: ownID, limits: configuration.limits, inbox: inbox,
            exempt: Set(configuration.dial.map { AddressGroup($0.endpoint.host) }),
            kept: configuration.keptKeys)
        sockets = PeerSockets(
            bound: configuration.limits.incomingSockets(kept: configuration.keptKeys.count),
            kept: configuration.limits.exemptSockets)
        observersRate = CommonRate(
            perSecond: configuration.limits.observersBytesPerSecond, now: .now)
        events = PeerEvents(inbox: inbox)
        instance = UInt64.random(in: .min ... .max)
        self.configuration = configuration
        self.logger = logger
    }

    /// Works until the task is cancelled, then closes every connection and returns. Once only.
    ///
    /// - Throws: `PeerNetworkError.cannotListen`.
    package func run() async throws {
        defer {
            listening.set(nil)
            inbox.finish()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let endpoint = configuration.listen {
                group.addTask { try await self.listen(on: endpoint) }
            } else {
                listening.set(nil)
            }
            for peer in configuration.dial where peer.nodeKey != ownID {
                group.addTask { await self.keepDialing(peer) }
            }
            group.addTask { await untilCancelled() }
            // The first to end is the listener with an error, or all of them after a cancellation.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// The bound port; nil while there is none.
    package var listeningPort: Int? { listening.port }

    /// The bound port as soon as there is one; nil if this network does not listen or has ended.
    package func waitUntilListening() async -> Int? { await listening.wait() }

    /// Queues a message for one peer.
    @discardableResult
    package func send(
        _ type: UInt8, _ payload: [UInt8], to peer: PeerID, as trafficClass: TrafficClass
    ) -> SendResult {
        guard isSendable(type, payload) else { return .tooLarge }
        guard let connection = table.connection(to: peer) else { return .notConnected }
        return connection.outbox.push(
            WireFrame(type: type, payload: payload), as: trafficClass)
    }

    /// Queues a message for every connected validator; returns those in whose queue it is.
    @discardableResult
    package func broadcast(
        _ type: UInt8, _ payload: [UInt8], as trafficClass: TrafficClass
    ) -> [PeerID] {
        guard isSendable(type, payload) else { return [] }
        let frame = WireFrame(type: type, payload: payload)
        return table.connections().filter { peer, connection in
            connection.role == .validator
                && connection.outbox.push(frame, as: trafficClass) == .queued
        }.map(\.peer)
    }

    private func isSendable(_ type: UInt8, _ payload: [UInt8]) -> Bool {
        type < WireFrame.firstTransportType
            && payload.count <= configuration.limits.frameBytes
    }

    /// The largest payload that is taken from a peer; what it is asked for must not need more.
    package func largestPayload(from peer: PeerID) -> Int {
        role(of: peer) == .validator || isConfigured(peer)
            ? configuration.limits.frameBytes : configuration.limits.observerFrameBytes
    }

    /// Whether less than half of what may wait for a peer in bulk waits now, and there is room for
    /// more of it: false is the moment to produce nothing more for it. False too where there is no
    /// connection.
    package func hasBulkRoom(for peer: PeerID) -> Bool {
        table.connection(to: peer)?.outbox.hasBulkRoom ?? false
    }

    /// Whether we are configured to dial a peer, whoever made the connection.
    func isConfigured(_ peer: PeerID) -> Bool { configuredPeers.contains(peer) }

    /// Whether a peer always has a place: we are configured to dial it, or it is a known observer.
    func isKept(_ peer: PeerID) -> Bool { configuration.keptKeys.contains(peer) }

    /// Ends the connection to a peer that misbehaved.
    package func disconnect(_ peer: PeerID, because reason: String) {
        table.connection(to: peer)?.end(because: .violation(reason))
    }

    /// Who is connected, by key.
    package func connectedPeers() -> [PeerStatus] {
        table.connections().compactMap { $0.connection.status }
    }

    /// Counters since the start, and what is held now.
    package func statistics() -> PeerNetworkStatistics {
        var statistics = table.statistics
        statistics.sockets = sockets.count
        statistics.socketsBound = sockets.bound
        statistics.observerQueueBytes = budgets.bytes(of: .observer)
        statistics.observerQueueBound = configuration.limits.observerQueueBound(
            kept: configuration.keptKeys.count)
        statistics.validatorQueueBytes = budgets.bytes(of: .validator) + inbox.validatorBytes
        statistics.validatorQueueBound = configuration.limits.validatorQueueBound
        return statistics
    }

    /// The role that a key has on our chain, as far as we know it.
    package func role(of peer: PeerID) -> PeerRole {
        validatorKeys.withLock { $0.contains(peer) ? .validator : .observer }
    }

    /// Other keys are validators' from now on. Connections whose peer has another role then end, and
    /// come again with the bounds of the new one.
    package func setValidators(_ keys: Set<PeerID>) {
        validatorKeys.withLock { $0 = keys }
        for (peer, connection) in table.connections() where connection.role != role(of: peer) {
            connection.end(because: .ended("the set of validators has changed"))
        }
    }
}

/// Waits for the task's cancellation.
private func untilCancelled() async {
    while !Task.isCancelled {
        // The only error is the cancellation, which ends the loop.
        try? await Task.sleep(for: .seconds(3600))
    }
}

/// The bound port, for those who wait for it.
final class ListeningState: Sendable {
    private enum State {
        case pending([CheckedContinuation<Int?, Never>])
        case known(Int?)
    }

    private let state = Mutex(State.pending([]))

    var port: Int? {
        state.withLock {
            switch $0 {
            case .pending: nil
            case .known(let port): port
            }
        }
    }

    /// Sets the port, or nil when there will be none.
    func set(_ port: Int?) {
        let waiting = state.withLock { state -> [CheckedContinuation<Int?, Never>] in
            defer { state = .known(port) }
            switch state {
            case .pending(let waiting): return waiting
            case .known: return []
            }
        }
        for continuation in waiting { continuation.resume(returning: port) }
    }

    func wait() async -> Int? {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Int?? in
                switch state {
                case .known(let port): return .some(port)
                case .pending(let waiting):
                    state = .pending(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}
