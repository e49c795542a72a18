/// The bounds of the ledger's formats, each with its reason. They are part of the protocol.
package enum Limits {
    /// A log entry's size in bytes: a tile's entry has a u16 length (C2SP tlog-tiles).
    package static let entryBytes = 65_535
    /// An election document's size in bytes: its transaction has room for the approvals.
    package static let documentBytes = entryBytes - 16_384
    /// Transactions of one block; a proposal names each by 32 bytes, so it stays under 150 KB.
    package static let transactionsPerBlock = 4096
    /// Bytes of one block's transactions, above what genesis may choose.
    package static let bodyBytes = 4 * 1024 * 1024
    /// The smallest number of validators that tolerates one fault.
    package static let validatorsMinimum = 4
    /// Receipts stay under 4 KiB with this many validators.
    package static let validators = 31
    /// A validator's name in UTF-8 bytes: it is repeated in each cosignature line of a receipt.
    package static let validatorName = 16
    /// Members of a commission.
    package static let commissionMembers = 64
    /// Names of people, regions and units in UTF-8 bytes.
    package static let name = 256
    /// An origin or an identifier in UTF-8 bytes.
    package static let identifier = 96
    /// One text of a document in one language, in UTF-8 bytes.
    package static let text = 4096
    /// Languages of one text.
    package static let languages = 8
    /// Contests of one election document (one log entry holds it).
    package static let contests = 64
    /// Contests of one ballot (`ballot.md` 1.1).
    package static let contestsPerBallot = 16
    /// Options of one contest: with a blank cell they fit the 64 cells of a contest.
    package static let options = 63
    /// Ballot styles and tally units of one election document.
    package static let styles = 128
    /// Trustees of one election (`ballot.md` 1.1).
    package static let trustees = 31
    /// An RSA-3072 modulus or signature in bytes.
    package static let rsaBytes = 384
    /// Roll leaves of one transaction: 2,000 digests fit one log entry.
    package static let rollLeaves = 2000
    /// Issued leaf numbers of one transaction: 4 bytes each.
    package static let issuedLeaves = 10_000
    /// A ballot's wire in bytes (`ballot.md` 1.1).
    package static let ballotWire = 16_384
    /// A ceremony message's payload in bytes; a dealing is the largest and fits one log entry.
    package static let ceremonyPayload = 65_000
    /// A reason or a dissent in UTF-8 bytes.
    package static let reason = 4096
}
