internal import APISchema
internal import Codec
internal import FoundationEssentials
internal import GRDB
internal import Ledger

/// A voter who gave the right code.
struct VerifiedVoter: Hashable, Sendable {
    let style: UInt32
    let leaf: UInt32
    let salt: Bytes32
    let isCounted: Bool
}

/// A leaf's one request, which is on the disk and may be signed.
struct JournaledRequest: Hashable, Sendable {
    let style: UInt32
    let blinded: BlindedMessage
}

extension RegistrarDatabase {
    /// Checks a voter's code, without writing. Whoever is not listed and whose code is wrong get the
    /// same answer after the same work.
    func verify(
        voter: String, code: String
    ) async throws -> Result<VerifiedVoter, IssuingRefusal> {
        let fields = self.fields
        return try await self.read { database in
            try Self.verify(voter: voter, code: code, fields: fields, in: database)
        }
    }

    /// Checks a voter's code, then journals the blinded message as the leaf's one request. The same
    /// one again is accepted whenever it comes.
    ///
    /// - Parameters:
    ///   - blinded: the request as the key of the voter's style may sign it, else nil.
    ///   - mayIssue: refuses new requests.
    func journal(
        voter: String, code: String,
        blinded: @escaping @Sendable (VerifiedVoter) -> BlindedMessage?,
        mayIssue: @escaping @Sendable (VerifiedVoter) -> IssuingRefusal?
    ) async throws -> Result<JournaledRequest, IssuingRefusal> {
        // Guesses never take the one writer's turn.
        if case .failure(let refusal) = try await self.verify(voter: voter, code: code) {
            return .failure(refusal)
        }
        let fields = self.fields
        return try await self.transaction { database in
            let verified = try Self.verify(
                voter: voter, code: code, fields: fields, in: database)
            let voter: VerifiedVoter
            switch verified {
            case .failure(let refusal): return .failure(refusal)
            case .success(let value): voter = value
            }
            guard let blinded = blinded(voter) else { return .failure(.blindedMessage) }
            let request = JournaledRequest(style: voter.style, blinded: blinded)
            let record = try Self.record(
                style: voter.style, leaf: voter.leaf, fields: fields, in: database)
            if let earlier = record.blinded {
                return earlier == blinded.bytes ? .success(request) : .failure(.issued)
            }
            guard voter.isCounted else { return .failure(.notCounted) }
            if let refusal = mayIssue(voter) { return .failure(refusal) }
            try Self.replace(
                IssueRecord(leaf: voter.leaf, state: .issued(blinded.bytes)),
                style: voter.style, fields: fields, in: database)
            try database.execute(
                sql: "UPDATE style SET issued = issued + 1 WHERE number = ?",
                arguments: [voter.style])
            return .success(request)
        }
    }

    private static func verify(
        voter: String, code: String, fields: FieldEncryption, in database: Database
    ) throws -> Result<VerifiedVoter, IssuingRefusal> {
        let lookup = fields.lookup(VoterReference(voter))
        // Rolls of earlier versions hold hashes of the register's own bytes.
        let codes = [AccessCode(code).text, code]
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM voter WHERE lookup = ?",
                arguments: [Data(lookup.bytes)])
        else {
            // What a listed voter's wrong code costs.
            let isEqual = fields.isHash(lookup, ofOneOf: codes, salt: lookup)
            precondition(!isEqual, "keyed hashes under two keys are not equal")
            return .failure(.wrongIdentity)
        }
        guard let opened = fields.open([UInt8](row["sealed"] as Data), for: lookup) else {
            throw DatabaseFailure.wrongKey
        }
        guard fields.isHash(opened.codeHash, ofOneOf: codes, salt: opened.codeSalt) else {
            return .failure(.wrongIdentity)
        }
        return .success(
            VerifiedVoter(
                style: row["style"], leaf: row["leaf"], salt: opened.salt,
                isCounted: row["isCounted"]))
    }
}
