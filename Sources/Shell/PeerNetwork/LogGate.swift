import Synchronization

/// How many lines peers may cause in the log: an operator reads some, and a disk that is full of them
/// stops the node.
package final class LogGate: Sendable {
    /// Who causes a line. A stranger's flood hides no line about a validator.
    package enum Cause: CaseIterable, Sendable {
        /// A validator, or a peer that we are configured to dial.
        case peer
        case observer
        case stranger
    }

    private struct Lines {
        var limit: RateLimit
        var leftOut = 0
    }

    /// Lines in a row, and the seconds in which as many come back.
    private static let burst = 30.0
    private static let peerSeconds = 60.0
    private static let otherSeconds = 600.0

    private let lines: Mutex<[Cause: Lines]>

    package init(now: ContinuousClock.Instant = .now) {
        var lines: [Cause: Lines] = [:]
        for cause in Cause.allCases {
            let seconds = cause == .peer ? Self.peerSeconds : Self.otherSeconds
            lines[cause] = Lines(
                limit: RateLimit(
                    perSecond: Self.burst / seconds, burstSeconds: seconds, now: now))
        }
        self.lines = Mutex(lines)
    }

    /// Nil for a line too many; else how many were left out since the last one.
    package func enter(_ cause: Cause, now: ContinuousClock.Instant = .now) -> Int? {
        lines.withLock { lines in
            guard var entry = lines[cause] else { return nil }
            defer { lines[cause] = entry }
            guard entry.limit.has(1, now: now) else {
                entry.leftOut += 1
                return nil
            }
            _ = entry.limit.take(1, now: now)
            defer { entry.leftOut = 0 }
            return entry.leftOut
        }
    }
}
