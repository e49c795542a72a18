import APISchema
import ClusterElection
import Codec
import Foundation
import Ledger
import LedgerClient
import ProcessHarness

/// The measurement on a running network.
struct FinalityRun {
    let network: BenchNetwork
    let count: Int

    /// How long a ballot may take before the run gives up.
    private static let patience = Duration.seconds(20)
    /// How long ballots are sent after the leader was killed.
    private static let killWindow = Duration.seconds(8)

    func report(to report: Report) async throws {
        let genesis = try self.network.genesis()
        let clients = try (0..<network.validators).map { place in
            var limits = ClientLimits()
            limits.rounds = 1
            return try NodeClient(
                nodes: [self.network.url(place)], chainID: genesis.chainID, limits: limits)
        }
        let watch = BlockWatch(nodes: network.validators)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (place, client) in clients.enumerated() {
                    group.addTask {
                        // The stream of a node that is killed ends with an error; the others go on.
                        try? await watch.listen(to: client, at: place)
                    }
                }
                try await self.measure(clients, watch, report)
                group.cancelAll()
            }
        } catch {
            for client in clients { await client.shutdown() }
            throw error
        }
        for client in clients { await client.shutdown() }
    }

    private func measure(
        _ clients: [NodeClient], _ watch: BlockWatch, _ report: Report
    ) async throws {
        let during = Int(Self.killWindow / .milliseconds(100)) + 1
        let needed = self.count + during + self.count / 2
        var ballots = try await self.network.prepareElection(
            voters: needed, asking: clients[0])[...]

        report.heading("Lone ballots, four validators")
        var places = Array(0..<network.validators)
        let idle = try await self.lone(self.count, &ballots, clients, places, watch)
        self.add("finality.idle", idle, to: report)

        report.heading("The leader is killed")
        let victim = try await self.network.leader(asking: 0)
        places.removeAll { $0 == victim }
        let killed = ContinuousClock.now
        try await self.network.kill(victim)
        while ContinuousClock.now - killed < Self.killWindow, let ballot = ballots.popFirst() {
            _ = try await clients[places[ballots.count % places.count]].submit(ballot)
            try await Task.sleep(for: .milliseconds(100))
        }
        let gap = self.longestGap(at: places[0], watch, since: killed)
        report.add("finality.leaderkill.gap.ms", gap, "ms")

        report.heading("Lone ballots, three of four validators")
        // What was sent before is final by now, and the network idle again.
        try await Task.sleep(for: .seconds(1))
        let after = try await self.lone(self.count / 2, &ballots, clients, places, watch)
        self.add("finality.after", after, to: report)
    }

    private func add(_ name: String, _ times: [Double], to report: Report) {
        let sorted = times.sorted()
        let last = sorted.count - 1
        report.add(name + ".median.ms", sorted[last / 2], "ms")
        report.add(name + ".p99.ms", sorted[last - last / 100], "ms")
        report.add(name + ".max.ms", sorted[last], "ms")
        report.add(name + ".min.ms", sorted[0], "ms")
    }

    /// Milliseconds until each of `count` ballots was final, sent one at a time.
    private func lone(
        _ count: Int, _ ballots: inout ArraySlice<[UInt8]>, _ clients: [NodeClient],
        _ places: [Int], _ watch: BlockWatch
    ) async throws -> [Double] {
        var times: [Double] = []
        while times.count < count, let ballot = ballots.popFirst() {
            try await Task.sleep(for: .milliseconds(Int.random(in: 600...1400)))
            let place = places[times.count % places.count]
            let start = ContinuousClock.now
            _ = try await clients[place].submit(ballot)
            while true {
                let block = watch.arrivals(at: place, since: start).first { $0.transactions > 0 }
                if let block {
                    times.append(Self.milliseconds(block.time - start))
                    break
                }
                guard ContinuousClock.now - start < Self.patience else {
                    throw HarnessFailure("A ballot was not final in \(Self.patience).")
                }
                try await Task.sleep(for: .milliseconds(2))
            }
        }
        return times
    }

    /// The longest time between final blocks, in milliseconds, the first counted from `start`.
    private func longestGap(
        at place: Int, _ watch: BlockWatch, since start: ContinuousClock.Instant
    ) -> Double {
        var last = start
        var longest = Duration.zero
        for block in watch.arrivals(at: place, since: start) {
            longest = max(longest, block.time - last)
            last = block.time
        }
        return Self.milliseconds(longest)
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1000 + Double(attoseconds) / 1e15
    }
}
