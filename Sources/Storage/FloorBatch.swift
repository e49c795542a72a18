package import Codec
package import Ledger

/// The highest finalized block whose whole ancestry is durable here, and the log after it.
package struct FloorRecord: Equatable, Sendable {
    package let height: Height
    package let hash: Bytes32
    /// Entries of the log up to this block.
    package let logSize: UInt64
    /// The right edge of the log's tree, as its owner encodes it.
    package let frontier: [UInt8]

    package init(height: Height, hash: Bytes32, logSize: UInt64, frontier: [UInt8]) {
        self.height = height
        self.hash = hash
        self.logSize = logSize
        self.frontier = frontier
    }
}

extension FloorRecord: CanonicalCodable {
    /// At most 63 hashes and a size: far below this.
    private static let frontierLimit = 4096

    package func encode(to writer: inout ByteWriter) {
        height.encode(to: &writer)
        writer.write(hash)
        writer.write(logSize)
        writer.write(variable: frontier, limit: Self.frontierLimit)
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        self.init(
            height: try Height(from: &reader),
            hash: try reader.readBytes32(),
            logSize: try reader.readUInt64(),
            frontier: try reader.readVariable(limit: Self.frontierLimit))
    }
}

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
