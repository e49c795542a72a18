import BallotCryptography
import Codec
import Elections
import Ledger

/// The bounds of a mempool.
struct MempoolLimits: Sendable {
    var count = 20_000
    var bytes = 64 * 1024 * 1024
    /// Of `count`, what one sender may hold.
    var countPerSource = 10_000
    /// Ballots that wait for the registrar's count.
    var waiting = 5000
}

/// A transaction that was admitted and is in no final block.
struct MempoolEntry: Sendable {
    let id: Bytes32
    let bytes: [UInt8]
    /// Who sent it: an address, or a peer.
    let source: String
    /// The order of arrival.
    let number: UInt64
    let arrival: Instant
    let verified: VerifiedBallot?
    /// Whether it waits for the registrar's count: it is in no block until then.
    var isWaiting: Bool
    /// The promise that was given, canonical.
    var promise: [UInt8]?
    /// When its admission was last judged.
    var judged: Instant
    /// How often a leader's state refused it. It is left out until it is judged again.
    var refusals = 0
    var isSuspended = false

    /// Whether a leader may include it now.
    var isReady: Bool { !isWaiting && !isSuspended }
}

/// A ballot style of an election.
struct StyleName: Hashable, Sendable {
    let electionID: Bytes32
    let style: UInt32
}

extension MempoolEntry {
    /// The style of a credential's first ballot, which takes one of the registrar's count.
    fileprivate var firstBallotStyle: StyleName? {
        guard let header = verified?.ballot.header, header.sequence == 1 else { return nil }
        return StyleName(electionID: header.electionID, style: header.style)
    }
}

/// Why a mempool takes no more.
enum MempoolRefusal: Error, Equatable {
    case full
    case sourceFull
    case waitingFull
    /// Another ballot of the same credential waits already.
    case otherBallotWaits(Bytes32)
}

/// Transactions on their way into a block, bounded in number and bytes, in the order of arrival.
struct Mempool: Sendable {
    private(set) var limits: MempoolLimits
    private var entries: [Bytes32: MempoolEntry] = [:]
    /// Ids by arrival number; numbers of removed entries are skipped.
    private var order: [(number: UInt64, id: Bytes32)] = []
    private var nextNumber: UInt64 = 0
    private var bySource: [String: Int] = [:]
    private var byCredential: [CredentialName: Bytes32] = [:]
    private var promisedFirst: [StyleName: Int] = [:]
    private(set) var bytes = 0
    private(set) var waitingCount = 0

    /// A credential key in its election.
    private struct CredentialName: Hashable {
        let electionID: Bytes32
        let key: Bytes32

        init(_ ballot: VerifiedBallot) {
            electionID = ballot.ballot.header.electionID
            key = ballot.ballot.header.credentialKey
        }
    }

    init(limits: MempoolLimits) { self.limits = limits }

    var count: Int { entries.count }

    subscript(id: Bytes32) -> MempoolEntry? { entries[id] }

    /// Whether one more transaction of `size` bytes from `source` would be taken.
    func checkRoom(
        for size: Int, from source: String, reserved: Int = 0
    ) throws(MempoolRefusal) {
        guard entries.count + reserved < limits.count, bytes + size <= limits.bytes else {
            throw .full
        }
        guard bySource[source, default: 0] < limits.countPerSource else { throw .sourceFull }
    }

    /// Checks that no other ballot of the same credential is here: both cannot be in the chain next.
    func checkCredential(of ballot: VerifiedBallot?) throws(MempoolRefusal) {
        guard let ballot, let other = byCredential[CredentialName(ballot)], other != ballot.id
        else { return }
        throw .otherBallotWaits(other)
    }

    /// Adds an admitted transaction; one that is here already stays as it is.
    mutating func insert(
        id: Bytes32, bytes content: [UInt8], source: String, verified: VerifiedBallot?,
        isWaiting: Bool, at now: Instant, bySource isBounded: Bool = true
    ) throws(MempoolRefusal) {
        guard entries[id] == nil else { return }
        do {
            try checkRoom(for: content.count, from: source)
        } catch .sourceFull where !isBounded {
            // What comes back from the store has many senders under one name.
        }
        try checkCredential(of: verified)
        if isWaiting, waitingCount >= limits.waiting { throw .waitingFull }
        entries[id] = MempoolEntry(
            id: id, bytes: content, source: source, number: nextNumber, arrival: now,
            verified: verified, isWaiting: isWaiting, judged: now)
        order.append((nextNumber, id))
        nextNumber += 1
        bySource[source, default: 0] += 1
        if let verified { byCredential[CredentialName(verified)] = id }
        bytes += content.count
        if isWaiting { waitingCount += 1 }
    }

    mutating func remove(_ id: Bytes32) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        bytes -= entry.bytes.count
        if entry.isWaiting { waitingCount -= 1 }
        if entry.promise != nil, let style = entry.firstBallotStyle {
            promisedFirst[style, default: 1] -= 1
        }
        let left = bySource[entry.source, default: 1] - 1
        bySource[entry.source] = left > 0 ? left : nil
        if let verified = entry.verified, byCredential[CredentialName(verified)] == id {
            byCredential[CredentialName(verified)] = nil
        }
        if order.count > 64, order.count > entries.count * 2 {
            order.removeAll { entries[$0.id] == nil }
        }
    }

    mutating func setPromise(_ promise: [UInt8], of id: Bytes32) {
        guard let entry = entries[id] else { return }
        if entry.promise == nil, let style = entry.firstBallotStyle {
            promisedFirst[style, default: 0] += 1
        }
        entries[id]?.promise = promise
    }

    /// How many promised first ballots of credentials of a style are here.
    func promisedFirstBallots(of electionID: Bytes32, style: UInt32) -> Int {
        promisedFirst[StyleName(electionID: electionID, style: style), default: 0]
    }

    /// Notes that an entry was judged again.
    mutating func setJudged(_ id: Bytes32, isWaiting: Bool, at now: Instant) {
        guard let entry = entries[id] else { return }
        if entry.isWaiting != isWaiting { waitingCount += isWaiting ? 1 : -1 }
        entries[id]?.isWaiting = isWaiting
        entries[id]?.isSuspended = false
        entries[id]?.judged = now
    }

    /// Leaves an entry out of blocks until it is judged again, which it is among the first.
    mutating func suspend(_ id: Bytes32) {
        guard let entry = entries[id] else { return }
        entries[id]?.refusals = entry.refusals + 1
        entries[id]?.isSuspended = true
        entries[id]?.judged = Instant(microseconds: 0)
    }

    /// Makes all waiting ballots due to be judged.
    mutating func suspectWaiting() {
        guard waitingCount > 0 else { return }
        for (id, entry) in entries where entry.isWaiting {
            entries[id]?.judged = Instant(microseconds: 0)
        }
    }

    /// What a leader may include, oldest first: at most `count`, without `excluded`.
    func candidates(count: Int, excluding excluded: Set<Bytes32>) -> [MempoolEntry] {
        var result: [MempoolEntry] = []
        for (_, id) in order where !excluded.contains(id) {
            guard result.count < count else { break }
            guard let entry = entries[id], entry.isReady else { continue }
            result.append(entry)
        }
        return result
    }

    /// When the oldest transaction came that a leader may include; nil for none.
    func oldestArrival(excluding excluded: Set<Bytes32> = []) -> Instant? {
        for (_, id) in order where !excluded.contains(id) {
            if let entry = entries[id], entry.isReady { return entry.arrival }
        }
        return nil
    }

    /// Entries last judged before `moment`, those judged longest ago first, at most `count`.
    func judged(before moment: Instant, count: Int) -> [MempoolEntry] {
        var due = entries.values.filter { $0.judged < moment }
        due.sort { ($0.judged, $0.number) < ($1.judged, $1.number) }
        return Array(due.prefix(count))
    }

    /// All entries in the order of arrival, at most `count`.
    func first(_ count: Int) -> [MempoolEntry] {
        Array(order.lazy.compactMap { entries[$0.id] }.prefix(count))
    }
}
