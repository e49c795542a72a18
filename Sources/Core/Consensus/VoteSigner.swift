package import Codec
package import Ledger

/// Signs with this validator's consensus key: the key itself in a node, a cheap stand-in in the
/// simulation, another process where the key is kept apart.
package protocol VoteSigner: Sendable {
    /// Ed25519 over `message`, the bytes of `subject` on its chain, with the consensus key.
    ///
    /// - Throws: where the key's holder refuses or cannot be reached. The replica halts then:
    ///   nothing leaves unsigned, and a refusal says that the key is in use elsewhere.
    func sign(_ subject: VoteSubject, message: [UInt8]) throws(SigningFailure) -> Bytes64
}

/// Why a vote was not signed.
package enum SigningFailure: Error, Hashable, Sendable {
    /// The holder of the key signed something else in this round or a later one.
    case refused(String)
    /// The holder of the key does not answer.
    case unavailable(String)
}
