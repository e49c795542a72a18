import Codec

/// The tables of the database. The raw value is the name on disk and the order of the handles.
enum ColumnFamily: Int, CaseIterable, Sendable {
    /// RocksDB's own; unused.
    case `default`
    /// Height (u64) to header bytes.
    case headers
    /// Block hash to height (u64).
    case heights
    /// Height (u64) to certificate bytes.
    case finalizations
    /// Log index (u64) to entry bytes.
    case entries
    /// Transaction id to log index (u64).
    case transactions
    /// Height of a subtree (u8) and its index (u64) to the hash of that perfect subtree of the log.
    case logHashes
    /// Key to value of the replicated state.
    case state
    /// Transaction id to bytes: admitted and promised, not yet final.
    case mempool
    /// Format, chain id, floor, and named notes.
    case meta

    var name: String {
        switch self {
        case .default: "default"
        case .headers: "headers"
        case .heights: "heights"
        case .finalizations: "finalizations"
        case .entries: "entries"
        case .transactions: "transactions"
        case .logHashes: "logHashes"
        case .state: "state"
        case .mempool: "mempool"
        case .meta: "meta"
        }
    }

    /// Whether point reads for absent keys are common, so that a filter pays.
    var wantsFilter: Bool {
        switch self {
        case .heights, .transactions, .state, .mempool: true
        case .default, .headers, .finalizations, .entries, .logHashes, .meta: false
        }
    }

    /// Whether the values compress; digests and keys do not.
    var compresses: Bool {
        switch self {
        case .headers, .finalizations, .entries, .state: true
        case .default, .heights, .transactions, .logHashes, .mempool, .meta: false
        }
    }
}

/// Keys and fixed values, big-endian, so that the order of bytes is the order of numbers.
enum StoreKey {
    static let format = [UInt8]("format".utf8)
    static let chainID = [UInt8]("chain".utf8)
    static let floor = [UInt8]("floor".utf8)

    static func number(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 8)
        writer.write(value)
        return writer.bytes
    }

    static func subtree(height: UInt8, index: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 9)
        writer.write(height)
        writer.write(index)
        return writer.bytes
    }

    static func note(_ name: String) -> [UInt8] { [UInt8]("note/\(name)".utf8) }

    /// The number that fills `bytes`, else nil.
    static func decodeNumber(_ bytes: [UInt8]) -> UInt64? {
        var reader = ByteReader(bytes)
        guard reader.remaining == 8 else { return nil }
        // A read of 8 bytes that are there cannot fail.
        return try? reader.readUInt64()
    }

    /// The least key above every key that begins with `prefix`, nil where there is none.
    static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var key = prefix
        while let last = key.last {
            if last < 0xFF {
                key[key.count - 1] = last + 1
                return key
            }
            key.removeLast()
        }
        return nil
    }
}
