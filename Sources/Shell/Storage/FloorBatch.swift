package import Codec
package import Ledger

/// A transaction that was admitted and is not yet final.
package struct MempoolRecord: Equatable, Sendable {
    package let id: Bytes32
    package let bytes: [UInt8]

    package init(id: Bytes32, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

/// What a run of finalized blocks changes on disk: all of it is written, or nothing.
package struct FloorBatch: Sendable {
    let floor: FloorRecord
    private(set) var changes: [Change] = []

    /// A batch after which the floor is `floor`.
    package init(floor: FloorRecord) {
        self.floor = floor
    }

    private mutating func put(_ family: ColumnFamily, _ key: [UInt8], _ value: [UInt8]) {
        changes.append(Change(family: family, key: key, value: value))
    }

    /// A header, found by height, and its height, found by hash.
    package mutating func putHeader(_ bytes: [UInt8], hash: Bytes32, at height: Height) {
        put(.headers, StoreKey.number(height.rawValue), bytes)
        put(.heights, hash.bytes, StoreKey.number(height.rawValue))
    }

    package mutating func putFinalization(_ certificate: [UInt8], at height: Height) {
        put(.finalizations, StoreKey.number(height.rawValue), certificate)
    }

    /// An entry of the log.
    package mutating func putEntry(_ bytes: [UInt8], at index: UInt64) {
        put(.entries, StoreKey.number(index), bytes)
    }

    /// Where in the log the transaction is.
    package mutating func indexTransaction(_ id: Bytes32, at index: UInt64) {
        put(.transactions, id.bytes, StoreKey.number(index))
    }

    /// The hash of a perfect subtree of the log.
    package mutating func putLogHash(_ hash: Bytes32, height: UInt8, index: UInt64) {
        put(.logHashes, StoreKey.subtree(height: height, index: index), hash.bytes)
    }

    package mutating func putState(_ value: [UInt8], forKey key: [UInt8]) {
        put(.state, key, value)
    }

    package mutating func deleteState(forKey key: [UInt8]) {
        changes.append(Change(family: .state, key: key, value: nil))
    }

    package mutating func removeFromMempool(_ id: Bytes32) {
        changes.append(Change(family: .mempool, key: id.bytes, value: nil))
    }

    /// A small named value, such as the newest checkpoint.
    package mutating func putNote(_ name: String, _ bytes: [UInt8]) {
        put(.meta, StoreKey.note(name), bytes)
    }
}
