import Codec
import Consensus
import Ledger

/// What clients do.
struct Workload {
    enum Mode: CaseIterable {
        /// Now and then a transaction.
        case quiet
        /// Always something to include.
        case busy
        /// One transaction, then silence.
        case lone
        case none
    }

    var mode = Mode.quiet
    /// When clients fall silent for good, in virtual time.
    var end = UInt64.max
    var submitted = 0
    /// Orders to change the validators that were given.
    var changes = 0
}

extension Cluster {
    /// Clients submit as the mode says; who admitted a transaction sees that it gets in.
    func work() {
        let pause: ClosedRange<UInt64> =
            workload.mode == .busy ? 20_000...150_000 : 100_000...800_000
        queue.insert(.workload, at: now + random.number(in: pause))
        if now > workload.end { workload.mode = .none }
        switch workload.mode {
        case .none: break
        case .busy: submit()
        case .quiet: if random.chance(perMille: 500) { submit() }
        case .lone:
            submit()
            workload.mode = .none
        }
        if faults.contains(.membership), !isHealed, random.chance(perMille: 100) { orderChange() }
        for node in honest where node.isUp && node.nextPush <= now {
            let old = node.application.store.mempool.filter {
                $0.isOwn
                    && Instant(microseconds: now).milliseconds(since: $0.arrival) > 1000
            }
            if !old.isEmpty { node.nextPush = now + 1_000_000 }
            for transaction in old.prefix(4) { push(transaction, from: node) }
        }
    }

    private func submit() {
        workload.submitted += 1
        let number = workload.submitted
        submit([1] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    /// Gives a transaction to an honest validator, and from there to all.
    private func submit(_ bytes: [UInt8]) {
        let up = honest.filter(\.isUp)
        guard !up.isEmpty else { return }
        let node = random.pick(up)
        let transaction = PendingTransaction(bytes)
        admit(transaction, isOwn: true, at: node)
        push(transaction, from: node)
    }

    private func push(_ transaction: PendingTransaction, from node: SimulatedNode) {
        let envelope = Envelope(transaction, from: node.id, tag: 0)
        for place in 0..<candidates {
            deliver(.transaction(envelope, to: 0), from: node, to: place)
        }
    }

    /// Orders that a validator joins, leaves, or makes room for another.
    private func orderChange() {
        guard
            let newest = honest.map(\.application.store.floorState).max(by: {
                $0.height < $1.height
            })
        else { return }
        let membership = newest.membership
        var members = membership.current.members
        let outside = (0..<candidates).filter { !membership.current.contains($0) }
        let smallest = max(4, scenario.validators - 1)
        switch random.index(below: 3) {
        case 0 where !outside.isEmpty:
            members.append(random.pick(outside))
        case 1 where members.count > smallest:
            members.remove(at: random.index(below: members.count))
        default:
            guard !outside.isEmpty else { return }
            members[random.index(below: members.count)] = random.pick(outside)
        }
        workload.changes += 1
        note("changes of validators ordered")
        submit(
            [SimulatedApplication.changeMark, membership.serial &+ 1] + members.map { UInt8($0) })
    }

    /// A validator that is to join says so once it has the chain.
    func sayReady(_ node: SimulatedNode) {
        let membership = node.application.store.floorState.membership
        guard let change = membership.pending, change.set.contains(node.place),
            !membership.current.contains(node.place), !change.ready.contains(node.place)
        else { return }
        let transaction = PendingTransaction(
            [SimulatedApplication.readyMark, membership.serial, UInt8(node.place)])
        admit(transaction, isOwn: true, at: node)
        push(transaction, from: node)
    }
}
