package import BallotCryptography
package import Codec
internal import Cryptography
package import Ledger
internal import Verification

/// An election's document and keys with everything that traces them back to genesis, as one file: what
/// a device needs to encrypt, or to open a challenged encryption, without a network.
package struct ElectionFile: Codable, Hashable, Sendable {
    /// SHA-256 of genesis.
    package let chainID: Bytes32
    /// The transaction that created the election, in hexadecimal: the document, signed by the chain's
    /// commission.
    package let creation: String
    /// The number of the key ceremony that made the keys.
    package let ceremony: UInt32
    /// Document numbers of its trustees, rising.
    package let trustees: [UInt32]
    /// Document numbers of the dealers whose parts make the keys, rising.
    package let qualified: [UInt32]
    /// `ElectionKeys` in canonical form, in hexadecimal.
    package let keys: String
    package let electionID: Bytes32
    /// The trustees' confirmations of the keys, transactions in hexadecimal.
    package let confirmations: [String]

    package init(
        chainID: Bytes32, creation: [UInt8], ceremony: UInt32, trustees: [UInt32],
        qualified: [UInt32], keys: [UInt8], electionID: Bytes32, confirmations: [[UInt8]]
    ) {
        self.chainID = chainID
        self.creation = Hexadecimal.encode(creation)
        self.ceremony = ceremony
        self.trustees = trustees
        self.qualified = qualified
        self.keys = Hexadecimal.encode(keys)
        self.electionID = electionID
        self.confirmations = confirmations.map { Hexadecimal.encode($0) }
    }
}

/// An election as a voter needs it: its document and keys, traced back to genesis.
package struct TrustedElection: Sendable {
    package let document: ElectionDocument
    package let keys: ElectionKeys
    package let electionID: Bytes32

    /// Checks that the chain's commission signed the document and the election's trustees the keys.
    ///
    /// - Throws: `VotingKeysRejection`, and `VoterHomeFailure` for a document that breaks rules.
    package init(checking file: ElectionFile, genesis: Genesis) throws {
        guard file.chainID == genesis.chainID else { throw VotingKeysRejection.otherElection }
        guard let creation = Hexadecimal.decode(file.creation),
            case .createElection(let approved)? = try? Transaction(canonicalBytes: creation)
        else { throw VotingKeysRejection.notTheCreation }
        let document = approved.body.document
        let faults = document.faults
        guard faults.isEmpty else {
            throw VoterHomeFailure(
                description: "The election document breaks rules: \(faults[0])")
        }
        let check = VotingKeysCheck(genesis: genesis, verifier: Ed25519Verifier())
        try check.check(document: document, creation: creation)
        guard let bytes = Hexadecimal.decode(file.keys),
            let keys = try? ElectionKeys(canonicalBytes: bytes)
        else { throw VotingKeysRejection.otherElection }
        try check.check(
            keys: keys, electionID: file.electionID, document: document,
            ceremony: file.ceremony, participants: file.trustees, qualified: file.qualified,
            // One that is not hexadecimal confirms nothing.
            confirmations: file.confirmations.compactMap { Hexadecimal.decode($0) })
        self.document = document
        self.keys = keys
        self.electionID = file.electionID
    }

    /// Whether a text names this election: by short name, document hash or election id.
    package func isNamed(_ reference: String) -> Bool {
        [self.document.name, self.document.hash.description, self.electionID.description]
            .contains(reference)
    }

    /// What ballots of one style look like.
    ///
    /// - Throws: `style`, `parameter`.
    package func rules(style: UInt32) throws(RefusalCode) -> BallotRules {
        try BallotRules(
            document: self.document, style: style, electionID: self.electionID, keys: self.keys)
    }
}
