/// Reads of the replicated state: keys and values are bytes, ordered as bytes.
extension StoreReading {
    package func state(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try readSource.get(.state, key)
    }

    /// The values of several keys, in their order.
    package func states(_ keys: [[UInt8]]) throws(StorageError) -> [[UInt8]?] {
        try readSource.get(.state, keys)
    }

    /// The pairs with `lower <= key < upper` in the order of keys, at most `limit`.
    package func states(
        from lower: [UInt8], below upper: [UInt8]?, limit: Int
    ) throws(StorageError) -> [KeyValue] {
        guard limit > 0 else { return [] }
        var pairs: [KeyValue] = []
        try readSource.scan(.state, from: lower, below: upper) { key, value in
            pairs.append(KeyValue(key: key, value: value))
            return pairs.count < limit
        }
        return pairs
    }

    /// The pairs whose keys begin with `prefix`, those above `key` where it is given, at most
    /// `limit`.
    package func states(
        withPrefix prefix: [UInt8], after key: [UInt8]? = nil, limit: Int
    ) throws(StorageError) -> [KeyValue] {
        // The next key in the order of bytes is the same with a zero behind it.
        let after = key.map { $0 + [0] } ?? prefix
        let lower = after.lexicographicallyPrecedes(prefix) ? prefix : after
        return try states(from: lower, below: StoreKey.end(ofPrefix: prefix), limit: limit)
    }

    /// Visits the pairs whose keys begin with `prefix`, in order, until `body` returns false.
    package func forEachState(
        withPrefix prefix: [UInt8], _ body: (_ key: [UInt8], _ value: [UInt8]) -> Bool
    ) throws(StorageError) {
        try readSource.scan(
            .state, from: prefix, below: StoreKey.end(ofPrefix: prefix), body)
    }
}
