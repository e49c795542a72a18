/// The outcome of many runs.
package struct SimulationSummary: Sendable {
    package private(set) var runs = 0
    package private(set) var failures: [SimulationReport] = []
    package private(set) var events = 0
    package private(set) var messages = 0
    package private(set) var finalBlocks: UInt64 = 0
    package private(set) var epochs: UInt64 = 0
    /// How often each fault was injected.
    package private(set) var injected: [String: Int] = [:]
    /// The sum of all runs' digests: equal where every run was the same, in whatever order they ended.
    package private(set) var trace: UInt64 = 0
    private var recoveries: [UInt64] = []

    package init() {}

    package mutating func add(_ report: SimulationReport) {
        runs += 1
        events += report.events
        messages += report.messages
        finalBlocks += report.finalHeight
        epochs += report.epochs
        trace &+= report.traceHash
        for (fault, count) in report.injected { injected[fault, default: 0] += count }
        if report.violation == nil {
            recoveries.append(report.recoveryMilliseconds)
        } else {
            failures.append(report)
        }
    }

    /// The time to recover, in milliseconds, that so many in a hundred runs did not exceed; nil
    /// before any run passed.
    package func recovery(percentile: Int) -> UInt64? {
        guard !recoveries.isEmpty else { return nil }
        let sorted = recoveries.sorted()
        return sorted[min(sorted.count - 1, sorted.count * percentile / 100)]
    }
}

extension Scenario {
    /// The command that replays this run.
    package var replayCommand: String {
        let kinds = faults.map(\.rawValue).joined(separator: ",")
        return "veche-simulate --seeds \(seed)..\(seed) --validators \(validators) "
            + "--faults \(kinds.isEmpty ? "none" : kinds) --views \(views)"
    }

    /// A run with a crash at each durable operation and each send of one node, once with nothing
    /// written, once torn, once with everything written.
    ///
    /// - Parameter report: called after each run; false ends the series.
    package static func enumerateCrashPoints(
        seed: UInt64, validators: Int, views: Int?, report: (SimulationReport) -> Bool
    ) {
        let plain = Cluster.run(
            Scenario(seed: seed, validators: validators, faults: [], views: views))
        guard report(plain) else { return }
        for operation in 0..<plain.operations {
            for write in InterruptedWrite.ordinary {
                let scenario = Scenario(
                    seed: seed, validators: validators, faults: [], views: views,
                    crashPoint: CrashPoint(operation: operation, write: write))
                guard report(Cluster.run(scenario)) else { return }
            }
        }
    }
}
