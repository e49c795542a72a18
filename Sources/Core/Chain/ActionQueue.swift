package import Codec
package import Consensus
package import Ledger

/// What the replica and block synchronization asked for and is not carried out yet, in order.
package struct ActionQueue: Sendable {
    package enum Action: Sendable {
        case effect(Effect)
        /// Of the replica, to the node with this key.
        case send(ConsensusMessage, to: Bytes32)
        /// From block synchronization.
        case deliver(FinalizedChain)

        fileprivate var isFinalization: Bool {
            switch self {
            case .effect(.finalize), .deliver: true
            case .effect, .send: false
            }
        }
    }

    private var actions: [Action?] = []
    /// The place of the first one: what comes before is done.
    private var start = 0
    private var finalizations = 0

    package init() {}

    package var first: Action? { start < actions.count ? actions[start] : nil }

    /// Whether blocks are final that the store does not hold yet. The replica has pruned what it
    /// needed for them, so its snapshot is no whole journal.
    package var hasFinalization: Bool { finalizations > 0 }

    package mutating func append(_ action: Action) {
        actions.append(action)
        if action.isFinalization { finalizations += 1 }
    }

    package mutating func removeFirst() {
        if actions[start]?.isFinalization ?? false { finalizations -= 1 }
        actions[start] = nil
        start += 1
        // While an execution is waited for the queue may be long: each action moves once at most.
        if start * 2 > actions.count {
            actions.removeFirst(start)
            start = 0
        }
    }
}
