/// Which runs of nodes have shown one key. A restarted node comes with a fresh instance and never again
/// with an old one. So an instance that comes back after it was replaced lives beside the one that
/// replaced it: two nodes have the key. Then the connection is the first one's for as long as it lasts.
package struct KeyRuns: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        /// It is the run that has the connection, or a restart of it, or nobody has one.
        case accepted
        /// It was replaced and is back: the connection is its own again.
        case back
        /// The first one is connected.
        case refused
    }

    /// Instances of each kind that are remembered: so many restarts or copies within one connection's
    /// life are no accident.
    package static let remembered = 8

    /// The run that has the connection, or had it last.
    package private(set) var holder: UInt64
    /// Runs that another one replaced, as a restart does.
    private var replaced: [UInt64] = []
    /// Runs that live beside the holder.
    private var second: [UInt64] = []

    package init(_ instance: UInt64) { holder = instance }

    /// Judges a run that asks for a connection, and remembers what follows.
    package mutating func judge(_ instance: UInt64, isHolderConnected: Bool) -> Verdict {
        guard instance != holder else { return .accepted }
        if isHolderConnected {
            if second.contains(instance) { return .refused }
            if replaced.contains(instance) {
                replaced.removeAll { $0 == instance }
                Self.append(holder, to: &second)
                holder = instance
                return .back
            }
        }
        second.removeAll { $0 == instance }
        replaced.removeAll { $0 == instance }
        Self.append(holder, to: &replaced)
        holder = instance
        return .accepted
    }

    private static func append(_ instance: UInt64, to list: inout [UInt64]) {
        list.append(instance)
        if list.count > remembered { list.removeFirst() }
    }
}

/// The runs of the keys that came last.
struct KeyHistory: Sendable {
    private struct Entry {
        var runs: KeyRuns
        var lastUse: UInt64
        var lastReport: ContinuousClock.Instant?
        let isKept: Bool
    }

    /// Keys that are remembered: all places several times. Keys of strangers are forgotten first.
    static let keys = 1024
    /// How often an operator is told of one key.
    private static let reportPause = Duration.seconds(60)

    private var entries: [PeerID: Entry] = [:]
    private var uses: UInt64 = 0

    /// What `judge` would say, and nothing is remembered.
    func verdict(
        on instance: UInt64, of peer: PeerID, isHolderConnected: Bool
    ) -> KeyRuns.Verdict {
        guard var runs = entries[peer]?.runs else { return .accepted }
        return runs.judge(instance, isHolderConnected: isHolderConnected)
    }

    /// Judges a run of a node with a key.
    ///
    /// - Parameter isKept: whether the key is a validator's, or one that the configuration names.
    mutating func judge(
        _ instance: UInt64, of peer: PeerID, isHolderConnected: Bool, isKept: Bool
    ) {
        uses += 1
        guard var entry = entries[peer] else {
            entries[peer] = Entry(runs: KeyRuns(instance), lastUse: uses, isKept: isKept)
            if entries.count > Self.keys { forgetOne() }
            return
        }
        _ = entry.runs.judge(instance, isHolderConnected: isHolderConnected)
        entry.lastUse = uses
        entries[peer] = entry
    }

    /// Whether it is time for a line that two nodes have a key.
    mutating func isReportDue(_ peer: PeerID, now: ContinuousClock.Instant) -> Bool {
        guard let entry = entries[peer] else { return false }
        if let last = entry.lastReport, now - last < Self.reportPause { return false }
        entries[peer]?.lastReport = now
        return true
    }

    private mutating func forgetOne() {
        let oldest = entries.min {
            ($0.value.isKept ? 1 : 0, $0.value.lastUse) < (
                $1.value.isKept ? 1 : 0, $1.value.lastUse
            )
        }
        if let oldest { entries[oldest.key] = nil }
    }
}
