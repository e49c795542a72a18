internal import Codec
internal import FoundationEssentials
internal import GRDB
internal import Ledger

/// A batch of issued leaves that is not known to be final.
struct OpenBatch: Hashable, Sendable {
    let number: Int64
    let style: UInt32
    /// The signed transaction.
    let bytes: [UInt8]
}

extension RegistrarDatabase {
    /// Records that are opened in one go: voters wait for no longer.
    private static let recordsAtOnce = 1000

    /// Batches that are still to become final.
    func openBatches() async throws -> [OpenBatch] {
        try await read { database in
            try Row.fetchAll(
                database, sql: "SELECT number, style, bytes FROM batch WHERE isFinal = 0"
            ).map { row in
                OpenBatch(
                    number: row["number"], style: row["style"],
                    bytes: [UInt8](row["bytes"] as Data))
            }
        }
    }

    /// Puts up to `limit` unpublished leaves of a style into a new batch, rising, so that nothing is
    /// left of their order.
    ///
    /// - Parameters:
    ///   - counted: the total that the chain knows: the batches hold no more.
    ///   - least: with fewer leaves no batch is made.
    ///   - sign: makes the transaction's bytes.
    /// - Returns: whether a batch was made.
    func makeBatch(
        ofStyle style: UInt32, counted: UInt32, least: Int, limit: Int, now: Timestamp,
        sign: @escaping @Sendable (_ leaves: [UInt32]) -> [UInt8]
    ) async throws -> Bool {
        let least = max(1, least)
        let room = try await read { database in
            try Self.room(ofStyle: style, counted: counted, limit: limit, in: database)
        }
        guard room >= least else { return false }
        let candidates = try await unpublished(ofStyle: style, upTo: room)
        guard candidates.count >= least else { return false }
        let fields = fields
        return try await transaction { database in
            // Another process may have been faster.
            let room = try Self.room(ofStyle: style, counted: counted, limit: limit, in: database)
            var requests: [(leaf: UInt32, blinded: [UInt8])] = []
            for leaf in candidates.prefix(room) {
                let record = try Self.record(
                    style: style, leaf: leaf, fields: fields, in: database)
                if case .issued(let blinded) = record.state { requests.append((leaf, blinded)) }
            }
            guard requests.count >= least else { return false }
            for (leaf, blinded) in requests {
                try Self.replace(
                    IssueRecord(leaf: leaf, state: .published(blinded)), style: style,
                    fields: fields, in: database)
            }
            try database.execute(
                sql: "INSERT INTO batch (style, bytes) VALUES (?, ?)",
                arguments: [style, Data(sign(requests.map(\.leaf).sorted()))])
            try database.execute(
                sql: "UPDATE style SET lastBatch = ?, published = published + ? WHERE number = ?",
                arguments: [Int64(clamping: now.milliseconds), requests.count, style])
            return true
        }
    }

    /// How many leaves may go into a batch now.
    private static func room(
        ofStyle style: UInt32, counted: UInt32, limit: Int, in database: Database
    ) throws -> Int {
        let row = try Row.fetchOne(
            database, sql: "SELECT issued, published FROM style WHERE number = ?",
            arguments: [style])
        guard let row else { throw DatabaseFailure.corrupt("styles") }
        let published: Int = row["published"]
        return min(limit, Int(counted) - published, row["issued"] - published)
    }

    /// Leaves that are issued and in no batch, in no order that says anything.
    private func unpublished(ofStyle style: UInt32, upTo count: Int) async throws -> [UInt32] {
        let fields = fields
        var leaves: [UInt32] = []
        var last = Data()
        while leaves.count < count {
            let after = last
            let rows = try await read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT slot, sealed FROM issue WHERE style = ? AND slot > ?
                            ORDER BY slot LIMIT \(Self.recordsAtOnce)
                        """,
                    arguments: [style, after]
                ).map { (slot: $0["slot"] as Data, sealed: $0["sealed"] as Data) }
            }
            guard let end = rows.last else { break }
            last = end.slot
            for row in rows {
                let record = try Self.opened(row.sealed, slot: row.slot, fields: fields)
                if case .issued = record.state { leaves.append(record.leaf) }
            }
        }
        return [UInt32](leaves.prefix(count))
    }

    /// Notes that a batch is final.
    func setFinal(_ batch: OpenBatch) async throws {
        try await transaction { database in
            try database.execute(
                sql: "UPDATE batch SET isFinal = 1 WHERE number = ?", arguments: [batch.number])
        }
    }
}
