import Ledger

/// What timers remember (b.5): how late the views of each leader were, so that a cluster that is slow for
/// its load, its disks or its network loses no view to timers that begin too short again and again.
extension Replica {
    /// Notes how late the view that ends now was, if a certificate of its block ends it.
    mutating func noteLateness(at entry: Certificate?) {
        guard let entry, entry.subject.kind != .nullify, entry.subject.round == round else {
            return
        }
        let leader = Int(validators.leader(of: round).rawValue)
        // A view that was in time took three delays at most. What took longer was held up by something
        // else, such as a partition, and says no more than that the timer was too short.
        let late = min(now.instant.milliseconds(since: proposalDue), 3 * pace.delta)
        // What was needed once is forgotten slowly: a shorter timer is tried again, and no view is lost
        // for that while the longer one is needed.
        let known = peers[leader].lateness
        peers[leader].lateness = max(late, known - known / 8)
    }

    /// The delay that what happened lately asks for, in milliseconds. Of n leaders the f + 1 latest are
    /// left out but for the last one: f liars that propose late do not make the others wait.
    var learnedDelta: UInt64 {
        let falling = peers.map(\.lateness).sorted(by: >)
        return falling[min(validators.faultTolerance, falling.count - 1)]
    }
}
