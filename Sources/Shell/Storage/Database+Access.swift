import CRocksDB
import Synchronization

/// A point in time to read from: the newest at each call, or one that stays.
// SAFETY: unchecked, because of the pointers. They are set once in `init`, freed in `deinit`, and
// RocksDB reads behind them from any number of threads. A closed database reads nothing.
@safe package final class ReadSource: @unchecked Sendable {
    let database: Database
    private let snapshot: UInt?
    let options: OpaquePointer

    init(_ database: Database, pinned: Bool) {
        self.database = database
        // SAFETY: the snapshot is released, with the same database, in `deinit` or before it.
        snapshot = pinned ? database.makeSnapshot() : nil
        guard let options = unsafe rocksdb_readoptions_create() else {
            preconditionFailure("read options are a small allocation")
        }
        unsafe rocksdb_readoptions_set_verify_checksums(options, 1)
        unsafe rocksdb_readoptions_set_snapshot(
            options, snapshot.flatMap { unsafe OpaquePointer(bitPattern: $0) })
        unsafe self.options = unsafe options
    }

    deinit {
        // SAFETY: made in `init`, and nobody else has a reference.
        unsafe rocksdb_readoptions_destroy(options)
        if let snapshot { database.release(snapshot) }
    }

    /// The value of a key.
    func get(_ family: ColumnFamily, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try database.use { () throws(StorageError) in try read(family, key) }
    }

    private func read(_ family: ColumnFamily, _ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        var message: UnsafeMutablePointer<CChar>?
        // SAFETY: the key lives during the call; the slice lives until its destruction below.
        let slice = unsafe key.withChars { chars in
            unsafe rocksdb_get_pinned_cf(
                database.handle, options, database.column(family), chars.baseAddress, chars.count,
                &message)
        }
        try unsafe database.check(&message, "read")
        guard let slice = unsafe slice else { return nil }
        defer { unsafe rocksdb_pinnableslice_destroy(slice) }
        var count = 0
        let value = unsafe rocksdb_pinnableslice_value(slice, &count)
        return unsafe copy(value, count)
    }

    /// The values of several keys, in their order.
    func get(_ family: ColumnFamily, _ keys: [[UInt8]]) throws(StorageError) -> [[UInt8]?] {
        // Keys of one read share most of their blocks, which the cache holds after the first.
        var values: [[UInt8]?] = []
        values.reserveCapacity(keys.count)
        for key in keys { values.append(try get(family, key)) }
        return values
    }

    /// Visits the pairs with `lower <= key < upper` in the order of keys, or from the last to the
    /// first, until `body` returns false.
    func scan(
        _ family: ColumnFamily, from lower: [UInt8] = [], below upper: [UInt8]? = nil,
        backwards: Bool = false, _ body: (_ key: [UInt8], _ value: [UInt8]) -> Bool
    ) throws(StorageError) {
        if let upper, !lower.lexicographicallyPrecedes(upper) { return }
        try database.use { () throws(StorageError) in
            try visit(family, from: lower, below: upper, backwards: backwards, body)
        }
    }

    private func visit(
        _ family: ColumnFamily, from lower: [UInt8], below upper: [UInt8]?, backwards: Bool,
        _ body: (_ key: [UInt8], _ value: [UInt8]) -> Bool
    ) throws(StorageError) {
        // SAFETY: the iterator is made, used and destroyed in this call, and the database lives.
        // Keys and values are copied before the next step invalidates them.
        let iterator = unsafe rocksdb_create_iterator_cf(
            database.handle, options, database.column(family))
        defer { unsafe rocksdb_iter_destroy(iterator) }
        if !backwards {
            unsafe lower.withChars { unsafe rocksdb_iter_seek(iterator, $0.baseAddress, $0.count) }
        } else if let upper {
            unsafe upper.withChars {
                unsafe rocksdb_iter_seek_for_prev(iterator, $0.baseAddress, $0.count)
            }
        } else {
            unsafe rocksdb_iter_seek_to_last(iterator)
        }
        while unsafe rocksdb_iter_valid(iterator) != 0 {
            var keyCount = 0
            var valueCount = 0
            let key = unsafe copy(rocksdb_iter_key(iterator, &keyCount), keyCount)
            if backwards, let upper, !key.lexicographicallyPrecedes(upper) {
                unsafe rocksdb_iter_prev(iterator)
                continue
            }
            let isBeyond =
                if backwards {
                    key.lexicographicallyPrecedes(lower)
                } else if let upper {
                    !key.lexicographicallyPrecedes(upper)
                } else {
                    false
                }
            if isBeyond { break }
            let value = unsafe copy(rocksdb_iter_value(iterator, &valueCount), valueCount)
            guard body(key, value) else { break }
            if backwards {
                unsafe rocksdb_iter_prev(iterator)
            } else {
                unsafe rocksdb_iter_next(iterator)
            }
        }
        // An iterator that met damage just ends: only this tells the end from a failure.
        var message: UnsafeMutablePointer<CChar>?
        unsafe rocksdb_iter_get_error(iterator, &message)
        try unsafe database.check(&message, "iterate over \(family.name)")
    }
}

/// One change of one table.
struct Change: Sendable {
    let family: ColumnFamily
    let key: [UInt8]
    /// Nil deletes the key.
    let value: [UInt8]?
}

extension Database {
    /// Writes all changes or, after a crash or an error, none; with `synced` they are durable.
    ///
    /// - Throws: the same error for ever once a write has failed.
    func write(_ changes: [Change], synced: Bool, operation: String) throws(StorageError) {
        try use { () throws(StorageError) in
            try writeBatch(changes, synced: synced, operation: operation)
        }
    }

    private func writeBatch(
        _ changes: [Change], synced: Bool, operation: String
    ) throws(StorageError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
        // SAFETY: the batch copies keys and values, is used in this call only and destroyed in it.
        let batch = unsafe rocksdb_writebatch_create()
        defer { unsafe rocksdb_writebatch_destroy(batch) }
        for change in changes {
            let column = unsafe column(change.family)
            unsafe change.key.withChars { key in
                if let value = change.value {
                    unsafe value.withChars { value in
                        unsafe rocksdb_writebatch_put_cf(
                            batch, column, key.baseAddress, key.count, value.baseAddress,
                            value.count)
                    }
                } else {
                    unsafe rocksdb_writebatch_delete_cf(batch, column, key.baseAddress, key.count)
                }
            }
        }
        var message: UnsafeMutablePointer<CChar>?
        unsafe rocksdb_write(handle, writeOptions(synced: synced), batch, &message)
        do throws(StorageError) {
            try unsafe check(&message, operation)
        } catch {
            failure.withLock { $0 = $0 ?? error }
            throw error
        }
    }
}

extension [UInt8] {
    /// Calls `body` with the bytes as C characters, which live during the call.
    @unsafe fileprivate func withChars<Result>(
        _ body: (UnsafeBufferPointer<CChar>) -> Result
    ) -> Result {
        // SAFETY: CChar and UInt8 have one size and alignment; nothing is written.
        unsafe withUnsafeBytes { unsafe body($0.assumingMemoryBound(to: CChar.self)) }
    }
}

/// A copy of `count` bytes that RocksDB owns.
@unsafe private func copy(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
    // SAFETY: RocksDB gives the address of `count` readable bytes.
    unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
}
