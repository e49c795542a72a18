package import NetworkAddresses

/// A bounded number of bytes that answers to clients may hold together. They are shared fairly between
/// sites (`AddressGroup.site`), and within a site between groups. A pure value: time is an argument.
package struct SharedBytes {
    private struct Holder {
        let group: AddressGroup
        let bytes: Int
        /// When its client last took something.
        var lastTaken: Duration
    }

    package let total: Int
    /// A client that has taken nothing for so long makes place.
    package let patience: Duration
    private var holders: [UInt64: Holder] = [:]
    package private(set) var used = 0

    package init(total: Int, patience: Duration) {
        self.total = total
        self.patience = patience
    }

    /// Takes bytes for an answer.
    ///
    /// - Returns: the answers that make place for it and must be ended. Nil where it must wait: clients
    ///   read all other answers, and no party holds more than its own party would.
    package mutating func take(
        _ id: UInt64, _ bytes: Int, for group: AddressGroup, at now: Duration
    ) -> [UInt64]? {
        // An answer that is larger than everything may be served alone.
        let bytes = min(bytes, total)
        var victims: [UInt64] = []
        var rest = holders
        var free = total - used
        func remove(_ victim: UInt64) {
            guard let holder = rest.removeValue(forKey: victim) else { return }
            victims.append(victim)
            free += holder.bytes
        }
        while free < bytes {
            if let silent = rest.filter({ now - $0.value.lastTaken >= patience })
                .min(by: { $0.value.lastTaken < $1.value.lastTaken })
            {
                remove(silent.key)
                continue
            }
            guard let victim = oldestOfLarger(than: group, with: bytes, in: rest) else {
                return nil
            }
            remove(victim)
        }
        for victim in victims { give(victim) }
        holders[id] = Holder(group: group, bytes: bytes, lastTaken: now)
        used += bytes
        return victims
    }

    /// The oldest answer of the party that holds the most, where that is more than a group would hold
    /// with an answer of `bytes`. Parties are compared by site first, then by group.
    private func oldestOfLarger(
        than group: AddressGroup, with bytes: Int, in holders: [UInt64: Holder]
    ) -> UInt64? {
        var sites: [AddressGroup: Int] = [:]
        var groups: [AddressGroup: Int] = [:]
        for holder in holders.values {
            sites[holder.group.site, default: 0] += holder.bytes
            groups[holder.group, default: 0] += holder.bytes
        }
        func size(of group: AddressGroup) -> (Int, Int) {
            (sites[group.site, default: 0], groups[group, default: 0])
        }
        let own = size(of: group)
        let larger = holders.filter { _, holder in
            let other = size(of: holder.group)
            // A site that gives bytes to one of its own groups holds no more than before.
            return holder.group.site == group.site
                ? other.1 > own.1 + bytes : other > (own.0 + bytes, own.1 + bytes)
        }
        guard let largest = larger.values.map({ size(of: $0.group) }).max(by: <) else {
            return nil
        }
        return larger.filter { size(of: $0.value.group) == largest }.keys.min()
    }

    /// The client took a part.
    package mutating func note(_ id: UInt64, at now: Duration) { holders[id]?.lastTaken = now }

    /// Gives the bytes of an answer back. An answer that made place has given them back already.
    package mutating func give(_ id: UInt64) {
        guard let holder = holders.removeValue(forKey: id) else { return }
        used -= holder.bytes
    }
}
