import Chain
import Codec
import Consensus
import Ledger

/// What a cluster under load came to.
package struct LoadReport: Sendable {
    package let violation: Violation?
    package let submitted: Int
    package let accepted: Int
    package let deferred: Int
    package let final: Int
    /// Views that an honest node saw nullified, once the cluster had been under load for a while.
    package let nullifiedViews: UInt64
    /// The longest that an accepted transaction took to be final, in milliseconds.
    package let slowest: UInt64
}

/// Clusters of which clients ask more than they can carry.
extension Cluster {
    /// For how long a cluster may get used to a load before it loses no view to it, in microseconds.
    private static let warmUp: UInt64 = 10_000_000
    /// Within which an accepted transaction is final, in milliseconds: the window in which acceptance
    /// follows finality, three times over for a load that began a moment ago.
    package static let finalityBound: UInt64 = 3 * FinalityPace.window

    /// Sends transactions at a steady rate, and then none.
    ///
    /// - Returns: what came of it. A violation is LOAD where a view was lost by load alone, or an accepted
    ///   transaction took too long.
    package static func load(
        seed: UInt64, validators: Int, perSecond: UInt64, seconds: UInt64,
        faults: [FaultKind] = [.overload, .slowExecution]
    ) -> LoadReport {
        let cluster = Cluster(
            Scenario(seed: seed, validators: validators, faults: faults, epochLength: 64))
        cluster.workload.mode = .none
        return cluster.runLoad(perSecond: perSecond, seconds: seconds)
    }

    /// What clients send in a run of load alone: up to ten times what executions can carry, as the seed
    /// chooses their cost.
    static let loadPerSecond: UInt64 = 200

    func runLoad(perSecond: UInt64, seconds: UInt64) -> LoadReport {
        workload.mode = .none
        // Validators listen for their own keys first.
        _ = run(until: 15_000_000)
        let begin = now
        let pause = max(1, 1_000_000 / perSecond)
        var nullified: UInt64?
        while now < begin + seconds * 1_000_000, invariants.violation == nil {
            submitLoad()
            _ = run(until: now + pause)
            if nullified == nil, now > begin + Self.warmUp { nullified = mostNullified }
        }
        let lost = mostNullified - (nullified ?? mostNullified)
        let deadline = now + Self.finalityBound * 1000
        _ = run(until: deadline) { self.owed.isEmpty }
        if lost > 0 { violate("LOAD", "\(lost) views are lost to load alone") }
        if !owed.isEmpty {
            violate("LOAD", "\(owed.count) accepted transactions are not final: \(owedInWords)")
        }
        if slowestFinality / 1000 > Self.finalityBound {
            violate("LOAD", "an accepted transaction was final after \(slowestFinality / 1000) ms")
        }
        return LoadReport(
            violation: invariants.violation, submitted: workload.submitted,
            accepted: injected["transactions accepted"] ?? 0,
            deferred: injected["transactions deferred: backlog"] ?? 0,
            final: invariants.finalIDs.count, nullifiedViews: lost,
            slowest: slowestFinality / 1000)
    }

    private var mostNullified: UInt64 {
        honest.map(\.replica.metrics.viewsNullified).max() ?? 0
    }

    private func submitLoad() {
        workload.submitted += 1
        let number = workload.submitted
        submit(
            [ModelTransaction.plainMark]
                + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }
}
