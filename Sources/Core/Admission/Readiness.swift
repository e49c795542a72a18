package import Ledger

/// Whether a node does its work now, by what it has seen and not by what it was told once: the newest
/// final block must be young. That a node is alive says less: one that is stuck is alive too.
///
/// `Obstacle` says why a validator in office does not vote.
package struct Readiness<Obstacle: Hashable & Sendable>: Equatable, Sendable {
    /// Why a node is not ready, the first of those that hold.
    package enum Problem: Equatable, Sendable {
        case stopped
        case notConnected
        case catchingUp(at: UInt64, of: UInt64)
        case notVoting(Obstacle)
        /// The newest final block is older than blocks get on a chain that goes on.
        case old(milliseconds: UInt64, limit: UInt64)
        /// The newest final block is of a time that a quorum's clocks have reached, and ours has not.
        case ahead(milliseconds: UInt64, limit: UInt64)
    }

    package var hasStopped = false
    package var isConnected = true
    /// The newest block that is known to be final, where the node lies far below it.
    package var missing: UInt64?
    package var height: UInt64
    /// Why a validator in office does not vote.
    package var obstacle: Obstacle?
    /// The newest final block's time, and now.
    package var head: Timestamp
    package var now: Timestamp
    package var heartbeatMilliseconds: UInt32
    /// How far a block's time may be ahead of the clocks that accept it.
    package var precisionMilliseconds: UInt32

    package init(
        height: UInt64, head: Timestamp, now: Timestamp, heartbeatMilliseconds: UInt32,
        precisionMilliseconds: UInt32
    ) {
        self.height = height
        self.head = head
        self.now = now
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.precisionMilliseconds = precisionMilliseconds
    }

    /// How old the newest final block is: 0 where its time lies ahead of our clock.
    package var age: UInt64 {
        now > head ? now.milliseconds - head.milliseconds : 0
    }

    /// How far its time lies ahead of our clock: 0 for an ordinary one.
    package var lead: UInt64 {
        head > now ? head.milliseconds - now.milliseconds : 0
    }

    /// How far it may: an honest quorum accepted it by clocks that differ from ours by the precision at
    /// the most, as did its time from theirs.
    package var longestLead: UInt64 { 2 * UInt64(precisionMilliseconds) }

    /// How old it may be: heartbeats come also when nothing waits.
    package var oldest: UInt64 {
        PromiseRule.freshMilliseconds(heartbeatMilliseconds: heartbeatMilliseconds)
    }

    /// Nil for a node that is ready.
    package var problem: Problem? {
        if hasStopped { return .stopped }
        if !isConnected { return .notConnected }
        if let missing { return .catchingUp(at: height, of: missing) }
        if let obstacle { return .notVoting(obstacle) }
        if age > oldest { return .old(milliseconds: age, limit: oldest) }
        if lead > longestLead { return .ahead(milliseconds: lead, limit: longestLead) }
        return nil
    }
}

extension Readiness.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .stopped: "The node has stopped."
        case .notConnected: "The node is connected to no other."
        case .catchingUp(let height, let target):
            "The node is catching up: at block \(height) of \(target)."
        case .notVoting(let obstacle): "The validator does not vote: \(obstacle)."
        case .old(let age, let limit):
            "The newest final block is \(age) milliseconds old, and at most \(limit) are "
                + "ordinary: the chain stands still, or this node does not hear of it, or its "
                + "clock is wrong."
        case .ahead(let milliseconds, let limit):
            "The newest final block is \(milliseconds) milliseconds ahead of this machine's clock, "
                + "and at most \(limit) are ordinary: the clock is behind. Set it, and let it be "
                + "kept by NTP."
        }
    }
}
