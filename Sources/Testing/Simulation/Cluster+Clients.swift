import Admission
import Chain
import Codec
import Consensus
import Ledger
import NetworkAddresses

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
    var nextRequest: UInt64 = 0
    /// Requests that wait for their answers.
    var open: [ClientRequestID: OpenRequest] = [:]
    /// The registrar's count of each style.
    var issued: [UInt8: UInt16] = [:]
    /// What voters believe was their last ballot.
    var cast: [ModelVoter: UInt8] = [:]
    /// Some earlier transactions, that clients send again.
    var earlier: [Entry] = []
}

/// A client's request.
struct OpenRequest {
    let node: Int
    let transaction: Entry
    /// Whether the node passed it on to another.
    var isRelayed = false
}

/// What an honest node has accepted, which must become final or void.
struct Owed {
    let transaction: Entry
    /// The node that accepted it.
    let node: Int
    let since: UInt64
    /// Twice the number of validators after the height at which it was promised; nil for what was only
    /// accepted.
    var due: Height?
}

extension Cluster {
    /// Clients submit as the mode says.
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
    }

    private func submit() {
        workload.submitted += 1
        switch random.index(below: 100) {
        case ..<45: submit(plain())
        case ..<80: submit(ballot())
        case ..<90: submit(count())
        case ..<96:
            // The same once more, perhaps to another node.
            if !workload.earlier.isEmpty { submit(random.pick(workload.earlier).bytes) }
        default: submit([random.pick([ModelTransaction.invalidMark, 99]), 1, 2, 3])
        }
    }

    private func plain() -> [UInt8] {
        let number = workload.submitted
        return [ModelTransaction.plainMark]
            + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    private func ballot() -> [UInt8] {
        let voter = ModelVoter(
            style: UInt8(random.index(below: ModelWindow.all.count)),
            voter: UInt16(random.index(below: 30)))
        let last = workload.cast[voter] ?? 0
        // Now and then a voter sends two ballots of one turn, or one that is out of turn.
        let sequence = random.chance(perMille: 850) ? last + 1 : max(1, last)
        return ModelTransaction.ballot(
            ModelBallot(style: voter.style, voter: voter.voter, sequence: sequence),
            salt: UInt8(random.index(below: 4)))
    }

    private func count() -> [UInt8] {
        let style = UInt8(random.index(below: ModelWindow.all.count))
        let issued = (workload.issued[style] ?? 0) + UInt16(random.number(in: 1...6))
        workload.issued[style] = issued
        return ModelTransaction.count(style: style, issued: issued)
    }

    /// Gives a transaction to an honest node.
    func submit(_ bytes: [UInt8]) {
        let up = honest.filter(\.isUp)
        guard !up.isEmpty else { return }
        let node = random.pick(up)
        let transaction = Entry(bytes)
        if workload.earlier.count < 64 {
            workload.earlier.append(transaction)
        } else {
            workload.earlier[random.index(below: 64)] = transaction
        }
        workload.nextRequest += 1
        let client = ClientRequestID(workload.nextRequest)
        workload.open[client] = OpenRequest(node: node.id, transaction: transaction)
        let group = AddressGroup("192.0.2.\(random.index(below: 4))")
        handle(.submitted(transaction, from: group, client), at: node)
    }

    /// Takes a node's answer to a client.
    func answer(
        _ client: ClientRequestID, _ id: Bytes32, _ outcome: SubmissionOutcome,
        of node: SimulatedNode
    ) {
        guard let request = workload.open.removeValue(forKey: client) else {
            return violate("A2", "node \(node.id) answers a client twice")
        }
        guard request.transaction.id == id else {
            return violate("A2", "node \(node.id) answers for another transaction")
        }
        // What another validator accepted is that one's to keep.
        if !request.isRelayed { note(outcome, of: id, by: node) }
        guard case .ballot(let ballot)? = ModelTransaction(request.transaction.bytes) else {
            return
        }
        switch outcome {
        case .accepted, .final:
            let voter = ModelVoter(style: ballot.style, voter: ballot.voter)
            workload.cast[voter] = max(workload.cast[voter] ?? 0, ballot.sequence)
        case .waiting, .refused, .deferred: break
        }
    }

    /// Notes what an honest validator tells about a transaction: no crash may take it back.
    func note(_ outcome: SubmissionOutcome, of id: Bytes32, by node: SimulatedNode) {
        guard node.isHonest else { return }
        switch outcome {
        case .accepted(let promise):
            note("transactions accepted")
            guard let transaction = node.store.waiting[id] else {
                // One that is final here already may be told as accepted as well.
                if node.store.state.records.included.contains(id) { return }
                return violate(
                    promise == nil ? "A1" : "P1",
                    "node \(node.id) accepts what is not durable: \(id)")
            }
            owe(transaction, promise, node)
        case .waiting:
            note("transactions waiting")
            if !node.store.holds(id) {
                violate("A1", "node \(node.id) has wait what is not durable: \(id)")
            }
        case .final:
            if !node.store.state.records.included.contains(id) {
                violate("A1", "node \(node.id) says final of what is not: \(id)")
            }
        case .refused: note("transactions refused")
        case .deferred(let deferral, _): note("transactions deferred: \(deferral.short)")
        }
    }

    private func owe(_ transaction: Entry, _ promise: [UInt8]?, _ node: SimulatedNode) {
        let id = transaction.id
        guard !invariants.finalIDs.contains(id) else { return }
        var debt = owed[id] ?? Owed(transaction: transaction, node: node.id, since: now)
        if let promise, debt.due == nil {
            guard let promise = try? SimulatedPromise(promise), promise.id == id else {
                return violate("P1", "node \(node.id) promises another transaction")
            }
            note("promises given")
            debt.due = Height(
                promise.received + 2 * UInt64(node.machine.validators.count))
        }
        owed[id] = debt
    }

    /// A node passes its clients' transaction on.
    func noteRelayed(_ transaction: Entry, by node: SimulatedNode) {
        for (client, request) in workload.open
        where request.node == node.id && request.transaction.id == transaction.id {
            workload.open[client]?.isRelayed = true
        }
    }

    /// A dead node answers nobody: its clients ask again, or another.
    func forgetRequests(to node: SimulatedNode) {
        workload.open = workload.open.filter { $0.value.node != node.id }
    }

    /// Whether everything that honest nodes accepted is final, or nothing can be asked of it any more.
    var hasNothingOwed: Bool {
        if owed.isEmpty { return true }
        let height = highestFloor
        if let checked = owedChecked, checked.height == height { return checked.isNothing }
        let isNothing = owed.values.allSatisfy { isExcused($0) }
        owedChecked = (height, isNothing)
        return isNothing
    }

    /// What is owed and not excused, for the report.
    var owedInWords: String {
        owed.values.filter { !isExcused($0) }.prefix(3).map { debt in
            let holders = honest.compactMap { node in
                node.machine.mempool[debt.transaction.id].map {
                    "\(node.id)\($0.isReady ? "" : " not ready")"
                }
            }
            return "\(debt.transaction.bytes) by \(debt.node) since \(debt.since / 1000) ms, at "
                + "\(holders)"
        }.joined(separator: ", ")
    }

    /// Whether a transaction need not become final: what holds it lost it by a fault, or may not propose,
    /// or the chain refuses it now.
    func isExcused(_ debt: Owed) -> Bool {
        let node = nodes[debt.node]
        if node.hasLostTransactions || node.isForgetful || node.hasHalted { return true }
        // Nobody votes for the proposals of a leader whose clock is wrong.
        if node.clockError != node.skew { return true }
        guard let newest = honest.map(\.store.state).max(by: { $0.height < $1.height }) else {
            return true
        }
        if !newest.records.membership.current.contains(node.place) { return true }
        return !node.application.takes(debt.transaction, after: newest)
    }

    /// P2: what was promised by a node that nothing kept from its work is final 2 n blocks later, or
    /// void by PROTOCOL 8.6.
    func checkPromises(upTo height: Height) {
        for (id, debt) in owed.sorted(by: { $0.key < $1.key }) {
            guard let due = debt.due, due <= height, !invariants.finalIDs.contains(id) else {
                continue
            }
            owed[id]?.due = nil
            if debt.since > troubledAt, !network.isTroubled, !isExcused(debt) {
                violate("P2", "node \(debt.node) broke a promise due at \(due)")
            }
        }
    }

    /// Orders that a validator joins, leaves, or makes room for another.
    private func orderChange() {
        guard let newest = honest.map(\.store.state).max(by: { $0.height < $1.height }) else {
            return
        }
        let membership = newest.records.membership
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
        submit([ModelTransaction.changeMark, membership.serial &+ 1] + members.map { UInt8($0) })
    }
}

extension Deferral {
    /// A word for the list of what was injected and met.
    fileprivate var short: String {
        switch self {
        case .nodeFull: "full"
        case .shareTaken: "share taken"
        case .countAwaited: "count awaited"
        case .suspect: "suspect"
        case .peerBusy, .siteBusy, .relaysBusy: "busy"
        case .noValidator: "no validator"
        case .noMember: "no member"
        case .stopped: "stopped"
        case .backlog: "backlog"
        }
    }
}
