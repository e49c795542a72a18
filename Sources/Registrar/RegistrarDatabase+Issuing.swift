internal import Codec
internal import FoundationEssentials
internal import GRDB
internal import Ledger

/// How wrong access codes are slowed down.
struct CodeAttempts: Hashable, Sendable {
    /// Wrong codes for one voter before the voter is blocked.
    let limit: Int
    let blockSeconds: Int
}

/// A voter who gave the right code.
struct VerifiedVoter: Hashable, Sendable {
    let style: UInt32
    let leaf: UInt32
    let salt: Bytes32
    let isCounted: Bool
}

/// A request that is in the journal, and may be signed.
struct JournaledRequest: Hashable, Sendable {
    let style: UInt32
    let blinded: BlindedMessage
}

extension RegistrarDatabase {
    /// Checks a voter's code, counting failures.
    ///
    /// - Parameter now: wall time, for the block after too many failures.
    func verify(
        voter: String, code: String, attempts: CodeAttempts, now: Timestamp
    ) async throws -> Result<VerifiedVoter, IssuingRefusal> {
        let fields = fields
        return try await transaction { database in
            try Self.verify(
                voter: voter, code: code, attempts: attempts, now: now, fields: fields, in: database
            )
        }
    }

    /// Checks a voter's code, then journals the blinded message as the leaf's one request. The same
    /// one again is accepted whenever it comes.
    ///
    /// - Parameters:
    ///   - blinded: the request as the key of the voter's style may sign it, else nil.
    ///   - mayIssue: refuses new requests.
    func journal(
        voter: String, code: String, attempts: CodeAttempts, now: Timestamp,
        blinded: @escaping @Sendable (VerifiedVoter) -> BlindedMessage?,
        mayIssue: @escaping @Sendable (VerifiedVoter) -> IssuingRefusal?
    ) async throws -> Result<JournaledRequest, IssuingRefusal> {
        let fields = fields
        return try await transaction { database in
            let verified = try Self.verify(
                voter: voter, code: code, attempts: attempts, now: now, fields: fields, in: database
            )
            let voter: VerifiedVoter
            switch verified {
            case .failure(let refusal): return .failure(refusal)
            case .success(let value): voter = value
            }
            guard let blinded = blinded(voter) else { return .failure(.blindedMessage) }
            let request = JournaledRequest(style: voter.style, blinded: blinded)
            let earlier = try Data.fetchOne(
                database, sql: "SELECT blinded FROM journal WHERE style = ? AND leaf = ?",
                arguments: [voter.style, voter.leaf])
            if let earlier {
                return [UInt8](earlier) == blinded.bytes ? .success(request) : .failure(.issued)
            }
            guard voter.isCounted else { return .failure(.notCounted) }
            if let refusal = mayIssue(voter) { return .failure(refusal) }
            try database.execute(
                sql: "INSERT INTO journal (style, leaf, blinded) VALUES (?, ?, ?)",
                arguments: [voter.style, voter.leaf, Data(blinded.bytes)])
            try database.execute(
                sql: "UPDATE style SET issued = issued + 1 WHERE number = ?",
                arguments: [voter.style])
            return .success(request)
        }
    }

    private static func verify(
        voter: String, code: String, attempts: CodeAttempts, now: Timestamp,
        fields: FieldEncryption, in database: Database
    ) throws -> Result<VerifiedVoter, IssuingRefusal> {
        let lookup = fields.lookup(voter)
        let key = Data(lookup.bytes)
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM voter WHERE lookup = ?", arguments: [key])
        else { return .failure(.notListed) }
        let blockedUntil = UInt64(clamping: row["blockedUntil"] as Int64)
        if blockedUntil > now.milliseconds {
            let seconds = (blockedUntil - now.milliseconds + 999) / 1000
            return .failure(.blocked(retryAfterSeconds: Int(clamping: seconds)))
        }
        guard let opened = fields.open([UInt8](row["sealed"] as Data), for: lookup) else {
            throw DatabaseFailure.wrongKey
        }
        let failures: Int = row["failures"]
        guard
            FieldEncryption.areEqual(
                fields.codeHash(code, salt: opened.codeSalt), opened.codeHash)
        else {
            let isLast = failures + 1 >= attempts.limit
            let until = now.adding(milliseconds: UInt64(clamping: attempts.blockSeconds) * 1000)
            try database.execute(
                sql: "UPDATE voter SET failures = ?, blockedUntil = ? WHERE lookup = ?",
                arguments: [
                    isLast ? 0 : failures + 1, isLast ? Int64(clamping: until.milliseconds) : 0,
                    key,
                ])
            return .failure(.wrongCode)
        }
        if failures > 0 || blockedUntil > 0 {
            try database.execute(
                sql: "UPDATE voter SET failures = 0, blockedUntil = 0 WHERE lookup = ?",
                arguments: [key])
        }
        return .success(
            VerifiedVoter(
                style: row["style"], leaf: row["leaf"], salt: opened.salt,
                isCounted: row["isCounted"]))
    }
}
