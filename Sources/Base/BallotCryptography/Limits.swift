/// Bounds that are checked before anything is allocated (section 1.1).
package enum Limits {
    /// Cells of one contest. A longer list needs another proof structure.
    package static let cellsPerContest = 64
    /// Slack cells of one contest: max - min is below 64, so six bits represent it.
    package static let slackCells = 6
    /// Contests of one ballot, and of one style.
    package static let contestsPerBallot = 16
    /// Bytes of a ballot on the wire.
    package static let ballotSize = 16_384
    /// Voting keys of one ceremony.
    package static let keys: UInt32 = 64
    /// Trustees of one ceremony.
    package static let trustees: UInt32 = 31
    /// K(t + n + 2), so that a dealing is one log entry.
    package static let dealingWeight: UInt32 = 2_000
    /// Bytes of an RSA modulus and of a certificate: 3072 bits exactly.
    package static let modulusSize = 384
    /// Ballots that one tally unit can count, and the largest discrete logarithm sought.
    package static let ballotsPerUnit: UInt32 = 20_000_000
    /// The `unit` of the rehearsal decryption, above every real one.
    package static let rehearsalUnit = UInt32.max
}
