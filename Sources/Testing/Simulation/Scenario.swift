import Admission
import Chain

/// One run: the same scenario gives the same events.
package struct Scenario: Sendable {
    package let seed: UInt64
    package let validators: Int
    package let faults: [FaultKind]
    /// How many views the faults last.
    package let views: Int
    /// Heights of an epoch; nil where the seed chooses.
    package let epochLength: UInt32?
    /// A crash of node 0 at its so many-th durable operation or send; nil for crashes by chance.
    package let crashPoint: CrashPoint?
    /// Partitions of an exhaustive run of twins; nil for all others.
    package let twins: TwinsCase?

    package init(
        seed: UInt64, validators: Int, faults: [FaultKind] = FaultKind.allCases,
        views: Int? = nil, epochLength: UInt32? = nil, crashPoint: CrashPoint? = nil,
        twins: TwinsCase? = nil
    ) {
        self.seed = seed
        self.validators = validators
        self.faults = faults
        self.views = views ?? Self.views(validators: validators, seed: seed)
        self.epochLength = epochLength
        self.crashPoint = crashPoint
        self.twins = twins
    }

    /// The bounds of its nodes: now and then so narrow that they are met.
    var limits: ChainMachineLimits {
        var limits = ChainMachineLimits()
        limits.journalBytes = 16 * 1024
        if seed % 7 == 3 {
            limits.mempool.count = 6
            limits.mempool.countPerSource = 4
            limits.mempool.waiting = 4
            limits.mempool.preparedBytes = 200
        }
        return limits
    }

    /// Whether nothing is wrong but that there is more to do than time to do it.
    package var isOfLoadAlone: Bool {
        let load: Set<FaultKind> = [.overload, .slowExecution, .slowDisk]
        return faults.contains(.overload) && load.isSuperset(of: faults)
    }

    /// Whether every sync takes long.
    var hasSlowDisks: Bool { faults.contains(.slowDisk) && (isOfLoadAlone || seed % 8 == 2) }

    /// What the execution of a transaction takes, in microseconds, where it takes anything worth
    /// mentioning: the seed chooses.
    var executionCost: UInt64? {
        guard faults.contains(.slowExecution) else { return nil }
        // Beside all that else goes wrong, some runs are a little slow.
        guard isOfLoadAlone else { return seed % 8 == 5 ? 1000 : nil }
        let costs: [UInt64] = [2000, 4000, 10_000, 25_000]
        return costs[Int(seed / 3) % costs.count]
    }

    /// Whether nothing goes wrong but on the way between nodes.
    package var isOfLinksAlone: Bool {
        let links: Set<FaultKind> = [
            .loss, .delay, .duplication, .partition, .oneWay, .pause, .skew,
        ]
        return !faults.isEmpty && links.isSuperset(of: faults)
    }

    /// Messages grow with the square of the validators, so larger clusters get fewer views. One run
    /// of eight is long.
    package static func views(validators: Int, seed: UInt64) -> Int {
        let views =
            switch validators {
            case ...5: 12
            case ...7: 10
            default: 6
            }
        return seed / 12 % 8 == 0 ? 3 * views : views
    }
}

/// A place in a node's effects.
package struct CrashPoint: Hashable, Sendable {
    /// Counted from 0 over durable operations and sends.
    package let operation: Int
    /// What of an append reached the disk.
    package let write: InterruptedWrite

    package init(operation: Int, write: InterruptedWrite) {
        self.operation = operation
        self.write = write
    }
}

/// What is left of a write at a crash: a failed write is tried both ways, and torn.
package enum InterruptedWrite: CaseIterable, Sendable {
    case nothing
    case torn
    case everything
    /// Its full length, with some sectors not written.
    case reordered
    /// Over something that was written before.
    case misdirected

    /// What a disk may do that keeps its word on what is synced, and the order of what is not.
    package static let ordinary: [Self] = [.nothing, .torn, .everything]
}

/// A broken invariant.
package struct Violation: Hashable, Sendable {
    /// The invariant's name, as in "S1".
    package let invariant: String
    package let detail: String
    /// Virtual time in milliseconds.
    package let milliseconds: UInt64
}

/// What a run did.
package struct SimulationReport: Sendable {
    package let scenario: Scenario
    package let violation: Violation?
    package let finalHeight: UInt64
    package let views: Int
    package let messages: Int
    package let events: Int
    /// From the end of the faults to three new final blocks on every honest node, in milliseconds.
    package let recoveryMilliseconds: UInt64
    /// The run's length in virtual time.
    package let virtualMilliseconds: UInt64
    package let epochs: UInt64
    /// Views that honest nodes saw nullified, summed over the nodes.
    package let nullifiedViews: UInt64
    /// How often each fault was injected.
    package let injected: [String: Int]
    /// Durable operations and sends of node 0.
    package let operations: Int
    /// A digest over all events in order.
    package let traceHash: UInt64
}
