import Admission
import Chain
import Codec
import Consensus
import Ledger

/// A run: faults for some views, then peace, in which the cluster must recover.
extension Cluster {
    /// The longest that recovery may take, in microseconds: ten times the largest Δ (L1), and as
    /// much again for a cluster that has f silent validators and still loses messages.
    private static let recoveryLimit: UInt64 = 40_000_000
    /// The longest that the last transactions may take to be final, in microseconds: some rotations
    /// with lost messages, and less than a heartbeat.
    private static let tailLimit: UInt64 = 30_000_000
    /// A run of faults ends after so many microseconds even where views stand still.
    private static let faultLimit: UInt64 = 25_000_000

    /// Runs a scenario from start to verdict.
    package static func run(_ scenario: Scenario) -> SimulationReport {
        let cluster = Cluster(scenario)
        return cluster.run()
    }

    private func run() -> SimulationReport {
        var recovery: UInt64 = 0
        if scenario.isOfLoadAlone {
            _ = runLoad(perSecond: Self.loadPerSecond, seconds: 30)
            recovery = slowestFinality / 1000
        } else {
            suffer()
            recovery = recover()
        }
        if network.lost > 0 { injected["loss"] = network.lost }
        if network.doubled > 0 { injected["duplication"] = network.doubled }
        return SimulationReport(
            scenario: scenario, violation: invariants.violation,
            finalHeight: highestFloor.rawValue, views: views, messages: messages, events: events,
            recoveryMilliseconds: recovery, virtualMilliseconds: now / 1000,
            epochs: highestRound.epoch.rawValue + 1,
            nullifiedViews: honest.reduce(0) { $0 + $1.replica.metrics.viewsNullified },
            injected: injected,
            operations: nodes.first(where: \.isHonest)?.operations ?? 0,
            traceHash: trace.value)
    }

    var highestFloor: Height {
        honest.map { $0.store.floor.height }.max() ?? .genesis
    }

    /// The faulty time.
    private func suffer() {
        if faults.contains(.loss) { network.loss = random.pick([0, 0, 50, 200, 400]) }
        if faults.contains(.delay) {
            network.delay = 5000...random.pick([20_000, 80_000, 500_000, 1_500_000])
        }
        if faults.contains(.duplication) { network.duplication = random.pick([0, 0, 50, 300]) }
        while views < scenario.views, now < Self.faultLimit, invariants.violation == nil {
            _ = run(until: now + random.number(in: 200_000...3_000_000)) {
                self.views >= self.scenario.views
            }
            act()
        }
    }

    /// The faults stop, but for liars and some loss; every honest node must get three new final
    /// blocks, and every transaction that an honest validator admitted must be final everywhere.
    private func recover() -> UInt64 {
        guard invariants.violation == nil else { return 0 }
        heal()
        let begin = now
        if isPatient { finishTail() }
        let goal = highestFloor.rawValue + 3
        let isDone = {
            self.honest.allSatisfy {
                $0.hasHalted || $0.store.floor.height.rawValue >= goal
            } && self.hasNothingOwed
        }
        if !run(until: now + Self.recoveryLimit, stop: isDone), !isDone() {
            let state = honest.map {
                "\($0.id): \($0.replica.status.round) floor \($0.store.floor.height) "
                    + "waiting \($0.machine.mempool.count) \($0.replica.status.voting)"
            }
            violate(
                "L1",
                "no recovery to height \(goal), owed: \(owedInWords); "
                    + state.joined(separator: "; "))
        }
        return (now - begin) / 1000
    }

    /// L2, b.8: clients fall silent, and whatever was admitted becomes final all the same, long before
    /// the next heartbeat. Then they go on, so that blocks are made.
    private func finishTail() {
        workload.mode = .none
        let isDone = { self.hasNothingOwed }
        if !run(until: now + Self.tailLimit, stop: isDone), !isDone() {
            let waiting = honest.map(\.machine.mempool.count)
            violate("L2", "transactions wait for a heartbeat: \(waiting)")
        }
        workload.mode = .quiet
        workload.end = .max
    }

    private func heal() {
        isHealed = true
        // Clients go on for a while, or fall silent: then heartbeats alone move the chain.
        workload.mode = random.pick([.none, .busy])
        workload.end = now + 1_500_000
        network.sides = nil
        network.nodeSides = nil
        network.cut = []
        network.duplication = 0
        network.loss = faults.contains(.loss) ? random.pick([0, 50, 200]) : 0
        network.delay = 5000...80_000
        for node in nodes {
            if scenario.crashPoint == nil { node.crashPoint = nil }
            node.disk.room = nil
            node.stalledUntil = min(node.stalledUntil, now)
            // C3: up to f wrong clocks hold nobody up.
            if random.chance(perMille: 500) { node.clockError = node.skew }
            start(node)
        }
    }
}
