import Codec
import Consensus
import Ledger

/// A run: faults for some views, then peace, in which the cluster must recover.
extension Cluster {
    /// The longest that recovery may take, in microseconds: ten times the largest Δ (L1), and as
    /// much again for a cluster that has f silent validators and still loses messages.
    private static let recoveryLimit: UInt64 = 40_000_000
    /// A run of faults ends after so many microseconds even where views stand still.
    private static let faultLimit: UInt64 = 90_000_000

    /// Runs a scenario from start to verdict.
    package static func run(_ scenario: Scenario) -> SimulationReport {
        let cluster = Cluster(scenario)
        return cluster.run()
    }

    private func run() -> SimulationReport {
        suffer()
        let recovery = recover()
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

    private var highestFloor: Height {
        honest.map { $0.application.store.floor.height }.max() ?? .genesis
    }

    /// The faulty time.
    private func suffer() {
        let faults = scenario.faults
        if faults.contains(.loss) { network.loss = random.pick([0, 50, 200, 400]) }
        if faults.contains(.delay) {
            network.delay = 5000...random.pick([20_000, 80_000, 500_000, 1_500_000])
        }
        if faults.contains(.duplication) { network.duplication = random.pick([0, 100, 500]) }
        while views < scenario.views, now < Self.faultLimit, invariants.violation == nil {
            _ = run(until: now + random.number(in: 200_000...4_000_000)) {
                self.views >= self.scenario.views
            }
            act()
        }
    }

    private func act() {
        var actions: [FaultKind?] = [nil]
        for fault in scenario.faults where [.crash, .partition, .oneWay].contains(fault) {
            actions += [fault, fault]
        }
        switch random.pick(actions) {
        case .crash: crashSome()
        case .partition:
            network.sides = (0..<scenario.validators).map { _ in random.index(below: 2) }
            injected["partition", default: 0] += 1
        case .oneWay:
            let from = random.index(below: scenario.validators)
            let to = random.index(below: scenario.validators)
            network.cut.insert(SimulatedNetwork.Link(from: from, to: to))
            injected["one-way", default: 0] += 1
        default:
            network.sides = nil
            network.cut = []
        }
    }

    /// Some validators die, liars too, some of them in the middle of their effects.
    private func crashSome() {
        for node in nodes where node.isUp && random.chance(perMille: 500) {
            if random.chance(perMille: 500) {
                let operation = node.operations + random.index(below: 12)
                node.crashPoint = CrashPoint(
                    operation: operation, write: random.pick(InterruptedWrite.allCases))
            } else {
                crash(node)
            }
            queue.insert(.start(node.id), at: now + random.number(in: 0...2_000_000))
        }
        // Whoever dies later in its effects starts again as well.
        for node in nodes where node.byzantine != .silent {
            queue.insert(.start(node.id), at: now + random.number(in: 2_000_000...4_000_000))
        }
    }

    /// The faults stop, but for liars and some loss; every honest validator must finalize three new
    /// blocks, and every transaction that an honest validator admitted must be final everywhere.
    private func recover() -> UInt64 {
        guard invariants.violation == nil else { return 0 }
        isSubmitting = false
        network.sides = nil
        network.cut = []
        network.duplication = 0
        if scenario.faults.contains(.loss) { network.loss = random.pick([0, 50, 200]) }
        network.delay = 5000...80_000
        for node in nodes {
            if scenario.crashPoint == nil { node.crashPoint = nil }
            if node.byzantine != .silent { start(node) }
        }
        let begin = now
        let goal = highestFloor.rawValue + 3
        let isDone = {
            self.honest.allSatisfy {
                $0.application.store.floor.height.rawValue >= goal
                    && $0.application.store.mempool.isEmpty
            }
        }
        if !run(until: now + Self.recoveryLimit, stop: isDone), !isDone() {
            let state = honest.map {
                "\($0.id): \($0.replica.status.round) floor \($0.application.store.floor.height) "
                    + "waiting \($0.application.store.mempool.count)"
            }
            violate("L1", "no recovery to height \(goal): " + state.joined(separator: "; "))
        }
        return (now - begin) / 1000
    }

    /// Clients submit now and then; who admitted a transaction sees that it gets in.
    func workload() {
        queue.insert(.workload, at: now + random.number(in: 20_000...800_000))
        if isSubmitting { submit() }
        for node in honest where node.isUp {
            let old = node.application.store.mempool.filter {
                $0.isOwn
                    && Instant(microseconds: now).milliseconds(since: $0.arrival) > 1000
            }
            for transaction in old.prefix(4) { push(transaction.bytes, from: node) }
        }
    }

    private func submit() {
        let up = honest.filter(\.isUp)
        guard !up.isEmpty, random.chance(perMille: 500) else { return }
        let node = random.pick(up)
        submitted += 1
        let bytes = [1] + (0..<4).map { UInt8(truncatingIfNeeded: submitted >> (8 * $0)) }
        admit(bytes, isOwn: true, at: node)
        push(bytes, from: node)
    }

    private func push(_ bytes: [UInt8], from node: SimulatedNode) {
        for target in 0..<scenario.validators {
            deliver(from: node, to: target) { .transaction(bytes, to: $0) }
        }
    }
}
