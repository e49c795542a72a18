package import Codec
package import Ledger
package import NetworkAddresses
internal import Synchronization

/// How guesses of access codes are slowed down.
package struct CodeAttempts: Hashable, Sendable {
    /// Wrong codes for one voter from one network before it is refused an answer for that voter.
    let perVoter: Int
    /// Wrong codes for one voter from all networks before it is refused to all but those that the voter
    /// gave the right code from.
    let perVoterFromAll: Int
    /// Wrong codes from one network, whoever they are for, before it has fewer for each voter.
    let perNetwork: Int
    /// How long answers are refused, in seconds.
    let blockSeconds: Int

    package init(perVoter: Int, perVoterFromAll: Int, perNetwork: Int, blockSeconds: Int) {
        self.perVoter = perVoter
        self.perVoterFromAll = perVoterFromAll
        self.perNetwork = perNetwork
        self.blockSeconds = blockSeconds
    }

    /// Wrong codes for one voter from one site, such as 48 bits of IPv6: it may hold many networks.
    var perVoterFromSite: Int { 3 * perVoter }
    /// What a network has for one voter after it gave many wrong codes: enough for a typing error.
    var perVoterAfterMany: Int { max(1, perVoter / 3) }
}

/// Slows down everybody who guesses access codes. It knows nothing of the register, so that it tells
/// nothing of it.
///
/// A refusal concerns the one voter whose code is guessed: many voters share an address behind an
/// operator's translation of addresses, or behind a proxy that does not say where its clients are, and
/// none of them shuts the others out. Guesses for one voter are bounded whatever addresses they come
/// from, also where a client chooses what a proxy says of it (decision 0007).
///
/// It is in memory: no table holds who asked when. Several processes each count for themselves.
package final class CodeThrottle: Sendable {
    /// What is counted.
    private enum Key: Hashable {
        case pair(AddressGroup, Bytes32)
        case site(AddressGroup, Bytes32)
        case voter(Bytes32)
        case network(AddressGroup)
    }

    private struct Count {
        var attempts = 0
        /// When the first and the newest of the attempts were.
        var first: Timestamp
        var newest: Timestamp
        /// Whether the right code came, as a pair's does.
        var isKnown = false
    }

    private let limits: CodeAttempts
    private let capacity: Int
    private let counts = Mutex<[Key: Count]>([:])

    /// - Parameter capacity: how many counts are remembered: some tens of megabytes. Beyond it half of
    ///   them are forgotten, those with the fewest attempts and of those the oldest: whoever fills the
    ///   memory with other voters' names pushes out no count that matters.
    package init(limits: CodeAttempts, capacity: Int = 200_000) {
        self.limits = limits
        self.capacity = capacity
    }

    /// Counts an attempt before its code is looked at, so that attempts side by side are no more than
    /// those one after the other.
    ///
    /// - Parameter voter: the keyed hash of the voter's reference, listed or not.
    /// - Throws: `.blocked`, `.guessed`.
    package func admit(
        network: AddressGroup, voter: Bytes32, now: Timestamp
    ) throws(IssuingRefusal) {
        let refusal = self.counts.withLock { counts -> IssuingRefusal? in
            for key in Self.keys(network, voter) { self.forget(key, now: now, in: &counts) }
            if let refusal = self.refusal(network, voter, now: now, in: counts) { return refusal }
            self.makeRoom(now: now, in: &counts)
            for key in Self.keys(network, voter) {
                var count = counts[key] ?? Count(first: now, newest: now)
                count.attempts += 1
                count.newest = now
                counts[key] = count
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// The code was right: the attempt counts no more, and earlier ones of this network for this voter
    /// neither. Others' guesses do not shut the voter out of this network from now on.
    package func succeeded(network: AddressGroup, voter: Bytes32, now: Timestamp) {
        self.counts.withLock { counts in
            for key in Self.keys(network, voter) {
                if case .pair = key {
                    counts[key] = Count(first: now, newest: now, isKnown: true)
                } else if let count = counts[key] {
                    counts[key]?.attempts = max(0, count.attempts - 1)
                }
            }
        }
    }

    private static func keys(_ network: AddressGroup, _ voter: Bytes32) -> [Key] {
        let own: [Key] = [.pair(network, voter), .voter(voter), .network(network)]
        return network.site == network ? own : own + [.site(network.site, voter)]
    }

    /// Why an attempt is not looked at; nil where it is.
    private func refusal(
        _ network: AddressGroup, _ voter: Bytes32, now: Timestamp, in counts: [Key: Count]
    ) -> IssuingRefusal? {
        let pair = counts[.pair(network, voter)]
        let isLoud = counts[.network(network)]?.attempts ?? 0 >= limits.perNetwork
        let own = isLoud ? limits.perVoterAfterMany : limits.perVoter
        if let pair, pair.attempts >= own {
            return .blocked(retryAfterSeconds: rest(of: pair, now: now))
        }
        guard pair?.isKnown != true else { return nil }
        if let site = counts[.site(network.site, voter)], site.attempts >= limits.perVoterFromSite {
            return .blocked(retryAfterSeconds: rest(of: site, now: now))
        }
        if let all = counts[.voter(voter)], all.attempts >= limits.perVoterFromAll {
            return .guessed(retryAfterSeconds: rest(of: all, now: now))
        }
        return nil
    }

    private var block: UInt64 { UInt64(clamping: limits.blockSeconds) * 1000 }

    /// Seconds until a count that reached its limit is forgotten.
    private func rest(of count: Count, now: Timestamp) -> Int {
        let end = count.newest.adding(milliseconds: block)
        return Int(clamping: (end.milliseconds(since: now) + 999) / 1000)
    }

    /// A limit that was reached holds from the newest attempt on; otherwise the first attempt's time
    /// counts. That the right code came from a network is remembered for longer.
    private func forget(_ key: Key, now: Timestamp, in counts: inout [Key: Count]) {
        guard let count = counts[key] else { return }
        let isReached = count.attempts >= limit(of: key)
        let start = isReached ? count.newest : count.first
        guard start.adding(milliseconds: block) <= now else { return }
        counts[key] =
            count.isKnown ? Count(first: now, newest: count.newest, isKnown: true) : nil
    }

    private func limit(of key: Key) -> Int {
        switch key {
        case .pair: limits.perVoterAfterMany
        case .site: limits.perVoterFromSite
        case .voter: limits.perVoterFromAll
        case .network: limits.perNetwork
        }
    }

    private func makeRoom(now: Timestamp, in counts: inout [Key: Count]) {
        guard counts.count >= capacity else { return }
        for key in [Key](counts.keys) { forget(key, now: now, in: &counts) }
        // A network that the right code came from weighs as much as one that may try no more.
        func weight(_ count: Count) -> Int { count.isKnown ? limits.perVoter : count.attempts }
        let lightest = counts.sorted {
            (weight($0.value), $0.value.newest) < (weight($1.value), $1.value.newest)
        }
        for (key, _) in lightest.prefix(max(0, counts.count - capacity / 2)) { counts[key] = nil }
    }
}

extension Timestamp {
    /// 0 where `earlier` is the later one.
    fileprivate func milliseconds(since earlier: Timestamp) -> UInt64 {
        self.milliseconds > earlier.milliseconds ? self.milliseconds - earlier.milliseconds : 0
    }
}
