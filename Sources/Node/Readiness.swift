package import Ledger

/// Whether a node does its work now, by what it has seen and not by what it was told once: the newest
/// final block must be young. That a node is alive says less: one that is stuck is alive too.
package struct Readiness: Equatable, Sendable {
    /// Why a node is not ready, the first of those that hold.
    package enum Problem: Equatable, Sendable, CustomStringConvertible {
        case stopped
        case notConnected
        case catchingUp(at: UInt64, of: UInt64)
        case notVoting(String)
        /// The newest final block is older than blocks get on a chain that goes on.
        case old(milliseconds: UInt64, limit: UInt64)

        package var description: String {
            switch self {
            case .stopped: "The node has stopped."
            case .notConnected: "The node is connected to no other."
            case .catchingUp(let height, let target):
                "The node is catching up: at block \(height) of \(target)."
            case .notVoting(let reason): "The validator does not vote: \(reason)."
            case .old(let age, let limit):
                "The newest final block is \(age) milliseconds old, and at most \(limit) are "
                    + "ordinary: the chain stands still, or this node does not hear of it, or its "
                    + "clock is wrong."
            }
        }
    }

    package var hasStopped = false
    package var isConnected = true
    /// The newest block that is known to be final, where the node lies far below it.
    package var missing: UInt64?
    package var height: UInt64
    /// Why a validator in office does not vote.
    package var votingNote: String?
    /// The newest final block's time, and now.
    package var head: Timestamp
    package var now: Timestamp
    package var heartbeatMilliseconds: UInt32

    package init(
        height: UInt64, head: Timestamp, now: Timestamp, heartbeatMilliseconds: UInt32
    ) {
        self.height = height
        self.head = head
        self.now = now
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }

    /// How old the newest final block is: 0 where its time lies ahead of our clock.
    package var age: UInt64 {
        now > head ? now.milliseconds - head.milliseconds : 0
    }

    /// How old it may be: heartbeats come also when nothing waits.
    package var oldest: UInt64 {
        PromiseRule.freshMilliseconds(heartbeatMilliseconds: heartbeatMilliseconds)
    }

    /// Nil for a node that is ready.
    package var problem: Problem? {
        if hasStopped { return .stopped }
        if !isConnected { return .notConnected }
        if let missing { return .catchingUp(at: height, of: missing) }
        if let votingNote { return .notVoting(votingNote) }
        if age > oldest { return .old(milliseconds: age, limit: oldest) }
        return nil
    }
}
