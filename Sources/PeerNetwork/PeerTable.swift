import Codec
import Synchronization

/// Counters since the start, for metrics.
package struct PeerNetworkStatistics: Equatable, Sendable {
    /// Incoming TCP connections.
    package internal(set) var connectionsAccepted: UInt64 = 0
    /// Connections that we turned away: another chain, no place, no known key, or pushed out by a
    /// newer one before they said who they are.
    package internal(set) var connectionsRefused: UInt64 = 0
    /// Bytes that no honest node sends: no TLS, no hello, no frame.
    package internal(set) var protocolViolations: UInt64 = 0
    /// Attempts to connect that failed.
    package internal(set) var dialFailures: UInt64 = 0
    /// Messages dropped because a peer's queue was full, over all connections that ended.
    package internal(set) var droppedFrames: UInt64 = 0
    /// Incoming connections that have not said yet who they are, now.
    package internal(set) var pendingConnections = 0
}

/// Who is connected, and the decision which connection stays.
final class PeerTable: Sendable {
    private struct State {
        var established: [PeerID: PeerConnection] = [:]
        /// Incoming connections before the end of their handshake, by number and so by age.
        var pending: [UInt64: PeerConnection] = [:]
        /// Where connected validators are, and peers that we dial: one address of each.
        var knownAddresses: [PeerID: AddressGroup] = [:]
        var nextNumber: UInt64 = 0
        var statistics = PeerNetworkStatistics()
    }

    private let ownID: PeerID
    private let limits: PeerLimits
    private let inbox: Inbox
    /// Addresses that the configuration names: bounds per address are not for them.
    private let exempt: Set<AddressGroup>
    private let state = Mutex(State())

    init(ownID: PeerID, limits: PeerLimits, inbox: Inbox, exempt: Set<AddressGroup> = []) {
        self.ownID = ownID
        self.limits = limits
        self.inbox = inbox
        self.exempt = exempt
    }

    /// A number for a new connection.
    func nextNumber() -> UInt64 {
        state.withLock {
            $0.nextNumber += 1
            return $0.nextNumber
        }
    }

    /// Notes where a peer is that we dial.
    func note(_ peer: PeerID, at address: AddressGroup) {
        state.withLock { $0.knownAddresses[peer] = address }
    }

    /// Takes in an incoming connection before anything is read from it; false where there is no
    /// place. `release` gives the place back.
    ///
    /// Strangers can take all places, from many addresses even, but not keep them: the oldest
    /// stranger makes room for the newest connection, and none takes the place of a known address.
    func admit(_ connection: PeerConnection) -> Bool {
        let (isAdmitted, pushedOut) = state.withLock { state -> (Bool, PeerConnection?) in
            state.statistics.connectionsAccepted += 1
            let isKnown = isExempt(connection.addressGroup, state)
            let sameAddress = state.pending.values.count {
                $0.addressGroup == connection.addressGroup
            }
            guard isKnown || sameAddress < limits.pendingPerAddress else {
                state.statistics.connectionsRefused += 1
                return (false, nil)
            }
            var pushedOut: PeerConnection?
            if state.pending.count >= limits.pendingConnections {
                let oldest = state.pending.keys.sorted()
                let stranger = oldest.first { number in
                    state.pending[number].map { !isExempt($0.addressGroup, state) } ?? false
                }
                state.statistics.connectionsRefused += 1
                guard let number = stranger ?? (isKnown ? oldest.first : nil) else {
                    return (false, nil)
                }
                pushedOut = state.pending.removeValue(forKey: number)
            }
            state.pending[connection.number] = connection
            return (true, pushedOut)
        }
        pushedOut?.end(because: .ended("it was slow to say who it is, and others wait"))
        return isAdmitted
    }

    private func isExempt(_ address: AddressGroup, _ state: borrowing State) -> Bool {
        exempt.contains(address) || state.knownAddresses.values.contains(address)
    }

    /// An admitted connection ended.
    func release(_ connection: PeerConnection) {
        state.withLock { $0.pending[connection.number] = nil }
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
                let observers = state.established.values.filter { $0.role == .observer }
                let address = connection.addressGroup
                let sameAddress = observers.count { $0.addressGroup == address }
                if observers.count >= limits.observers
                    || sameAddress >= limits.observersPerAddress && !isExempt(address, state)
                {
                    return (.full, nil)
                }
            }
            state.pending[connection.number] = nil
            if case .validator = connection.role {
                state.knownAddresses[peer] = connection.addressGroup
            }
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

    var statistics: PeerNetworkStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.pendingConnections = state.pending.count
            return statistics
        }
    }

    /// Changes the counters and returns them.
    @discardableResult
    func count(_ change: (inout PeerNetworkStatistics) -> Void) -> PeerNetworkStatistics {
        state.withLock {
            change(&$0.statistics)
            return $0.statistics
        }
    }
}
