import APISchema
import LedgerClient
import Synchronization

/// The final blocks that nodes told of, and when their events arrived.
final class BlockWatch: Sendable {
    struct Arrival: Sendable {
        let height: UInt64
        let transactions: UInt32
        let time: ContinuousClock.Instant
    }

    private let arrivals: Mutex<[[Arrival]]>

    init(nodes: Int) {
        self.arrivals = Mutex([[Arrival]](repeating: [], count: nodes))
    }

    /// The blocks of one node from a moment on.
    func arrivals(at place: Int, since start: ContinuousClock.Instant) -> [Arrival] {
        self.arrivals.withLock { $0[place].filter { $0.time >= start } }
    }

    /// Transactions in the blocks of one node from a moment on.
    func transactions(at place: Int, since start: ContinuousClock.Instant) -> Int {
        arrivals(at: place, since: start).reduce(0) { $0 + Int($1.transactions) }
    }

    /// Listens to a node until its stream ends.
    func listen(to client: NodeClient, at place: Int) async throws {
        try await client.events { event in
            let now = ContinuousClock.now
            if case .block(let block) = event {
                let arrival = Arrival(
                    height: block.height, transactions: block.transactionCount, time: now)
                self.arrivals.withLock { $0[place].append(arrival) }
            }
            return true
        }
    }
}
