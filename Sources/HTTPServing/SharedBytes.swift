package import NetworkAddresses

/// A bounded number of bytes that answers to clients may hold together, shared fairly between groups.
/// A pure value: time is an argument.
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
    /// - Returns: the answers that make place for it and must be ended, or nil where it must wait: all
    ///   others are being read, and none is of a group that holds more than its own would.
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
            var shares: [AddressGroup: Int] = [:]
            for holder in rest.values { shares[holder.group, default: 0] += holder.bytes }
            guard let largest = shares.values.max(), largest > shares[group, default: 0] + bytes,
                let oldest = rest.filter({ shares[$0.value.group] == largest })
                    .min(by: { $0.key < $1.key })
            else { return nil }
            remove(oldest.key)
        }
        for victim in victims { give(victim) }
        holders[id] = Holder(group: group, bytes: bytes, lastTaken: now)
        used += bytes
        return victims
    }

    /// The client took a part.
    package mutating func note(_ id: UInt64, at now: Duration) { holders[id]?.lastTaken = now }

    /// Gives the bytes of an answer back; those of one that made place are back already.
    package mutating func give(_ id: UInt64) {
        guard let holder = holders.removeValue(forKey: id) else { return }
        used -= holder.bytes
    }
}
