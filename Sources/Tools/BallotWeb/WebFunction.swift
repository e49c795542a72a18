// BallotWeb: the browser's face of `Ristretto`, `BallotCryptography` and `TransparencyLog`, compiled
// to WebAssembly. Its functions take and give bytes in the canonical encoding (`PROTOCOL.md`,
// appendix A). It knows no network, no storage and no clock; random bytes come from the host alone.

/// What the module can be asked for; the name is that of the export.
package enum WebFunction: String, CaseIterable, Sendable {
    // Credentials.
    case makeCredential = "make-credential"
    case blind
    case unblind
    case verifyCertificate = "verify-certificate"
    // Ballots.
    case encrypt
    case cast
    case challenge
    case discard
    case encryptProveSign = "encrypt-prove-sign"
    case spoil
    // Checks.
    case verifyBallot = "verify-ballot"
    case verifyOpening = "verify-opening"
    case trustPolicy = "trust-policy"
    case verifyReceipt = "verify-receipt"
    case verifyTally = "verify-tally"
}
