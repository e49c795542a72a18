package import NetworkAddresses

/// How fast address groups and their sites make connections. One that has made none for a while is
/// forgotten, and of too many the one that came first: it may then begin anew.
package struct AcceptRates {
    /// Groups that are remembered, and sites.
    package static let groups = 1024

    private var groups: Rates
    private var sites: Rates

    /// - Parameter groupsPerSite: how many times a group's rate its site has.
    package init(perSecond: Double, groupsPerSite: Int) {
        groups = Rates(perSecond: perSecond)
        sites = Rates(perSecond: perSecond * Double(groupsPerSite))
    }

    /// Whether a group may make a connection now.
    package mutating func enter(_ group: AddressGroup, now: ContinuousClock.Instant) -> Bool {
        guard groups.has(group, now: now), sites.has(group.site, now: now) else { return false }
        groups.take(group, now: now)
        sites.take(group.site, now: now)
        return true
    }
}

/// The rates of many parties, all with the same bound.
private struct Rates {
    private static let burstSeconds = 8.0

    private let perSecond: Double
    private var rates: [AddressGroup: RateLimit] = [:]
    private var order: [AddressGroup] = []

    init(perSecond: Double) { self.perSecond = perSecond }

    mutating func has(_ party: AddressGroup, now: ContinuousClock.Instant) -> Bool {
        rates[party]?.has(1, now: now) ?? true
    }

    mutating func take(_ party: AddressGroup, now: ContinuousClock.Instant) {
        if rates[party] == nil {
            if order.count >= AcceptRates.groups { forget(now: now) }
            rates[party] = RateLimit(
                perSecond: perSecond, burstSeconds: Self.burstSeconds, now: now)
            order.append(party)
        }
        _ = rates[party]?.take(1, now: now)
    }

    private mutating func forget(now: ContinuousClock.Instant) {
        order.removeAll { party in
            guard rates[party]?.isFull(now: now) == true else { return false }
            rates[party] = nil
            return true
        }
        guard order.count >= AcceptRates.groups else { return }
        rates[order.removeFirst()] = nil
    }
}
