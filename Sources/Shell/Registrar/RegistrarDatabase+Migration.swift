internal import APISchema
internal import Codec
internal import FoundationEssentials
internal import GRDB
internal import Ledger

extension RegistrarDatabase {
    /// From version 2, which kept issued leaves and their requests in clear, and found voters by the
    /// bytes of their references.
    static func migrateFromVersion2(_ database: Database, fields: FieldEncryption) throws {
        try renameVoters(database, fields: fields)
        try database.execute(sql: "ALTER TABLE style ADD COLUMN \(publishedColumn)")
        try database.execute(sql: issueTable)
        let styles = try Row.fetchAll(database, sql: "SELECT number, listed FROM style")
        for style in styles {
            try sealJournal(
                ofStyle: style["number"], listed: style["listed"], database, fields: fields)
        }
        try database.execute(sql: "DROP TABLE journal")
    }

    /// Voters are found by the normal form of their references now.
    private static func renameVoters(_ database: Database, fields: FieldEncryption) throws {
        var renamed: [(old: Bytes32, fields: FieldEncryption.VoterFields)] = []
        let voters = try Row.fetchCursor(database, sql: "SELECT lookup, sealed FROM voter")
        while let row = try voters.next() {
            guard let old = Bytes32(exactly: [UInt8](row["lookup"] as Data)),
                let opened = fields.open([UInt8](row["sealed"] as Data), for: old)
            else { throw DatabaseFailure.wrongKey }
            if fields.lookup(VoterReference(opened.voter)) != old { renamed.append((old, opened)) }
        }
        for (old, opened) in renamed {
            let lookup = fields.lookup(VoterReference(opened.voter))
            try database.execute(
                sql: "UPDATE voter SET lookup = ?, sealed = ? WHERE lookup = ?",
                arguments: [
                    Data(lookup.bytes), Data(fields.seal(opened, for: lookup)), Data(old.bytes),
                ])
        }
    }

    private static func sealJournal(
        ofStyle style: UInt32, listed: UInt32, _ database: Database, fields: FieldEncryption
    ) throws {
        var records = (0..<listed).map { IssueRecord(leaf: $0, state: .free) }
        let journal = try Row.fetchAll(
            database, sql: "SELECT leaf, blinded, batch FROM journal WHERE style = ?",
            arguments: [style])
        var published = 0
        for row in journal {
            let leaf: UInt32 = row["leaf"]
            let blinded = [UInt8](row["blinded"] as Data)
            guard leaf < listed, blinded.count == BlindedMessage.size else {
                throw DatabaseFailure.corrupt("journal")
            }
            let isPublished = (row["batch"] as Int64?) != nil
            records[Int(leaf)].state = isPublished ? .published(blinded) : .issued(blinded)
            published += isPublished ? 1 : 0
        }
        try insert(records, style: style, fields: fields, into: database)
        try database.execute(
            sql: "UPDATE style SET published = ? WHERE number = ?", arguments: [published, style])
    }
}
