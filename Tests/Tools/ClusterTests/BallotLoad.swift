import APISchema
import Codec
import Ledger
import ProcessHarness
import Synchronization

/// Voters who send one ballot after the other to any node, and again to another until one takes it.
final class BallotLoad: Sendable {
    /// A ballot that a node said to have taken.
    struct Acknowledged: Sendable {
        let id: Bytes32
        let bytes: [UInt8]
        let promise: String?
    }

    private struct State: Sendable {
        var acknowledged: [Acknowledged] = []
        var refusals: [String] = []
        var isStopped = false
    }

    private let cluster: Cluster
    private let state = Mutex(State())

    init(cluster: Cluster) { self.cluster = cluster }

    var acknowledged: [Acknowledged] { state.withLock { $0.acknowledged } }
    /// What nodes refused for good, which they must not.
    var refusals: [String] { state.withLock { $0.refusals } }

    /// No ballot is begun any more.
    func stop() { state.withLock { $0.isStopped = true } }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Sends ballots until there are none, or until it is stopped.
    func run(_ ballots: ArraySlice<[UInt8]>, seed: UInt64) async throws {
        var numbers = SeededNumbers(seed: seed)
        for ballot in ballots {
            guard !isStopped else { return }
            try await send(ballot, using: &numbers)
            // Voters come one by one.
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...80, using: &numbers)))
        }
    }

    private func send(_ ballot: [UInt8], using numbers: inout SeededNumbers) async throws {
        for _ in 0..<40 where !isStopped {
            let place = Int.random(in: cluster.places, using: &numbers)
            do {
                let answer = try await HTTP.post(
                    cluster.url(place) + "/v1/transactions", ballot, timeout: 3)
                switch answer.status {
                case 200, 202:
                    let taken = try answer.json(SubmissionAnswer.self)
                    state.withLock {
                        $0.acknowledged.append(
                            Acknowledged(
                                id: taken.transactionID, bytes: ballot, promise: taken.promise))
                    }
                    return
                case 422:
                    state.withLock { $0.refusals.append(answer.text) }
                    return
                default: break
                }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // A node that is dead, stands still or is cut off: the voter asks another.
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
