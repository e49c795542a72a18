package import Ledger

/// When a ballot may be promised: where the promise can be kept (`ballot.md` 1.5). A promise that is
/// broken is evidence against this validator.
package enum PromiseRule {
    /// Whether the newest final block is recent, as it is on a chain that goes on: heartbeats come
    /// also when nothing waits. A promise names a height some blocks above it. A clock that is behind
    /// the chain's cannot tell.
    package static func isFresh(
        head: Timestamp, now: Timestamp, heartbeatMilliseconds: UInt32,
        precisionMilliseconds: UInt32
    ) -> Bool {
        let state = Readiness<Never>(
            height: 0, head: head, now: now, heartbeatMilliseconds: heartbeatMilliseconds,
            precisionMilliseconds: precisionMilliseconds)
        return state.age <= state.oldest && state.lead <= state.longestLead
    }

    /// How old the newest final block of a chain that goes on may be.
    static func freshMilliseconds(heartbeatMilliseconds: UInt32) -> UInt64 {
        AdmissionLimits.freshMilliseconds + 2 * UInt64(heartbeatMilliseconds)
    }

    /// Whether the registrar's count covers a ballot besides those that were promised before it. A
    /// credential's later ballot takes nothing of the count.
    package static func isCovered(
        sequence: UInt32, cast: UInt32, promised: Int, issued: UInt32
    ) -> Bool {
        guard sequence == 1 else { return true }
        let (taken, overflow) = Int(cast).addingReportingOverflow(promised)
        return !overflow && taken < Int(issued)
    }
}
