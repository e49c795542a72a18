import CRocksDB
import CRocksDBLog
import Dispatch
import Files
import Synchronization

/// Bounds on the memory that the database takes.
package struct StoreOptions: Sendable {
    /// Decompressed blocks kept in memory. 64 MiB holds the hot state of a demonstration and leaves
    /// a machine of 1 GiB room for a node.
    package var blockCacheBytes = 64 << 20
    /// Unwritten data over all tables, before the fullest is written out.
    package var writeBufferBytes = 32 << 20
    /// Files held open, below the usual limit of 1,024 of a process, which sockets share.
    package var maxOpenFiles = 256

    package init() {}
}

/// The open database: handles, options, and the way from RocksDB's errors to ours.
// SAFETY: unchecked, because of the pointers. They are set once in `init` and freed by `close`, which
// waits for every call that uses them (`use`) and lets no other begin. RocksDB's own objects behind
// them may be used from many threads at once (its documentation, "Concurrency"); a write batch or an
// iterator never leaves one call.
@safe final class Database: @unchecked Sendable {
    let path: String
    let handle: OpaquePointer
    private let columns: [OpaquePointer?]
    private let columnOptions: [OpaquePointer?]
    private let cache: OpaquePointer
    private let syncedWrite: OpaquePointer
    private let bufferedWrite: OpaquePointer
    /// The first failed write. The files may hold less than was written, so nothing is written after
    /// it, and the database is not closed, which would write again.
    let failure = Mutex<StorageError?>(nil)
    /// The calls that are under way.
    private let calls = DispatchGroup()
    private let isClosed = Atomic(false)
    /// Points in time that readers hold, until they or `close` release them.
    private let snapshots = Mutex<Set<UInt>>([])

    /// Opens or, where `access` allows it, makes the database in the directory `path`.
    init(path: String, access: DataDirectory.Access, options: StoreOptions) throws(StorageError) {
        self.path = path
        // SAFETY: each `create` returns an object of its own that lives until its `destroy`; the
        // options take over filter and table options, the database copies the options.
        guard let cache = unsafe rocksdb_cache_create_lru(options.blockCacheBytes),
            let syncedWrite = unsafe rocksdb_writeoptions_create(),
            let bufferedWrite = unsafe rocksdb_writeoptions_create()
        else { throw .database(operation: "prepare", path: path, detail: "out of memory") }
        unsafe rocksdb_writeoptions_set_sync(syncedWrite, 1)
        unsafe rocksdb_writeoptions_set_sync(bufferedWrite, 0)

        let general = unsafe makeGeneralOptions(access, options)
        let columnOptions = unsafe ColumnFamily.allCases.map { family in
            unsafe makeOptions(family, cache: cache, options)
        }
        defer { unsafe rocksdb_options_destroy(general) }
        var columns = unsafe [OpaquePointer?](repeating: nil, count: columnOptions.count)
        var message: UnsafeMutablePointer<CChar>?
        // SAFETY: three parallel arrays of one count; the names live during the call.
        let opened = unsafe withCStrings(ColumnFamily.allCases.map(\.name)) { names in
            switch access {
            case .create, .existing:
                unsafe rocksdb_open_column_families(
                    general, path, Int32(columnOptions.count), names, columnOptions, &columns,
                    &message)
            case .readOnly:
                unsafe rocksdb_open_for_read_only_column_families(
                    general, path, Int32(columnOptions.count), names, columnOptions, &columns, 0,
                    &message)
            }
        }
        guard let handle = unsafe opened, unsafe message == nil else {
            for family in ColumnFamily.allCases {
                unsafe rocksdb_options_destroy(columnOptions[family.rawValue])
            }
            unsafe rocksdb_writeoptions_destroy(syncedWrite)
            unsafe rocksdb_writeoptions_destroy(bufferedWrite)
            unsafe rocksdb_cache_destroy(cache)
            throw Self.error(unsafe takeText(&message), operation: "open", path: path)
        }
        unsafe self.handle = unsafe handle
        unsafe self.columns = unsafe columns
        unsafe self.columnOptions = unsafe columnOptions
        unsafe self.cache = unsafe cache
        unsafe self.syncedWrite = unsafe syncedWrite
        unsafe self.bufferedWrite = unsafe bufferedWrite
    }

    deinit { close() }

    /// Closes the database once: waits for the calls that are under way; every later one throws
    /// `closed`.
    ///
    /// RocksDB's own threads and locks end with the process' static objects. A database that is open
    /// by then aborts the process now and then.
    func close() {
        guard !isClosed.exchange(true, ordering: .sequentiallyConsistent) else { return }
        calls.wait()
        // The process ends: what it holds goes with it.
        if failure.withLock({ $0 != nil }) { return }
        // SAFETY: nobody else uses the handles any more; snapshots and column handles go before the
        // database.
        snapshots.withLock { snapshots in
            for snapshot in snapshots {
                unsafe rocksdb_release_snapshot(handle, OpaquePointer(bitPattern: snapshot))
            }
            snapshots = []
        }
        for family in ColumnFamily.allCases {
            unsafe rocksdb_column_family_handle_destroy(columns[family.rawValue])
        }
        unsafe rocksdb_cancel_all_background_work(handle, 1)
        unsafe rocksdb_close(handle)
        for family in ColumnFamily.allCases {
            unsafe rocksdb_options_destroy(columnOptions[family.rawValue])
        }
        unsafe rocksdb_writeoptions_destroy(syncedWrite)
        unsafe rocksdb_writeoptions_destroy(bufferedWrite)
        unsafe rocksdb_cache_destroy(cache)
    }

    /// Runs a call that uses the handles, which live until it has returned.
    ///
    /// - Throws: `closed`, or what the call throws.
    func use<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        calls.enter()
        defer { calls.leave() }
        // Entered first: whoever closes waits for this call, or this call sees that it is closed.
        guard !isClosed.load(ordering: .sequentiallyConsistent) else {
            throw .closed(path: path)
        }
        return try body()
    }

    /// Makes a point in time to read from, and gives its address; nil after the database was closed.
    func makeSnapshot() -> UInt? {
        // Closed: whatever is read from it says so.
        try? use { () throws(StorageError) in
            // SAFETY: it is released once, by `release` or `close`, before the database is closed.
            guard let snapshot = unsafe rocksdb_create_snapshot(handle) else { return nil }
            let address = UInt(bitPattern: snapshot)
            snapshots.withLock { _ = $0.insert(address) }
            return address
        }
    }

    /// Releases a point in time, unless `close` has.
    func release(_ snapshot: UInt) {
        snapshots.withLock { snapshots in
            guard snapshots.remove(snapshot) != nil else { return }
            // SAFETY: it was still to be released, so the database is open.
            unsafe rocksdb_release_snapshot(handle, OpaquePointer(bitPattern: snapshot))
        }
    }

    /// The handle of a table.
    @unsafe func column(_ family: ColumnFamily) -> OpaquePointer? {
        unsafe columns[family.rawValue]
    }

    @unsafe func writeOptions(synced: Bool) -> OpaquePointer {
        unsafe synced ? syncedWrite : bufferedWrite
    }

    /// Turns RocksDB's text, where there is one, into an error, and frees it.
    @unsafe func check(
        _ message: inout UnsafeMutablePointer<CChar>?, _ operation: String
    ) throws(StorageError) {
        if unsafe message != nil {
            throw Self.error(unsafe takeText(&message), operation: operation, path: path)
        }
    }

    private static func error(_ text: String, operation: String, path: String) -> StorageError {
        if text.hasPrefix("Corruption") { return .corrupt(path: path, detail: text) }
        return .database(operation: operation, path: path, detail: text)
    }
}

@unsafe private func makeGeneralOptions(
    _ access: DataDirectory.Access, _ limits: StoreOptions
) -> OpaquePointer? {
    // SAFETY: a fresh object, set before anybody else sees it; the caller destroys it.
    let options = unsafe rocksdb_options_create()
    let mayCreate: UInt8 =
        switch access {
        case .create: 1
        case .existing, .readOnly: 0
        }
    unsafe rocksdb_options_set_create_if_missing(options, mayCreate)
    unsafe rocksdb_options_set_create_missing_column_families(options, mayCreate)
    unsafe rocksdb_options_set_paranoid_checks(options, 1)
    // Only the incomplete end of a log, which a crash leaves, is forgiven; a damaged record before
    // a good one is an error. Synced writes are never lost.
    unsafe rocksdb_options_set_wal_recovery_mode(
        options, Int32(rocksdb_tolerate_corrupted_tail_records_recovery))
    unsafe rocksdb_options_set_db_write_buffer_size(options, limits.writeBufferBytes)
    unsafe rocksdb_options_set_max_total_wal_size(options, UInt64(limits.writeBufferBytes) * 4)
    unsafe rocksdb_options_set_max_open_files(options, Int32(clamping: limits.maxOpenFiles))
    unsafe rocksdb_options_set_max_background_jobs(options, 2)
    // RocksDB aborts the process where its text log cannot be written; what fails is told to us anyway.
    unsafe veche_rocksdb_discard_log(options)
    return unsafe options
}

@unsafe private func makeOptions(
    _ family: ColumnFamily, cache: OpaquePointer, _ limits: StoreOptions
) -> OpaquePointer? {
    // SAFETY: fresh objects, set before anybody else sees them; the options own the filter and
    // copy the table options, which are freed here.
    let options = unsafe rocksdb_options_create()
    let table = unsafe rocksdb_block_based_options_create()
    unsafe rocksdb_block_based_options_set_block_cache(table, cache)
    unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    unsafe rocksdb_block_based_options_set_format_version(table, 5)
    if family.wantsFilter {
        unsafe rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(10))
    }
    unsafe rocksdb_options_set_block_based_table_factory(options, table)
    unsafe rocksdb_block_based_options_destroy(table)
    unsafe rocksdb_options_set_write_buffer_size(options, max(1 << 20, limits.writeBufferBytes / 2))
    unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
    let compression = family.compresses ? rocksdb_lz4_compression : rocksdb_no_compression
    unsafe rocksdb_options_set_compression(options, Int32(compression))
    return unsafe options
}

/// The text behind an error pointer of RocksDB, which is freed and cleared.
@unsafe private func takeText(_ message: inout UnsafeMutablePointer<CChar>?) -> String {
    guard let text = unsafe message else { return "no reason given" }
    // SAFETY: RocksDB gives a terminated text that it allocated for us.
    let copy = unsafe String(cString: text)
    unsafe rocksdb_free(text)
    unsafe message = nil
    return copy
}

/// Calls `body` with an array of terminated strings that live during the call.
@unsafe private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    // SAFETY: every offset lies inside `bytes`, which does not move during the call.
    return unsafe bytes.withUnsafeBufferPointer { buffer in
        let pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
            unsafe buffer.baseAddress.map { unsafe $0 + offset }
        }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}
