/// A point of a node's monotonic clock, in microseconds since a start of its own. Timers use it; it
/// never goes back and means nothing to another node.
package struct Instant: Hashable, Comparable, Sendable {
    package let microseconds: UInt64
    package init(microseconds: UInt64) { self.microseconds = microseconds }
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.microseconds < rhs.microseconds }

    /// The instant `milliseconds` later, saturating.
    package func adding(milliseconds: UInt64) -> Instant {
        let (product, tooLarge) = milliseconds.multipliedReportingOverflow(by: 1000)
        let (sum, tooLate) = microseconds.addingReportingOverflow(product)
        return Instant(microseconds: tooLarge || tooLate ? .max : sum)
    }

    /// Whole milliseconds since `earlier`, 0 if that is later.
    package func milliseconds(since earlier: Instant) -> UInt64 {
        self > earlier ? (microseconds - earlier.microseconds) / 1000 : 0
    }
}

/// One moment on both of a node's clocks: timers use the monotonic one, block times the wall clock.
package struct LocalTime: Hashable, Sendable {
    package let instant: Instant
    package let clock: Timestamp

    package init(instant: Instant, clock: Timestamp) {
        self.instant = instant
        self.clock = clock
    }
}
