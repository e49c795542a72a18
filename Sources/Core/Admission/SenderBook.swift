package import Ledger

/// Senders whose transactions failed checks that cost something: each is suspect for a minute.
///
/// Networks of one site are suspect together once some of them are: a site has 65,536 of them, and
/// each would be good for one failed check.
package struct SenderBook: Sendable {
    private let limits: CheckLimits
    /// Until when a sender, or a site, is suspect.
    private var deadlines: [AdmissionSender: Instant] = [:]

    package init(limits: CheckLimits = CheckLimits()) { self.limits = limits }

    /// How many senders and sites are remembered.
    package var count: Int { deadlines.count }

    /// Notes a failed check.
    package mutating func charge(_ sender: AdmissionSender, at now: Instant) {
        guard sender.isBounded else { return }
        note(sender, at: now)
        let site = sender.site
        guard site != sender else { return }
        let suspects = deadlines.filter { $0.key != site && $0.key.site == site && now < $0.value }
        if suspects.count >= limits.suspectsPerSite { note(site, at: now) }
    }

    private mutating func note(_ sender: AdmissionSender, at now: Instant) {
        if deadlines[sender] == nil, deadlines.count >= limits.suspectSenders {
            deadlines = deadlines.filter { now < $0.value }
            // There is no room for another: the sender whose minute ends first is forgiven now.
            if deadlines.count >= limits.suspectSenders,
                let next = deadlines.min(by: { $0.value < $1.value })?.key
            {
                deadlines[next] = nil
            }
        }
        deadlines[sender] = now.adding(milliseconds: limits.suspectMilliseconds)
    }

    /// Whether a sender, or the site that it belongs to, is suspect.
    package func isSuspect(_ sender: AdmissionSender, at now: Instant) -> Bool {
        remaining(of: sender, at: now) != nil || remaining(of: sender.site, at: now) != nil
    }

    /// Seconds until a suspect sender is forgiven if it fails no more, at least one.
    package func seconds(of sender: AdmissionSender, at now: Instant) -> Int {
        let milliseconds = max(
            remaining(of: sender, at: now) ?? 0, remaining(of: sender.site, at: now) ?? 0)
        return max(1, Int((milliseconds + 999) / 1000))
    }

    private func remaining(of sender: AdmissionSender, at now: Instant) -> UInt64? {
        guard let deadline = deadlines[sender], now < deadline else { return nil }
        return deadline.milliseconds(since: now)
    }
}
