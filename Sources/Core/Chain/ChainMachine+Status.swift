package import Admission
import BlockSync
package import Codec
package import Consensus
package import Cosigning
package import Ledger

/// Why a validator does not vote.
package enum VotingObstacle: Hashable, Sendable {
    case halted(HaltReason)
    /// The vote journal was not trusted, and what the validator waits for since.
    case journal(JournalDoubt, VotingState?)
    case state(VotingState)
    case observer
    case catchingUp(at: Height, of: Height)
}

/// What a node says about itself.
extension ChainMachine {
    /// Whether a block is known to be final that lies well above the newest final one here. A few
    /// blocks are the ordinary distance between nodes.
    package var isFarBehind: Bool {
        targetHeight.rawValue > head.height.rawValue + ChainLimits.ordinaryDistance
    }

    /// The height of the highest block that is known to be final; 0 for none.
    package var targetHeight: Height { sync.target?.header.height ?? .genesis }

    /// Whether the node votes in the present view.
    package var isVoting: Bool { replica?.status.isVoting ?? false }

    /// What the node's readiness depends on, at the time of the last input.
    package var readiness: Readiness<VotingObstacle> {
        var state = Readiness<VotingObstacle>(
            height: head.height.rawValue, head: head.time, now: now.clock,
            heartbeatMilliseconds: genesis.parameters.heartbeatMilliseconds,
            precisionMilliseconds: genesis.parameters.precisionMilliseconds)
        state.hasStopped = hasStopped
        state.isConnected = !peers.isEmpty || isMember && validators.validators.count == 1
        if isFarBehind { state.missing = targetHeight.rawValue }
        if isMember, !isVoting { state.obstacle = votingObstacle ?? .state(.noMember) }
        return state
    }

    /// Why the node does not vote; nil where it does.
    package var votingObstacle: VotingObstacle? {
        let status = replica?.status
        if let reason = status?.haltReason { return .halted(reason) }
        let waits = status.flatMap { $0.isVoting || $0.voting == .halted ? nil : $0.voting }
        if let journalDoubt { return .journal(journalDoubt, waits) }
        if let waits { return .state(waits) }
        if replica == nil { return .observer }
        if isFarBehind { return .catchingUp(at: head.height, of: targetHeight) }
        return nil
    }

    /// Transactions that wait for their checks, and senders whose checks failed of late.
    package var checksWaiting: Int { checks.count }
    package var suspectSenders: Int { checks.suspectSenders }

    /// The newest certified checkpoint that this node's own log covers and agrees with.
    package var published: Certified? { cosigning.published }

    /// Whether a transaction waits here to become final.
    package func isPending(_ id: Bytes32) -> Bool { mempool[id] != nil }

    /// The time of the last input.
    package var time: LocalTime { now }

    /// Which of its bounds the machine exceeds; nil for none, always. It is asked at every step of a
    /// simulation, so it reads the machine where it lies: nothing changes, and nothing is copied.
    package mutating func exceededBound() -> String? {
        func excess(_ count: Int, _ bound: Int, of name: String) -> String? {
            count > bound ? "\(count) \(name), at most \(bound)" : nil
        }
        // While nothing is under check, what waits is waiting for others to come with it.
        let isGathering = checks.hasNext && nextBatch > now.instant
        if checks.count > 0, !isGathering,
            !judging.values.contains(where: { $0.purpose == .submitted })
        {
            return "\(checks.count) transactions are under check, and nobody checks them"
        }
        // What the store held has its place whatever comes, and so has what the node itself sends.
        return excess(
            mempool.boundedBytes, limits.mempool.bytes, of: "bytes of waiting transactions")
            ?? excess(mempool.boundedCount, limits.mempool.count, of: "waiting transactions")
            ?? excess(
                mempool.preparedBytes, limits.mempool.preparedBytes,
                of: "bytes of prepared transactions")
            ?? excess(checks.bytes, checks.bytesBound, of: "bytes under check")
            ?? excess(judging.count, AdmissionLimits.batchesAtOnce + 3, of: "batches under check")
            ?? excess(executionsUnderWay, ChainLimits.executions, of: "executions")
            ?? excess(relays.count, AdmissionLimits.relayed, of: "relays")
            ?? excess(openQuestions, ChainLimits.questions, of: "questions of peers")
    }
}
