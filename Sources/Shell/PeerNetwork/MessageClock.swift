/// Since when the beginning of a frame has waited for its end.
package struct MessageClock {
    package private(set) var since: ContinuousClock.Instant?

    package init() {}

    /// Notes what has come. What is incomplete after a complete frame began later than that frame: a
    /// stream of frames is never late, wherever each read of it ends.
    ///
    /// - Parameter hasCompleted: whether a frame was completed since the last note.
    package mutating func note(
        isIncomplete: Bool, hasCompleted: Bool, now: ContinuousClock.Instant
    ) {
        guard isIncomplete else {
            since = nil
            return
        }
        if hasCompleted || since == nil { since = now }
    }
}
