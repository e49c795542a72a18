package import Codec

/// Why a receipt proves nothing of a ballot.
package enum ReceiptError: Error, Equatable, Sendable {
    /// The receipt is damaged, its checkpoint is not believed, or its path does not lead from the
    /// ballot to the checkpoint.
    case proof(LogProofError)
    /// The checkpoint has lines that no validator signs.
    case extensionLines
    /// The receipt does not carry a transaction id and a tracker.
    case noIdentifiers
    /// The receipt names another transaction than the ballot.
    case otherTransaction(Bytes32)
    /// The receipt names another tracker than the ballot has.
    case otherTracker(Bytes32)
}

/// A receipt that proves that a ballot is in the log: tools and browser check it alike.
package struct Receipt: Sendable {
    /// The leaf hash of the ballot transaction.
    package let transactionID: Bytes32
    /// The place of the ballot in the log, from 0.
    package let index: UInt64
    /// What the cosigners vouch for.
    package let certified: CertifiedCheckpoint

    /// Checks the receipt of the ballot in `transaction`, the bytes that the voter's device kept,
    /// whose tracker is `tracker`.
    /// - Throws: the first reason not to believe it.
    package init(
        _ bytes: [UInt8], transaction: [UInt8], tracker: Bytes32, policy: TrustPolicy,
        with verifier: some SignatureVerifier
    ) throws(ReceiptError) {
        let transactionID = LogHash.leaf(transaction)
        let proof: LogProof
        do throws(LogProofError) {
            proof = try LogProof(parsing: bytes)
            certified = try proof.verify(leaf: transactionID, policy: policy, with: verifier)
        } catch {
            throw .proof(error)
        }
        guard certified.checkpoint.extensionLines.isEmpty else { throw .extensionLines }
        guard let extra = proof.extra.flatMap({ ReceiptExtra($0) }) else { throw .noIdentifiers }
        guard extra.transactionID == transactionID else {
            throw .otherTransaction(extra.transactionID)
        }
        guard extra.tracker == tracker else { throw .otherTracker(extra.tracker) }
        self.transactionID = transactionID
        self.index = proof.index
    }
}
