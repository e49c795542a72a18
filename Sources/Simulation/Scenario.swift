/// The kinds of faults that a simulation can inject.
package enum FaultKind: String, CaseIterable, Sendable {
    /// Messages vanish.
    case loss
    /// Messages take up to 1.5 s, and so overtake each other.
    case delay
    /// Messages come twice.
    case duplication
    /// Two halves do not hear each other.
    case partition
    /// Single links work in one direction.
    case oneWay = "one-way"
    /// Nodes stop anywhere, lose what was not synced, tear the last write, and start again.
    case crash
    /// Clocks differ by up to 200 ms.
    case skew
    /// f validators never say anything.
    case silent
    /// f validators run twice with one key, each half seen by some others.
    case twins
    /// f validators vote for everything, and as leaders skip certified parents.
    case liar
    /// f validators propose and sign two blocks a view.
    case equivocator
    /// f validators propose times up to ten minutes off.
    case timeShifter = "time-shifter"
    /// f validators propose transactions that nobody else gets.
    case withholder
    /// f validators propose blocks that the application refuses.
    case invalidContent = "invalid-content"

    /// Whether it makes validators Byzantine. A run has one such kind, of up to f validators.
    package var isByzantine: Bool {
        switch self {
        case .silent, .twins, .liar, .equivocator, .timeShifter, .withholder, .invalidContent:
            true
        case .loss, .delay, .duplication, .partition, .oneWay, .crash, .skew:
            false
        }
    }
}

/// One run: the same scenario gives the same events.
package struct Scenario: Sendable {
    package let seed: UInt64
    package let validators: Int
    package let faults: [FaultKind]
    /// How many views the faults last.
    package let views: Int
    package let epochLength: UInt32
    /// A crash of node 0 at its so many-th durable operation or send; nil for crashes by chance.
    package let crashPoint: CrashPoint?

    package init(
        seed: UInt64, validators: Int, faults: [FaultKind] = FaultKind.allCases, views: Int = 40,
        epochLength: UInt32 = 8, crashPoint: CrashPoint? = nil
    ) {
        self.seed = seed
        self.validators = validators
        self.faults = faults
        self.views = views
        self.epochLength = epochLength
        self.crashPoint = crashPoint
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
