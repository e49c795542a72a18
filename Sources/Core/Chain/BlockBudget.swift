package import Ledger

/// How many transactions a block of ours holds at most: as many as are executed within a time that every
/// follower spends before it votes. It is learned from the executions of this node, of whoever's
/// blocks, and halved when a view has failed.
package struct BlockBudget: Sendable {
    /// What the execution of a block may take, in microseconds.
    package static let execution: UInt64 = 100_000
    /// A block may always hold so many: fixed costs would eat up smaller ones.
    package static let smallest = 4
    /// Before anything was measured.
    private static let unknown = 256

    /// Microseconds that a transaction takes, as measured lately; nil before any was.
    private var cost: UInt64?
    /// What failed views leave of it, in 1/1024.
    private var share: UInt64 = 1024
    private var nullified: UInt64 = 0

    package init() {}

    /// The transactions of the next block, at most.
    package var limit: Int {
        let affordable = cost.map { Self.execution / max(1, $0) } ?? UInt64(Self.unknown)
        return max(Self.smallest, Int(clamping: affordable * share / 1024))
    }

    /// Notes that the execution of so many transactions took a while. Small blocks say little of a
    /// transaction's cost: the block's own would be taken for it.
    package mutating func note(_ count: Int, microseconds: UInt64) {
        guard count >= Self.smallest else { return }
        let measured = max(1, microseconds / UInt64(count))
        cost = cost.map { $0 - $0 / 4 + measured / 4 } ?? measured
    }

    /// Notes how many views have failed until now: each new one halves the next block, and each final
    /// block makes it larger by half. It is to be told before final blocks are. So f of 3f + 1 leaders
    /// that never propose make the blocks after theirs smaller, but not everybody's for ever: 2f + 1
    /// others take back more than f lost views cost, since 1.5 · 1.5 > 2.
    package mutating func note(failedViews: UInt64) {
        while nullified < failedViews, share > 1 {
            share /= 2
            nullified += 1
        }
        nullified = max(nullified, failedViews)
    }

    package mutating func noteFinalBlock() { share = min(1024, share + max(1, share / 2)) }
}

/// How fast transactions become final, and how many may wait for that: acceptance goes at the pace of
/// finality.
package struct FinalityPace: Sendable {
    /// What is accepted is to be final within so many milliseconds, at the pace of as many.
    package static let window: UInt64 = 10_000
    /// So many may always wait: a chain that has just begun, or is idle, has no pace.
    package static let always = 256

    /// Final transactions by time, oldest first.
    private var blocks: [(at: Instant, count: Int)] = []
    private var sum = 0

    package init() {}

    package mutating func note(_ count: Int, at now: Instant) {
        blocks.append((now, count))
        sum += count
        forget(now)
    }

    private mutating func forget(_ now: Instant) {
        let old = blocks.prefix { now.milliseconds(since: $0.at) > Self.window }
        for block in old { sum -= block.count }
        blocks.removeFirst(old.count)
    }

    /// How many transactions may wait now.
    package mutating func capacity(at now: Instant) -> Int {
        forget(now)
        return max(Self.always, sum)
    }
}
