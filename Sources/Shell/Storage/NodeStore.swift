package import Codec
package import Files
import Synchronization

/// A node's database: blocks, log, state, mempool. Calls block and are safe from any thread.
package final class NodeStore: StoreReading, Sendable {
    /// The version of what is stored. Another version refuses the directory.
    package static let format: UInt32 = 1

    /// The chain whose data this is.
    package let chainID: Bytes32
    package let readSource: ReadSource
    private let directory: DataDirectory
    private let database: Database
    // One commit at a time: each reads the floor that it must raise.
    private let commitLock = Mutex(())

    /// Opens the database in the directory; with access `create` a fresh one gets `chainID`.
    ///
    /// - Parameters:
    ///   - chainID: nil, to examine a directory, takes the chain that is found.
    ///   - format: the version to read and write; only tests have another.
    package init(
        in directory: DataDirectory, chainID: Bytes32?, options: StoreOptions = StoreOptions(),
        format supported: UInt32 = NodeStore.format
    ) throws(StorageError) {
        let path = directory.path(of: "ledger")
        switch directory.access {
        case .create: break
        case .existing, .readOnly:
            guard FileNames.exists(path + "/CURRENT") else {
                throw .disk(.missing(directory: directory.path))
            }
        }
        let database = try Database(path: path, access: directory.access, options: options)
        let source = ReadSource(database, pinned: false)
        self.directory = directory
        self.database = database
        readSource = source
        guard let format = try source.get(.meta, StoreKey.format) else {
            // A crash between making the database and this write leaves it empty: the same case.
            guard case .create = directory.access, let chainID else {
                throw .disk(.missing(directory: directory.path))
            }
            self.chainID = chainID
            guard try source.isEmpty() else {
                throw .corrupt(path: path, detail: "there is data, but no format version")
            }
            var writer = ByteWriter()
            writer.write(supported)
            try database.write(
                [
                    Change(family: .meta, key: StoreKey.format, value: writer.bytes),
                    Change(family: .meta, key: StoreKey.chainID, value: chainID.bytes),
                ], synced: true, operation: "record the chain")
            return
        }
        var reader = ByteReader(format)
        // Bytes that are no number are reported as a format that nobody supports.
        let found = (try? reader.readUInt32()) ?? .max
        guard found == supported else {
            throw .unsupportedFormat(
                directory: directory.path, found: found, supported: supported)
        }
        guard let stored = try source.get(.meta, StoreKey.chainID).flatMap(Bytes32.init(exactly:))
        else { throw .corrupt(path: path, detail: "the chain id is missing") }
        if let chainID, chainID != stored {
            throw .wrongChain(directory: directory.path, found: stored, expected: chainID)
        }
        self.chainID = stored
    }

    /// The store as it is now, for reads that belong together. Keep it as short as they need: it
    /// holds back the removal of old data.
    package func snapshot() -> StoreSnapshot {
        StoreSnapshot(ReadSource(database, pinned: true), directory)
    }

    /// Closes the database, once every call that is under way has returned. Whatever is asked of the
    /// store or of a snapshot of it afterwards throws `closed`.
    package func close() { database.close() }

    /// Writes the batch and its floor, atomically and durably.
    ///
    /// The floor must lie above the one that is stored.
    package func commit(_ batch: FloorBatch) throws(StorageError) {
        try commitLock.withLock { _ throws(StorageError) in
            if let floor = try floor() {
                precondition(batch.floor.height > floor.height, "the floor only rises")
            }
            let change = Change(
                family: .meta, key: StoreKey.floor, value: batch.floor.canonicalBytes)
            try database.write(
                batch.changes + [change], synced: true, operation: "write finalized blocks")
        }
    }

    /// Stores admitted transactions, durably: after this, they may be promised.
    package func addToMempool(_ transactions: [MempoolRecord]) throws(StorageError) {
        try database.write(
            transactions.map { Change(family: .mempool, key: $0.id.bytes, value: $0.bytes) },
            synced: true, operation: "store admitted transactions")
    }

    /// Forgets transactions that will not become final. Not synced: one that comes back after a
    /// crash is judged again.
    package func removeFromMempool(_ ids: [Bytes32]) throws(StorageError) {
        try database.write(
            ids.map { Change(family: .mempool, key: $0.bytes, value: nil) },
            synced: false, operation: "remove transactions")
    }

    /// Stores a small named value, such as the newest checkpoint, durably.
    package func putNote(_ name: String, _ bytes: [UInt8]) throws(StorageError) {
        try putNotes([(name: name, bytes: bytes)])
    }

    /// Stores small named values, all or none, durably.
    package func putNotes(_ notes: [(name: String, bytes: [UInt8])]) throws(StorageError) {
        try database.write(
            notes.map { Change(family: .meta, key: StoreKey.note($0.name), value: $0.bytes) },
            synced: true, operation: "store a note")
    }
}

extension ReadSource {
    fileprivate func isEmpty() throws(StorageError) -> Bool {
        for family in ColumnFamily.allCases {
            var isEmpty = true
            try scan(family) { _, _ in
                isEmpty = false
                return false
            }
            if !isEmpty { return false }
        }
        return true
    }
}

/// The store at one instant, whatever is written later. Safe from many threads.
package final class StoreSnapshot: StoreReading, Sendable {
    package let readSource: ReadSource
    // The lock of the directory is held as long as anybody can read.
    private let directory: DataDirectory

    init(_ source: ReadSource, _ directory: DataDirectory) {
        readSource = source
        self.directory = directory
    }
}
