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
    /// Batches that are still to become final.
    func openBatches() async throws -> [OpenBatch] {
        try await pool.read { database in
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
        try await transaction { database in
            let published =
                try Int.fetchOne(
                    database,
                    sql: "SELECT COUNT(*) FROM journal WHERE style = ? AND batch IS NOT NULL",
                    arguments: [style]) ?? 0
            let room = min(limit, Int(counted) - published)
            guard room > 0 else { return false }
            let leaves = try UInt32.fetchAll(
                database,
                sql: """
                    SELECT leaf FROM journal WHERE style = ? AND batch IS NULL ORDER BY leaf LIMIT ?
                    """,
                arguments: [style, room])
            guard leaves.count >= max(1, least) else { return false }
            try database.execute(
                sql: "INSERT INTO batch (style, bytes) VALUES (?, ?)",
                arguments: [style, Data(sign(leaves))])
            let number = database.lastInsertedRowID
            for leaf in leaves {
                try database.execute(
                    sql: "UPDATE journal SET batch = ? WHERE style = ? AND leaf = ?",
                    arguments: [number, style, leaf])
            }
            try database.execute(
                sql: "UPDATE style SET lastBatch = ? WHERE number = ?",
                arguments: [Int64(clamping: now.milliseconds), style])
            return true
        }
    }

    /// Notes that a batch is final.
    func setFinal(_ batch: OpenBatch) async throws {
        try await transaction { database in
            try database.execute(
                sql: "UPDATE batch SET isFinal = 1 WHERE number = ?", arguments: [batch.number])
        }
    }
}
