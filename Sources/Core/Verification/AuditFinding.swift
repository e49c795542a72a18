package import Ledger

/// What an auditor can find wrong with a record of a chain, by the name that reports show.
package enum AuditFailure: String, Hashable, Sendable, CaseIterable {
    /// A header does not follow from its parent: height, hash, time, view, proposer, validators.
    case brokenChain = "A_CHAIN"
    /// A block's transactions are not those of its header.
    case wrongBody = "A_BODY"
    /// A finalization is not one of the block that it came with.
    case badCertificate = "A_CERTIFICATE"
    /// A quorum vouches for another history than the one at hand.
    case fork = "A_FORK"
    /// The record ends before what is known to be final.
    case truncated = "A_TRUNCATED"
    /// A final header names another log than its entries make.
    case wrongLog = "A_LOG"
    /// A final header names another state than its ancestors make.
    case stateDiverges = "A_STATE_DIVERGE"
    /// A final block holds a transaction that the rules refuse.
    case invalidTransaction = "A_PROPOSER_INVALID"
    /// A final block holds a share of a decryption before the election closed.
    case early = "A_EARLY"
    /// More ballots than issued, more issued than listed, or leaves missing for issued ballots.
    case quota = "A_QUOTA"
    /// Decrypted totals do not fit the ballots.
    case tallyRange = "A_TALLY_RANGE"
    /// The published result is not the one that ballots and shares give, or a signature is not of it.
    case wrongResult = "A_RESULT"
    /// The auditor itself failed: its state contradicts itself.
    case auditorFault = "A_FAULT"
}

/// One thing that is wrong with a record.
package struct AuditFinding: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of what is wrong.
    package let failure: AuditFailure
    /// The block where it shows; nil for the record as a whole.
    package let height: Height?
    /// A sentence for a person.
    package let detail: String

    /// A finding with its place.
    package init(_ failure: AuditFailure, at height: Height?, _ detail: String) {
        self.failure = failure
        self.height = height
        self.detail = detail
    }

    /// As in `A_CHAIN at block 7: its time is not after its parent's`.
    package var description: String {
        let place = self.height.map { " at block \($0.rawValue)" } ?? ""
        return self.failure.rawValue + place + ": " + self.detail
    }
}
