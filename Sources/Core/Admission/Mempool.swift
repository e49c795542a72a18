package import Codec
package import Ledger

/// The bounds of a mempool.
package struct MempoolLimits: Sendable {
    package var count = 20_000
    package var bytes = 64 * 1024 * 1024
    /// Of memory, what checks made of transactions that are stored already: where there is more, a
    /// transaction is decoded and checked again when a block needs it.
    package var preparedBytes = 64 * 1024 * 1024
    /// Of `count`, what one sender may hold.
    package var countPerSource = 10_000
    /// What one site may hold: as much as four of its networks, but not all.
    package var countPerSite: Int { max(countPerSource, min(4 * countPerSource, count * 3 / 4)) }
    /// Ballots that wait for the registrar's count.
    package var waiting = 5000
    /// Of these, those of one ballot style: a style whose count stands still keeps no other out.
    package var waitingPerStyle: Int { max(1, waiting / 4) }

    package init() {}
}

/// Why a mempool takes no more.
package enum MempoolRefusal: Error, Equatable {
    case full
    case sourceFull
    case waitingFull
    /// Another ballot of the same credential waits already.
    case otherBallotWaits(Bytes32)
}

extension MempoolRefusal: CustomStringConvertible {
    /// In words, as they stand after a colon.
    package var description: String {
        switch self {
        case .full: "as many transactions as the node holds wait for a block"
        case .sourceFull: "as many transactions of this sender as the node holds wait for a block"
        case .waitingFull: "too many transactions wait for others that are not final"
        case .otherBallotWaits(let id): "another ballot of this voter waits for a block: \(id)"
        }
    }
}

/// Transactions on their way into a block, bounded in number and bytes, in the order of arrival.
package struct Mempool<Prepared: Sendable>: Sendable {
    package typealias Waiting = MempoolEntry<Prepared>

    private let limits: MempoolLimits
    private var entries: [Bytes32: Waiting] = [:]
    /// Ids by arrival number; numbers of removed entries are skipped.
    private var order: [(number: UInt64, id: Bytes32)] = []
    private var nextNumber: UInt64 = 0
    /// Those that a leader may include, in the order in which they became so, and when. Ids of entries
    /// that are gone or not ready any more are passed over.
    private var ready = Line<ReadyPlace>()
    private var nextReady: UInt64 = 0
    private var bySender: [AdmissionSender: Int] = [:]
    private var bySite: [AdmissionSender: Int] = [:]
    private var byCredential: [CredentialName: Bytes32] = [:]
    private var promisedFirst: [StyleName: Int] = [:]
    private var unchecked = Line<Bytes32>()
    private var rechecks = RecheckQueue()
    /// Ballots that wait for the count.
    private var waiting: Set<Bytes32> = []
    private var waitingByStyle: [StyleName: Int] = [:]
    package private(set) var bytes = 0
    /// Of memory, what the checks made of transactions that are stored.
    package private(set) var preparedBytes = 0
    /// Entries that do not wait for the count: those that clients gave to this node, or others for their
    /// clients, and those that each validator pushed.
    private var pacedOwn = 0
    private var pacedByValidator: [Bytes32: Int] = [:]
    /// Of `count` and `bytes`, those of senders that are bounded.
    package private(set) var boundedCount = 0
    package private(set) var boundedBytes = 0
    package var waitingCount: Int { waiting.count }
    /// Places in the order of rechecks, those that removed entries left behind included.
    package var recheckPlaces: Int { rechecks.count }

    private struct ReadyPlace: Sendable {
        let id: Bytes32
        /// The number of the entry's place: an entry that became ready again has a later one.
        let number: UInt64
        let since: Instant
    }

    package init(limits: MempoolLimits) { self.limits = limits }

    package var count: Int { entries.count }

    package subscript(id: Bytes32) -> Waiting? { entries[id] }

    /// Whether one more transaction of `size` bytes would be taken. What this node itself sends always
    /// is: it is little.
    ///
    /// - Parameter reserved: what transactions under check may come to take.
    package func checkRoom(
        for size: Int, from sender: AdmissionSender,
        reserved: (count: Int, bytes: Int) = (0, 0)
    ) throws(MempoolRefusal) {
        guard sender.isBounded else { return }
        guard entries.count + reserved.count < limits.count,
            bytes + reserved.bytes + size <= limits.bytes
        else { throw .full }
        guard bySender[sender, default: 0] < limits.countPerSource,
            bySite[sender.site, default: 0] < limits.countPerSite
        else { throw .sourceFull }
    }

    /// What waits as far as the pace of finality is concerned: what this node accepted, and of what each
    /// other validator pushed at most `share`. Ballots that wait for the registrar's count are left out:
    /// the count itself must find room.
    package func paced(share: Int) -> Int {
        pacedByValidator.values.reduce(pacedOwn) { $0 + min($1, share) }
    }

    private mutating func pace(_ entry: Waiting, _ sign: Int) {
        switch entry.sender {
        case .client, .relay: pacedOwn += sign
        case .validator(let key):
            let sum = pacedByValidator[key, default: 0] + sign
            pacedByValidator[key] = sum > 0 ? sum : nil
        case .restored, .own: break
        }
    }

    /// Checks that no other ballot of the same credential is here: both cannot be in the chain next.
    private func checkCredential(
        of slot: BallotSlot?, id: Bytes32
    ) throws(MempoolRefusal) {
        guard let slot, let other = byCredential[slot.credential], other != id else { return }
        throw .otherBallotWaits(other)
    }

    /// Adds an admitted transaction; one that is here already stays as it is.
    ///
    /// - Parameters:
    ///   - prepared: what the checks made of it; nil where nothing is kept of that.
    ///   - preparedBytes: how many bytes of memory that takes.
    ///   - slot: whose turn it takes, for a ballot.
    ///   - isStored: whether the store has it; it is in no block until `setStored`.
    package mutating func insert(
        _ entry: Entry, from sender: AdmissionSender, prepared: Prepared? = nil,
        preparedBytes: Int = 0, slot: BallotSlot? = nil, isWaiting: Bool = false,
        isStored: Bool = true, at now: Instant
    ) throws(MempoolRefusal) {
        let id = entry.id
        guard entries[id] == nil else { return }
        try checkRoom(for: entry.bytes.count, from: sender)
        try checkCredential(of: slot, id: id)
        if isWaiting {
            let ofStyle = slot.map { waitingByStyle[$0.style, default: 0] } ?? 0
            guard waiting.count < limits.waiting, ofStyle < limits.waitingPerStyle else {
                throw .waitingFull
            }
        }
        add(
            Waiting(
                entry: entry, sender: sender, number: nextNumber, arrival: now, slot: slot,
                isStored: isStored, isWaiting: false, waitsSince: now))
        entries[id]?.prepared = prepared
        entries[id]?.preparedBytes = preparedBytes
        queueRecheck(id, judged: now)
        if isWaiting { setWaiting(id, true, at: now) }
        noteReady(id, at: now)
    }

    /// Takes back what was stored before a restart. It had its place then, so no bound is for it.
    ///
    /// - Parameter slot: whose turn it takes, for a ballot.
    package mutating func restore(_ stored: Entry, slot: BallotSlot?, at now: Instant) {
        let id = stored.id
        guard entries[id] == nil else { return }
        var entry = Waiting(
            entry: stored, sender: .restored, number: nextNumber, arrival: now,
            slot: slot, isStored: true, isWaiting: false, waitsSince: now)
        entry.isUnchecked = true
        add(entry)
        unchecked.append(id)
        if let style = entry.firstBallotStyle { promisedFirst[style, default: 0] += 1 }
    }

    private mutating func add(_ entry: Waiting) {
        entries[entry.id] = entry
        order.append((entry.number, entry.id))
        nextNumber += 1
        bySender[entry.sender, default: 0] += 1
        bySite[entry.sender.site, default: 0] += 1
        if let slot = entry.slot, byCredential[slot.credential] == nil {
            byCredential[slot.credential] = entry.id
        }
        bytes += entry.bytes.count
        if entry.sender.isBounded {
            boundedCount += 1
            boundedBytes += entry.bytes.count
        }
        pace(entry, 1)
    }

    /// Restored transactions that are to be checked, at most `count`, each once.
    package mutating func takeUnchecked(count: Int) -> [Waiting] {
        var taken: [Waiting] = []
        while taken.count < count, let id = unchecked.popFirst() {
            if let entry = entries[id], entry.isUnchecked { taken.append(entry) }
        }
        return taken
    }

    /// Notes that a restored transaction passed the checks.
    package mutating func setChecked(
        _ id: Bytes32, _ prepared: Prepared?, preparedBytes: Int = 0, isWaiting: Bool,
        at now: Instant
    ) {
        entries[id]?.isUnchecked = false
        entries[id]?.prepared = prepared
        entries[id]?.preparedBytes = preparedBytes
        keepPrepared(id)
        setJudged(id, isWaiting: isWaiting, at: now)
    }

    /// Keeps what a later check made of an entry of which nothing is kept any more, if there is room again.
    package mutating func setPrepared(_ id: Bytes32, _ prepared: Prepared?, bytes: Int) {
        guard let entry = entries[id], entry.isStored, entry.prepared == nil else { return }
        entries[id]?.prepared = prepared
        entries[id]?.preparedBytes = bytes
        keepPrepared(id)
    }

    /// Keeps what the checks made of a stored transaction until it is in a block, or forgets it where there
    /// is too much of that: those that came before it are in a block sooner.
    package mutating func keepPrepared(_ id: Bytes32) {
        guard let entry = entries[id], entry.prepared != nil, !entry.keepsPrepared else { return }
        guard preparedBytes + entry.preparedBytes <= limits.preparedBytes else {
            entries[id]?.prepared = nil
            return
        }
        preparedBytes += entry.preparedBytes
        entries[id]?.keepsPrepared = true
    }

    package mutating func remove(_ id: Bytes32) {
        guard let entry = entries[id] else { return }
        if entry.isWaiting { setWaiting(id, false, at: entry.arrival) }
        entries[id] = nil
        bytes -= entry.bytes.count
        if entry.keepsPrepared { preparedBytes -= entry.preparedBytes }
        pace(entry, -1)
        if entry.sender.isBounded {
            boundedCount -= 1
            boundedBytes -= entry.bytes.count
        }
        if entry.mayBePromised, let style = entry.firstBallotStyle {
            promisedFirst.subtractOne(from: style)
        }
        bySender.subtractOne(from: entry.sender)
        bySite.subtractOne(from: entry.sender.site)
        if let slot = entry.slot, byCredential[slot.credential] == id {
            byCredential[slot.credential] = nil
        }
        // No recheck comes to an empty mempool, so nothing else takes out what entries left behind.
        if entries.isEmpty {
            rechecks.removeAll()
            ready = Line()
        }
        if order.count > 64, order.count > entries.count * 2 {
            order.removeAll { entries[$0.id] == nil }
        }
    }

    private mutating func setWaiting(_ id: Bytes32, _ isWaiting: Bool, at now: Instant) {
        guard let entry = entries[id], entry.isWaiting != isWaiting else { return }
        entries[id]?.isWaiting = isWaiting
        pace(entry, isWaiting ? -1 : 1)
        if isWaiting {
            entries[id]?.readyPlace = nil
            entries[id]?.waitsSince = now
            waiting.insert(id)
        } else {
            waiting.remove(id)
        }
        guard let style = entry.style else { return }
        let count = waitingByStyle[style, default: 0] + (isWaiting ? 1 : -1)
        waitingByStyle[style] = count > 0 ? count : nil
    }

    package mutating func setPromise(_ promise: [UInt8], of id: Bytes32) {
        guard let entry = entries[id] else { return }
        if !entry.mayBePromised, let style = entry.firstBallotStyle {
            promisedFirst[style, default: 0] += 1
        }
        entries[id]?.promise = promise
    }

    /// How many first ballots of credentials of a style are here that are or may be promised.
    package func promisedFirstBallots(of style: StyleName) -> Int {
        promisedFirst[style, default: 0]
    }

    /// Notes that an entry was judged again.
    package mutating func setJudged(_ id: Bytes32, isWaiting: Bool, at now: Instant) {
        guard let entry = entries[id] else { return }
        setWaiting(id, isWaiting, at: now)
        entries[id]?.isSuspended = false
        // What became final while it was judged may have made it due again.
        if entry.recheck == nil || !entry.isRecheckUrgent { queueRecheck(id, judged: now) }
        noteReady(id, at: now)
    }

    /// Leaves an entry out of blocks until it is judged again, which it is among the first.
    package mutating func suspend(_ id: Bytes32) {
        guard let entry = entries[id] else { return }
        entries[id]?.refusals = entry.refusals + 1
        entries[id]?.isSuspended = true
        entries[id]?.readyPlace = nil
        if !entry.isUnchecked { queueRecheck(id, judged: nil) }
    }

    /// Makes all waiting ballots due to be judged.
    package mutating func suspectWaiting() {
        let due = waiting.compactMap { entries[$0] }.sorted { $0.number < $1.number }
        for entry in due { queueRecheck(entry.id, judged: nil) }
    }

    /// Gives an entry a new place among those that wait to be judged again: the last one, or, where it
    /// is urgent, one before all that are not.
    private mutating func queueRecheck(_ id: Bytes32, judged: Instant?) {
        guard let entry = entries[id] else { return }
        if judged == nil, entry.recheck != nil, entry.isRecheckUrgent { return }
        entries[id]?.recheck = rechecks.add(id, of: entry.style, judged: judged)
        entries[id]?.isRecheckUrgent = judged == nil
    }

    /// How many ballots of each style have waited for the count since `moment` or longer.
    package func waitingBallots(since moment: Instant) -> [StyleName: Int] {
        var counts: [StyleName: Int] = [:]
        for id in waiting {
            guard let entry = entries[id], entry.waitsSince <= moment, let style = entry.style
            else { continue }
            counts[style, default: 0] += 1
        }
        return counts
    }

    /// What a leader may include, in the order in which it became so: at most `count`, without
    /// `excluded`.
    package func candidates(count: Int, excluding excluded: Set<Bytes32>) -> [Waiting] {
        var result: [Waiting] = []
        ready.visit { place in
            guard result.count < count else { return false }
            if let entry = entries[place.id], entry.isReady, entry.readyPlace == place.number,
                !excluded.contains(place.id)
            {
                result.append(entry)
            }
            return true
        }
        return result
    }

    /// Since when a transaction waits that a leader may include: the one that waits longest. Nil for
    /// none.
    package mutating func readySince() -> Instant? {
        while let place = ready.first {
            if let entry = entries[place.id], entry.isReady, entry.readyPlace == place.number {
                return place.since
            }
            _ = ready.popFirst()
        }
        return nil
    }

    /// Gives an entry that has become ready its place behind those that are; one that is ready keeps
    /// the place that it has.
    private mutating func noteReady(_ id: Bytes32, at now: Instant) {
        guard let entry = entries[id] else { return }
        guard entry.isReady else {
            entries[id]?.readyPlace = nil
            return
        }
        guard entry.readyPlace == nil else { return }
        entries[id]?.readyPlace = nextReady
        ready.append(ReadyPlace(id: id, number: nextReady, since: now))
        nextReady += 1
        if ready.count > 64, ready.count > 2 * entries.count {
            ready.remove { entries[$0.id]?.readyPlace != $0.number }
        }
    }

    /// Notes which write is to store an entry.
    package mutating func setStoring(_ id: Bytes32, by number: UInt64) {
        entries[id]?.storing = number
    }

    /// Notes that the store has an entry: a restart loses it no more.
    package mutating func setStored(_ id: Bytes32, at now: Instant) {
        entries[id]?.isStored = true
        noteReady(id, at: now)
    }

    /// Takes entries that were last judged before `moment`, at most `count`: of each ballot style those
    /// judged longest ago, and one of each style in turn, so that many of one style, which stay as they
    /// are, hold up no other. `setJudged` puts them back.
    package mutating func takeJudged(before moment: Instant, count: Int) -> [Waiting] {
        var taken: [Waiting] = []
        rechecks.take(before: moment) { place, id in
            if let entry = entries[id], entry.recheck == place {
                entries[id]?.recheck = nil
                taken.append(entry)
            }
            return taken.count < count
        }
        return taken
    }

    /// Whether some are due to be judged whatever the time.
    package var hasUrgentRechecks: Bool { rechecks.hasUrgent }

    /// Entries that are stored and checked, in the order of arrival, at most `count`: what other nodes may
    /// be given.
    package func first(_ count: Int) -> [Waiting] {
        var first: [Waiting] = []
        for place in order {
            guard first.count < count else { break }
            if let entry = entries[place.id], entry.isStored, !entry.isUnchecked {
                first.append(entry)
            }
        }
        return first
    }
}

extension Dictionary where Value == Int {
    /// Counts one less; what comes to nothing is gone.
    fileprivate mutating func subtractOne(from key: Key) {
        let left = self[key, default: 1] - 1
        self[key] = left > 0 ? left : nil
    }
}
