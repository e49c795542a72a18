package import Codec
package import Ledger

/// What a replica has to know of its chain and of its own place in it.
package struct ReplicaConfiguration: Sendable {
    package let domain: SigningDomain
    package let parameters: Parameters
    /// The validators of the height after the floor with which the replica starts.
    package let validators: ValidatorSet
    /// This validator's consensus key: its place in a set is where that is.
    package let key: Bytes32
    /// 32 fresh random bytes of this start: answers to an earlier life are told apart by it.
    package let nonce: Bytes32
    /// How long a validator listens for its own key before it votes again, in milliseconds, unless
    /// views pass sooner; 0 for not at all. Two heartbeats, so that an idle original votes meanwhile.
    package let listening: UInt64
    /// The finalization of the last block of the epoch before the floor's next height; nil where it
    /// is not stored.
    package let boundary: FinalizedHeader?

    package init(
        domain: SigningDomain, parameters: Parameters, validators: ValidatorSet, key: Bytes32,
        nonce: Bytes32, listening: UInt64 = ConsensusDelays.listening,
        boundary: FinalizedHeader? = nil
    ) {
        self.domain = domain
        self.parameters = parameters
        self.validators = validators
        self.key = key
        self.nonce = nonce
        self.listening = listening
        self.boundary = boundary
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
    /// Answers with content or certificates to one validator at once, and milliseconds until one more:
    /// who catches up asks for some blocks a round trip, and a flood of requests is cheap to send.
    package static let answersAtOnce: UInt64 = 64
    package static let answerInterval: UInt64 = 15
    /// Conflicts of one validator in one epoch that are reported: each is proof enough, and one that
    /// makes many must not crowd out another's.
    package static let equivocations = 64
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
    /// How long a restarted validator listens for its own key (b.13), unless views pass sooner.
    package static let listening: UInt64 = 10_000
    /// Rotations of the leader after which it has listened long enough.
    package static let listenedRotations: UInt64 = 2
    /// Between requests of a validator in quarantine.
    package static let entryRequest: UInt64 = 1000
    /// Between requests of a listening validator for the newest vote of its own key, and of one whose
    /// window is over; and between answers to one validator.
    package static let voteRequest: UInt64 = 1000
    package static let lastVoteRequest: UInt64 = 250
    package static let voteAnswer: UInt64 = 125
    /// Between requests of a voting validator for the newest vote of its own key.
    package static let ownVotes: UInt64 = 5000
    /// Between answers to one peer that is in an earlier epoch.
    package static let oldEpochAnswer: UInt64 = 250
    /// The longest that MSGDELAY grows to while views fail.
    package static let messageDelayCap: UInt64 = 30_000
}
