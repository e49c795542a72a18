import Chain
import Consensus
import Elections
import Files
import Ledger
import NetworkErrors
import NodeSetup
import PeerNetwork
import ProcessLimits
import Storage
import Synchronization

/// Tells the one who waits why the node must stop; the first reason counts.
final class StopSignal: Sendable {
    private struct State {
        var failure: NodeFailure?
        var waiters: [CheckedContinuation<NodeFailure?, Never>] = []
        var isClosed = false
    }

    private let state = Mutex(State())

    func fail(_ failure: NodeFailure) {
        let waiters = state.withLock { state in
            if state.failure == nil { state.failure = failure }
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: failure) }
    }

    /// Waits for a reason; nil when the task is cancelled first.
    func wait() async -> NodeFailure? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: NodeFailure?? = state.withLock { state in
                    if let failure = state.failure { return failure }
                    if state.isClosed { return .some(nil) }
                    state.waiters.append(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiters = state.withLock { state in
                state.isClosed = true
                let waiters = state.waiters
                state.waiters = []
                return waiters
            }
            for waiter in waiters { waiter.resume(returning: nil) }
        }
    }
}

extension NodeFailure {
    /// Any error that stops a node, as the operator is told.
    init(_ error: any Error) {
        if let failure = NodeFailure(stored: error) {
            self = failure
            return
        }
        switch error {
        case BlockFailure.invalid(let hash, let problem):
            self.init(ChainFailure.finalBlockIsInvalid(hash, problem: "\(problem)"))
        case BlockFailure.fault(let fault):
            self = .inconsistent("The state cannot be read: \(fault)")
        case let error as PeerNetworkError:
            if case .cannotListen(let endpoint, _) = error {
                self = .network("\(error)\(PortHolder(of: endpoint.port).note)")
            } else {
                self = .network("\(error)")
            }
        default: self = .storage("An unexpected failure: \(NetworkError.reason(error))")
        }
    }

    init(halt reason: HaltReason) {
        switch reason {
        case .ownKeyVotedElsewhere(let vote):
            self = .fork(
                "This validator's key signed a vote that this node did not send, \(vote.subject): "
                    + "the key is in use elsewhere. Two nodes with one key can fork the chain. Stop "
                    + "the other one first, and find out how the key came there.")
        case .certifiedBlockIsInvalid(let hash, let problem):
            self = .fork(
                "A_STATE_DIVERGE: a quorum notarized the block \(hash), and this node's rules refuse "
                    + "it: \(problem). Keep the data directory, and compare versions.")
        case .notSigned(let subject, .refused(let reason)):
            self = .fork(
                "The holder of the consensus key refuses to sign \(subject): \(reason). The key "
                    + "signed something else, so it is in use elsewhere.")
        case .notSigned(_, .unavailable(let reason)):
            self = .configuration(
                "The holder of the consensus key cannot be reached: \(reason). Start it again, then "
                    + "this node.")
        case .wrongValidators(let hash):
            self = .inconsistent(
                "The state names other validators than the newest final block, whose next set has "
                    + "the hash \(hash).")
        case .conflictingFinalization, .finalizedAndNullified, .twoNotarizations:
            self = .fork(
                "A_FORK: certificates contradict each other (\(reason)): more than a third of the "
                    + "validators are faulty, or there is a bug. Keep the data directory; it holds "
                    + "the evidence.")
        }
    }
}
