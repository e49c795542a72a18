internal import Codec
internal import Ledger
internal import Synchronization

/// How guesses of access codes are slowed down.
struct CodeAttempts: Hashable, Sendable {
    /// Wrong codes for one voter from one network before it is refused an answer for that voter.
    let perVoter: Int
    /// Wrong codes from one network, whoever they are for, before it is refused any answer.
    let perNetwork: Int
    /// How long it is refused, in seconds.
    let blockSeconds: Int
}

/// Slows down who guesses access codes, by network and voter. It knows nothing of the register, so
/// that it tells nothing of it; and what one network does shuts no voter out who asks from another.
///
/// It is in memory: no table holds who asked when. Several processes each count for themselves.
final class CodeThrottle: Sendable {
    /// Who asked for whom; without a voter, all of a network's wrong codes.
    private struct Key: Hashable {
        let network: String
        let voter: Bytes32?
    }

    private struct Count {
        var attempts = 0
        /// When the first of the attempts was.
        var since: Timestamp
        var blockedUntil: Timestamp?
    }

    /// Remembered counts: some tens of megabytes. Beyond it the oldest half is forgotten.
    private static let capacity = 100_000

    private let limits: CodeAttempts
    private let counts = Mutex<[Key: Count]>([:])

    init(limits: CodeAttempts) { self.limits = limits }

    /// Counts an attempt before its code is looked at, so that attempts side by side are no more than
    /// those one after the other.
    ///
    /// - Parameter voter: the keyed hash of the voter's reference, listed or not.
    /// - Throws: `.blocked`.
    func admit(
        network: String, voter: Bytes32, now: Timestamp
    ) throws(IssuingRefusal) {
        let until = self.counts.withLock { counts -> Timestamp? in
            let own = Key(network: network, voter: voter)
            let all = Key(network: network, voter: nil)
            for key in [own, all] {
                if let until = counts[key]?.blockedUntil {
                    if until > now { return until }
                    counts[key] = nil
                }
            }
            self.makeRoom(in: &counts)
            self.charge(own, limit: self.limits.perVoter, now: now, in: &counts)
            self.charge(all, limit: self.limits.perNetwork, now: now, in: &counts)
            return nil
        }
        guard let until else { return }
        throw .blocked(
            retryAfterSeconds: Int(clamping: (until.milliseconds(since: now) + 999) / 1000))
    }

    /// The code was right: the attempt counts no more, and earlier ones for this voter neither.
    func succeeded(network: String, voter: Bytes32) {
        self.counts.withLock { counts in
            counts[Key(network: network, voter: voter)] = nil
            let all = Key(network: network, voter: nil)
            guard var count = counts[all] else { return }
            count.attempts -= 1
            // The one that reached the limit was no wrong code.
            if count.attempts < self.limits.perNetwork { count.blockedUntil = nil }
            counts[all] = count.attempts > 0 ? count : nil
        }
    }

    private func charge(
        _ key: Key, limit: Int, now: Timestamp, in counts: inout [Key: Count]
    ) {
        let block = UInt64(clamping: self.limits.blockSeconds) * 1000
        var count = counts[key] ?? Count(since: now)
        // What was long ago is forgotten, as a block is.
        if count.since.adding(milliseconds: block) <= now { count = Count(since: now) }
        count.attempts += 1
        if count.attempts >= limit { count.blockedUntil = now.adding(milliseconds: block) }
        counts[key] = count
    }

    private func makeRoom(in counts: inout [Key: Count]) {
        guard counts.count >= Self.capacity else { return }
        let oldest = counts.sorted { $0.value.since < $1.value.since }
        for (key, _) in oldest.prefix(Self.capacity / 2) { counts[key] = nil }
    }
}

extension Timestamp {
    /// 0 where `earlier` is the later one.
    fileprivate func milliseconds(since earlier: Timestamp) -> UInt64 {
        self.milliseconds > earlier.milliseconds ? self.milliseconds - earlier.milliseconds : 0
    }
}
