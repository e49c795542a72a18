package import BallotCryptography
package import Codec
internal import Cryptography
package import DocumentFiles
internal import Ledger

/// A challenge of a voter's device: an encryption that was opened instead of cast.
package struct Challenge: Hashable, Sendable {
    /// From 1, in the order of challenging.
    package let number: Int
    /// The transaction that spoils its tracker.
    package let transaction: [UInt8]
    /// Whether the log holds it, as far as this directory knows.
    package let isRegistered: Bool
}

extension VoterHome {
    /// How many encryptions one credential may spoil, by the ledger's rule.
    package static let challengeLimit = 8

    /// The opening, for another device.
    package func openingFile(_ number: Int) -> String {
        "\(self.path)/challenge-\(number).opening.json"
    }

    /// The spoil transaction as it was or will be sent.
    package func spoilFile(_ number: Int) -> String {
        "\(self.path)/challenge-\(number).transaction"
    }

    /// The receipt of the spoil transaction.
    package func spoilReceiptFile(_ number: Int) -> String {
        "\(self.path)/challenge-\(number).tlog-proof"
    }

    /// The challenges that were made here, by number.
    package func challenges() throws(FileFailure) -> [Challenge] {
        var challenges: [Challenge] = []
        for number in 1...Self.challengeLimit {
            guard let bytes = try self.read(self.spoilFile(number), limit: Limits.entryBytes)
            else { break }
            challenges.append(
                Challenge(
                    number: number, transaction: bytes,
                    isRegistered: LocalFile.exists(self.spoilReceiptFile(number))))
        }
        return challenges
    }

    /// Opens an encryption instead of casting it. The encryption is used up: nothing that could be
    /// cast of it ever was on disk. The transaction that spoils it is there before the opening, so
    /// that whoever sees the opening finds it spoiled, now or when the device goes on.
    ///
    /// - Throws: `VoterHomeFailure` once the credential has no challenge left; `FileFailure`.
    package func challenge(
        _ encrypted: consuming EncryptedBallot, credential: CredentialKey, certificate: [UInt8],
        style: UInt32, election: TrustedElection, chainID: Bytes32
    ) throws -> Challenge {
        let number = try self.challenges().count + 1
        guard number <= Self.challengeLimit else {
            throw VoterHomeFailure(
                description: "A credential challenges at most \(Self.challengeLimit) encryptions"
                    + " (E_RATE). Nothing was opened; cast the ballot, or ask the commission if"
                    + " the device is in doubt.")
        }
        let tracker = encrypted.tracker
        let opening = encrypted.open()
        var random = SystemRandom()
        let proof = SpoilProof(
            tracker: tracker, electionID: election.electionID, credential: credential,
            arithmetic: SodiumArithmetic(), random: &random)
        let transaction = Transaction.spoil(
            SpoilTransaction(
                electionID: election.electionID, style: style, proof: proof.canonicalBytes,
                certificate: certificate)
        ).canonicalBytes
        let file = OpeningFile(
            opening: opening, tracker: tracker, spoil: transaction, chainID: chainID,
            election: election)
        try LocalFile.write(transaction, to: self.spoilFile(number), mode: .secret)
        try LocalFile.write(
            try JSONDocument.encode(file), to: self.openingFile(number), mode: .secret,
            replacing: true)
        return Challenge(number: number, transaction: transaction, isRegistered: false)
    }

    /// Keeps the receipt of a challenge's spoil transaction: the log holds it.
    package func keep(receipt: [UInt8], of challenge: Challenge) throws(FileFailure) {
        try LocalFile.write(
            receipt, to: self.spoilReceiptFile(challenge.number), mode: .secret, replacing: true)
    }
}
