package import Codec
package import DocumentFiles
internal import Ledger

/// What the voter keeps besides the receipt: enough to find everything again. No choice is in it.
package struct VoteRecord: Codable, Hashable, Sendable {
    package let chainID: Bytes32
    package let electionID: Bytes32
    /// SHA-256 of the election document.
    package let document: Bytes32
    /// The election's short name.
    package let election: String
    package let style: UInt32
    /// P, the pseudonym that the ballot was cast under.
    package let credentialKey: Bytes32
    package let transactionID: Bytes32
    package let trackingCode: String
    /// The place of the voter's own leaf in the roll, and its salt: whoever has it can see whether a
    /// ballot was issued in this voter's name.
    package let rollLeaf: UInt32
    package let rollSalt: Bytes32

    package init(
        chainID: Bytes32, electionID: Bytes32, document: Bytes32, election: String,
        style: UInt32, credentialKey: Bytes32, transactionID: Bytes32, trackingCode: String,
        rollLeaf: UInt32, rollSalt: Bytes32
    ) {
        self.chainID = chainID
        self.electionID = electionID
        self.document = document
        self.election = election
        self.style = style
        self.credentialKey = credentialKey
        self.transactionID = transactionID
        self.trackingCode = trackingCode
        self.rollLeaf = rollLeaf
        self.rollSalt = rollSalt
    }
}

/// A ballot that is on disk and may have been sent.
package struct KeptBallot: Sendable {
    /// The transaction's bytes.
    package let transaction: [UInt8]
    package let record: VoteRecord

    package init(transaction: [UInt8], record: VoteRecord) {
        self.transaction = transaction
        self.record = record
    }
}

/// The directory holds something else than what is asked for.
package struct VoterHomeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}

extension VoterHome {
    /// The ballot that is kept here; nil before there is one.
    ///
    /// - Parameter election: the short name, document hash or election id that is asked for.
    /// - Throws: `VoterHomeFailure` for another chain's or election's ballot, or a damaged one;
    ///   `FileFailure`.
    package func ballot(of election: String, chainID: Bytes32) throws -> KeptBallot? {
        guard let transaction = try self.read(self.ballotFile, limit: Limits.entryBytes),
            LocalFile.exists(self.recordFile)
        else { return nil }
        let record: VoteRecord = try JSONDocument.read(at: self.recordFile)
        let names = [
            record.election, record.document.description, record.electionID.description,
        ]
        guard record.chainID == chainID, names.contains(election),
            record.transactionID == Transaction.id(of: transaction)
        else {
            throw VoterHomeFailure(
                description: "\(self.path) holds a ballot of another chain or of the election"
                    + " '\(record.election)', or a damaged one. Use another --home for"
                    + " another election.")
        }
        return KeptBallot(transaction: transaction, record: record)
    }

    /// Keeps a ballot before it is sent.
    package func keep(_ ballot: KeptBallot) throws(FileFailure) {
        // The ballot goes first: without it the record would name bytes that are lost.
        try LocalFile.write(
            ballot.transaction, to: self.ballotFile, mode: .secret, replacing: true)
        // It links voter and ballot, so it is as private as a key.
        let bytes: [UInt8]
        do throws(JSONFailure) {
            bytes = try JSONDocument.encode(ballot.record)
        } catch {
            throw .json(path: self.recordFile, error)
        }
        try LocalFile.write(bytes, to: self.recordFile, mode: .secret, replacing: true)
    }
}
