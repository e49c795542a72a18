package import NetworkAddresses

/// How fast address groups make connections. A group that has made none for a while is forgotten, and
/// of too many the one that came first: it may then begin anew.
package struct AcceptRates {
    /// Groups that are remembered.
    package static let groups = 1024
    private static let burstSeconds = 8.0

    private let perSecond: Double
    private var rates: [AddressGroup: RateLimit] = [:]
    private var order: [AddressGroup] = []

    package init(perSecond: Double) { self.perSecond = perSecond }

    /// Whether a group may make a connection now.
    package mutating func enter(_ group: AddressGroup, now: ContinuousClock.Instant) -> Bool {
        guard var rate = rates[group] else {
            if order.count >= Self.groups { forget(now: now) }
            var rate = RateLimit(
                perSecond: perSecond, burstSeconds: Self.burstSeconds, now: now)
            _ = rate.take(1, now: now)
            rates[group] = rate
            order.append(group)
            return true
        }
        defer { rates[group] = rate }
        guard rate.has(1, now: now) else { return false }
        _ = rate.take(1, now: now)
        return true
    }

    private mutating func forget(now: ContinuousClock.Instant) {
        order.removeAll { group in
            guard rates[group]?.isFull(now: now) == true else { return false }
            rates[group] = nil
            return true
        }
        guard order.count >= Self.groups else { return }
        rates[order.removeFirst()] = nil
    }
}
