package import Codec
package import Ledger

/// Signs with this validator's consensus key: the key itself in a node, a cheap stand-in in the
/// simulation, another process where the key is kept apart.
package protocol VoteSigner: Sendable {
    /// Ed25519 over `message` with the consensus key.
    func sign(_ message: [UInt8]) -> Bytes64
}

/// What a replica has to know of its chain and of its own place in it.
package struct ReplicaConfiguration: Sendable {
    package let domain: SigningDomain
    /// The validators of every epoch.
    package let validators: ValidatorSet
    package let parameters: Parameters
    /// This validator's place in `validators`.
    package let index: ValidatorIndex

    package init(
        domain: SigningDomain, validators: ValidatorSet, parameters: Parameters,
        index: ValidatorIndex
    ) {
        self.domain = domain
        self.validators = validators
        self.parameters = parameters
        self.index = index
    }
}

/// The bounds of agreement, each with its reason.
package enum ConsensusLimits {
    /// A message in bytes: the largest block with its lengths, and what a peer's frame may carry.
    package static let frameBytes = 8 * 1024 * 1024
    /// Votes and proposals of this many views ahead are kept: a peer is at most a relay ahead.
    package static let viewWindow: UInt64 = 64
    /// Certificates in one reply.
    package static let certificatesPerReply = 64
    /// Bytes of the certificates in one reply (b.13).
    package static let certificateReplyBytes = 256 * 1024
    /// A finalized block that is higher above the floor than this is left to BlockSync: single
    /// blocks are fetched one round trip each.
    package static let fetchDepth: UInt64 = 8
    /// Conflicting votes that are kept for a report.
    package static let equivocations = 1024
}

/// The intervals of b.5, b.7, b.8, b.10 and b.13 that no one else has to agree on.
package enum ConsensusDelays {
    /// Between status messages of a validator.
    package static let status: UInt64 = 500
    /// The least time between resends (`t_r`).
    package static let resend: UInt64 = 400
    /// Between attempts of a leader that lacks a certificate or a block.
    package static let retry: UInt64 = 50
    /// What a leader or a voter gives another before it is asked the same again: about one round
    /// trip.
    package static let fetch: UInt64 = 250
    /// A validator that was silent for so long, while a quorum was not, is skipped as a leader.
    package static let silence: UInt64 = 5000
    /// Rotations of the leader after which a silent one is skipped.
    package static let silentRotations: UInt64 = 2
    /// The longest that MSGDELAY grows to while views fail.
    package static let messageDelayCap: UInt64 = 30_000
}
