internal import Codec
internal import Cryptography
internal import FoundationEssentials
internal import GRDB
package import Ledger
internal import Synchronization

/// Why the registrar's database cannot be used: the machine is wrong, not a voter.
package enum DatabaseFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Written by a version of this software that this one does not know.
    case unknownVersion(Int)
    /// What was read is not what was written.
    case corrupt(String)
    /// The key file is not the one that the database was made with.
    case wrongKey
    /// Another process holds it, longer than one transaction takes.
    case inUse
    /// SQLite could not do its work; its code and its words.
    case failed(code: Int, problem: String)

    package var description: String {
        switch self {
        case .unknownVersion(let version):
            "the registrar's database has version \(version); use the software that wrote it"
        case .corrupt(let what):
            "the registrar's database is damaged (\(what)); restore the newest copy"
        case .wrongKey:
            "the registrar's database was made with another key file"
        case .inUse:
            "another process holds the registrar's database; stop registrars of an earlier version "
                + "and programs that copy the file, then try again"
        case .failed(let code, let problem):
            "the registrar's database cannot be used: \(problem) (SQLite \(code)); look at the disk's "
                + "free space and at the rights on registrar.sqlite"
        }
    }

    /// What SQLite says, without the statement and what was in it.
    init(_ error: DatabaseError) {
        self =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt("SQLite cannot read it")
            default:
                .failed(
                    code: Int(error.resultCode.rawValue), problem: error.message ?? "no reason")
            }
    }
}

/// The registrar's SQLite database: one election's roll, the sealed record of each leaf's credential,
/// and what was published. Several processes may use it at once.
///
/// No place in the file and no file beside it tells the order of issuing (decision 0021).
package final class RegistrarDatabase: Sendable {
    private let queue: DatabaseQueue
    let fields: FieldEncryption
    /// What is written with the next commit.
    private let waiting = Mutex<[WaitingWrite]>([])

    /// Version 3 of the schema. No table holds a time of a request or the order of issuing.
    static let version = 3
    private static let schema = """
        CREATE TABLE election (
            id INTEGER PRIMARY KEY CHECK (id = 1), document BLOB NOT NULL, register BLOB NOT NULL
        ) STRICT;
        CREATE TABLE style (
            number INTEGER PRIMARY KEY, listed INTEGER NOT NULL,
            issued INTEGER NOT NULL DEFAULT 0 CHECK (issued BETWEEN 0 AND listed),
            lastBatch INTEGER NOT NULL, \(publishedColumn)
        ) STRICT;
        CREATE TABLE voter (
            lookup BLOB PRIMARY KEY, style INTEGER NOT NULL REFERENCES style,
            leaf INTEGER NOT NULL, commitment BLOB NOT NULL, sealed BLOB NOT NULL,
            isCounted INTEGER NOT NULL DEFAULT 1, UNIQUE (style, leaf)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE batch (
            number INTEGER PRIMARY KEY, style INTEGER NOT NULL REFERENCES style,
            bytes BLOB NOT NULL, isFinal INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX openBatch ON batch (style) WHERE isFinal = 0;
        \(issueTable)
        """
    /// Issues that are in a batch.
    static let publishedColumn =
        "published INTEGER NOT NULL DEFAULT 0 CHECK (published BETWEEN 0 AND issued)"
    /// One record for each leaf, made with the roll. All have one size, so that SQLite writes the new
    /// record where the old one was.
    static let issueTable = """
        CREATE TABLE issue (
            style INTEGER NOT NULL REFERENCES style, slot BLOB NOT NULL,
            sealed BLOB NOT NULL CHECK (length(sealed) = \(FieldEncryption.sealedRecordSize)),
            PRIMARY KEY (style, slot)
        ) STRICT, WITHOUT ROWID;
        """

    /// Opens the database file, making it where there is none and bringing it to the present version
    /// where an earlier one made it.
    ///
    /// - Throws: `DatabaseFailure`.
    package init(path: String, secrets: RegistrarSecrets) throws {
        let fields = FieldEncryption(databaseKey: secrets.databaseKey)
        self.fields = fields
        var configuration = Configuration()
        // Another process that writes is waited for.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // Each commit reaches the disk before a credential leaves. What is deleted is overwritten,
            // and nothing is put into temporary files.
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    """)
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try Self.keepNoLog(database)
                try database.inTransaction(.immediate) {
                    switch try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 {
                    case 0: try database.execute(sql: Self.schema)
                    case Self.version: return .commit
                    case 2: try Self.migrateFromVersion2(database, fields: fields)
                    case let version: throw DatabaseFailure.unknownVersion(version)
                    }
                    try database.execute(sql: "PRAGMA user_version = \(Self.version)")
                    return .commit
                }
                try Self.removeFreedPages(database)
            }
        } catch let error as DatabaseError {
            throw DatabaseFailure(error)
        }
    }

    /// A write-ahead log keeps every commit in its turn, and until it is folded in, the database file
    /// alone is an old one. The rollback journal is empty after each commit.
    private static func keepNoLog(_ database: Database) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = TRUNCATE")
        guard mode == "truncate" else { throw DatabaseFailure.inUse }
    }

    /// A migration frees pages; nothing else does. They are zeros; what is left is written anew without
    /// them.
    private static func removeFreedPages(_ database: Database) throws {
        guard try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0 > 0 else { return }
        try database.execute(sql: "VACUUM")
    }

    /// Runs one reading transaction.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await queue.read(body)
        } catch let error as DatabaseError {
            throw DatabaseFailure(error)
        }
    }

    /// A write that waits for the next commit.
    private struct WaitingWrite: Sendable {
        /// Writes, and returns what tells the caller once it is committed.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// Runs `body` in a transaction that no other writer interleaves with, synced when this returns.
    ///
    /// A commit waits for the disk several times. Whatever is to be written meanwhile goes into the next
    /// one together: an error of one is then the answer to all, who may try again.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let write = WaitingWrite(
                run: { database in
                    let value = try body(database)
                    return { continuation.resume(returning: value) }
                },
                fail: { continuation.resume(throwing: $0) })
            let isFirst = waiting.withLock { waiting in
                waiting.append(write)
                return waiting.count == 1
            }
            guard isFirst else { return }
            queue.asyncWriteWithoutTransaction { self.commitWaiting(in: $0) }
        }
    }

    private func commitWaiting(in database: Database) {
        let writes = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        var answers: [@Sendable () -> Void] = []
        do {
            try database.inTransaction(.immediate) {
                for write in writes { answers.append(try write.run(database)) }
                return .commit
            }
        } catch {
            let failure = (error as? DatabaseError).map { DatabaseFailure($0) as any Error }
            for write in writes { write.fail(failure ?? error) }
            return
        }
        for answer in answers { answer() }
    }

    /// The election whose roll is here; nil before the roll is made.
    package func election() async throws -> ElectionDocument? {
        let bytes = try await read { database in
            try Data.fetchOne(database, sql: "SELECT document FROM election")
        }
        guard let bytes else { return nil }
        do throws(CodecError) {
            return try ElectionDocument(canonicalBytes: [UInt8](bytes))
        } catch {
            throw DatabaseFailure.corrupt("election document")
        }
    }

    /// Copies the database to an empty file, whole, also while others write; it needs no key.
    ///
    /// - Throws: `DatabaseFailure`.
    package static func copy(_ path: String, to copy: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        do {
            let source = try DatabaseQueue(path: path, configuration: configuration)
            let found = try source.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
            guard found == version else { throw DatabaseFailure.unknownVersion(found) }
            let target = try DatabaseQueue(path: copy, configuration: configuration)
            try source.backup(to: target)
            try target.close()
            try source.close()
        } catch let error as DatabaseError {
            throw DatabaseFailure(error)
        }
    }

    /// Closes the database after the last use.
    package func close() throws { try queue.close() }
}
