internal import Codec
internal import Cryptography
internal import FoundationEssentials
internal import GRDB
package import Ledger

/// Why the registrar's database cannot be used: the machine is wrong, not a voter.
package enum DatabaseFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Written by a version of this software that this one does not know.
    case unknownVersion(Int)
    /// What was read is not what was written.
    case corrupt(String)
    /// The key file is not the one that the database was made with.
    case wrongKey

    package var description: String {
        switch self {
        case .unknownVersion(let version):
            "the registrar's database has version \(version); use the software that wrote it"
        case .corrupt(let what):
            "the registrar's database is damaged (\(what)); restore the newest copy"
        case .wrongKey:
            "the registrar's database was made with another key file"
        }
    }
}

/// The registrar's SQLite database: one election's roll, the journal of issued credentials, and what
/// was published of it. Several processes may use it at once.
package final class RegistrarDatabase: Sendable {
    let pool: DatabasePool
    let fields: FieldEncryption

    /// Version 2 of the schema. No table holds a time of a request or the order of issuing.
    private static let version = 2
    private static let schema = """
        CREATE TABLE election (
            id INTEGER PRIMARY KEY CHECK (id = 1), document BLOB NOT NULL, register BLOB NOT NULL
        ) STRICT;
        CREATE TABLE style (
            number INTEGER PRIMARY KEY, listed INTEGER NOT NULL,
            issued INTEGER NOT NULL DEFAULT 0 CHECK (issued BETWEEN 0 AND listed),
            lastBatch INTEGER NOT NULL
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
        CREATE TABLE journal (
            style INTEGER NOT NULL, leaf INTEGER NOT NULL, blinded BLOB NOT NULL,
            batch INTEGER REFERENCES batch, PRIMARY KEY (style, leaf),
            FOREIGN KEY (style, leaf) REFERENCES voter (style, leaf)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX unpublished ON journal (style, leaf) WHERE batch IS NULL;
        """

    /// Opens the database file, making it where there is none.
    package init(path: String, secrets: RegistrarSecrets) throws {
        var configuration = Configuration()
        // Another process that writes is waited for.
        configuration.busyMode = .timeout(10)
        pool = try DatabasePool(path: path, configuration: configuration)
        fields = FieldEncryption(databaseKey: secrets.databaseKey)
        try pool.writeWithoutTransaction { database in
            // Each commit reaches the disk before a credential leaves. The pool's default does not.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.inTransaction(.immediate) {
                switch try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0 {
                case 0:
                    try database.execute(sql: Self.schema)
                    try database.execute(sql: "PRAGMA user_version = \(Self.version)")
                case Self.version: break
                case let version: throw DatabaseFailure.unknownVersion(version)
                }
                return .commit
            }
        }
    }

    /// Runs one transaction that no other writer interleaves with, synced when this returns.
    func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await pool.writeWithoutTransaction { database in
            var value: Value?
            try database.inTransaction(.immediate) {
                value = try body(database)
                return .commit
            }
            guard let value else { preconditionFailure("a committed transaction has its value") }
            return value
        }
    }

    /// The election whose roll is here; nil before the roll is made.
    package func election() async throws -> ElectionDocument? {
        let bytes = try await pool.read { database in
            try Data.fetchOne(database, sql: "SELECT document FROM election")
        }
        guard let bytes else { return nil }
        do throws(CodecError) {
            return try ElectionDocument(canonicalBytes: [UInt8](bytes))
        } catch {
            throw DatabaseFailure.corrupt("election document")
        }
    }

    /// Closes the database after the last use.
    package func close() throws { try pool.close() }
}
