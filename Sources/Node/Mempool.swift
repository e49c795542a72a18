package import BallotCryptography
package import Codec
package import Elections
package import Ledger

/// The bounds of a mempool.
package struct MempoolLimits: Sendable {
    package var count = 20_000
    package var bytes = 64 * 1024 * 1024
    /// Of `count`, what one sender may hold.
    package var countPerSource = 10_000
    /// Ballots that wait for the registrar's count.
    package var waiting = 5000
    /// Of these, those of one ballot style: a style whose count stands still keeps no other out.
    package var waitingPerStyle: Int { max(1, waiting / 4) }

    package init() {}
}

/// A transaction that was admitted and is in no final block.
package struct MempoolEntry: Sendable {
    package let id: Bytes32
    let bytes: [UInt8]
    /// Who sent it: an address, or a peer.
    let source: String
    /// The order of arrival.
    let number: UInt64
    let arrival: Instant
    let verified: VerifiedBallot?
    /// The header of a ballot.
    let ballot: BallotHeader?
    /// Whether it waits for the registrar's count: it is in no block until then.
    package fileprivate(set) var isWaiting: Bool
    /// Since when it waits for the count.
    fileprivate var waitsSince: Instant
    /// The promise that was given, canonical.
    package fileprivate(set) var promise: [UInt8]?
    /// When its admission was last judged.
    fileprivate var judged: Instant
    /// How often a leader's state refused it. It is left out until it is judged again.
    package fileprivate(set) var refusals = 0
    fileprivate var isSuspended = false

    /// Whether a leader may include it now.
    package var isReady: Bool { !isWaiting && !isSuspended }
}

/// A ballot style of an election.
package struct StyleName: Hashable, Comparable, Sendable {
    package let electionID: Bytes32
    package let style: UInt32

    package init(electionID: Bytes32, style: UInt32) {
        self.electionID = electionID
        self.style = style
    }

    fileprivate init(_ header: BallotHeader) {
        self.init(electionID: header.electionID, style: header.style)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.electionID, lhs.style) < (rhs.electionID, rhs.style)
    }
}

extension MempoolEntry {
    fileprivate var style: StyleName? { ballot.map { StyleName($0) } }

    /// The style of a credential's first ballot, which takes one of the registrar's count.
    fileprivate var firstBallotStyle: StyleName? { ballot?.sequence == 1 ? style : nil }
}

/// Why a mempool takes no more.
package enum MempoolRefusal: Error, Equatable {
    case full
    case sourceFull
    case waitingFull
    /// Another ballot of the same credential waits already.
    case otherBallotWaits(Bytes32)
}

/// Transactions on their way into a block, bounded in number and bytes, in the order of arrival.
package struct Mempool: Sendable {
    private let limits: MempoolLimits
    private var entries: [Bytes32: MempoolEntry] = [:]
    /// Ids by arrival number; numbers of removed entries are skipped.
    private var order: [(number: UInt64, id: Bytes32)] = []
    private var nextNumber: UInt64 = 0
    private var bySource: [String: Int] = [:]
    private var byCredential: [CredentialName: Bytes32] = [:]
    private var promisedFirst: [StyleName: Int] = [:]
    /// Ballots that wait for the count.
    private var waiting: Set<Bytes32> = []
    private var waitingByStyle: [StyleName: Int] = [:]
    package private(set) var bytes = 0
    package var waitingCount: Int { waiting.count }

    /// A credential key in its election.
    private struct CredentialName: Hashable {
        let electionID: Bytes32
        let key: Bytes32

        init(_ header: BallotHeader) {
            electionID = header.electionID
            key = header.credentialKey
        }
    }

    package init(limits: MempoolLimits) { self.limits = limits }

    package var count: Int { entries.count }

    package subscript(id: Bytes32) -> MempoolEntry? { entries[id] }

    /// Whether one more transaction of `size` bytes from `source` would be taken.
    package func checkRoom(
        for size: Int, from source: String, reserved: Int = 0
    ) throws(MempoolRefusal) {
        guard entries.count + reserved < limits.count, bytes + size <= limits.bytes else {
            throw .full
        }
        guard bySource[source, default: 0] < limits.countPerSource else { throw .sourceFull }
    }

    /// Checks that no other ballot of the same credential is here: both cannot be in the chain next.
    private func checkCredential(
        of ballot: BallotHeader?, id: Bytes32
    ) throws(MempoolRefusal) {
        guard let ballot, let other = byCredential[CredentialName(ballot)], other != id
        else { return }
        throw .otherBallotWaits(other)
    }

    /// Adds an admitted transaction; one that is here already stays as it is.
    ///
    /// - Parameters:
    ///   - ballot: the header of a ballot; that of `verified` where it is left out.
    ///   - isBounded: false for what the sender may hold without a bound: it was stored before.
    package mutating func insert(
        id: Bytes32, bytes content: [UInt8], source: String, verified: VerifiedBallot? = nil,
        ballot: BallotHeader? = nil, isWaiting: Bool = false, at now: Instant,
        bySource isBounded: Bool = true
    ) throws(MempoolRefusal) {
        guard entries[id] == nil else { return }
        let ballot = ballot ?? verified?.ballot.header
        do {
            try checkRoom(for: content.count, from: source)
        } catch .sourceFull where !isBounded {
            // What comes back from the store has many senders under one name.
        }
        try checkCredential(of: ballot, id: id)
        if isWaiting {
            let ofStyle = ballot.map { waitingByStyle[StyleName($0), default: 0] } ?? 0
            guard waiting.count < limits.waiting, ofStyle < limits.waitingPerStyle else {
                throw .waitingFull
            }
        }
        entries[id] = MempoolEntry(
            id: id, bytes: content, source: source, number: nextNumber, arrival: now,
            verified: verified, ballot: ballot, isWaiting: false, waitsSince: now, judged: now)
        order.append((nextNumber, id))
        nextNumber += 1
        bySource[source, default: 0] += 1
        if let ballot { byCredential[CredentialName(ballot)] = id }
        bytes += content.count
        if isWaiting { setWaiting(id, true, at: now) }
    }

    package mutating func remove(_ id: Bytes32) {
        guard let entry = entries[id] else { return }
        if entry.isWaiting { setWaiting(id, false, at: entry.arrival) }
        entries[id] = nil
        bytes -= entry.bytes.count
        if entry.promise != nil, let style = entry.firstBallotStyle {
            promisedFirst[style, default: 1] -= 1
        }
        let left = bySource[entry.source, default: 1] - 1
        bySource[entry.source] = left > 0 ? left : nil
        if let ballot = entry.ballot, byCredential[CredentialName(ballot)] == id {
            byCredential[CredentialName(ballot)] = nil
        }
        if order.count > 64, order.count > entries.count * 2 {
            order.removeAll { entries[$0.id] == nil }
        }
    }

    private mutating func setWaiting(_ id: Bytes32, _ isWaiting: Bool, at now: Instant) {
        guard let entry = entries[id], entry.isWaiting != isWaiting else { return }
        entries[id]?.isWaiting = isWaiting
        if isWaiting {
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
        if entry.promise == nil, let style = entry.firstBallotStyle {
            promisedFirst[style, default: 0] += 1
        }
        entries[id]?.promise = promise
    }

    /// How many promised first ballots of credentials of a style are here.
    package func promisedFirstBallots(of electionID: Bytes32, style: UInt32) -> Int {
        promisedFirst[StyleName(electionID: electionID, style: style), default: 0]
    }

    /// Notes that an entry was judged again.
    package mutating func setJudged(_ id: Bytes32, isWaiting: Bool, at now: Instant) {
        guard entries[id] != nil else { return }
        setWaiting(id, isWaiting, at: now)
        entries[id]?.isSuspended = false
        entries[id]?.judged = now
    }

    /// Leaves an entry out of blocks until it is judged again, which it is among the first.
    package mutating func suspend(_ id: Bytes32) {
        guard let entry = entries[id] else { return }
        entries[id]?.refusals = entry.refusals + 1
        entries[id]?.isSuspended = true
        entries[id]?.judged = Instant(microseconds: 0)
    }

    /// Makes all waiting ballots due to be judged.
    package mutating func suspectWaiting() {
        for id in waiting { entries[id]?.judged = Instant(microseconds: 0) }
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

    /// What a leader may include, oldest first: at most `count`, without `excluded`.
    package func candidates(count: Int, excluding excluded: Set<Bytes32>) -> [MempoolEntry] {
        var result: [MempoolEntry] = []
        for (_, id) in order where !excluded.contains(id) {
            guard result.count < count else { break }
            guard let entry = entries[id], entry.isReady else { continue }
            result.append(entry)
        }
        return result
    }

    /// When the oldest transaction came that a leader may include; nil for none.
    package func oldestArrival(excluding excluded: Set<Bytes32> = []) -> Instant? {
        for (_, id) in order where !excluded.contains(id) {
            if let entry = entries[id], entry.isReady { return entry.arrival }
        }
        return nil
    }

    /// Entries last judged before `moment`, at most `count`: those judged longest ago first, and one
    /// of each ballot style in turn, so that many of one style, which stay as they are, hold up no
    /// other.
    package func judged(before moment: Instant, count: Int) -> [MempoolEntry] {
        var byStyle: [StyleName?: [MempoolEntry]] = [:]
        for entry in entries.values where entry.judged < moment {
            byStyle[entry.style, default: []].append(entry)
        }
        var queues = byStyle.values.map { due in
            due.sorted { ($0.judged, $0.number) < ($1.judged, $1.number) }[...]
        }
        queues.sort { lhs, rhs in
            guard let first = lhs.first, let second = rhs.first else { return false }
            return (first.judged, first.number) < (second.judged, second.number)
        }
        var result: [MempoolEntry] = []
        while !queues.isEmpty, result.count < count {
            for index in queues.indices where result.count < count {
                if let entry = queues[index].popFirst() { result.append(entry) }
            }
            queues.removeAll(where: \.isEmpty)
        }
        return result
    }

    /// All entries in the order of arrival, at most `count`.
    package func first(_ count: Int) -> [MempoolEntry] {
        Array(order.lazy.compactMap { entries[$0.id] }.prefix(count))
    }
}
