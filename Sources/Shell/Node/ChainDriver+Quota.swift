import Ledger
import Logging

/// Ballots that wait for the registrar's count for too long (`ballot.md` 1.5): the registrar stands
/// still, or issued more than it counts.
extension ChainDriver {
    /// How many ballots of each style are overdue now.
    func overdueBallots(at now: Instant) -> [StyleName: Int] {
        guard mempool.waitingCount > 0 else { return [:] }
        let age = NodeLimits.quotaMilliseconds * 1000
        guard now.microseconds >= age else { return [:] }
        return mempool.waitingBallots(since: Instant(microseconds: now.microseconds - age))
    }

    /// Raises A_QUOTA once for each style for as long as ballots of it are overdue.
    func watchQuota(at now: Instant) {
        let overdue = overdueBallots(at: now)
        for (style, count) in overdue.sorted(by: { $0.key < $1.key })
        where quotaAlarms.insert(style).inserted {
            counters.alarms += 1
            logger.warning(
                "A_QUOTA: ballots wait for the registrar's count for more than half a minute",
                metadata: [
                    "election": "\(style.electionID)", "style": "\(style.style)",
                    "ballots": "\(count)",
                ])
        }
        quotaAlarms.formIntersection(overdue.keys)
    }
}
