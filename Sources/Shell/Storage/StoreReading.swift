package import Codec
package import Ledger

/// A key of the state and its value.
package struct KeyValue: Equatable, Sendable {
    package let key: [UInt8]
    package let value: [UInt8]

    package init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

/// Reads from the store: the newest at each call (`NodeStore`) or of one instant (`StoreSnapshot`).
package protocol StoreReading: Sendable {
    /// Where the reads go.
    var readSource: ReadSource { get }
}

extension StoreReading {
    /// The floor; nil in a fresh store.
    package func floor() throws(StorageError) -> FloorRecord? {
        guard let bytes = try readSource.get(.meta, StoreKey.floor) else { return nil }
        do {
            return try FloorRecord(canonicalBytes: bytes)
        } catch {
            throw readSource.damage("the floor record cannot be read (\(error))")
        }
    }

    package func header(at height: Height) throws(StorageError) -> [UInt8]? {
        try readSource.get(.headers, StoreKey.number(height.rawValue))
    }

    /// The headers of consecutive heights from `height` on, at most `limit`.
    package func headers(from height: Height, limit: Int) throws(StorageError) -> [[UInt8]] {
        try readSource.run(.headers, from: height.rawValue, limit: limit, byteLimit: .max)
    }

    package func height(ofBlock hash: Bytes32) throws(StorageError) -> Height? {
        try readSource.number(.heights, hash.bytes).map(Height.init)
    }

    package func finalization(at height: Height) throws(StorageError) -> [UInt8]? {
        try readSource.get(.finalizations, StoreKey.number(height.rawValue))
    }

    /// The first finalization at or above a height: it vouches for the block at that height.
    package func firstFinalization(
        from height: Height
    ) throws(StorageError) -> (height: Height, certificate: [UInt8])? {
        try readSource.first(
            .finalizations, from: StoreKey.number(height.rawValue), below: nil, backwards: false)
    }

    /// The last finalization at or below a height.
    package func lastFinalization(
        upTo height: Height
    ) throws(StorageError) -> (height: Height, certificate: [UInt8])? {
        let (next, overflow) = height.rawValue.addingReportingOverflow(1)
        return try readSource.first(
            .finalizations, from: [], below: overflow ? nil : StoreKey.number(next),
            backwards: true)
    }

    /// The bytes of a log entry.
    package func entry(at index: UInt64) throws(StorageError) -> [UInt8]? {
        try readSource.get(.entries, StoreKey.number(index))
    }

    /// Consecutive log entries from `index` on: at most `limit`, and together at most `byteLimit`
    /// bytes, except that the first is always there if the log has it.
    package func entries(
        from index: UInt64, limit: Int, byteLimit: Int = .max
    ) throws(StorageError) -> [[UInt8]] {
        try readSource.run(.entries, from: index, limit: limit, byteLimit: byteLimit)
    }

    package func logIndex(ofTransaction id: Bytes32) throws(StorageError) -> UInt64? {
        try readSource.number(.transactions, id.bytes)
    }

    /// The hash of the perfect subtree of the log over the leaves from `index * 2^height` on.
    package func logHash(height: UInt8, index: UInt64) throws(StorageError) -> Bytes32? {
        guard
            let bytes = try readSource.get(
                .logHashes, StoreKey.subtree(height: height, index: index))
        else { return nil }
        guard let hash = Bytes32(exactly: bytes) else {
            throw readSource.damage("a hash of the log has \(bytes.count) bytes")
        }
        return hash
    }

    /// The hashes of at most `count` neighbouring subtrees from `index` on, as a tile needs them.
    package func logHashes(
        height: UInt8, from index: UInt64, count: Int
    ) throws(StorageError) -> [Bytes32] {
        var hashes: [Bytes32] = []
        var next = index
        var failure: StorageError?
        guard count > 0 else { return [] }
        try readSource.scan(
            .logHashes, from: StoreKey.subtree(height: height, index: index),
            below: StoreKey.end(ofPrefix: [height])
        ) { key, value in
            guard key == StoreKey.subtree(height: height, index: next),
                let hash = Bytes32(exactly: value)
            else {
                failure = readSource.damage("hash \(next) of height \(height) is missing")
                return false
            }
            hashes.append(hash)
            next &+= 1
            return hashes.count < count
        }
        if let failure { throw failure }
        return hashes
    }

    /// A transaction that waits, if it does.
    package func mempoolRecord(_ id: Bytes32) throws(StorageError) -> MempoolRecord? {
        try readSource.get(.mempool, id.bytes).map { MempoolRecord(id: id, bytes: $0) }
    }

    /// Transactions that wait, in the order of ids above `id`, at most `limit`.
    package func mempool(
        after id: Bytes32? = nil, limit: Int
    ) throws(StorageError) -> [MempoolRecord] {
        guard limit > 0 else { return [] }
        var records: [MempoolRecord] = []
        var failure: StorageError?
        try readSource.scan(.mempool, from: id.map { $0.bytes + [0] } ?? []) { key, value in
            guard let id = Bytes32(exactly: key) else {
                failure = readSource.damage("a transaction id has \(key.count) bytes")
                return false
            }
            records.append(MempoolRecord(id: id, bytes: value))
            return records.count < limit
        }
        if let failure { throw failure }
        return records
    }

    /// A small named value.
    package func note(_ name: String) throws(StorageError) -> [UInt8]? {
        try readSource.get(.meta, StoreKey.note(name))
    }
}

extension ReadSource {
    /// The error for stored bytes that nobody wrote.
    func damage(_ detail: String) -> StorageError {
        .corrupt(path: database.path, detail: detail)
    }

    /// A value that is a number.
    func number(_ family: ColumnFamily, _ key: [UInt8]) throws(StorageError) -> UInt64? {
        guard let bytes = try get(family, key) else { return nil }
        guard let number = StoreKey.decodeNumber(bytes) else {
            throw damage("a number in \(family.name) has \(bytes.count) bytes")
        }
        return number
    }

    /// The values of consecutive numbers from `start` on; a gap before a stored number is damage.
    func run(
        _ family: ColumnFamily, from start: UInt64, limit: Int, byteLimit: Int
    ) throws(StorageError) -> [[UInt8]] {
        guard limit > 0 else { return [] }
        var values: [[UInt8]] = []
        var size = 0
        var next = start
        var failure: StorageError?
        try scan(family, from: StoreKey.number(start)) { key, value in
            guard key == StoreKey.number(next) else {
                failure = damage("number \(next) of \(family.name) is missing")
                return false
            }
            guard values.isEmpty || value.count <= byteLimit - size else { return false }
            values.append(value)
            size += value.count
            next &+= 1
            return values.count < limit && size < byteLimit
        }
        if let failure { throw failure }
        return values
    }

    /// The first or last pair of a range of heights.
    func first(
        _ family: ColumnFamily, from lower: [UInt8], below upper: [UInt8]?, backwards: Bool
    ) throws(StorageError) -> (height: Height, certificate: [UInt8])? {
        var found: (key: [UInt8], value: [UInt8])?
        try scan(family, from: lower, below: upper, backwards: backwards) { key, value in
            found = (key, value)
            return false
        }
        guard let found else { return nil }
        guard let number = StoreKey.decodeNumber(found.key) else {
            throw damage("a height in \(family.name) has \(found.key.count) bytes")
        }
        return (Height(number), found.value)
    }
}
