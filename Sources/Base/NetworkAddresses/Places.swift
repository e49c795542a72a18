/// A bounded number of places, such as connections, for parties that nobody vouches for.
///
/// Places are shared fairly between sites (`AddressGroup.site`), and within a site between groups.
/// Nobody can fill all places and keep them: where none is free, one that does nothing makes place for
/// the newcomer, unless its party holds less than the newcomer's would; where all do something, one of
/// a party that holds more than the newcomer would. Only a newcomer that would hold as many as
/// everybody else has to wait.
package struct Places<ID: Hashable & Comparable & Sendable>: Sendable {
    /// How many places there are.
    package struct Bounds: Hashable, Sendable {
        package var total: Int
        /// Of these, for one group and for one site.
        package var perGroup: Int
        package var perSite: Int
        /// Of these, for exempt ones alone.
        package var kept: Int

        package init(total: Int, perGroup: Int, perSite: Int, kept: Int = 0) {
            self.total = total
            self.perGroup = perGroup
            self.perSite = perSite
            self.kept = kept
        }
    }

    /// What becomes of a newcomer.
    package enum Admission: Hashable, Sendable {
        case admitted
        /// It has the place of another one, which must be ended; that one's place is free already.
        case inPlaceOf(ID)
        /// Its group or its site holds all that one may, or nobody makes place.
        case refused
    }

    private struct Holder {
        let group: AddressGroup
        /// Whether the bounds of group and site are not for it.
        let isExempt: Bool
        /// The order of arrival.
        let number: UInt64
        /// Since when it does nothing, in the order of such moments; nil while it does something.
        var idleSince: UInt64?
    }

    package let bounds: Bounds
    private var holders: [ID: Holder] = [:]
    private var groups: [AddressGroup: Int] = [:]
    private var sites: [AddressGroup: Int] = [:]
    private var exemptCount = 0
    /// Counts arrivals and idle moments: a clock that needs no clock.
    private var moments: UInt64 = 0

    package init(_ bounds: Bounds) { self.bounds = bounds }

    package var count: Int { holders.count }

    /// How many places a group holds.
    package func count(of group: AddressGroup) -> Int { groups[group, default: 0] }

    package func contains(_ id: ID) -> Bool { holders[id] != nil }

    /// Takes a place for a newcomer, which does nothing yet.
    ///
    /// - Parameters:
    ///   - isExempt: for addresses that the operator names: their groups have no bound of their own.
    package mutating func enter(
        _ id: ID, from group: AddressGroup, isExempt: Bool = false
    ) -> Admission {
        precondition(holders[id] == nil, "a holder enters once")
        var victim: ID?
        if !isExempt {
            let isGroupFull = groups[group, default: 0] >= bounds.perGroup
            if isGroupFull || sites[group.site, default: 0] >= bounds.perSite {
                // Its own party's idle ones make place, nobody else.
                victim = longestIdle { holder in
                    isGroupFull ? holder.group == group : holder.group.site == group.site
                }
                guard victim != nil else { return .refused }
            }
        }
        // What is kept for exempt ones is not for others, nor do exempt ones make place for it.
        let isShareFull =
            !isExempt && holders.count - exemptCount >= bounds.total - bounds.kept
        if victim == nil, isShareFull || holders.count >= bounds.total {
            victim =
                idleOfLargest { holder in
                    (!isShareFull || !holder.isExempt)
                        && (isExempt || mayTakePlace(of: holder, group))
                } ?? busyOfLarger(than: group)
            guard victim != nil else { return .refused }
        }
        if let victim { leave(victim) }
        moments += 1
        holders[id] = Holder(
            group: group, isExempt: isExempt, number: moments, idleSince: moments)
        groups[group, default: 0] += 1
        sites[group.site, default: 0] += 1
        if isExempt { exemptCount += 1 }
        return victim.map { .inPlaceOf($0) } ?? .admitted
    }

    /// Gives a place back; one that was given away already is none.
    package mutating func leave(_ id: ID) {
        guard let holder = holders.removeValue(forKey: id) else { return }
        if holder.isExempt { exemptCount -= 1 }
        groups[holder.group] = groups[holder.group].flatMap { $0 > 1 ? $0 - 1 : nil }
        sites[holder.group.site] = sites[holder.group.site].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// Says whether a holder does something now.
    package mutating func setIdle(_ id: ID, _ isIdle: Bool) {
        guard let holder = holders[id], isIdle != (holder.idleSince != nil) else { return }
        moments += 1
        holders[id]?.idleSince = isIdle ? moments : nil
    }

    /// How a holder ranks among those that may have to make place: the larger its site, then its
    /// group, the sooner. Exempt ones come last.
    private func size(of holder: Holder) -> (Int, Int, Int) {
        (
            holder.isExempt ? 0 : 1, sites[holder.group.site, default: 0],
            groups[holder.group, default: 0]
        )
    }

    private func longestIdle(where condition: (Holder) -> Bool) -> ID? {
        holders.filter { $0.value.idleSince != nil && condition($0.value) }
            .min { ($0.value.idleSince ?? 0) < ($1.value.idleSince ?? 0) }?.key
    }

    /// The longest idle one of the party that holds the most of those that have an idle one.
    private func idleOfLargest(where condition: (Holder) -> Bool) -> ID? {
        let idle = holders.values.filter { $0.idleSince != nil && condition($0) }
        guard let largest = idle.map({ size(of: $0) }).max(by: <) else { return nil }
        return longestIdle { size(of: $0) == largest && condition($0) }
    }

    /// What a newcomer's site and group would hold.
    private func sizeOfNewcomer(from group: AddressGroup) -> (Int, Int) {
        (sites[group.site, default: 0] + 1, groups[group, default: 0] + 1)
    }

    /// Whether a newcomer may have the place of an idle holder: of its own site, or of a party that
    /// holds no less than the newcomer's would. A holder that has just come does nothing yet, and a
    /// party that holds much would push it out again and again.
    private func mayTakePlace(of holder: Holder, _ group: AddressGroup) -> Bool {
        let (_, site, own) = size(of: holder)
        return holder.group.site == group.site || (site, own) >= sizeOfNewcomer(from: group)
    }

    /// The newest of the party that holds the most, where that is more than the newcomer's would.
    private func busyOfLarger(than group: AddressGroup) -> ID? {
        let others = holders.values.filter { !$0.isExempt }
        guard let largest = others.map({ size(of: $0) }).max(by: <),
            (largest.1, largest.2) > sizeOfNewcomer(from: group)
        else { return nil }
        return holders.filter { size(of: $0.value) == largest }
            .max { $0.value.number < $1.value.number }?.key
    }
}
