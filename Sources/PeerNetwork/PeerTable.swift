import Codec
import Synchronization

/// Counters since the start, for metrics.
package struct PeerNetworkStatistics: Equatable, Sendable {
    /// Incoming TCP connections.
    package internal(set) var connectionsAccepted: UInt64 = 0
    /// Connections that we turned away: another chain, no place, no known key.
    package internal(set) var connectionsRefused: UInt64 = 0
    /// Bytes that no honest node sends: no TLS, no hello, no frame.
    package internal(set) var protocolViolations: UInt64 = 0
    /// Attempts to connect that failed.
    package internal(set) var dialFailures: UInt64 = 0
    /// Messages dropped because a peer's queue was full, over all connections that ended.
    package internal(set) var droppedFrames: UInt64 = 0
}

/// Who is connected, and the decision which connection stays.
final class PeerTable: Sendable {
    private struct State {
        var established: [PeerID: PeerConnection] = [:]
        var perHost: [String: Int] = [:]
        var pending = 0
        var nextNumber: UInt64 = 0
        var statistics = PeerNetworkStatistics()
    }

    private let ownID: PeerID
    private let limits: PeerLimits
    private let inbox: Inbox
    private let state = Mutex(State())

    init(ownID: PeerID, limits: PeerLimits, inbox: Inbox) {
        self.ownID = ownID
        self.limits = limits
        self.inbox = inbox
    }

    /// A number for a new connection.
    func nextNumber() -> UInt64 {
        state.withLock {
            $0.nextNumber += 1
            return $0.nextNumber
        }
    }

    /// Counts an incoming connection before anything is read from it; false where there is no
    /// place. `release` gives the place back.
    func admit(host: String) -> Bool {
        state.withLock { state in
            state.statistics.connectionsAccepted += 1
            let count = state.perHost[host, default: 0]
            guard state.pending < limits.pendingConnections, count < limits.connectionsPerAddress
            else {
                state.statistics.connectionsRefused += 1
                return false
            }
            state.pending += 1
            state.perHost[host] = count + 1
            return true
        }
    }

    /// An admitted connection ended.
    func release(host: String, wasPending: Bool) {
        state.withLock { state in
            if wasPending { state.pending -= 1 }
            let count = state.perHost[host, default: 1] - 1
            state.perHost[host] = count > 0 ? count : nil
        }
    }

    /// Takes in a connection after its handshake, or says why not.
    ///
    /// Of two connections between the same two runs of nodes, one stays, the same on both ends: of
    /// two that were made from different ends, the one that the node with the smaller key made;
    /// else the newer one. A peer that has been restarted always replaces its old connection.
    ///
    /// - Parameter hello: our answer, put in front of whatever the node sends once it knows.
    func establish(_ connection: PeerConnection, answering hello: WireFrame?) -> Refusal? {
        guard let peer = connection.peer else { preconditionFailure("establish after identify") }
        let instance = connection.instance
        let (refusal, replaced) = state.withLock { state -> (Refusal?, PeerConnection?) in
            let old = state.established[peer]
            if let old, old.instance == instance, old.isDialed != connection.isDialed,
                connection.isDialed != (ownID < peer)
            {
                return (.duplicate, nil)
            }
            if old == nil, case .observer = connection.role, !connection.isDialed {
                let count = state.established.values.count { $0.role == .observer }
                if count >= limits.observers { return (.full, nil) }
            }
            if !connection.isDialed { state.pending -= 1 }
            if let hello { _ = connection.outbox.push(hello, as: .consensus) }
            state.established[peer] = connection
            // Inside the lock: the events have the order of the decisions.
            inbox.open(peer, role: connection.role, connection: connection.number)
            return (nil, old)
        }
        replaced?.end(because: .refused(.duplicate))
        return refusal
    }

    /// Forgets an established connection that ended.
    func remove(_ connection: PeerConnection) {
        state.withLock { state in
            state.statistics.droppedFrames += connection.outbox.counters.dropped
            guard let peer = connection.peer, state.established[peer] === connection else { return }
            state.established[peer] = nil
            inbox.close(peer, connection: connection.number)
        }
    }

    /// The connection to a peer.
    func connection(to peer: PeerID) -> PeerConnection? {
        state.withLock { $0.established[peer] }
    }

    /// All established connections, by the peers' keys.
    func connections() -> [(peer: PeerID, connection: PeerConnection)] {
        state.withLock { state in
            state.established.sorted { $0.key < $1.key }.map {
                (peer: $0.key, connection: $0.value)
            }
        }
    }

    var statistics: PeerNetworkStatistics { state.withLock { $0.statistics } }

    /// Changes the counters and returns them.
    @discardableResult
    func count(_ change: (inout PeerNetworkStatistics) -> Void) -> PeerNetworkStatistics {
        state.withLock {
            change(&$0.statistics)
            return $0.statistics
        }
    }
}
