internal import APISchema
internal import Codec
internal import Cryptography
internal import FoundationEssentials
internal import GRDB
package import Ledger
internal import PlainText

/// A style's roll as the database holds it.
package struct StyleTotals: Hashable, Sendable {
    package let style: UInt32
    package let listed: UInt32
    /// Leaves whose request is on the disk.
    package let issued: UInt32
    /// Issues that are in no batch.
    let unpublished: UInt32
    /// When the last batch of leaves was made; the start of issuing before the first.
    let lastBatch: Timestamp
}

/// Why no roll is made.
package enum RollFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The database holds the roll of another election.
    case otherElection(name: String)
    /// The election's roll was made from a register with other content.
    case otherRegister

    package var description: String {
        switch self {
        case .otherElection(let name):
            "this home already holds the roll of the election `\(name.plainLine)`; make a new home with "
                + "`init`, since issuing keys serve one election"
        case .otherRegister:
            "the roll of this election was made from a register with other content; run `roll` "
                + "with that one, or, if no part of it is on the chain, remove registrar.sqlite first"
        }
    }
}

extension RegistrarDatabase {
    /// Makes the roll: a salt for each voter, the commitments sorted within each style. Made once;
    /// again with the same register it does nothing.
    ///
    /// - Throws: `RollFailure`, and errors of the database.
    package func makeRoll(of document: ElectionDocument, register: Register) async throws {
        let fields = fields
        let rows = register.rows
        let digest = fields.registerDigest(rows)
        let documentBytes = document.canonicalBytes
        try await transaction { database in
            if let row = try Row.fetchOne(database, sql: "SELECT document, register FROM election")
            {
                guard [UInt8](row["document"] as Data) == documentBytes else {
                    // Only its name is wanted, for the person who reads the refusal.
                    let other = try? ElectionDocument(
                        canonicalBytes: [UInt8](row["document"] as Data))
                    throw RollFailure.otherElection(name: other?.name ?? "?")
                }
                guard [UInt8](row["register"] as Data) == digest.bytes else {
                    throw RollFailure.otherRegister
                }
                return
            }
            try database.execute(
                sql: "INSERT INTO election (id, document, register) VALUES (1, ?, ?)",
                arguments: [Data(documentBytes), Data(digest.bytes)])
            for style in document.styles {
                let leaves = Self.leaves(
                    of: rows.filter { $0.style == style.number }, chainID: document.chainID)
                try database.execute(
                    sql: "INSERT INTO style (number, listed, lastBatch) VALUES (?, ?, ?)",
                    arguments: [
                        style.number, leaves.count,
                        Int64(clamping: style.startOfIssuing.milliseconds),
                    ])
                try Self.insert(leaves, style: style.number, fields: fields, into: database)
                try Self.insert(
                    (0..<UInt32(leaves.count)).map { IssueRecord(leaf: $0, state: .free) },
                    style: style.number, fields: fields, into: database)
            }
        }
    }

    private struct Leaf {
        let commitment: Bytes32
        let salt: Bytes32
        let row: RegisterRow
    }

    private static func leaves(of rows: [RegisterRow], chainID: Bytes32) -> [Leaf] {
        rows.map { row in
            let salt = Bytes32(SystemRandom.bytes(Bytes32.size)[...])
            return Leaf(
                commitment: RollPart.leaf(chainID: chainID, salt: salt, voter: row.voter),
                salt: salt, row: row)
        }
        .sorted { $0.commitment < $1.commitment }
    }

    private static func insert(
        _ leaves: [Leaf], style: UInt32, fields: FieldEncryption, into database: Database
    ) throws {
        let statement = try database.makeStatement(
            sql:
                "INSERT INTO voter (lookup, style, leaf, commitment, sealed) VALUES (?, ?, ?, ?, ?)"
        )
        for (place, leaf) in leaves.enumerated() {
            let lookup = fields.lookup(VoterReference(leaf.row.voter))
            let codeSalt = Bytes32(SystemRandom.bytes(Bytes32.size)[...])
            let sealed = fields.seal(
                FieldEncryption.VoterFields(
                    voter: leaf.row.voter, salt: leaf.salt, codeSalt: codeSalt,
                    codeHash: fields.codeHash(AccessCode(leaf.row.code).text, salt: codeSalt)),
                for: lookup)
            try statement.execute(arguments: [
                Data(lookup.bytes), style, place, Data(leaf.commitment.bytes), Data(sealed),
            ])
        }
    }

    /// A style's commitments in the order of the roll.
    func commitments(ofStyle style: UInt32) async throws -> [Bytes32] {
        let rows = try await read { database in
            try Data.fetchAll(
                database, sql: "SELECT commitment FROM voter WHERE style = ? ORDER BY leaf",
                arguments: [style])
        }
        return try rows.map { bytes in
            guard let commitment = Bytes32(exactly: [UInt8](bytes)) else {
                throw DatabaseFailure.corrupt("roll")
            }
            return commitment
        }
    }

    /// Notes which leaves of a style may no longer vote; all others may.
    func setUncounted(_ leaves: [UInt32], ofStyle style: UInt32) async throws {
        try await transaction { database in
            try database.execute(
                sql: "UPDATE voter SET isCounted = 1 WHERE style = ? AND isCounted = 0",
                arguments: [style])
            for leaf in leaves {
                try database.execute(
                    sql: "UPDATE voter SET isCounted = 0 WHERE style = ? AND leaf = ?",
                    arguments: [style, leaf])
            }
        }
    }

    /// Every style's numbers, by style.
    package func totals() async throws -> [StyleTotals] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT number, listed, issued, published, lastBatch FROM style ORDER BY number
                    """
            ).map { row in
                let issued: UInt32 = row["issued"]
                return StyleTotals(
                    style: row["number"], listed: row["listed"], issued: issued,
                    unpublished: issued - row["published"],
                    lastBatch: Timestamp(
                        milliseconds: UInt64(clamping: row["lastBatch"] as Int64)))
            }
        }
    }
}
