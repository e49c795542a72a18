import Codec
import NetworkAddresses
import Synchronization

/// Who is connected, and the decision which connection stays.
final class PeerTable: Sendable {
    private struct State {
        var established: [PeerID: PeerConnection] = [:]
        /// Incoming connections before the end of their handshake, and their places.
        var pending: [UInt64: PeerConnection] = [:]
        var pendingPlaces: Places<UInt64>
        /// Places of observers that came to us, by the numbers of their connections.
        var observers: [UInt64: PeerConnection] = [:]
        var observerPlaces: Places<UInt64>
        /// Where connected validators are, and peers that we dial: one address of each.
        var knownAddresses: [PeerID: AddressGroup] = [:]
        var rates: AcceptRates
        var history = KeyHistory()
        var nextNumber: UInt64 = 0
        var statistics = PeerNetworkStatistics()
    }

    /// What becomes of a connection after its handshake.
    enum Decision: Sendable {
        /// - copy: where the other node with the same key is, whose connection it replaced; nil where
        ///   there is none, or an operator was told a short while ago.
        case established(copy: String?)
        /// - isReportDue: whether it is time to tell an operator of another node with the key.
        case refused(RefusalNotice, isReportDue: Bool = true)
    }

    private let ownID: PeerID
    private let limits: PeerLimits
    private let inbox: Inbox
    /// Addresses that the configuration names: bounds per address are not for them.
    private let exempt: Set<AddressGroup>
    /// Keys that the configuration names: they always have a place.
    private let kept: Set<PeerID>
    private let state: Mutex<State>

    init(
        ownID: PeerID, limits: PeerLimits, inbox: Inbox, exempt: Set<AddressGroup>,
        kept: Set<PeerID>
    ) {
        self.ownID = ownID
        self.limits = limits
        self.inbox = inbox
        self.exempt = exempt
        self.kept = kept
        state = Mutex(
            State(
                pendingPlaces: Places(
                    .init(
                        total: limits.pendingConnections, perGroup: limits.pendingPerAddress,
                        perSite: limits.pendingPerAddress * limits.groupsPerSite)),
                observerPlaces: Places(
                    .init(
                        total: limits.observers, perGroup: limits.observersPerAddress,
                        perSite: limits.observersPerAddress * limits.groupsPerSite)),
                rates: AcceptRates(
                    perSecond: limits.connectionsPerSecond, groupsPerSite: limits.groupsPerSite)))
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
    /// Strangers can take all places, from many addresses even, but not keep them: see `Places`.
    ///
    /// - Parameter areSocketsScarce: whether the sockets that are left are for exempt addresses.
    func admit(_ connection: PeerConnection, areSocketsScarce: Bool) -> Bool {
        let (isAdmitted, pushedOut) = state.withLock { state -> (Bool, PeerConnection?) in
            state.statistics.connectionsAccepted += 1
            let group = connection.addressGroup
            let isKnown = isExempt(group, state)
            guard isKnown || !areSocketsScarce && state.rates.enter(group, now: .now) else {
                state.statistics.connectionsRefused += 1
                return (false, nil)
            }
            switch state.pendingPlaces.enter(connection.number, from: group, isExempt: isKnown) {
            case .admitted:
                state.pending[connection.number] = connection
                return (true, nil)
            case .inPlaceOf(let number):
                state.statistics.connectionsRefused += 1
                state.pending[connection.number] = connection
                return (true, state.pending.removeValue(forKey: number))
            case .refused:
                state.statistics.connectionsRefused += 1
                return (false, nil)
            }
        }
        pushedOut?.abort(because: .ended("it was slow to say who it is, and others wait"))
        return isAdmitted
    }

    private func isExempt(_ address: AddressGroup, _ state: borrowing State) -> Bool {
        exempt.contains(address) || state.knownAddresses.values.contains(address)
    }

    /// An admitted connection ended, or is no stranger's any more.
    func release(_ connection: PeerConnection) {
        state.withLock { leavePending(connection, &$0) }
    }

    private func leavePending(_ connection: PeerConnection, _ state: inout State) {
        state.pending[connection.number] = nil
        state.pendingPlaces.leave(connection.number)
    }

    /// Takes in a connection after its handshake, or says why not.
    ///
    /// Of two connections between the same two runs of nodes, one stays, the same on both ends: of
    /// two that were made from different ends, the one that the node with the smaller key made;
    /// else the newer one. A peer that has been restarted replaces its old connection; see `KeyRuns`
    /// for two nodes with one key.
    ///
    /// - Parameter hello: our answer, put in front of whatever the node sends once it knows.
    func establish(_ connection: PeerConnection, answering hello: WireFrame?) -> Decision {
        guard let peer = connection.peer else { preconditionFailure("establish after identify") }
        let (decision, ends) = state.withLock { state -> (Decision, [Ending]) in
            let old = state.established[peer]
            if let old, old.instance == connection.instance, old.isDialed != connection.isDialed,
                connection.isDialed != (ownID < peer)
            {
                return (.refused(RefusalNotice(.duplicate)), [])
            }
            let verdict = state.history.verdict(
                on: connection.instance, of: peer, isHolderConnected: old != nil)
            if let old, verdict == .refused {
                let notice = RefusalNotice(.keyElsewhere, address: old.address)
                let isDue = state.history.isReportDue(peer, now: .now)
                return (.refused(notice, isReportDue: isDue), [])
            }
            let needsPlace =
                connection.role == .observer && !connection.isDialed && !kept.contains(peer)
            var ends: [Ending] = []
            if needsPlace {
                guard let pushedOut = enterObserver(connection, inPlaceOf: old, &state) else {
                    return (.refused(RefusalNotice(.full)), [])
                }
                ends = pushedOut
            } else if let old {
                leaveObservers(old, &state)
            }
            state.history.judge(
                connection.instance, of: peer, isHolderConnected: old != nil, isKept: !needsPlace)
            settle(connection, of: peer, answering: hello, &state)
            guard let old else { return (.established(copy: nil), ends) }
            ends.append(ending(of: old, for: connection, isCopy: verdict == .back))
            let isDue = verdict == .back && state.history.isReportDue(peer, now: .now)
            return (.established(copy: isDue ? old.address : nil), ends)
        }
        for end in ends { end() }
        return decision
    }

    /// How a connection is ended. Never called under the lock.
    private typealias Ending = @Sendable () -> Void

    /// Notes an established connection.
    private func settle(
        _ connection: PeerConnection, of peer: PeerID, answering hello: WireFrame?,
        _ state: inout State
    ) {
        leavePending(connection, &state)
        if case .validator = connection.role {
            state.knownAddresses[peer] = connection.addressGroup
        }
        if let hello { _ = connection.outbox.push(hello, as: .consensus) }
        state.established[peer] = connection
        // Inside the lock: the events have the order of the decisions.
        inbox.open(
            peer, role: connection.role, connection: connection.number,
            account: connection.role == .validator ? nil : connection.receiving)
    }

    /// The end of a connection that another one replaces.
    private func ending(
        of old: PeerConnection, for connection: PeerConnection, isCopy: Bool
    ) -> Ending {
        guard isCopy else { return { old.end(because: .refused(.duplicate)) } }
        let farewell = RefusalNotice(.keyElsewhere, address: connection.address).frame
        let time = limits.goodbyeTimeout
        return { old.end(because: .refused(.keyElsewhere), saying: farewell, within: time) }
    }

    /// Takes a place for an observer, its old connection's if it has one, and returns how the one is
    /// ended that made place; nil where there is none.
    private func enterObserver(
        _ connection: PeerConnection, inPlaceOf old: PeerConnection?, _ state: inout State
    ) -> [Ending]? {
        let oldPlace = old.flatMap { state.observers[$0.number] }
        if let oldPlace { leaveObservers(oldPlace, &state) }
        switch takeObserverPlace(connection, &state) {
        case .admitted: return []
        case .inPlaceOf(let number):
            state.statistics.connectionsRefused += 1
            guard let pushedOut = state.observers.removeValue(forKey: number) else { return [] }
            return [
                {
                    pushedOut.abort(
                        because: .ended("another observer needs its place"))
                }
            ]
        case .refused:
            // The old connection stays, with its place.
            if let oldPlace { _ = takeObserverPlace(oldPlace, &state) }
            return nil
        }
    }

    private func takeObserverPlace(
        _ connection: PeerConnection, _ state: inout State
    ) -> Places<UInt64>.Admission {
        let group = connection.addressGroup
        let admission = state.observerPlaces.enter(
            connection.number, from: group, isExempt: isExempt(group, state))
        guard admission != .refused else { return .refused }
        // It is judged by what it says from now on.
        state.observerPlaces.setIdle(connection.number, false)
        state.observers[connection.number] = connection
        return admission
    }

    private func leaveObservers(_ connection: PeerConnection, _ state: inout State) {
        state.observers[connection.number] = nil
        state.observerPlaces.leave(connection.number)
    }

    /// Says whether a connection's peer has been idle for long.
    func setIdle(_ connection: PeerConnection, _ isIdle: Bool) {
        state.withLock { $0.observerPlaces.setIdle(connection.number, isIdle) }
    }

    /// Forgets an established connection that ended.
    func remove(_ connection: PeerConnection) {
        state.withLock { state in
            state.statistics.droppedFrames += connection.outbox.counters.dropped
            leaveObservers(connection, &state)
            guard let peer = connection.peer, state.established[peer] === connection else { return }
            state.established[peer] = nil
            inbox.close(peer, connection: connection.number)
        }
        connection.closeAccounts()
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
