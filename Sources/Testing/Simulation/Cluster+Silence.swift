import Admission
import Chain
import Consensus
import Ledger

/// Clusters in which little happens, for long: what must move moves, and nothing else grows.
extension Cluster {
    /// L6: with one validator too few for a quorum nothing moves and nothing grows, and all goes on
    /// when it is back.
    ///
    /// - Returns: what was wrong; nil for nothing.
    package static func standStill(
        seed: UInt64, validators: Int, minutes: UInt64
    ) -> Violation? {
        let cluster = Cluster(
            Scenario(seed: seed, validators: validators, faults: [], epochLength: 64))
        cluster.workload.mode = .busy
        _ = cluster.run(until: 5_000_000)
        for node in cluster.honest.prefix(cluster.faultTolerance + 1) { cluster.crash(node) }
        // Some transactions are left that nobody can include.
        _ = cluster.run(until: cluster.now + 2_000_000)
        cluster.workload.mode = .none
        _ = cluster.run(until: cluster.now + 60_000_000)
        let before = cluster.quiet
        let messages = cluster.messages
        _ = cluster.run(until: cluster.now + 60_000_000)
        let perMinute = cluster.messages - messages
        for _ in 0..<minutes {
            let messages = cluster.messages
            _ = cluster.run(until: cluster.now + 60_000_000)
            if cluster.quiet != before {
                cluster.violate("L6", "\(before) became \(cluster.quiet)")
            }
            if cluster.messages - messages > perMinute + perMinute / 10 {
                cluster.violate(
                    "L6", "\(cluster.messages - messages) messages a minute, after \(perMinute)")
            }
        }
        for node in cluster.honest { cluster.start(node) }
        let goal = cluster.highestFloor.rawValue + 3
        let isDone = {
            cluster.honest.allSatisfy {
                $0.store.floor.height.rawValue >= goal
            } && cluster.hasNothingOwed
        }
        if !cluster.run(until: cluster.now + 40_000_000, stop: isDone) {
            cluster.violate("L1", "no block after the validators are back")
        }
        return cluster.invariants.violation
    }

    /// L7: chain time passes any moment within a heartbeat and 3Δ of it without any transaction, so
    /// that voting windows close; `dead` validators cost 3Δ each at most.
    ///
    /// - Returns: what was wrong; nil for nothing.
    package static func idle(
        seed: UInt64, validators: Int, dead: Int, minutes: UInt64
    ) -> Violation? {
        let cluster = Cluster(
            Scenario(seed: seed, validators: validators, faults: [], epochLength: 16))
        cluster.workload.mode = .none
        for node in cluster.honest.prefix(dead) { node.isAbsent = true }
        _ = cluster.run(until: 10_000_000)
        let parameters = cluster.genesis.parameters
        let bound =
            UInt64(parameters.heartbeatMilliseconds)
            + 3 * UInt64(parameters.baseDelayMilliseconds) * UInt64(1 + dead)
        for _ in 0..<(minutes * 600) {
            _ = cluster.run(until: cluster.now + 100_000)
            let truth = SimulatedChain.start.adding(milliseconds: cluster.now / 1000)
            for node in cluster.honest where node.isUp && node.set.contains(node.place) {
                let age = truth.milliseconds - node.store.floor.time.milliseconds
                if age > bound {
                    cluster.violate("L7", "chain time at node \(node.id) is \(age) ms old")
                }
            }
        }
        return cluster.invariants.violation
    }

    /// What may not change while nothing can.
    private var quiet: [Quiet] {
        honest.filter(\.isUp).map {
            Quiet(
                node: $0.id, round: $0.replica.status.round, holdings: $0.replica.holdings,
                journalBytes: $0.disk.size, mempool: $0.machine.mempool.count)
        }
    }

    private struct Quiet: Equatable {
        let node: Int
        let round: Round
        let holdings: ReplicaHoldings
        let journalBytes: Int
        let mempool: Int
    }
}
