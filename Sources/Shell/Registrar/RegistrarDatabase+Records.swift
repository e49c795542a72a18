internal import Codec
internal import FoundationEssentials
internal import GRDB

extension RegistrarDatabase {
    /// A leaf's record.
    static func record(
        style: UInt32, leaf: UInt32, fields: FieldEncryption, in database: Database
    ) throws -> IssueRecord {
        let slot = Data(fields.slot(style: style, leaf: leaf).bytes)
        let sealed = try Data.fetchOne(
            database, sql: "SELECT sealed FROM issue WHERE style = ? AND slot = ?",
            arguments: [style, slot])
        guard let sealed else { throw DatabaseFailure.corrupt("issue records") }
        let record = try opened(sealed, slot: slot, fields: fields)
        guard record.leaf == leaf else { throw DatabaseFailure.corrupt("issue records") }
        return record
    }

    /// The record in sealed bytes.
    static func opened(
        _ sealed: Data, slot: Data, fields: FieldEncryption
    ) throws -> IssueRecord {
        guard let slot = Bytes32(exactly: [UInt8](slot)) else {
            throw DatabaseFailure.corrupt("issue records")
        }
        guard let record = fields.openRecord([UInt8](sealed), for: slot) else {
            throw DatabaseFailure.wrongKey
        }
        return record
    }

    /// Writes a leaf's record where the earlier one was.
    static func replace(
        _ record: IssueRecord, style: UInt32, fields: FieldEncryption, in database: Database
    ) throws {
        let slot = fields.slot(style: style, leaf: record.leaf)
        try database.execute(
            sql: "UPDATE issue SET sealed = ? WHERE style = ? AND slot = ?",
            arguments: [Data(fields.seal(record, for: slot)), style, Data(slot.bytes)])
    }

    /// Makes the records of a style, in the order of their names, which says nothing of the leaves.
    static func insert(
        _ records: [IssueRecord], style: UInt32, fields: FieldEncryption, into database: Database
    ) throws {
        let statement = try database.makeStatement(
            sql: "INSERT INTO issue (style, slot, sealed) VALUES (?, ?, ?)")
        let named = records.map { (fields.slot(style: style, leaf: $0.leaf), $0) }
        for (slot, record) in named.sorted(by: { $0.0 < $1.0 }) {
            try statement.execute(arguments: [
                style, Data(slot.bytes), Data(fields.seal(record, for: slot)),
            ])
        }
    }
}
