package import NetworkAddresses
import Synchronization

/// The bytes that the queues of all peers hold together in one direction: one bound for validators,
/// another for observers and strangers, so that neither takes the other's room.
///
/// Where a bound is reached, those make room that hold at least as much as all do on the average. Of
/// these the one goes that has taken or completed nothing for longest: its connection is ended. Where
/// each of them has taken something a short while ago, the largest one of the party that holds the
/// most goes, if that is more than the newcomer's would hold: peers that read just fast enough do not
/// keep all room.
package final class QueueBudget: Sendable {
    private struct Holder {
        var role: PeerRole
        var group: AddressGroup
        var bytes = 0
        /// When some of its bytes left last, or the first one came.
        var progress: ContinuousClock.Instant
        /// Ends the connection.
        let end: @Sendable () -> Void
    }

    private struct State {
        var holders: [UInt64: Holder] = [:]
        var validatorBytes = 0
        var observerBytes = 0
        var nextNumber: UInt64 = 0

        subscript(_ role: PeerRole) -> Int {
            get {
                switch role {
                case .validator: validatorBytes
                case .observer: observerBytes
                }
            }
            set {
                switch role {
                case .validator: validatorBytes = newValue
                case .observer: observerBytes = newValue
                }
            }
        }
    }

    /// What all of one kind may hold, and what each may hold even where that is reached.
    package struct Bounds: Sendable {
        let all: Int
        let reserved: Int

        package init(all: Int, reserved: Int) {
            self.all = all
            self.reserved = reserved
        }
    }

    private let validators: Bounds
    private let observers: Bounds
    private let patience: Duration
    private let state = Mutex(State())

    /// - Parameter patience: a holder that took nothing for this long makes room.
    package init(validators: Bounds, observers: Bounds, patience: Duration) {
        self.validators = validators
        self.observers = observers
        self.patience = patience
    }

    /// An account for one connection's queues. It is closed with its last reference at the latest.
    ///
    /// - Parameter end: called, from anywhere, when the connection has to make room.
    package func open(
        _ role: PeerRole, from group: AddressGroup, end: @escaping @Sendable () -> Void
    ) -> QueueAccount {
        let number = state.withLock { state in
            state.nextNumber += 1
            state.holders[state.nextNumber] = Holder(
                role: role, group: group, progress: .now, end: end)
            return state.nextNumber
        }
        return QueueAccount(number: number, budget: self)
    }

    /// What all of one kind hold.
    package func bytes(of role: PeerRole) -> Int { state.withLock { $0[role] } }

    private func bounds(of role: PeerRole) -> Bounds {
        switch role {
        case .validator: validators
        case .observer: observers
        }
    }

    fileprivate func change(_ number: UInt64, to role: PeerRole, from group: AddressGroup) {
        state.withLock { state in
            guard let holder = state.holders[number] else { return }
            state[holder.role] -= holder.bytes
            state[role] += holder.bytes
            state.holders[number]?.role = role
            state.holders[number]?.group = group
        }
    }

    /// Takes room for what is to be sent, if there is some or somebody makes some.
    fileprivate func take(_ bytes: Int, for number: UInt64) -> Bool {
        let (isTaken, ends) = state.withLock { state -> (Bool, [@Sendable () -> Void]) in
            guard let holder = state.holders[number] else { return (false, []) }
            guard holder.bytes + bytes > bounds(of: holder.role).reserved else {
                add(bytes, to: number, in: &state)
                return (true, [])
            }
            let room = makeRoom(
                bytes, of: holder.role, for: number, patience: patience, in: &state)
            // It may have been the one that had to go.
            let isTaken = room.isEnough && state.holders[number] != nil
            if isTaken { add(bytes, to: number, in: &state) }
            return (isTaken, room.ends)
        }
        for end in ends { end() }
        return isTaken
    }

    /// Whether there is room for so many bytes; others make room before, as for `take`.
    fileprivate func hasRoom(_ bytes: Int, for number: UInt64) -> Bool {
        let room = state.withLock { state -> Room in
            guard let holder = state.holders[number] else { return Room() }
            var room = makeRoom(
                bytes, of: holder.role, for: number, patience: patience, in: &state)
            room.isEnough = room.isEnough && state.holders[number] != nil
            return room
        }
        for end in room.ends { end() }
        return room.isEnough
    }

    /// Counts bytes that have come in already: somebody goes if they are too many.
    fileprivate func charge(_ bytes: Int, to number: UInt64) {
        let room = state.withLock { state -> Room in
            guard let holder = state.holders[number] else { return Room() }
            add(bytes, to: number, in: &state)
            return makeRoom(0, of: holder.role, for: number, patience: .zero, in: &state)
        }
        for end in room.ends { end() }
    }

    private func add(_ bytes: Int, to number: UInt64, in state: inout State) {
        guard var holder = state.holders[number] else { return }
        if holder.bytes == 0 { holder.progress = .now }
        holder.bytes += bytes
        state.holders[number] = holder
        state[holder.role] += bytes
    }

    fileprivate func release(_ bytes: Int, from number: UInt64) {
        state.withLock { state in
            guard var holder = state.holders[number] else { return }
            // Never more than was taken. An account that were wrong must not end the node.
            let bytes = min(bytes, holder.bytes)
            holder.bytes -= bytes
            holder.progress = .now
            state.holders[number] = holder
            state[holder.role] -= bytes
        }
    }

    fileprivate func close(_ number: UInt64) {
        state.withLock { state in
            guard let holder = state.holders.removeValue(forKey: number) else { return }
            state[holder.role] -= holder.bytes
        }
    }

    private struct Room {
        var isEnough = false
        /// How the connections are ended that made room. Never called under the lock.
        var ends: [@Sendable () -> Void] = []
    }

    /// Closes accounts until so many bytes more fit.
    private func makeRoom(
        _ bytes: Int, of role: PeerRole, for number: UInt64, patience: Duration,
        in state: inout State
    ) -> Room {
        var room = Room()
        while state[role] + bytes > bounds(of: role).all {
            let holders = state.holders.filter { $0.value.role == role && $0.value.bytes > 0 }
            guard
                let victim = slowest(of: holders, patience: patience)
                    ?? larger(than: number, with: bytes, in: state),
                let holder = state.holders.removeValue(forKey: victim)
            else { return room }
            state[role] -= holder.bytes
            room.ends.append(holder.end)
        }
        room.isEnough = true
        return room
    }

    /// The one that took nothing for longest, of those that hold at least the average.
    private func slowest(of holders: [UInt64: Holder], patience: Duration) -> UInt64? {
        let average = holders.values.reduce(0) { $0 + $1.bytes } / max(1, holders.count)
        let latest = ContinuousClock.now - patience
        return holders.filter { $0.value.bytes >= average && $0.value.progress <= latest }
            .min { ($0.value.progress, $0.key) < ($1.value.progress, $1.key) }?.key
    }

    /// The largest holder of the largest group of the site that holds the most; nil where that is the
    /// newcomer with what it asks for, or is as large.
    private func larger(than newcomer: UInt64, with bytes: Int, in state: State) -> UInt64? {
        guard let role = state.holders[newcomer]?.role else { return nil }
        var holders = state.holders.filter { $0.value.role == role }
        holders[newcomer]?.bytes += bytes
        var groups: [AddressGroup: Int] = [:]
        var sites: [AddressGroup: Int] = [:]
        for holder in holders.values {
            groups[holder.group, default: 0] += holder.bytes
            sites[holder.group.site, default: 0] += holder.bytes
        }
        let sizes = holders.mapValues { holder in
            (
                sites[holder.group.site, default: 0], groups[holder.group, default: 0],
                holder.bytes
            )
        }
        // Of several that are as large, the newest.
        guard let own = sizes[newcomer],
            let largest = sizes.max(by: {
                $0.value == $1.value ? $0.key < $1.key : $0.value < $1.value
            })
        else { return nil }
        return largest.value > own ? largest.key : nil
    }
}

/// What the queues of one connection hold. After `close` it holds nothing, and takes nothing.
package final class QueueAccount: Sendable {
    private let number: UInt64
    private let budget: QueueBudget

    fileprivate init(number: UInt64, budget: QueueBudget) {
        self.number = number
        self.budget = budget
    }

    deinit { budget.close(number) }

    /// The peer is known, and where it is.
    package func change(to role: PeerRole, from group: AddressGroup) {
        budget.change(number, to: role, from: group)
    }

    /// Takes room for bytes that are to be sent; false where there is none.
    package func take(_ bytes: Int) -> Bool { budget.take(bytes, for: number) }

    /// Whether there is room for so many bytes.
    package func hasRoom(_ bytes: Int) -> Bool { budget.hasRoom(bytes, for: number) }

    /// Counts bytes that have come in.
    package func charge(_ bytes: Int) { budget.charge(bytes, to: number) }

    /// Some bytes have left, or were taken.
    package func release(_ bytes: Int) { budget.release(bytes, from: number) }

    package func close() { budget.close(number) }
}

/// The room for both directions.
struct QueueBudgets: Sendable {
    let sending: QueueBudget
    let receiving: QueueBudget

    init(limits: PeerLimits) {
        sending = QueueBudget(
            validators: .init(
                all: limits.validatorsSendingBytes, reserved: limits.validatorReservedBytes),
            observers: .init(
                all: limits.observersSendingBytes, reserved: limits.observerReservedBytes),
            patience: limits.roomPatience)
        receiving = QueueBudget(
            validators: .init(all: limits.validatorsReceivingBytes, reserved: 0),
            observers: .init(all: limits.observersReceivingBytes, reserved: 0),
            patience: limits.roomPatience)
    }

    /// What all of one kind hold.
    func bytes(of role: PeerRole) -> Int { sending.bytes(of: role) + receiving.bytes(of: role) }
}
